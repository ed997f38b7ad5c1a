"""What an owner may say of the model: whose forks it is asked about, and in which language it writes. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator


class ForkUse(StrEnum):
    """Whether the model is asked about pull requests of forks, which cost the operator and which strangers write."""

    ON = "on"
    FIRST_TIME_ON_COMMAND = "first_time_on_command"
    OFF = "off"


def _fork_use(value: object) -> object:
    """A switch is understood, too: what was one before, and what YAML's `on` and `off` are to editors."""
    return {"true": "on", "false": "off"}.get(value, value) if isinstance(value, str) else value


Forks: TypeAlias = Annotated[ForkUse, BeforeValidator(_fork_use)]

Language: TypeAlias = Literal[
    "English",
    "Arabic",
    "Chinese",
    "Czech",
    "Dutch",
    "French",
    "German",
    "Hindi",
    "Indonesian",
    "Italian",
    "Japanese",
    "Korean",
    "Polish",
    "Portuguese",
    "Spanish",
    "Turkish",
    "Ukrainian",
    "Vietnamese",
]
"""Names that a model knows; a list, so that nothing else gets into its instructions by this key."""

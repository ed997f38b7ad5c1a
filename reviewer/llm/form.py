"""The form of an answer: what the server is asked to hold to, and how we see that it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from reviewer.llm.answer import Answer, parse_answer
from reviewer.llm.schema import strict_schema

if TYPE_CHECKING:
    from pydantic import JsonValue


_TOKEN_BYTES: Final = 4
"""Bytes of UTF-8 of a token where its cost is guessed: source measures 3.2 to 4.1 characters with common tokenizers."""


def tokens_of(*texts: str) -> int:
    """About how many tokens texts are, when no server says it."""
    return sum(-(-len(text.encode("utf-8", "surrogatepass")) // _TOKEN_BYTES) for text in texts)


class Asked(Protocol):
    """One question to the model: the two messages."""

    @property
    def system(self) -> str:
        """What it is to do."""
        ...

    @property
    def user(self) -> str:
        """The fenced data."""
        ...


@dataclass(frozen=True, slots=True)
class Form:
    """`read` gives the answer's text as we keep it, and raises UnusableAnswerError for what does not fit."""

    name: str
    read: Callable[[str], str]
    schema: dict[str, JsonValue] = field(repr=False)


EXAMINE = Form("review", lambda text: parse_answer(text).model_dump_json(), strict_schema(Answer))

"""What steps leave for later ones: small records in the engine, texts in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from reviewer.core.coverage import Coverage
from reviewer.core.errors import RefusedError
from reviewer.core.review import Candidates

if TYPE_CHECKING:
    from reviewer.engine import Json


NOT_ASKED = "it is not asked again for a summary"
"""Why there is no word of the model's about some code: who asked for that has not asked for a new answer of it."""


class Standstill(StrEnum):
    """Why a run ends right after it was opened."""

    STALE = "stale"
    CLOSED = "closed"
    DRAFT = "draft"
    BOT = "bot"
    FILTERED = "filtered"
    PAUSED = "paused"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Opening:
    """What the opening found: the head to review, the check run opened for it, or why there is nothing to do."""

    head: str
    check: int
    standstill: Standstill | None

    @classmethod
    def read(cls, value: Json) -> Opening:
        """From the step's record."""
        if not isinstance(value, Mapping):
            raise RefusedError("the record of the first step is of another version")
        why, check = value.get("standstill"), value.get("check")
        return cls(
            str(value.get("head", "")), check if isinstance(check, int) else 0, Standstill(str(why)) if why else None
        )

    def written(self) -> Json:
        """As the step's record."""
        return {
            "head": self.head,
            "check": self.check,
            "standstill": self.standstill.value if self.standstill else None,
        }


@dataclass(frozen=True, slots=True)
class ModelSaid:
    """One batch's answer as it was bought, with what it cost."""

    text: str
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """Everything that the review is assembled from, beside the change and the plan, which are read again."""

    found: Candidates
    coverage: Coverage
    notes: tuple[str, ...]


MODEL_SAID = TypeAdapter(ModelSaid)
WEIGHED = TypeAdapter(Weighed)

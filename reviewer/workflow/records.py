"""What steps leave for later ones: small records in the engine, texts in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import TypeAdapter

from reviewer.core.coverage import Coverage, Gap
from reviewer.core.errors import RefusedError
from reviewer.core.finding import Finding
from reviewer.core.memory import Memory
from reviewer.core.question import Question
from reviewer.core.review import Candidates, Dropped, Usage

if TYPE_CHECKING:
    from reviewer.core.change import Change
    from reviewer.core.review import Review
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
class Paid:
    """What one step of a pass cost over all its tries, those that failed included; `seconds` by the wall clock."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    micros: int = 0

    def plus(self, other: Paid) -> Paid:
        """Both together."""
        return Paid(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.seconds + other.seconds,
            self.micros + other.micros,
        )


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why questions to the model got no answer, by their number: batches, and second questions."""

    batches: Mapping[int, str] = field(default_factory=dict)
    checks: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What the model's part of a review comes to. `gaps` say what it did not see or could not verify."""

    findings: tuple[Finding, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    questions: tuple[Question, ...] = ()
    gaps: tuple[Gap, ...] = ()
    usage: Usage = field(default_factory=Usage)
    undecided: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """Everything that the review is assembled from, beside the change and the plan, which are read again."""

    found: Candidates
    coverage: Coverage
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A finished review and what it was made of, where all of it is in memory: a local one. `texts` are what the model
    was shown and said, by the names under which a service keeps them.
    """

    change: Change
    review: Review
    weighed: Weighed
    texts: Mapping[str, str]


MEMORY = TypeAdapter(Memory)
MODEL_SAID = TypeAdapter(ModelSaid)
WEIGHED = TypeAdapter(Weighed)
PAID = TypeAdapter(Paid)
TEXTS = TypeAdapter(dict[str, str])

PROMPT: Final = "prompt "
"""How the name of a text begins that the model was shown; what it said to `prompt answer 0` is `answer 0`."""


class Prompt(Protocol):
    """Two messages to the model, whatever the question is."""

    @property
    def system(self) -> str:
        """The first message."""
        ...

    @property
    def user(self) -> str:
        """The second message."""
        ...


def prompt_text(prompt: Prompt) -> str:
    """What the model is shown, as a text to be kept."""
    return json.dumps({"system": prompt.system, "user": prompt.user}, ensure_ascii=False)

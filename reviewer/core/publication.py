"""A publication: the review as text and places, nothing left to decide. The edge only carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reviewer.core.concern import Side

COMMENT_CHARS_MAX = 65_536
"""Characters in one comment or review body (`Body is too long (maximum is 65536 characters)`)."""

CHECK_BYTES_MAX = 65_535
"""Bytes in a check run's summary or text (documented as characters, refused as bytes)."""

ANNOTATIONS_MAX = 50
"""Annotations in one request; each further update appends (REST description, check runs, `output`)."""


class Conclusion(StrEnum):
    """The conclusions we give. `failure` only where a repository has switched gating on; `cancelled` to a head that
    has a newer one, and never to a review.
    """

    SUCCESS = "success"
    NEUTRAL = "neutral"
    FAILURE = "failure"
    CANCELLED = "cancelled"


class CheckStatus(StrEnum):
    """How a check run stands before it has a conclusion."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"


class AnnotationLevel(StrEnum):
    """GitHub's words for an annotation's weight."""

    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class InlineComment:
    """One comment on lines of the diff. `start_line` is None for a single line; `fingerprint` names its finding."""

    path: str
    body: str
    line: int
    side: Side
    start_line: int | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ReviewPost:
    """One review with event COMMENT. `marker` is the hidden line inside `body` by which a second run finds it."""

    marker: str
    body: str
    comments: tuple[InlineComment, ...]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One note on lines of the file at head, shown in the check run."""

    path: str
    start_line: int
    end_line: int
    level: AnnotationLevel
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckNote:
    """What the check run says while the review is not made yet."""

    status: CheckStatus
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class CheckAction:
    """A button of a completed check run. GitHub takes three, of at most 20, 40 and 20 characters (REST description)."""

    label: str
    description: str
    identifier: str


@dataclass(frozen=True, slots=True)
class CheckPost:
    """What the check run says when it is completed. `text` are the details below the summary, "" for none."""

    conclusion: Conclusion
    title: str
    summary: str
    annotations: tuple[Annotation, ...]
    text: str = ""
    actions: tuple[CheckAction, ...] = ()


@dataclass(frozen=True, slots=True)
class SummaryPost:
    """The one sticky comment. `marker` is the hidden line by which it is found again, together with its author."""

    marker: str
    body: str


@dataclass(frozen=True, slots=True)
class AnswerPost:
    """The answer to a person's command, found again by its marker."""

    marker: str
    body: str


@dataclass(frozen=True, slots=True)
class Publication:
    """All that one review writes. `review` is None when there is nothing to say inline."""

    head: str
    review: ReviewPost | None
    summary: SummaryPost | None
    check: CheckPost
    answer: AnswerPost | None = None

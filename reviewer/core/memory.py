"""What stands on a pull request from before: our comments on lines, and what the summary's hidden state says.

All of it is read from GitHub, where it was written by our own account: a lost database costs nothing but history.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.core.finding import Finding


class Mark(StrEnum):
    """What we have written into a comment of ours since it was made; the values are the markers' names."""

    NONE = ""
    FIXED = "fixed"
    WITHDRAWN = "withdrawn"
    DISMISSED = "dismissed"


class Came(StrEnum):
    """What came of a person's answer to a follow-up question; one that decides nothing leaves it open."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    NOTED = "noted"  # nothing hung on it


@dataclass(frozen=True, slots=True)
class Said:
    """One comment of ours on lines, with its thread as it is now.

    `thread` is GraphQL's id, "" where only REST was asked; `is_resolved` is None then, as REST does not tell.
    `resolved_by` is the login of the person who resolved it, "" for nobody, and for an App. `has_others` says whether
    anybody but us has written in the thread: then it is theirs, and nothing in it is touched any more. `is_binding`:
    who resolved it may decide about findings. GitHub lets an author resolve threads who may not write.
    """

    fingerprint: str
    comment: int
    thread: str
    path: str
    body: str
    mark: Mark = Mark.NONE
    is_resolved: bool | None = False
    resolved_by: str = ""
    is_outdated: bool = False
    has_others: bool = False
    is_binding: bool = True

    @property
    def is_closed(self) -> bool:
        """Whether somebody has resolved it who may decide that its finding is dealt with."""
        return bool(self.is_resolved) and self.is_binding

    @property
    def is_ours_alone(self) -> bool:
        """Whether we may write in the thread: nobody else has, and no person has closed it."""
        return not self.has_others and not (self.is_resolved and self.resolved_by)


@dataclass(frozen=True, slots=True)
class Known:
    """One finding of the head that was reviewed last. `root` is the fingerprint in our comment's marker, which is
    another one for a finding that was carried over a rename. `code` and `symbol` are digests; `hunk` is the digest of
    the hunk it stands in, "" for none. `is_gone`: it was there, and was mended. `is_late`: it was
    new on lines that had not changed, by our doing.
    """

    fingerprint: str
    root: str
    rule: str
    path: str
    code: str
    symbol: str
    hunk: str
    by_model: bool
    is_gone: bool = False
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Dismissal:
    """A person's word that a finding is not to be mended here. `fingerprint` is a root; `by` a login.

    `by_hand`: they resolved our thread, which they may take back; else they told us, with the reason `why`.
    """

    fingerprint: str
    by: str
    why: str = ""
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """What changed since the head `since` ("" when there was none): how many findings of each fate."""

    since: str = ""
    new: int = 0
    fixed: int = 0
    still_open: int = 0
    withdrawn: int = 0
    back: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """What the summary remembers of the head that was reviewed last. `hunks` is None when they were too many.

    `ground` is a digest of what we ourselves judged by: our version, the persona, the owner's configuration.
    """

    head: str
    ground: str
    hunks: frozenset[str] | None
    known: tuple[Known, ...] = ()
    dismissed: tuple[Dismissal, ...] = ()
    tally: Tally = Tally()

    def with_dismissal(self, dismissal: Dismissal) -> State:
        """The same, with one more dismissal; a later word on the same finding takes the earlier one's place."""
        rest = (one for one in self.dismissed if one.fingerprint != dismissal.fingerprint)
        return replace(self, dismissed=(*rest, dismissal))


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is remembered. `state` is None on a pull request without a summary of ours; `ground` is today's.

    `afresh`: what the model said, or did not say, of unchanged lines before does not count this time. `answers` are
    what came of follow-up questions, by their ids.
    """

    said: tuple[Said, ...] = ()
    state: State | None = None
    ground: str = ""
    afresh: bool = False
    answers: Mapping[str, Came] = field(default_factory=dict)


def code_digest(finding: Finding) -> str:
    """A digest of the rule and the code it speaks of, blanks folded."""
    return _digest(finding.rule, " ".join(finding.quoted.split()))


def symbol_digest(finding: Finding) -> str:
    """A digest of the enclosing symbol's own name, without its class: a method that went to another one keeps it."""
    return _digest(finding.symbol.rpartition(".")[2])[:6]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:10]

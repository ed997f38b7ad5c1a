"""The coverage ledger: what was looked at. Success is computed from it, never assumed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reviewer.core.concern import Origin, Severity
from reviewer.core.publication import Conclusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reviewer.core.change import Change
    from reviewer.core.finding import Finding


class State(StrEnum):
    """A file's state; every file of a change starts as not reviewed."""

    REVIEWED = "reviewed"
    NOT_REVIEWED = "not_reviewed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the change. `reason` is None exactly when it was reviewed."""

    path: str
    state: State
    reason: str | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the whole review that did not happen: which ("model", "lint", …) and why, in words for a reader.

    `paths` are the files that it concerns, () for all of them.
    """

    part: str
    reason: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """The ledger: one entry for each file of the change, and the gaps that concern all of it."""

    entries: tuple[Entry, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def unreviewed(self) -> tuple[Entry, ...]:
        """The files that nobody may take for reviewed."""
        return tuple(entry for entry in self.entries if entry.state is State.NOT_REVIEWED)

    @property
    def complete(self) -> bool:
        """Whether there was something to review and all of it was reviewed."""
        return bool(self.entries) and not self.unreviewed and not self.gaps


def take_stock(change: Change, unseen: Mapping[str, str], gaps: Iterable[Gap]) -> Coverage:
    """The ledger after looking: a file is reviewed when its text was read and no engine failed on it.

    `unseen` maps a path to why an engine did not see it (a crash, a time-out, a syntax it cannot read).
    """
    entries = tuple(
        Entry(file.path, State.NOT_REVIEWED if reason else State.REVIEWED, reason)
        for file in change.files
        for reason in (file.unread or unseen.get(file.path),)
    )
    whole = [Gap("files", change.truncated)] if change.truncated else []
    return Coverage(entries, (*whole, *gaps))


def conclude(coverage: Coverage, findings: Iterable[Finding], gate: Severity | None) -> Conclusion:
    """What the check run says: a total function of the ledger, the findings and the gate.

    `gate` is the least severity that fails the check, None when gating is off. What only the model found never gates.
    """
    found = tuple(findings)
    if gating(found, gate):
        return Conclusion.FAILURE
    if found or not coverage.complete:
        return Conclusion.NEUTRAL
    return Conclusion.SUCCESS


def gating(findings: Iterable[Finding], gate: Severity | None) -> tuple[Finding, ...]:
    """The findings that fail the check: at or above the gate, not the model's alone, and not late."""
    if gate is None:
        return ()
    backed = (one for one in findings if one.origin is not Origin.MODEL and not one.late)
    return tuple(one for one in backed if one.severity.rank <= gate.rank)

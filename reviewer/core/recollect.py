"""Held against what is remembered: which findings are new, still open, fixed, withdrawn, dismissed. Pure.

What the model says is new only on hunks that have changed since; what the rules say is as deterministic as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from reviewer.core.again import Again
from reviewer.core.concern import Origin
from reviewer.core.gone import Gone, Look, gone_of
from reviewer.core.hunk_memory import hunk_digests, hunk_of, is_changed, remembered_hunks
from reviewer.core.memory import (
    Dismissal,
    Known,
    Mark,
    Memory,
    Said,
    State,
    Tally,
    code_digest,
    symbol_digest,
)

if TYPE_CHECKING:
    from reviewer.core.change import Change
    from reviewer.core.finding import Finding

SETTLED: Final = "new on lines reviewed before"
"""Why a model's finding is not shown: the lines keep the verdict that they have."""


class Fate(StrEnum):
    """What became of a finding that is there now."""

    NEW = "new"
    OPEN = "open"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is remembered, held against one head's findings. All maps are by present fingerprint.

    `comments` are the ids of our comments that say a finding already, `roots` the fingerprints that stand in them.
    `gone` is what was said and is not found any more; `dismissed` what is found and is not to be mended, by a person's
    word. `back` are our marked comments whose finding is there again. `state` is what the next summary is to remember;
    None for a review without memory.
    """

    fates: Mapping[str, Fate] = field(default_factory=lambda: MappingProxyType({}))
    roots: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    comments: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    back: tuple[Said, ...] = ()
    gone: tuple[Gone, ...] = ()
    dismissed: tuple[tuple[Finding, Dismissal], ...] = ()
    state: State | None = None

    @property
    def kept(self) -> tuple[Gone, ...]:
        """What was said before, was not looked at anew, and so is still open."""
        return tuple(one for one in self.gone if one.is_kept)

    def is_told(self, fingerprint: str) -> bool:
        """Whether the pull request says this finding already, on its lines or in the summary."""
        return self.fates.get(fingerprint, Fate.NEW) is not Fate.NEW


@dataclass(frozen=True, slots=True)
class Held:
    """The findings as they are to be shown, those that are dropped as the model may not repeat itself, and the rest."""

    live: tuple[Finding, ...]
    settled: tuple[Finding, ...]
    recalled: Recalled


def recollect(memory: Memory, change: Change, findings: Sequence[Finding], looked: Look) -> Held:
    """Hold findings, in order of rank, against the memory. `looked` says what could be looked at this time."""
    state, digests = memory.state, hunk_digests(change)
    present = remembered_hunks(digests.values())
    again = Again(memory, change, findings)
    live: list[Finding] = []
    settled: list[Finding] = []
    out: list[tuple[Finding, Dismissal]] = []
    fates: dict[str, Fate] = {}
    for finding in findings:
        known, said = again.known(finding), again.said(finding)
        dismissal = _dismissal(state, again.root(finding), known, said)
        if dismissal is not None:
            out.append((finding, dismissal))
            continue
        fate = _fate(known, said)
        untouched = state is not None and not is_changed(finding, change, state)
        is_asked_for = memory.afresh or finding.fingerprint in looked.confirmed
        if untouched and fate is Fate.NEW and finding.origin is Origin.MODEL and not is_asked_for:
            settled.append(finding)
            continue
        fates[finding.fingerprint] = fate
        live.append(replace(finding, late=untouched and _is_late(fate, known, memory, present)))
    marked = {
        said.comment: said for one in live if (said := again.said(one)) is not None and said.mark is not Mark.NONE
    }
    unseen = again.unseen()
    gone = gone_of(memory, unseen, looked, frozenset(one for some in digests.values() for one in some))
    recalled = Recalled(
        fates=fates,
        roots={one.fingerprint: again.root(one) for one in findings},
        comments={one.fingerprint: said.comment for one in findings if (said := again.said(one)) is not None},
        back=tuple(marked.values()),
        gone=gone,
        dismissed=tuple(out),
    )
    after = State(
        head=change.head,
        ground=memory.ground,
        hunks=present,
        known=_rows(change, live, recalled, [known for known, _ in unseen if known is not None]),
        dismissed=_dismissals(state, out),
        tally=_tally(state, change.head, fates, gone),
    )
    return Held(tuple(live), tuple(settled), replace(recalled, state=after))


def _rows(change: Change, live: Iterable[Finding], recalled: Recalled, unseen: Iterable[Known]) -> tuple[Known, ...]:
    """What the next summary is to know: the findings, those with a comment first, and what was mended; last what people
    dismissed and is not there now, or nobody would know it again under the name and place that it had.
    """
    rows: dict[str, Known] = {}
    shown = (*live, *(finding for finding, _ in recalled.dismissed))
    for finding in sorted(shown, key=lambda one: one.fingerprint not in recalled.comments):
        rows.setdefault(
            finding.fingerprint,
            Known(
                fingerprint=finding.fingerprint,
                root=recalled.roots.get(finding.fingerprint, finding.fingerprint),
                rule=finding.rule,
                path=finding.path,
                code=code_digest(finding),
                symbol=symbol_digest(finding),
                hunk=hunk_of(change, finding),
                by_model=finding.origin is Origin.MODEL,
                is_late=finding.late,
            ),
        )
    for one in recalled.gone:
        if one.known is not None:
            rows.setdefault(one.known.fingerprint, replace(one.known, is_gone=not one.is_kept))
    for known in unseen:
        rows.setdefault(known.fingerprint, replace(known, is_gone=True))
    return tuple(rows.values())


def _fate(known: Known | None, said: Said | None) -> Fate:
    if known is None and said is None:
        return Fate.NEW
    return Fate.BACK if _is_back(known, said) else Fate.OPEN


def _is_back(known: Known | None, said: Said | None) -> bool:
    return (known is not None and known.is_gone) or (said is not None and said.mark in (Mark.FIXED, Mark.WITHDRAWN))


def _is_late(fate: Fate, known: Known | None, memory: Memory, present: frozenset[str] | None) -> bool:
    """Whether a finding on unchanged lines is there by our own doing: we judge by something else, and the lines are the
    same. A rule that says more of them because other lines have changed was asked to by the author.
    """
    state = memory.state
    if fate is Fate.OPEN:
        # Told once, and not among what the last review found: it may have been cut there, or judged by something else.
        return known.is_late if known is not None else state is not None and state.ground != memory.ground
    return state is not None and (state.ground != memory.ground or state.hunks == present)


def _dismissal(state: State | None, root: str, known: Known | None, said: Said | None) -> Dismissal | None:
    """A person's word on a finding, as it stands now; it outlives what is remembered of the finding itself."""
    words = [one for one in (state.dismissed if state else ()) if one.fingerprint == root]
    told = next((one for one in words if not one.by_hand), None)
    if told is not None or said is None:
        return told
    if said.mark is Mark.DISMISSED:
        return Dismissal(root, "")
    if _is_back(known, said):
        return None  # it was closed because it was mended, and has come back
    if said.is_resolved is None:
        return next(iter(words), None)
    return Dismissal(root, said.resolved_by, by_hand=True) if said.is_closed else None


def _dismissals(state: State | None, out: Iterable[tuple[Finding, Dismissal]]) -> tuple[Dismissal, ...]:
    """What the next summary is to remember: every word that we were told, and the hands that rest on threads now."""
    told = {one.fingerprint: one for one in (state.dismissed if state else ()) if not one.by_hand}
    by_hand = {one.fingerprint: one for _, one in out}
    return tuple({**by_hand, **told}.values())


def _tally(state: State | None, head: str, fates: Mapping[str, Fate], gone: Iterable[Gone]) -> Tally:
    if state is None:
        return Tally()
    found, news = list(fates.values()), [one for one in gone if one.is_news]
    tally = Tally(
        since=state.head,
        new=found.count(Fate.NEW),
        fixed=sum(one.mark is Mark.FIXED for one in news),
        still_open=found.count(Fate.OPEN) + sum(one.is_kept for one in gone),
        withdrawn=sum(one.mark is Mark.WITHDRAWN for one in news),
        back=found.count(Fate.BACK),
    )
    is_again = state.head == head and not (tally.new or tally.fixed or tally.withdrawn or tally.back)
    return replace(state.tally, still_open=tally.still_open) if is_again else tally

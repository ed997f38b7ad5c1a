"""What was said before and is not found any more: fixed, withdrawn, or not looked at anew and so still open. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.memory import Mark

if TYPE_CHECKING:
    from reviewer.core.coverage import Coverage
    from reviewer.core.memory import Known, Memory, Said

MODEL = "model"
FILES = "files"
"""The parts of a review that the model has, and that is missing where GitHub lists not all files, as gaps name them."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was looked at this time: `paths` are all files of the change, `off` the (rule, path) of what was left out on
    purpose, by the owner's configuration say. `confirmed` are the fingerprints that a person's answer confirmed.
    `has_model`: the model was asked.
    """

    coverage: Coverage
    paths: frozenset[str]
    off: frozenset[tuple[str, str]] = frozenset()
    confirmed: frozenset[str] = frozenset()
    has_model: bool = True


@dataclass(frozen=True, slots=True)
class Gone:
    """One remembered finding that is not found now, with what the summary knew of it and our comment that said it.

    `mark` is FIXED or WITHDRAWN, and NONE for one that is kept: nobody can say that it is mended. `is_news`: since the
    head reviewed last.
    """

    known: Known | None
    said: Said | None
    mark: Mark
    is_news: bool

    @property
    def is_kept(self) -> bool:
        """Whether it is still open, as far as anybody knows."""
        return self.mark is Mark.NONE


def gone_of(
    memory: Memory, unseen: Iterable[tuple[Known | None, Said | None]], looked: Look, hunks: frozenset[str]
) -> tuple[Gone, ...]:
    """What became of the remembered findings that are not among the present ones. `hunks` are those of this head."""
    told = {one.fingerprint for one in (memory.state.dismissed if memory.state else ())}
    found: list[Gone] = []
    for known, said in unseen:
        name = known.root if known is not None else said.fingerprint if said is not None else ""
        if name in told or (said is not None and said.mark is Mark.DISMISSED):
            continue  # a person has closed it: there is nothing to say of it any more
        earlier = _earlier(known, said)
        mark = earlier or _mark(memory, known, said, looked, hunks)
        found.append(Gone(known, said, mark, is_news=earlier is None and mark is not Mark.NONE))
    return tuple(found)


def _earlier(known: Known | None, said: Said | None) -> Mark | None:
    """What was said of it before, if it was gone at the head reviewed last already."""
    if said is not None and said.mark is not Mark.NONE:
        return said.mark
    return Mark.FIXED if known is not None and known.is_gone else None


def _mark(memory: Memory, known: Known | None, said: Said | None, looked: Look, hunks: frozenset[str]) -> Mark:
    path = known.path if known is not None else said.path if said is not None else ""
    if known is not None and (known.rule, known.path) in looked.off:
        return Mark.WITHDRAWN
    is_changed = _is_changed(known, said, path, looked, hunks)
    is_closed = said is not None and said.is_closed
    is_blind = path in _unlooked(looked) or _is_blind(known, path, looked)
    if not is_closed and (is_blind or (not is_changed and _is_unsure(memory, known, looked))):
        return Mark.NONE
    if is_changed or is_closed:
        return Mark.FIXED
    state = memory.state
    by_rule = known is None or not known.by_model
    elsewhere = by_rule and state is not None and state.ground == memory.ground and state.hunks != hunks
    return Mark.FIXED if elsewhere else Mark.WITHDRAWN


def _is_changed(known: Known | None, said: Said | None, path: str, looked: Look, hunks: frozenset[str]) -> bool:
    """Whether the lines that it spoke of are others now, or are gone."""
    if (said is not None and said.is_outdated) or (path and path not in looked.paths):
        return True
    return known is not None and bool(known.hunk) and known.hunk not in hunks


def _unlooked(looked: Look) -> frozenset[str]:
    return frozenset(entry.path for entry in looked.coverage.unreviewed)


def _is_blind(known: Known | None, path: str, looked: Look) -> bool:
    """Whether who found it has not looked at its file this time, whatever became of the lines."""
    gaps = looked.coverage.gaps
    if path and path not in looked.paths:
        return any(gap.part == FILES for gap in gaps)
    if known is None:
        return False
    if known.by_model:
        return not looked.has_model or any(gap.part == MODEL and path in (gap.paths or (path,)) for gap in gaps)
    return any(gap.part == f"rule {known.rule}" for gap in gaps)


def _is_unsure(memory: Memory, known: Known | None, looked: Look) -> bool:
    """Whether silence says nothing: the model need not repeat itself, and what could not run found nothing."""
    if known is None:
        return True
    if known.by_model:
        return not memory.afresh or any(gap.part == MODEL for gap in looked.coverage.gaps)
    return any(gap.part != MODEL for gap in looked.coverage.gaps)

"""What our comments on lines are to say now, and which of them we may still write into. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.memory import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.memory import Said
    from reviewer.core.recollect import Recalled

EDITS_MAX: Final = 20
"""Comments written in one review: GitHub allows 80 writes a minute to all of us. The next push says the rest."""


def retellings(recalled: Recalled, threads: Iterable[Said]) -> tuple[tuple[Said, Mark], ...]:
    """Our comments whose word is another one now, each with it; NONE puts back what stood there first.

    `threads` are as they are now: one that is no longer ours alone is never in the answer.
    """
    wanted = {
        one.said.comment: one.mark
        for one in recalled.gone
        if one.said is not None and not one.is_kept
        if one.is_news or one.said.mark is Mark.NONE  # or an earlier review could not write it
    }
    wanted |= {one.comment: Mark.NONE for one in recalled.back}
    ours = ((said, wanted[said.comment]) for said in threads if said.comment in wanted and said.is_ours_alone)
    return tuple(ours)[:EDITS_MAX]

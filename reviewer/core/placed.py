"""Where a finding is shown: on its lines, in a comment or without one, or in the summary. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reviewer.core.anchor import Anchor, beside, place_changed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.change import Change
    from reviewer.core.finding import Finding
    from reviewer.core.recollect import Recalled


class Where(StrEnum):
    """Where a finding is shown: on its lines, or in the summary."""

    INLINE = "inline"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding and its place. `anchor` is set exactly when it is shown inline. `beside` is, for removed lines, the
    line of the file at head next to which they stood; None for others, and for a file that is gone. `quiet`: no comment
    is to be made, as one says it already.
    """

    finding: Finding
    where: Where
    anchor: Anchor | None
    beside: int | None = None
    quiet: bool = False


def place_findings(
    change: Change, findings: Iterable[Finding], comments_max: int, recalled: Recalled
) -> tuple[Placed, ...]:
    """Each finding on its lines or in the summary. Only what is new gets a comment, and each fingerprint only one."""
    diffs = {file.path: file.diff for file in change.files}
    placed: list[Placed] = []
    said = set(recalled.comments)
    room = comments_max - sum(1 for fingerprint in recalled.fates if fingerprint in said)
    for finding in findings:
        diff, mine = diffs.get(finding.path), finding.fingerprint
        may_stand = mine in said or (room > 0 and not recalled.is_told(mine))
        anchor = (
            place_changed(diff, finding.span) if diff is not None and finding.span is not None and may_stand else None
        )
        next_to = beside(diff, finding.span) if diff is not None and finding.span is not None else None
        if anchor is None:
            placed.append(Placed(finding, Where.SUMMARY, None, next_to))
            continue
        placed.append(Placed(finding, Where.INLINE, anchor, next_to, quiet=mine in said))
        if mine not in said:
            said.add(mine)
            room -= 1
    return tuple(placed)

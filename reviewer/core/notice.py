"""Notice: whom the summary calls by a live mention, whom it asks by a review request, and whom it may not ring.

Nobody is called twice on one pull request, nobody who opened it, and nobody of whom GitHub does not say that they
belong there. Pure: what GitHub says of a handle is asked at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from reviewer.core.team import Member

TOLD_MAX: Final = 10
"""People told on one pull request; more would be a mailing list, and a team can be one `organisation/team`."""


class TeamNotice(StrEnum):
    """How a repository wants the people told who are asked about findings."""

    MENTION = "mention"
    REVIEW_REQUEST = "review_request"
    NONE = "none"


class Belonging(StrEnum):
    """What GitHub says of somebody and a repository."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Untold:
    """Somebody who is named and not told, and why, as the end of a sentence that begins with their name."""

    handle: str
    why: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Handles are folded (`folded`).

    `live` are those whom this text mentions, `requested` those whom a review request tells instead, `told` everybody
    who was told on this pull request, by this text too, `untold` those who are not.
    """

    live: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    untold: tuple[Untold, ...] = ()

    def calls(self, member: Member) -> bool:
        """Whether this text mentions them."""
        return folded(member.handle) in self.live

    def requests(self, member: Member) -> bool:
        """Whether they are told by a review request."""
        return folded(member.handle) in self.requested


SILENT: Final = Notice()
"""For a text that calls nobody: a local review, a later edit."""


def folded(handle: str) -> str:
    """A handle as GitHub compares it: without regard to case."""
    return handle.casefold()


def to_tell(people: Collection[Member], author: str, told: Collection[str]) -> tuple[Member, ...]:
    """Who of these is to be told now: each once, not the author, not who was told before, and not more than the limit.

    `told` are folded handles.
    """
    known = {folded(author), *told}
    new: list[Member] = []
    for member in people:
        if folded(member.handle) not in known:
            known.add(folded(member.handle))
            new.append(member)
    return tuple(new[: max(TOLD_MAX - len(told), 0)])


def foreign_team(handle: str, account: str) -> bool:
    """Whether a handle is a team of another account than the repository's."""
    organisation, slash, _ = handle.partition("/")
    return bool(slash) and folded(organisation) != folded(account)

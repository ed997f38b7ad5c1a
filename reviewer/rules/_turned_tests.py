"""Tests that were turned into their opposite, where that is a check that went: most that are turned follow a wish."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from reviewer.rules._auth import words
from reviewer.rules._opposite import is_opposite, lets_anybody_in, tells_validity
from reviewer.rules._schema_marks import marks, tops_of
from reviewer.rules._schema_words import lost_demands
from reviewer.rules._test_changes import acts, has_other_input, short_title

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project
    from reviewer.rules._assertions import Assertion
    from reviewer.rules._test_changes import Difference, Kept

_REFUSES: Final = frozenset(
    ("reject", "rejects", "rejected", "refuse", "refuses", "refused", "deny", "denies", "denied", "forbid", "forbids",
     "forbidden", "invalid", "unauthorized", "throw", "throws", "fail", "fails", "disallow", "disallows", "block",
     "blocks", "prevent", "prevents", "illegal", "400", "401", "403", "409", "422")
)  # fmt: skip
"""Words of titles by which a test says that something is refused."""
_TURNS: Final = frozenset(("not", "never", "no", "doesn", "don", "longer"))
"""Words in front of them that mean the opposite."""


class Loosened:
    """The schemas of a change that check less than they did."""

    def __init__(self, project: Project) -> None:
        self.names: frozenset[str] = frozenset(
            name for file, facts in project.production for name in _loosened(facts, project.before(file.path))
        )


def _loosened(facts: FileFacts, before: FileFacts) -> set[str]:
    opened = Counter(mark.owner for mark in marks(facts) if mark.opens)
    opened.subtract(mark.owner for mark in marks(before) if mark.opens)
    closed = Counter(mark.owner for mark in marks(before) if not mark.opens)
    closed.subtract(mark.owner for mark in marks(facts) if not mark.opens)
    less = {name for counts in (opened, closed) for name, count in counts.items() if count > 0}
    known = {top.name for top in tops_of(before)} & {top.name for top in tops_of(facts)}
    return (less & known) | {field.owner for field, _ in lost_demands(facts, before)}


def turned(project: Project, kept: Kept, changes: Difference) -> tuple[Assertion, Assertion] | None:
    """A refusal that a test asked for and the pass that it asks for now, for the same input.

    Only where the test's title still says that it is refused, where it was about who may get in, or where a schema that
    it is about checks less.
    """
    pairs = ((was, now) for was in changes.removed for now in changes.added)
    found = next((pair for pair in pairs if is_opposite(*pair)), None)
    if found is None or has_other_input(kept):
        return None
    now = {call.code for call in kept.facts.index.calls(kept.new.within)}
    if not {call.code for call in acts(kept.before, kept.old)} <= now:
        return None
    is_known = _title_refuses(kept) or lets_anybody_in(*found)
    return found if is_known or _is_about(project.once(Loosened).names, kept, found) else None


def _title_refuses(kept: Kept) -> bool:
    """Whether the title stayed and says that something is refused."""
    title = short_title(kept.new)
    said = words(title.replace("'", " "))
    refuses = (place for place, word in enumerate(said) if word in _REFUSES)
    return title == short_title(kept.old) and any(
        not _TURNS & set(said[max(place - 2, 0) : place]) for place in refuses
    )  # fmt: skip


def _is_about(loosened: frozenset[str], kept: Kept, found: tuple[Assertion, Assertion]) -> bool:
    """Whether a test is about one of these schemas: by its name, or by a status that says what was wrong."""
    calls = kept.facts.index.calls(kept.new.within)
    said = {part for call in calls for part in call.callee.replace("()", "").split(".")}
    said |= {arg.text for call in kept.facts.index.calls(kept.new.within) for arg in call.args}
    return bool(loosened & said) or (bool(loosened) and tells_validity(found[0]))

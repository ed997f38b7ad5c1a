"""Whether two lines of one function exclude each other: branches of one condition, or one that leaves before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.core.control_flow import Condition
    from reviewer.core.facts import Call, FileFacts

Branch = tuple[int, int, bool, bool]
"""First and last line, whether there is another branch, whether the first one leaves the function."""


def may_exclude(facts: FileFacts, first: Call, second: Call) -> bool:
    """Whether a branch around either of two calls of one function may mean that only one of them runs."""
    conditions = [one for one in facts.conditions if one.scope == first.scope]
    switches = [(one.first, one.last, True, False) for one in facts.switches if one.scope == first.scope]
    return excludes(branches_of(conditions) + switches, first.first, second.first)


def branches_of(conditions: list[Condition]) -> list[Branch]:
    """The branches that conditions make."""
    firsts: dict[int, int] = {}
    for one in conditions:
        firsts[one.last] = max(one.first, firsts.get(one.last, 0))
    # An `if` ends where its `else if` ends: that one starts later.
    return [(one.first, one.last, bool(one.otherwise) or firsts[one.last] > one.first, one.ends) for one in conditions]


def excludes(branches: list[Branch], first: int, second: int) -> bool:
    """Whether a branch around either line may mean that only one of the two runs."""
    for start, end, has_other, ends in branches:
        holds_first, holds_second = start <= first <= end, start <= second <= end
        if holds_first and (has_other if holds_second else ends):
            return True
    return False

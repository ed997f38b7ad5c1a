"""Promises that are let go: whether their failure is heard, and what the project usually does with them."""

from __future__ import annotations

from collections import Counter

from reviewer.core.expr import NOWHERE
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._called import called

MESSAGES = ("mail", "sms", "letter")
"""Words in the name of what sends a message to a person: many let it go, and may where it deals with its failures."""

_EMPTIES = ("del", "remove", "clear", "evict", "purge", "reset", "flush", "invalidate", "bust", "drop")
"""How the name of a function starts that takes something out of a cache."""

_HABIT_MIN = 3
"""Calls of one function that nobody awaits, from which on that is how the project calls it."""


def was_awaited(project: Project, path: str, call: Call) -> bool:
    """Whether the change took the `await` away: the same code is no news, and the promise is."""
    return project.wrote(path, call.first, call.last) and project.before(path).index.once(_awaits).get(
        (call.symbol, call.code), False
    )


def _awaits(facts: FileFacts) -> dict[tuple[str, str], bool]:
    """Whether each call, by its symbol and code, is awaited wherever it stands."""
    found: dict[tuple[str, str], bool] = {}
    for call in facts.calls:
        key = call.symbol, call.code
        found[key] = call.is_await and found.get(key, True)
    return found


class Habits:
    """How often the project drops and awaits the promise of each function, by the last step of its name."""

    def __init__(self, project: Project) -> None:
        self._dropped: Counter[str] = Counter()
        self._awaited: Counter[str] = Counter()
        for facts in project.head.values():
            for call in facts.calls:
                counted = self._awaited if call.awaited else self._dropped if call.is_statement else None
                if counted is not None:
                    counted[call.callee.rpartition(".")[2]] += 1

    def drops(self, call: Call) -> bool:
        """Whether nobody waits for it as a rule."""
        name = call.callee.rpartition(".")[2]
        return self._dropped[name] >= _HABIT_MIN and self._dropped[name] > self._awaited[name]

    def awaits(self, call: Call) -> bool:
        """Whether others wait for it."""
        return self._awaited[call.callee.rpartition(".")[2]] > 0


def fails_unheard(project: Project, path: str, call: Call) -> bool:
    """Whether the async function behind a call was read, waits for something, and catches nothing."""
    found = called(project, path, call)
    if found is None or not found.is_async or found.scope == NOWHERE:
        return False
    index = project.head[found.path].index
    inside = index.within(found.scope)
    calls = list(index.calls(inside))
    if any(one.in_try or one.callee.endswith(".catch") for one in calls):
        return False
    return any(one.is_await or one.is_returned for one in calls)


def is_message(call: Call) -> bool:
    """Whether a call sends a message to a person."""
    return any(word in call.callee.lower() for word in MESSAGES)


def leaves_stale(project: Project, call: Call) -> bool:
    """Whether it takes something out of a cache, in a function that is there for that, or as others wait for it: where
    that fails, old data are served and the caller is told that they are gone."""
    name = call.callee.rpartition(".")[2].lower()
    if not name.startswith(_EMPTIES) or "cache" not in call.callee.lower():
        return False
    around = call.symbol.rpartition(".")[2].lower()
    return "cache" in around or project.once(Habits).awaits(call)

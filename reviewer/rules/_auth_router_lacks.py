"""New routes of routers that lack what those beside them have: the guard of all that read, the permission of all that
change something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.concern import Severity
from reviewer.rules._auth import words
from reviewer.rules._auth_classes import Lack, is_own
from reviewer.rules._auth_entrances import MUTATING
from reviewer.rules._auth_foreign import new_gates
from reviewer.rules._auth_guards import says_who
from reviewer.rules._auth_refusing import refusing
from reviewer.rules._auth_things import thing_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.project import Project
    from reviewer.rules._auth_routers import Gate

_ALIKE_MIN: Final = 2
_ALL_MIN: Final = 3
_WHOLE_MIN: Final = 4
"""Others that all have it: of those that read (or change something) as well, of all, and of a whole router behind a
guard of its own."""

_COUNTS: Final = frozenset(("count", "counts", "total", "totals", "stats", "statistics", "summary"))


def router_lacks(project: Project) -> Iterator[Lack]:
    """What new routes of routers lack."""
    for file, facts in project.production:
        every, new = new_gates(project, file.path, facts)
        who = refusing(project, file.path) if new else frozenset()
        for gate in every:
            if gate.route.symbol not in new or gate.is_open or gate.own or is_own(gate.route.path):
                continue
            old = [one for one in every if one.router == gate.router and one.route.symbol not in new]
            others = [one for one in old or _rest(every, gate) if not one.is_open]
            reads = gate.route.verb == "GET"
            alike = [one for one in others if (one.route.verb == "GET") == reads]
            if reads:
                found = [] if gate.is_guarded else [*_reading(file.path, gate, alike, others, who)]
                known = [one for one in old or _rest(every, gate) if one.own or not one.is_open]
                yield from found or _below(file.path, gate, known)
            elif gate.route.verb in MUTATING:
                yield from _changing(file.path, gate, alike)


def _rest(every: tuple[Gate, ...], gate: Gate) -> list[Gate]:
    return [one for one in every if one.router == gate.router and one is not gate]


def _reading(path: str, gate: Gate, alike: list[Gate], others: list[Gate], who: frozenset[str]) -> Iterator[Lack]:
    for known, least in ((alike, _ALIKE_MIN), (others, _ALL_MIN)):
        guards = [one.guard for one in known if one.is_guarded and not one.by_prefix]
        if len(guards) >= least and len(guards) == len(known) and any(says_who(one) or one in who for one in guards):
            message = (
                f"Anybody can call `{gate.route.symbol}`: `{guards[0]}` stands in front of each of {len(guards)} "
                "routes beside it, and not of this one. Put it in front, or move the route to a router that is open."
            )
            yield Lack(path, gate.route.head, gate.route.symbol, message, "Nothing asks who is reading", Severity.NOTE)
            return


def _below(path: str, gate: Gate, others: list[Gate]) -> Iterator[Lack]:
    """A part of one thing (`/:id/notes`), where each route of that thing says who may use it; or any reading but a
    count, where each route of the router does."""
    thing = thing_of(gate.route.path)
    beside = [one for one in others if thing and thing_of(one.route.path) == thing]
    rest = [] if _COUNTS & set(words(gate.route.path)) else others
    for known, least, reads_min in ((beside, _ALL_MIN, 1), (rest, _WHOLE_MIN, _ALIKE_MIN)):
        reads = [one for one in known if one.route.verb == "GET"]
        if len(known) >= least and len(reads) >= reads_min and all(one.own for one in known):
            message = (
                f"`{gate.route.symbol}` reads what each of {len(known)} routes beside it closes (`{reads[0].own}`), "
                "and says nothing of who may see it: any caller who gets this far reads it. Put the same in front here."
            )
            severity = Severity.WARNING if known is beside else Severity.NOTE
            yield Lack(path, gate.route.head, gate.route.symbol, message, "Nothing says who may read this", severity)
            return


def _changing(path: str, gate: Gate, alike: list[Gate]) -> Iterator[Lack]:
    if len(alike) >= _ALIKE_MIN and all(one.own for one in alike):
        message = (
            f"`{gate.route.symbol}` changes data and does not say who may do that, while each of {len(alike)} routes "
            f"beside it does (`{alike[0].own}`): any caller who is let in can use it. Put it in front here too."
        )
        yield Lack(path, gate.route.head, gate.route.symbol, message, "Nothing says who may do this")

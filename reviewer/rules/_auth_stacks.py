"""New ways in with a part of the guards only: each of those beside them has more in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.concern import Severity
from reviewer.core.routes import nest_name
from reviewer.rules._auth import step
from reviewer.rules._auth_classes import Lack, is_own, knows_caller
from reviewer.rules._auth_composed import may_guard
from reviewer.rules._auth_entrances import MUTATING, Entrance, entrances
from reviewer.rules._auth_foreign import new_gates
from reviewer.rules._auth_guards import is_guard, names_guard, says_who
from reviewer.rules._auth_routers import Gate, checks_itself

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

_ALIKE_MIN: Final = 2
_ALL_MIN: Final = 3
"""Others that all have more: of those that read (or change something) as well, and of all."""

_SHOWN_MAX: Final = 4
_TITLE: Final = "Guards that all others have are missing"


def stack_lacks(project: Project) -> Iterator[Lack]:
    """New methods and routes whose guards are a part of what each of the others has."""
    for file, facts in project.production:
        yield from _methods(project, file.path, facts)
        yield from _routes(project, file.path, facts)


def _methods(project: Project, path: str, facts: FileFacts) -> Iterator[Lack]:
    before = {item.symbol for item in entrances(project.before(path), path)}
    by_class: dict[str, list[Entrance]] = {}
    for item in entrances(facts, path):
        by_class.setdefault(item.owner.name, []).append(item)
    for every in by_class.values():
        known = [one for one in every if one.symbol in before] or every
        marks = {one.symbol: _marks(facts, one) for one in every}
        for item in every:
            is_new = item.symbol not in before and project.wrote(path, item.method.first, item.method.last)
            if not is_new or item.is_open or is_own(f"{item.method.name} {item.route}"):
                continue
            beside = [one for one in known if one is not item and not one.is_open]
            has = marks[item.symbol]
            lacking = _lacking(has, [(one.verb in MUTATING, marks[one.symbol]) for one in beside], item.verb)
            if not lacking or (knows_caller(item) and not any(says_who(name) for name in lacking)):
                continue
            others = {one.name for two in beside for one in two.method.decorators}
            own = (one for one in item.method.decorators if one.name not in others)
            if not any(may_guard(project, path, one) for one in own) and not checks_itself(facts, item.method.scope):
                yield _lack(path, item.method.head, item.symbol, item.verb, lacking)


def _routes(project: Project, path: str, facts: FileFacts) -> Iterator[Lack]:
    every, new = new_gates(project, path, facts)
    for gate in every:
        if gate.route.symbol not in new or gate.is_open or is_own(gate.route.path):
            continue
        known = [one for one in every if _is_beside(one, gate)]
        known = [one for one in known if one.route.symbol not in new] or known
        beside = [(one.route.verb in MUTATING, one.stack) for one in known]
        lacking = _lacking(gate.stack, beside, gate.route.verb)
        if lacking:
            yield _lack(path, gate.route.head, gate.route.symbol, gate.route.verb, lacking)


def _is_beside(one: Gate, gate: Gate) -> bool:
    """Whether a route of the same router counts: one that reads as open on purpose does if it has more in front."""
    return one is not gate and one.router == gate.router and (not one.is_open or gate.stack < one.stack)


def _marks(facts: FileFacts, item: Entrance) -> frozenset[str]:
    """The guards on a method itself, by name; those of its class stand in front of all."""
    found: set[str] = set()
    for one in item.method.decorators:
        if not is_guard(facts, one):
            continue
        if nest_name(facts, one) == "UseGuards":
            found |= {arg.text for arg in one.args if names_guard(arg.text)}
        else:
            found.add(step(one.name))
    return frozenset(found)


def _lacking(has: frozenset[str], beside: list[tuple[bool, frozenset[str]]], verb: str) -> frozenset[str]:
    """What all others have too, where one has a part of that and nothing else; empty for any other."""
    writes = verb in MUTATING
    alike = [marks for changes, marks in beside if changes == writes]
    is_told_by_all = len(beside) >= _ALL_MIN and (writes or bool(alike))
    counted = alike if len(alike) >= _ALIKE_MIN else [marks for _, marks in beside] if is_told_by_all else []
    if not has or not counted:
        return frozenset()
    shared = frozenset.intersection(*counted)
    return shared - has if has < shared else frozenset()


def _lack(path: str, line: int, symbol: str, verb: str, lacking: frozenset[str]) -> Lack:
    shown = sorted(lacking, key=lambda name: (not says_who(name), name))[:_SHOWN_MAX]
    names = ", ".join(f"`{name}`" for name in shown)
    message = (
        f"`{symbol}` stands behind a part of the guards only: each of the others beside it has {names} as well, so "
        "callers get in here who are turned away there. Add what is missing."
    )
    is_weak = verb not in MUTATING and not any(says_who(name) for name in lacking)
    return Lack(path, line, symbol, message, _TITLE, Severity.NOTE if is_weak else Severity.WARNING)

"""All decorators that stand on something, those inside the project's own composites too, followed through imports."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Decorator
from reviewer.core.handlers import function_of
from reviewer.core.routes import original

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reviewer.core.facts import Call
    from reviewer.core.project import Project

_DEPTH_MAX = 4
"""Composites inside composites that are followed."""

_ITEMS_MAX = 200
"""Decorators of one place that are looked at, composites taken apart."""


@dataclass(frozen=True, slots=True)
class Decoration:
    """One decorator. `name` and `module` are those it has where it comes from; `module` is "" for the project's own.

    `path` and `first` say where it is written: in the composite's file for those in one, where `is_direct` is False.
    """

    name: str
    module: str
    args: tuple[Expr, ...]
    path: str
    first: int
    is_direct: bool


@dataclass(frozen=True, slots=True)
class Decorations:
    """All of one place; `is_complete` is False where a decorator of the project could not be looked into."""

    items: tuple[Decoration, ...] = ()
    is_complete: bool = True

    def named(self, *names: str, module: str | None = None) -> tuple[Decoration, ...]:
        """Those with one of these names, from that module if one is given."""
        return tuple(one for one in self.items if one.name in names and module in (None, one.module))

    def of(self, module: str) -> tuple[Decoration, ...]:
        """Those that come from a module."""
        return tuple(one for one in self.items if one.module == module)


def decorations(project: Project, path: str, decorators: Iterable[Decorator]) -> Decorations:
    """What stands on a class, method, property or parameter of a file. A composite is in it, and what it is made of."""
    facts = project.head.get(path)
    items: list[Decoration] = []
    complete = True
    for one in decorators if facts is not None else ():
        found = list(islice(_taken_apart(project, path, one, 0), _ITEMS_MAX))
        items.extend(item for item in found if item is not None)
        complete &= None not in found
    return Decorations(tuple(items), complete)


def _taken_apart(project: Project, path: str, one: Decorator, depth: int) -> Iterator[Decoration | None]:
    """A decorator and what it is made of; None for what could not be looked into."""
    facts = project.head[path]
    name, module = original(facts, one.name)
    is_own = not module or project.resolver.resolve(path, module) is not None
    said = name if name not in ("default", "*") else one.name
    yield Decoration(said, "" if is_own else module, one.args, path, one.first, depth == 0)
    if not is_own or depth >= _DEPTH_MAX:
        return
    place = function_of(project, path, Expr(ExprKind.NAME, one.name, one.first, one.last))
    if place is None:
        if module or not facts.index.bound(one.name, NOWHERE):
            yield None
        return
    there = project.head[place[0]]
    for call in there.index.calls(there.index.within(place[1])):
        if _is_decorator(call):
            inner = Decorator(call.callee, call.args, call.first, call.last)
            yield from _taken_apart(project, place[0], inner, depth + 1)


def _is_decorator(call: Call) -> bool:
    """Whether a call inside a composite makes one of its decorators: `UseGuards(JwtGuard)`, `docs.ApiOperation()`."""
    return call.callee.rpartition(".")[2][:1].isupper() and not call.is_new and "(" not in call.callee

"""The functions that read a request: those that answer a route, and those that are handed a whole part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.source_paths import is_production
from reviewer.rules._client_data import ClientData, Sent
from reviewer.rules._code import Code, called
from reviewer.rules._object_patterns import taken

if TYPE_CHECKING:
    from reviewer.core.facts import Call, Class, Param
    from reviewer.core.project import Project

_HANDED_MAX: Final = 20
"""Functions that one route hands the whole of a part to: calls branch, and a stranger writes the code."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A function that answers a route. `is_open`: whether a part of the request arrives there as a text that nothing
    checked."""

    path: str
    scope: int
    route: str
    data: ClientData
    is_open: Callable[[Sent], bool]
    cure: str
    owner: Class | None = None


def handed_whole(project: Project, asked: Asked) -> Iterator[Asked]:
    """The functions that a route's hands its whole query or parameters to, by which they read them themselves:
    `orders.list(req.query)`."""
    waiting, seen = [asked], {(asked.path, asked.scope)}
    while waiting and len(seen) <= _HANDED_MAX:
        at = waiting.pop()
        facts = project.head[at.path]
        for call in facts.index.calls(facts.index.within(at.scope)):
            whole = dict(_whole(at.data, call))
            target = called(project, Code(at.path, at.scope, at.owner), call) if whole else None
            if target is None or target.scope < 0 or (target.path, target.scope) in seen:
                continue
            if is_validation(facts, call.callee) or not is_production(target.path):
                continue
            seen.add((target.path, target.scope))
            there = project.head[target.path]
            params = there.functions[target.scope].params
            given = [(params[place], part) for place, part in whole.items() if place < len(params)]
            names = {name: part for param, sent in given for name, part in _named(param, sent)}
            inside = there.index.calls(there.index.within(target.scope))
            if names and not any(is_validation(there, one.callee) for one in inside):
                data = ClientData.of(there, target.scope, names)
                one = replace(at, path=target.path, scope=target.scope, data=data, owner=target.owner)
                waiting.append(one)
                yield one


def _whole(data: ClientData, call: Call) -> Iterator[tuple[int, Sent]]:
    """The places of a call that are given all of the query or of the parameters."""
    for place, arg in enumerate(call.args):
        part = data.sent(arg)
        if part is not None and part.source in ("query", "params") and not part.field and not part.is_text:
            yield place, part


def _named(param: Param, sent: Sent) -> Iterator[tuple[str, Sent]]:
    if not param.fields:
        yield param.name, sent
        return
    for key, local in taken(param.code):
        part = sent.step(key)
        if part is not None:
            yield local, part

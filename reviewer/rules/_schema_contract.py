"""Schemas that clients depend on: what validates their requests, and what describes or filters their answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Class, FileFacts
from reviewer.core.project import Project
from reviewer.core.request_data import reached_classes
from reviewer.core.router_routes import router_routes
from reviewer.core.source_paths import is_production
from reviewer.rules._contract import answered_types
from reviewer.rules._plugin_routes import names_of_routers
from reviewer.rules._schema_fields import Shape, shapes
from reviewer.rules._schema_marks import tops_of

_ANSWERS: Final = frozenset(
    ("response", "responses", "responseSchema", "reply", "output", "outputSchema", "returns", "responseBody",
     "200", "201", "202", "203", "206", "2xx")
)  # fmt: skip
_REQUESTS: Final = frozenset(
    ("body", "bodySchema", "querystring", "query", "querySchema", "params", "paramsSchema", "input", "inputSchema",
     "request", "requestBody")
)  # fmt: skip
_ANSWER_MAKERS: Final = ("ZodSerializerDto", "ZodResponse", "output", "SerializeOptions")
_CHECKS: Final = frozenset(("parse", "safeParse", "parseAsync", "safeParseAsync", "validate", "validateAsync"))
_VALIDATORS: Final = ("validate", "validator", "celebrate", "validateRequest", "input")
_NAMES_MAX: Final = 2_000
_PLACES_MAX: Final = 6


@dataclass(frozen=True, slots=True)
class Broken:
    """A schema that breaks its clients: the constant or route it stands in, what is broken, and where."""

    path: str
    name: str
    is_request: bool
    what: tuple[str, ...]
    line: int


def broken_schemas(project: Project) -> Iterator[Broken]:
    """The schemas of changed files that existed and no longer take or give what they did."""
    for file, facts in project.production:
        names = names_of_routers(project, file.path)
        before = {name: value for name, value, _ in _roots(project, project.before(file.path), names)}
        for name, value, is_request in _roots(project, facts, names):
            if name in before:
                yield from _compared(file.path, name, before[name], value, is_request)


def _compared(path: str, name: str, was: Expr, now: Expr, is_request: bool) -> Iterator[Broken]:
    olds, news = shapes(was), shapes(now)
    found: list[tuple[str, int]] = []
    for place, old in olds.items():
        new = news.get(place)
        if new is not None:
            found.extend(_differences(old, new, place, is_request=is_request))
    if found:
        yield Broken(path, name, is_request, tuple(what for what, _ in found), found[0][1])


def _differences(old: Shape, new: Shape, place: str, *, is_request: bool) -> Iterator[tuple[str, int]]:
    prefix = f"{place.lstrip('.')}." if place else ""
    adds_others = any(not one.startswith("omit ") for one in new.others - old.others)
    line = new.first
    fresh = [one for key, one in new.fields.items() if key not in old.fields]
    for key, was in old.fields.items():
        now = new.fields.get(key)
        if now is None:
            if not (is_request or adds_others or was.is_deprecated):
                place_of = next((one.first for one in fresh if line < one.first), line)
                yield f"`{prefix}{key}` is gone", place_of if fresh else line
            continue
        line = now.last
        if is_request and was.is_optional and not now.is_optional and now.kind:
            yield f"`{prefix}{key}` became required", now.first
        elif was.kind and now.kind and was.kind != now.kind:
            yield f"`{prefix}{key}` was a {was.kind} and is a {now.kind}", now.first
        elif was.values - now.values and now.values and (is_request or now.values - was.values):
            gone = ", ".join(f"`{one}`" for one in sorted(was.values - now.values))
            yield f"`{prefix}{key}` has no {gone} any more", now.first
    if not is_request:
        hidden = (one.partition(" ")[2] for one in new.others - old.others if one.startswith("omit "))
        yield from ((f"`{prefix}{key}` is gone", new.first) for key in hidden)


def _roots(project: Project, facts: FileFacts, names: frozenset[str]) -> Iterator[tuple[str, Expr, bool]]:
    """The schemas of a file that clients depend on, by a name that stays: a constant, or its place in one."""
    answers, requests = project.once(_named_schemas)
    for one in tops_of(facts):
        if one.value.kind is ExprKind.CALL or (one.value.kind is ExprKind.OBJECT and "properties" in one.value.keys):
            if one.name in answers:
                yield one.name, one.value, False
            if one.name in requests:
                yield one.name, one.value, True
        yield from _placed(one.name, one.value, 0)
    for route in router_routes(facts, names):
        for given in (*route.middleware, *((route.handler,) if route.handler is not None else ())):
            inside = given.parts if given.kind is ExprKind.CALL else (given,)
            for one in inside:
                yield from _placed(route.symbol, one, 0)


def _placed(name: str, value: Expr, depth: int) -> Iterator[tuple[str, Expr, bool]]:
    """The schemas inside an object of options: `{ schema: { body: …, response: { 200: … } } }`."""
    if value.kind is not ExprKind.OBJECT or depth > _PLACES_MAX or "properties" in value.keys:
        return
    for key, part in zip(value.keys, value.parts, strict=False):
        if not key:
            continue
        is_schema = part.kind is ExprKind.CALL or "properties" in part.keys or "items" in part.keys
        if is_schema and (key in _ANSWERS or key in _REQUESTS):
            yield f"{name}.{key}", part, key in _REQUESTS
        else:
            yield from _placed(f"{name}.{key}", part, depth + 1)


def _named_schemas(project: Project) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the constants that describe answers, and of those that requests are checked by."""
    answers: set[str] = set()
    requests: set[str] = set()
    inside: dict[str, set[str]] = {}
    for path, facts in project.head.items():
        if not is_production(path):
            continue
        for one in tops_of(facts):
            inside.setdefault(one.name, set()).update(_names(one.value))
        for value in (*(one.value for one in facts.bindings), *(arg for call in facts.calls for arg in call.args)):
            _add_keyed(value, answers, requests)
        _add_calls(facts, answers, requests)
    for contract in answered_types(project):
        if isinstance(contract.item, Class) and contract.item.extends is not None:
            answers.update(_names(contract.item.extends))
    for reached in reached_classes(project):
        if reached.item.extends is not None:
            requests.update(_names(reached.item.extends))
    return _closed(answers, inside), _closed(requests, inside)


def _add_keyed(value: Expr, answers: set[str], requests: set[str]) -> None:
    """What stands under `response: …` or `body: …` in an object."""
    for key, part in zip(value.keys, value.parts, strict=False) if value.kind is ExprKind.OBJECT else ():
        if key in _ANSWERS:
            answers.update(_names(part))
        elif key in _REQUESTS:
            requests.update(_names(part))
        else:
            _add_keyed(part, answers, requests)


def _add_calls(facts: FileFacts, answers: set[str], requests: set[str]) -> None:
    for call in facts.calls:
        owner, _, last = call.callee.rpartition(".")
        if last in _ANSWER_MAKERS:
            answers.update(name for arg in call.args for name in _names(arg))
        elif last in _CHECKS and call.args and _is_sent(call.args[0]):
            requests.add(owner)
        elif last.lower().endswith(_VALIDATORS) and not (call.args and _is_sent(call.args[0])):
            requests.update(name for arg in call.args for name in _names(arg))
    for item in facts.classes:
        for method in item.methods:
            for one in method.decorators:
                if one.name in _ANSWER_MAKERS:
                    answers.update(name for arg in one.args for name in _names(arg))


def _is_sent(value: Expr) -> bool:
    return value.text.startswith(("req.", "request.", "ctx.request.", "ctx.query", "ctx.params", "c.req."))


def _closed(names: set[str], inside: dict[str, set[str]]) -> frozenset[str]:
    """Those names, and the names of what they are made of."""
    waiting = list(names)
    while waiting and len(names) < _NAMES_MAX:
        for name in inside.get(waiting.pop(), set()) - names:
            names.add(name)
            waiting.append(name)
    return frozenset(names)


def _names(value: Expr) -> set[str]:
    """The first names of everything inside an expression."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if at.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL):
            found.add(at.text.replace("()", "").partition(".")[0])
        waiting.extend(at.parts)
        if at.receiver is not None:
            waiting.append(at.receiver)
    return found

"""What a handler answers: each `res.status(…).json(…)`, `reply.code(…).send(…)`, `res.sendStatus(…)`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Call, FileFacts, Function
from reviewer.core.project import Project
from reviewer.core.source_paths import is_production

_NAMES = frozenset(("res", "response", "reply", "_res"))
_TYPES = frozenset(("Response", "FastifyReply", "ExpressResponse"))
_SETTERS = frozenset(("status", "code"))
_SENDERS = frozenset(("json", "send", "jsonp", "end"))


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `status` is None when it is not written out, `is_implicit` when nothing in the function sets one
    (then it is 200)."""

    call: Call
    status: int | None
    is_implicit: bool
    body: Expr | None


def status_of(value: Expr | None) -> int | None:
    """The status a number or constant means: `404`, `HttpStatus.NOT_FOUND`, `StatusCodes.NOT_FOUND`."""
    if value is None:
        return None
    if value.kind is ExprKind.NUMBER and value.text.isascii() and value.text.isdigit():
        return int(value.text[:4])
    if value.kind is ExprKind.MEMBER:
        return next((int(one) for one in HTTPStatus if one.name == value.text.rpartition(".")[2]), None)
    return None


def answering(facts: FileFacts) -> Iterator[tuple[int, str]]:
    """The functions that take a response, with its name there: handlers and error middleware."""
    for scope, function in enumerate(facts.functions):
        name = response_of(function)
        if name:
            yield scope, name


def response_of(function: Function) -> str:
    """What a handler calls its response, "" when the function is none."""
    for param in function.params[:3]:
        if param.name in _NAMES or param.type.name in _TYPES:
            return param.name
    return ""


def answers(facts: FileFacts, scope: int, name: str) -> tuple[Answer, ...]:
    """What a function with the response `name` answers, callbacks inside it included."""
    return facts.index.once(_Known).of(scope, name)


class _Known:
    """The answers of each function of a file, looked for once: any number of routes may share a function."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._found: dict[tuple[int, str], tuple[Answer, ...]] = {}

    def of(self, scope: int, name: str) -> tuple[Answer, ...]:
        """What a function with the response `name` answers."""
        key = scope, name
        if key not in self._found:
            self._found[key] = tuple(_answers(self._facts, scope, name))
        return self._found[key]


def _answers(facts: FileFacts, scope: int, name: str) -> Iterator[Answer]:
    inside = facts.index.within(scope)
    calls = [call for call in facts.index.calls(inside) if call.callee.partition(".")[0].removesuffix("()") == name]
    sets = any(call.is_statement and call.callee in (f"{name}.status", f"{name}.code") for call in calls)
    sets = sets or any(one.name == f"{name}.statusCode" for one in facts.index.bindings(inside))
    for call in calls:
        last = call.callee.rpartition(".")[2]
        if last == "sendStatus":
            yield Answer(call, status_of(call.args[0] if call.args else None), False, None)
        elif last in _SENDERS:
            given = _set_in_chain(call)
            body = call.args[0] if call.args else None
            is_implicit = given is None and not sets and call.callee == f"{name}.{last}"
            yield Answer(call, 200 if is_implicit else status_of(given), is_implicit, body)


def _set_in_chain(call: Call) -> Expr | None:
    at = call.receiver
    while at is not None:
        if at.kind is ExprKind.CALL and at.text.rpartition(".")[2] in _SETTERS and at.parts:
            return at.parts[0]
        at = at.receiver
    return None


def all_answers(project: Project) -> Iterator[tuple[str, str, Answer]]:
    """Every answer in the code that was read, with its file and the function's name there; inner ones once."""
    for path, facts in project.head.items():
        if is_production(path):
            for scope, name in answering(facts):
                yield from ((path, facts.functions[scope].symbol, one) for one in answers(facts, scope, name))


def keys_of(body: Expr | None) -> dict[str, Expr]:
    """What an object literal gives each key; empty for anything else, and for one with a spread."""
    if body is None or body.kind is not ExprKind.OBJECT or "" in body.keys:
        return {}
    return dict(zip(body.keys, body.parts, strict=True))


def text_of(value: Expr | None) -> str:
    """The words of a text, in lower case: a literal, a template, a concatenation's literals; "" otherwise."""
    if value is None:
        return ""
    if value.kind in (ExprKind.STRING, ExprKind.TEMPLATE):
        return value.text.lower()
    if value.kind is ExprKind.CONCAT:
        return " ".join(text_of(part) for part in value.parts)
    return ""


def in_catch(call: Call) -> bool:
    """Whether a call stands in a catch clause."""
    return call.catch != NOWHERE

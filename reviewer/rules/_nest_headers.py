"""Headers that a NestJS route takes as they come and hands on: `@Headers('idempotency-key') key: string`."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.checks import is_validation
from reviewer.core.expr import ExprKind, TypeKind
from reviewer.core.facts import Call, FileFacts, Method, Param
from reviewer.core.project import Project
from reviewer.core.routes import Route, nest_name
from reviewer.rules._code import Code, called
from reviewer.rules._flow import Flow
from reviewer.rules._numbers import tested
from reviewer.rules._unchecked_type import is_pipe_elsewhere

_STANDARD = frozenset(
    ("authorization", "user-agent", "cookie", "host", "origin", "referer", "range", "upgrade", "connection", "from")
)
_KNOWN = (
    "accept", "content-", "if-", "x-forwarded", "x-real-ip", "request-id", "correlation", "trace", "signature", "token",
    "secret", "api-key", "apikey", "timestamp", "stripe", "github", "svix", "hub-", "cf-", "lang", "locale", "version",
    "auth", "user", "tenant", "forwarded", "platform", "device", "session", "event", "hmac",
)  # fmt: skip
"""Words of headers that HTTP or a proxy defines, that a machine signs, or that are compared with what is known."""

_PLAIN = frozenset(("logger", "log", "console"))


def raw_headers(project: Project, path: str) -> Iterator[tuple[Route, Param, str]]:
    """The headers of a file's routes that the change hands on unchecked: route, parameter, and the header's name."""
    facts = project.head[path]
    for route in project.routes.get(path, ()):
        method = route.method
        if method is None or method.scope < 0 or is_pipe_elsewhere(facts, route):
            continue
        for param in method.params:
            name = _header(facts, param)
            is_old = not project.wrote(path, param.first, param.last) or _was_there(project, path, route, param)
            if name and not is_old and _goes_on(project, path, route, method, param):
                yield route, param, name


def _header(facts: FileFacts, param: Param) -> str:
    """The header that a parameter is, without a pipe; "" for a standard one."""
    if param.type.kind not in (TypeKind.PRIMITIVE, TypeKind.NONE) or not param.name or param.default is not None:
        return ""
    for one in param.decorators:
        texts = [arg.text for arg in one.args if arg.kind is ExprKind.STRING]
        if nest_name(facts, one) == "Headers" and len(texts) == len(one.args) == 1:
            name = texts[0].lower()
            return "" if name in _STANDARD or any(word in name for word in _KNOWN) else texts[0]
    return ""


def _was_there(project: Project, path: str, route: Route, param: Param) -> bool:
    methods = (
        method
        for item in project.before(path).classes
        for method in item.methods
        if f"{item.name}.{method.name}" == route.symbol
    )
    return any(one.code == param.code for method in methods for one in method.params)


def _goes_on(project: Project, path: str, route: Route, method: Method, param: Param) -> bool:
    """Whether a header is given to a collaborator, and neither the method nor what it is given to looks at it."""
    facts = project.head[path]
    inside = facts.index.within(method.scope)
    if _is_tested(facts, inside, param.name):
        return False
    given = False
    for call in facts.index.calls(inside):
        places = [index for index, arg in enumerate(call.args) if arg.text == param.name]
        if not places:
            continue
        if is_validation(facts, call.callee):
            return False
        if call.callee.startswith("this.") and not _PLAIN & set(call.callee.split(".")):
            if _is_looked_at(project, Code(path, method.scope, route.owner), call, places[0]):
                return False
            given = True
    return given


def _is_tested(facts: FileFacts, inside: tuple[int, ...], name: str) -> bool:
    """Whether a function tests a text, or something of it: `key.length`."""
    known = tested(facts, facts.index.once(Flow), inside)
    return any(one.partition(".")[0] == name for one in known)


def _is_looked_at(project: Project, code: Code, call: Call, place: int) -> bool:
    target = called(project, code, call)
    if target is None or target.scope < 0:
        return False
    facts = project.head[target.path]
    params = facts.functions[target.scope].params
    inside = facts.index.within(target.scope)
    name = params[place].name if place < len(params) else ""
    if _is_tested(facts, inside, name):
        return True
    return any(
        is_validation(facts, one.callee) and any(arg.text == name for arg in one.args)
        for one in facts.index.calls(inside)
    )

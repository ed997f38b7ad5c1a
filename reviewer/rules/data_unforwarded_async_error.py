"""An async Express 4 handler whose error reaches nobody: the request hangs, and Node ends the process.

Express before version 5 does not look at the promise a handler returns. A rejected await outside of try/catch becomes
an unhandled rejection: no answer, no error middleware, and since Node 15 the end of the process. Wrappers
(`asyncHandler`), `express-async-errors`, promise routers, `.catch(next)` and Express 5 are left alone.

Bad::

    router.get('/orders', async (req, res) => { res.json(await orders.list()); });

Good::

    router.get('/orders', asyncHandler(async (req, res) => { res.json(await orders.list()); }));
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reviewer.core.anchor import Span
from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route
from reviewer.core.rule import Rule
from reviewer.rules._code import Code, Decisions, handler
from reviewer.rules._registrations import Registrations
from reviewer.rules._report import at, report

_FORWARDING = (
    "express-async-errors", "express-promise-router", "express-async-router", "@awaitjs/express", "fastify", "koa",
    "express-async-handler-patch", "express-yields", "@root/async-router", "express-promise-patch",
)  # fmt: skip
_EXPRESS_FORWARDS_SINCE = 5
"""Express 5 passes rejections on to `next` (its migration guide, "Rejected promises")."""

_HARMLESS = frozenset(("catch", "release", "close", "disconnect", "unlink", "end"))
"""Calls that catch, or that clean up in a finally and hardly ever fail."""

_BARE = (ExprKind.FUNCTION, ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL)
_DEPTH_MAX = 6


def inspect(project: Project) -> Iterator[Finding]:
    """Async handlers with an await that the change wrote outside of any try."""
    major = _major(project.packages.get("express", ""))
    if major is None or major >= _EXPRESS_FORWARDS_SINCE or _is_patched(project):
        return
    production = {file.path for file, _ in project.production}
    said: set[Code] = set()
    decisions = project.once(Decisions)
    for path, routes in project.routes.items():
        registered = project.head[path].index.once(Registrations)
        new = {route.symbol for route in project.new_routes(path)}
        for route in routes:
            code = _bare_handler(project, path, route, registered)
            if code is None or code in said or not {code.path, path} & production:
                continue
            call = _unguarded(project.head[code.path], code, decisions)
            if call is None:
                continue
            is_ours = code.path in production and project.introduced(code.path, call)
            if is_ours or route.symbol in new:
                said.add(code)
                shown = at(code.path, call.first) if code.path in production else at(path, route.head)
                name = project.head[code.path].functions[code.scope].symbol
                yield _finding(shown, route, call, name or route.symbol)


def _finding(span: Span, route: Route, call: Call, name: str) -> Finding:
    return report(
        RULE,
        span,
        f"If `{call.callee}` rejects, Express {_EXPRESS_FORWARDS_SINCE - 1} does not notice: `{route.symbol}` never "
        "answers, and the unhandled rejection ends the process. Catch the error and pass it to `next`, or wrap the "
        "handler in one that does.",
        symbol=name,
        quoted=f"{route.symbol} {call.callee}",
    )


def _major(version: str) -> int | None:
    """The major version of a range such as `^4.18.2`; None where it names none."""
    digits = version.lstrip("^~>=v ").partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 4 else None


def _is_patched(project: Project) -> bool:
    if any(project.uses(package) for package in _FORWARDING):
        return True
    modules = (item.module for facts in project.head.values() for item in facts.imports)
    return any(module.startswith("express/lib") for module in modules)


def _bare_handler(project: Project, path: str, route: Route, registered: Registrations) -> Code | None:
    """The async function that the router itself calls; None if something wraps it, or it cannot be told."""
    given = route.handler
    if route.method is not None or given is None or given.kind not in _BARE:
        return None
    if given.kind is ExprKind.CALL and given.parts and not given.text.endswith(".bind"):
        return None  # something wraps it
    found = registered.of(route)
    made = registered.maker(found.router) if found else None
    if made is not None and made[1] != "express":
        return None
    code = handler(project, path, route)
    if code is None:
        return None
    function = project.head[code.path].functions[code.scope]
    is_made = given.kind is ExprKind.CALL and not given.parts
    is_direct = is_made or given.kind is ExprKind.FUNCTION or bool(function.name)
    if not function.is_async or not is_direct:
        return None
    methods = code.owner.methods if code.owner else ()
    return None if any(one.scope == code.scope and one.decorators for one in methods) else code


def _unguarded(facts: FileFacts, code: Code, decisions: Decisions) -> Call | None:
    """The first awaited call of a function, outside of any try with a catch, whose rejection nothing catches."""
    function = facts.functions[code.scope]
    own = {param.name for param in function.params}
    awaited = _awaited(facts, code, decisions)
    for call in facts.index.calls((code.scope,)):
        root = call.callee.partition(".")[0]
        if not call.awaited or call.in_try or call.catch != NOWHERE or root in own:
            continue
        answers = any(arg.text in own for arg in call.args)  # `return sendOk(res, order)` may be no promise at all
        if call.callee.rpartition(".")[2] in _HARMLESS or call.is_new or (answers and call.callee not in awaited):
            continue
        return call
    return None


def _awaited(facts: FileFacts, code: Code, decisions: Decisions) -> frozenset[str]:
    """What the awaits in a function call, by dotted name."""
    values: list[Expr] = [one.value for one in facts.index.bindings((code.scope,))]
    values += [arg for call in facts.index.calls((code.scope,)) for arg in call.args]
    values += decisions.tests(code)
    return frozenset(_names(values, 0))


def _names(values: Iterable[Expr], depth: int) -> Iterator[str]:
    for value in values:
        if value.kind is ExprKind.AWAIT and value.parts:
            yield value.parts[0].text
        if depth < _DEPTH_MAX and value.kind is not ExprKind.FUNCTION:
            inner = value.parts if value.receiver is None else (*value.parts, value.receiver)
            yield from _names(inner, depth + 1)


RULE = Rule(
    slug="data_unforwarded_async_error",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="An async handler's error reaches nobody",
    inspect=inspect,
    references=(
        Reference("Node.js: unhandled rejections", "https://nodejs.org/api/process.html#event-unhandledrejection"),
    ),
    confidence=0.92,
    page=__doc__ or "",
)

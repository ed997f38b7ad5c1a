"""A success that is answered with the wrong status, or a body that gets lost.

204 carries no body: Node drops what is written after it, and the client reads undefined. 201 means that something was
created, which a GET or DELETE does not. A creation that is answered 200 is told where the siblings answer 201.

Bad::

    res.status(204).json({ removed: true });
    @Delete(':id') @HttpCode(204) remove(): Promise<Order> { return this.orders.remove(id); }

Good::

    res.status(200).json({ removed: true });
    res.sendStatus(204);
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.handlers import resolve_handler
from reviewer.core.project import Project
from reviewer.core.routes import Route
from reviewer.core.rule import Rule
from reviewer.rules._answers import Answer, all_answers, answers, keys_of, response_of, status_of
from reviewer.rules._report import at, report
from reviewer.rules._rest import decorator

_CREATES = ("create", "insert", "save", "register", "add")
_PURE_ENDINGS = ("Token", "Hash", "Session", "Url", "Link", "Client", "Checkout", "Payment", "Intent", "Builder")
_ACTIONS = (
    "login", "logout", "signin", "sign-in", "session", "token", "auth", "search", "verify", "refresh", "reset", "send",
    "check", "validate", "import", "sync", "hook", "callback", "checkout", "upload", "query", "batch", "bulk",
    "graphql",
)  # fmt: skip
_NO_BODY = frozenset(("void", "undefined", "never", "null", "any", "unknown", ""))


def inspect(project: Project) -> Iterator[Finding]:
    """Answers of success that the change wrote, whose status contradicts the body, the verb or the siblings."""
    yield from _bodies(project)
    yield from _nest(project)
    yield from _routers(project)


def _bodies(project: Project) -> Iterator[Finding]:
    production = {file.path for file, _ in project.production}
    said: set[tuple[str, int]] = set()
    for path, symbol, answer in all_answers(project):
        is_lost = answer.status == 204 and answer.body is not None and _is_something(answer.body)
        if is_lost and path in production and (path, answer.call.first) not in said:
            said.add((path, answer.call.first))
            if project.introduced(path, answer.call):
                message = (
                    "204 carries no body, so Node drops this one and the client reads nothing. Answer 200 with the "
                    "body, or 204 without."
                )
                yield report(RULE, at(path, answer.call.first), message, symbol, answer.call.code)


def _is_something(body: Expr) -> bool:
    return body.kind is not ExprKind.CONSTANT and not (body.kind is ExprKind.STRING and not body.text)


def _nest(project: Project) -> Iterator[Finding]:
    """`@HttpCode(204)` on a method that says it returns something, and 201 on GET and DELETE."""
    for file, facts in project.production:
        before = {
            (old.symbol, code.args[0].text)
            for old in project.routes_before(file.path)
            if old.method and (code := decorator(project.before(file.path), old.method.decorators, "HttpCode"))
            if code.args
        }
        for route in project.routes.get(file.path, ()):
            code = decorator(facts, route.method.decorators, "HttpCode") if route.method else None
            if code is None or not code.args or not project.wrote(file.path, route.first, route.head):
                continue
            status = status_of(code.args[0])
            why = _contradiction(route, status)
            if why and (route.symbol, code.args[0].text) not in before:
                yield report(RULE, at(file.path, code.first), why, route.symbol, f"HttpCode {status}")


def _contradiction(route: Route, status: int | None) -> str:
    returned = route.method.return_type if route.method else None
    if status == 204 and returned is not None and returned.kind is not TypeKind.NONE:
        inner = returned.text.removeprefix("Promise<").removesuffix(">")
        if not {part.strip() for part in inner.split("|")} & _NO_BODY:
            return (
                f"`{route.symbol}` returns `{returned.text}`, but 204 carries no body: the client reads nothing. "
                "Answer 200, or return nothing."
            )
    if status == 201 and route.verb in ("GET", "DELETE"):
        return (
            f"`{route.symbol}` answers 201, which says that something was created; a {route.verb} creates nothing. "
            "Leave the status at 200."
        )
    return ""


def _routers(project: Project) -> Iterator[Finding]:
    """Handlers of routers: 201 on GET and DELETE, and a creation answered 200 among siblings that answer 201."""
    production = {file.path for file, _ in project.production}
    found = [
        (path, route, one)
        for path, routes in project.routes.items()
        for route in routes
        if route.method is None
        for one in _of(project, path, route)
    ]
    posts = [(path, route, one[1]) for path, route, one in found if route.verb == "POST" and one[2]]
    created = Counter((path, answer.status) for path, _, answer in posts if answer.status in (200, 201))
    elsewhere = sum(created.values())
    for path, route, (where, answer, creates) in found:
        if where not in production or not project.introduced(where, answer.call):
            continue
        why, severity = "", Severity.WARNING
        if answer.status == 201 and route.verb in ("GET", "DELETE"):
            why = f"`{route.symbol}` answers 201, which says that something was created. Answer 200."
        elif answer.status == 200 and route.verb == "POST" and creates:
            if created[path, 201] >= created[path, 200]:
                why = f"`{route.symbol}` creates and answers 200, while its siblings answer 201. Answer 201."
            elif elsewhere == 1 and not answer.is_implicit and not _is_action(route):
                severity = Severity.NOTE
                why = f"`{route.symbol}` creates something and says 200, where clients expect 201. Answer 201."
        if why and not keys_of(answer.body).keys() & {"error", "errors"}:
            found_one = report(RULE, at(where, answer.call.first), why, route.symbol, answer.call.code)
            yield replace(found_one, severity=severity)


def _is_action(route: Route) -> bool:
    """Whether a path names what is done, not what is created: its answer may well be 200."""
    return any(word in route.path.lower() for word in _ACTIONS)


def _of(project: Project, path: str, route: Route) -> Iterator[tuple[str, Answer, bool]]:
    """The answers of a router's handler, each with its file, and whether the handler creates something."""
    code = resolve_handler(project, path, route.handler)
    if code is None:
        return
    facts = project.head[code[0]]
    name = response_of(facts.functions[code[1]])
    creates = code[1] in facts.index.once(_creating)
    if name:
        yield from ((code[0], one, creates) for one in answers(facts, code[1], name))


def _creating(facts: FileFacts) -> frozenset[int]:
    """The functions that create something, however deep."""
    last = ((call.callee.rpartition(".")[2], call.scope) for call in facts.calls if call.awaited)
    scopes = {scope for one, scope in last if one.startswith(_CREATES) and not one.endswith(_PURE_ENDINGS)}
    return frozenset(around for scope in scopes for around in facts.index.around(scope))


RULE = Rule(
    slug="api_docs_wrong_success_status",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="The status does not fit the answer",
    inspect=inspect,
    references=(
        Reference("MDN: 204 No Content", "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status/204"),
        Reference("MDN: 201 Created", "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status/201"),
    ),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-structure-apis-by-rest",
)

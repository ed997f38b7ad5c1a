"""A password, its hash or another secret leaves with the answer.

An entity that is answered whole carries every column. Hashes can be broken offline, reset tokens used at once; logs,
caches and browsers keep them. Choose the fields, or hide the column (`select: false`, `@Exclude()`).

Bad::

    const user = await User.findById(req.params.id);
    res.json(user);

Good::

    const user = await User.findById(req.params.id).select('id name email');
    res.json(user);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.anchor import Span
from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, FileFacts, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, original
from reviewer.core.rule import Rule
from reviewer.rules._answered_selection import answered_selections
from reviewer.rules._answered_types import answered_types, chooses, read_secret, serializes
from reviewer.rules._declared_settings import settings_secret
from reviewer.rules._handlers import Handler, handlers
from reviewer.rules._named_secrets import is_password, named_secret
from reviewer.rules._prisma_secrets import prisma_secret
from reviewer.rules._report import at, report
from reviewer.rules._secret_fields import carried, cleaned, entity_secret, is_secret
from reviewer.rules._selected import is_returned, selected_secret, type_without
from reviewer.rules._served_secrets import served_secret

_ANSWERS = frozenset(("json", "send", "jsonp"))
_OUTPUT_WORDS = ("response", "output", "view", "presenter", "result", "serializer")
_SHOWN = frozenset(("Expose", "ApiProperty", "ApiPropertyOptional", "Field", "ApiResponseProperty"))
_WRAPPERS = frozenset(("Promise", "Array", "Observable", "Paginated", "Page"))


def inspect(project: Project) -> Iterator[Finding]:
    """Answers that the change wrote and that carry a secret."""
    production = {file.path for file, _ in project.production}
    for handler in handlers(project):
        if handler.path in production:
            yield from _answered(project, handler)
    for path, routes in project.routes.items():
        for route in routes if path in production else ():
            if route.method is not None and route.owner is not None:
                yield from _returned(project, path, route)
    for path, line, secret, query, symbol in answered_selections(project):
        what = f"`{query.callee}()` selects it: what {symbol} answers"
        yield _finding(at(path, line), what, secret, symbol, query.code)
    for file, facts in project.production:
        yield from (*_shown(project, file.path, facts), *_selected(project, file.path, facts))


def _finding(span: Span, what: str, secret: str, symbol: str, code: str) -> Finding:
    return report(
        RULE,
        span,
        f"{what} carries `{secret}` to the client. Answer chosen fields only, or hide the column in the model.",
        symbol=symbol,
        quoted=code,
    )


# ------------------------------------------------------------------------------------------------------------ Express


def _answered(project: Project, handler: Handler) -> Iterator[Finding]:
    path, route = handler.path, handler.symbol
    facts = project.head[path]
    inside = facts.index.within(handler.scope)
    answers = (call for call in facts.index.calls(inside) if call.callee.rpartition(".")[2].strip("()") in _ANSWERS)
    fresh = [call for call in answers if project.introduced(path, call)]
    records = dict(_records(project, path, facts, inside)) if fresh else {}
    clean = cleaned(facts, inside) if fresh else frozenset()
    for call in fresh:
        named = next((found for arg in call.args if (found := named_secret(facts, inside, arg))), "")
        if named:
            yield _finding(at(path, call.first), f"The answer of {route}", named, call.symbol or route, call.code)
            return
        for value in (value for arg in call.args for value in carried(arg)):
            is_name = value.kind is ExprKind.NAME
            read = "" if is_name else _secret_in(project, path, value)
            secret = (records.get(value.text, "") if is_name else read) or settings_secret(project, handler, value)
            if secret and value.text not in clean:
                what = f"`{value.text}`, answered whole by {route}," if is_name else f"The record that {route} answers"
                yield _finding(at(path, call.first), what, secret, call.symbol or route, call.code)
                return


def _records(project: Project, path: str, facts: FileFacts, inside: tuple[int, ...]) -> Iterator[tuple[str, str]]:
    """Names that hold a record with a secret, and the secret: constants, and what `then` is given."""
    for binding in facts.index.bindings(inside):
        if binding.kind in (BindingKind.CONST, BindingKind.LET) and binding.name:
            secret = _secret_in(project, path, binding.value)
            if not secret and "prisma" in binding.value.text.lower() and not _is_chosen(binding.value):
                secret = _seen_secret(facts, inside, binding.name)
            if secret:
                yield binding.name, secret
    reads = {call.callee: call for call in facts.index.calls(inside)}
    for scope in inside:
        function = facts.functions[scope]
        read = reads.get(function.passed_to.removesuffix(".then").removesuffix("()"))
        if function.passed_to.endswith(".then") and function.params and read is not None:
            value = Expr(ExprKind.CALL, read.callee, read.first, read.last, read.args, receiver=read.receiver)
            secret = read_secret(project, path, value)
            if secret:
                yield function.params[0].name, secret


def _secret_in(project: Project, path: str, value: Expr) -> str:
    found = read_secret(project, path, value) or served_secret(project, path, value)
    return found or prisma_secret(project, path, value)


def _is_chosen(value: Expr) -> bool:
    inner = value.parts[0] if value.kind is ExprKind.AWAIT and value.parts else value
    return inner.kind is not ExprKind.CALL or chooses(inner.parts)


def _seen_secret(facts: FileFacts, inside: tuple[int, ...], name: str) -> str:
    """The secret that a handler itself reads from a record of that name: how a Prisma model shows what it has."""
    for read in facts.index.reads(inside):
        root, _, rest = read.name.partition(".")
        if root == name and is_secret(rest):
            return rest
    return ""


# ------------------------------------------------------------------------------------------------------------ NestJS


def _returned(project: Project, path: str, route: Route) -> Iterator[Finding]:
    """A route whose declared result is an entity with a secret."""
    method, owner = route.method, route.owner
    facts = project.head[path]
    if method is None or owner is None or serializes(facts, owner, method):
        return
    where, names = path, method.return_type.names
    if not names:
        where, names = answered_types(project, path, owner, method)
    for name in names:
        secret = entity_secret(project, where, name) if name not in _WRAPPERS else ""
        old = (m for item in project.before(path).classes if item.name == owner.name for m in item.methods)
        was = any(m.name == method.name and m.return_type.text == method.return_type.text for m in old)
        if secret and not was and project.wrote(path, method.head) and not _picks(facts, method):
            what = f"`{route.symbol}` answers the whole `{name}`, which"
            yield _finding(at(path, method.head), what, secret, route.symbol, method.return_type.text)
            return


def _picks(facts: FileFacts, method: Method) -> bool:
    inside = facts.index.within(method.scope) if method.scope >= 0 else ()
    return any(chooses(call.args) for call in facts.index.calls(inside)) or bool(cleaned(facts, inside))


def _shown(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """A class made for answers that shows a secret."""
    before = {(item.name, field.name) for item in project.before(path).classes for field in item.properties}
    for item in facts.classes:
        if not any(word in item.name.lower() for word in _OUTPUT_WORDS):
            continue
        for field in item.properties:
            shown = any(original(facts, decorator.name)[0] in _SHOWN for decorator in field.decorators)
            fresh = (item.name, field.name) not in before and project.wrote(path, field.first, field.last)
            if shown and fresh and is_secret(field.name) and is_password(field.name):
                yield _finding(at(path, field.last), f"`{item.name}`", field.name, item.name, field.code)


def _selected(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """Queries that choose a secret and are returned as they are, under a declared type that has no such field."""
    for call in facts.calls:
        secret, line = selected_secret(call)
        if not secret or not project.introduced(path, call) or not project.wrote(path, line):
            continue
        name = type_without(project, path, call, secret)
        if name and is_returned(facts, call):
            what = f"`{call.callee}` selects it: what is typed `{name}`, without it,"
            yield _finding(at(path, line), what, secret, call.symbol, call.code)


RULE = Rule(
    slug="validation_secret_in_response",
    concern=Concern.VALIDATION,
    severity=Severity.BLOCKER,
    title="A secret leaves with the answer",
    inspect=inspect,
    references=(
        Reference("CWE-200", "https://cwe.mitre.org/data/definitions/200.html"),
        Reference("NestJS: serialization", "https://docs.nestjs.com/techniques/serialization"),
    ),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-sanitize-every-output",
)

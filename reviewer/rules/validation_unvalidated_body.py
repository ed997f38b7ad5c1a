"""A request body that nothing checks: any shape, any size, any type reaches the code behind it.

NestJS checks a body only against a class with validators: `any`, an interface, an inline type or a class without
decorators pass everything. In Express nothing is checked unless a schema does it, in the handler or in front of it.

Bad::

    @Post() create(@Body() order: { customerId: string }) {}
    router.post('/orders', (req, res) => orders.create(req.body));

Good::

    @Post() create(@Body() order: CreateOrderDto) {}          // a class with @IsUUID(), @IsInt() …
    router.post('/orders', validate(OrderSchema), (req, res) => orders.create(req.body));
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind, TypeKind
from reviewer.core.facts import Class, FileFacts, Function
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import Input, inputs, parents
from reviewer.core.routes import Route, handler_scope, nest_name
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._request import request_name
from reviewer.rules._validators import is_silent, is_validation, mentions_validation, validated

_EMPTY_TYPES = frozenset(("Record", "Partial", "Pick", "Omit", "Readonly", "Required", "Map"))
_NAMED_KINDS = (ExprKind.CALL, ExprKind.NAME, ExprKind.MEMBER)
_OTHER_WAYS = ("@nestia/core", "@ts-rest/nest", "@anatine/zod-nestjs", "nestjs-joi")
"""Packages that check NestJS requests without class-validator and without our seeing where."""


def inspect(project: Project) -> Iterator[Finding]:
    """Bodies that the change wrote a handler for, and that nothing checks."""
    yield from _nest(project)
    yield from _express(project)


# ------------------------------------------------------------------------------------------------------------ NestJS


def _nest(project: Project) -> Iterator[Finding]:
    if any(project.uses(package) for package in _OTHER_WAYS):
        return
    production = {file.path for file, _ in project.production}
    for item in inputs(project):
        if item.source != "Body" or item.path not in production or item.has_pipe:
            continue
        if not project.wrote(item.path, item.param.first, item.param.last) or _was_there(project, item):
            continue
        why = _why_unchecked(project, item)
        if why and not _is_checked_elsewhere(project.head[item.path], item.route):
            yield report(
                RULE,
                at(item.path, item.param.first, item.param.last),
                f"{why}, so `ValidationPipe` lets everything through. "
                "Take the body as a class whose fields have class-validator decorators.",
                symbol=item.route.symbol,
                quoted=item.param.code,
            )


def _was_there(project: Project, item: Input) -> bool:
    before = (method for old in project.before(item.path).classes for method in old.methods if item.route.owner)
    same = (method for method in before if item.route.method and method.name == item.route.method.name)
    return any(param.code == item.param.code for method in same for param in method.params)


def _why_unchecked(project: Project, item: Input) -> str:
    """What is wrong with the type of a body, "" when nothing is or one cannot tell."""
    kind, name = item.param.type.kind, item.param.type.name
    if kind is TypeKind.NONE:
        return "The body has no type"
    if kind is TypeKind.ANY:
        return f"The body is typed `{name}`"
    if kind is TypeKind.INLINE:
        return "The body's type is written in place and is gone at run time"
    if kind is TypeKind.ARRAY and not item.field and "class-validator" in project.packages:
        return "The elements of an array body are not checked without `ParseArrayPipe`"
    if kind is not TypeKind.NAMED:
        return ""
    return _why_class_unchecked(project, item.path, name)


def _why_class_unchecked(project: Project, path: str, name: str) -> str:
    if name in _EMPTY_TYPES:
        return f"`{name}<…>` is gone at run time"
    declared = project.declaration(path, name)
    if declared is None:
        return ""
    if not isinstance(declared.item, Class):
        inferred = {"infer", "Static", "output", "input", "InferType", "TypeOf"} & set(declared.item.names)
        gone = declared.item.keyword in ("interface", "type") and not inferred
        return (
            f"`{name}` is an {declared.item.keyword} and is gone at run time".replace("an type", "a type")
            if gone
            else ""
        )
    silent = _checks_nothing(project, declared.path, declared.item, 0)
    return f"`{name}` has no field with a validator" if silent else ""


def _checks_nothing(project: Project, path: str, item: Class, depth: int) -> bool:
    """Whether a class with fields surely checks none of them; False as soon as something about it is unknown."""
    facts = project.head[path]
    if depth > 4 or validated(facts, item) or not (item.properties or item.extends):
        return False
    if any(not is_silent(facts, decorator) for field in item.properties for decorator in field.decorators):
        return False
    if any(not is_silent(facts, decorator) for decorator in item.decorators):
        return False
    if item.extends is None:
        return True
    names = list(parents(item.extends))
    found = [project.declaration(path, name) for name in names]
    classes = [(one.path, one.item) for one in found if one is not None and isinstance(one.item, Class)]
    return (
        bool(names)
        and len(classes) == len(names)
        and all(_checks_nothing(project, p, c, depth + 1) for p, c in classes)
    )


def _is_webhook(route: Route) -> bool:
    return any(word in (route.path + route.symbol).lower() for word in ("webhook", "callback", "signature"))


def _is_checked_elsewhere(facts: FileFacts, route: Route) -> bool:
    """A pipe on the method or class, a check in the method, or a webhook, whose sender signs what it sends."""
    method, owner = route.method, route.owner
    if method is None or owner is None:
        return True
    decorators = (*method.decorators, *owner.decorators)
    if any(nest_name(facts, decorator) == "UsePipes" for decorator in decorators):
        return True
    if _is_webhook(route):
        return True
    inside = facts.index.within(method.scope) if method.scope >= 0 else ()
    return any(is_validation(facts, call.callee) for call in facts.index.calls(inside))


# ------------------------------------------------------------------------------------------------------------ Express


def _express(project: Project) -> Iterator[Finding]:
    said: set[tuple[str, int]] = set()
    production = {file.path for file, _ in project.production}
    for path, routes in project.routes.items():
        facts = project.head[path]
        if all(route.method is not None for route in routes) or _checks_every_request(facts):
            continue
        new = {route.symbol for route in project.new_routes(path)}
        for route in routes:
            is_checked = any(mentions_validation(facts, value) for value in route.middleware)
            if route.method is not None or is_checked or _is_webhook(route):
                continue
            found = _handler(project, path, route)
            if found is not None and found not in said and found[0] in production:
                said.add(found)
                yield from _unchecked_read(project, found, route, route.symbol in new)


def _checks_every_request(facts: FileFacts) -> bool:
    """Whether a file puts a check in front of all its routes: `router.use(validate(…))`."""
    used = (arg for call in facts.calls if call.callee.endswith(".use") for arg in call.args)
    return any(is_validation(facts, arg.text) for arg in used if arg.kind in _NAMED_KINDS)


def _handler(project: Project, path: str, route: Route) -> tuple[str, int] | None:
    """The file and scope of a route's handler: written in place, a function of the file, or one that is imported."""
    facts = project.head[path]
    scope = handler_scope(route.handler)
    if scope >= 0 or route.handler is None:
        return (path, scope) if scope >= 0 else None
    named = route.handler
    if named.kind is ExprKind.CALL:  # `asyncHandler(create)`, else `create()`, which makes the handler
        named = next((part for part in named.parts if part.kind in _NAMED_KINDS), named)
    if named.kind not in _NAMED_KINDS:
        return None
    name = named.text.rpartition(".")[2].removesuffix("()")
    root = named.text.partition(".")[0]
    if facts.imported(root) is None and facts.index.functions(name):
        return _named(facts, path, name)
    target = project.imported_path(path, root)
    imported = facts.imported(root)
    if target is None or target not in project.head or imported is None:
        return None
    if named.text == root and imported.name not in ("default", "*"):
        name = imported.name
    return _named(project.head[target], target, name)


def _named(facts: FileFacts, path: str, name: str) -> tuple[str, int] | None:
    """The one handler of that name, or the one that the function of that name makes."""
    named = facts.index.functions(name)
    found = [scope for scope in named if request_name(facts.functions[scope]) is not None]
    if not found and len(named) == 1:
        inside = (scope for scope in facts.index.within(named[0]) if facts.functions[scope].parent == named[0])
        found = [scope for scope in inside if request_name(facts.functions[scope]) is not None]
    return (path, found[0]) if len(found) == 1 else None


def _unchecked_read(project: Project, where: tuple[str, int], route: Route, is_new_route: bool) -> Iterator[Finding]:
    """The first read of body or query that the change wrote in a handler without any check."""
    path, scope = where
    facts = project.head[path]
    function = facts.functions[scope]
    inside = facts.index.within(scope)
    if any(is_validation(facts, call.callee) or _refuses(call.code) for call in facts.index.calls(inside)):
        return
    if _passes_on(facts, function, inside):
        return
    is_new = is_new_route or (bool(function.name) and not project.had_function(path, function.symbol))
    for name, line in _reads(facts, function, inside):
        if project.wrote(path, line) and (is_new or not project.had_read(path, name, function.symbol)):
            finding = report(
                RULE,
                at(path, line),
                f"`{name}` is used as the client sent it; nothing checks its shape, types or size. Check it "
                "against a schema (zod, Joi, express-validator …) in front of the handler or at its start.",
                symbol=function.symbol or route.symbol,
                quoted=f"{route.symbol} {name}",
            )
            yield replace(finding, severity=Severity.WARNING)
            return


def _passes_on(facts: FileFacts, function: Function, inside: tuple[int, ...]) -> bool:
    """A middleware: it calls `next` and answers nothing itself."""
    roots = {call.callee.partition(".")[0] for call in facts.index.calls(inside)}
    names = [param.name for param in function.params[-2:]] if len(function.params) > 2 else []
    return len(names) == 2 and names[1] in roots and names[0] not in roots


def _refuses(code: str) -> bool:
    """A check by hand that answers 400 or 422."""
    return any(
        mark in code
        for mark in ("status(400", "status(422", "sendStatus(400", "sendStatus(422", "BAD_REQUEST", "BadRequest")
    )


def _reads(facts: FileFacts, function: Function, inside: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    name = request_name(function)
    if name is None:
        return
    params = function.params[1:] if len(function.params) == 4 else function.params
    if name == "":
        if "body" in params[0].fields:
            yield "body", params[0].first
        return
    for read in sorted(facts.index.reads(inside), key=lambda read: read.line):
        whole = f"{name}.body"
        if read.name == whole or read.name.startswith((whole + ".", whole + "[")):
            yield whole, read.line
    for call in facts.index.calls(inside):
        for arg in call.args:
            whole = arg.text if arg.kind is ExprKind.MEMBER else ""
            if whole in (f"{name}.body", f"{name}.query"):
                yield whole, arg.first


RULE = Rule(
    slug="validation_unvalidated_body",
    concern=Concern.VALIDATION,
    severity=Severity.BLOCKER,
    title="Nothing checks this request body",
    inspect=inspect,
    references=(
        Reference("NestJS: validation", "https://docs.nestjs.com/techniques/validation"),
        Reference(
            "OWASP: input validation",
            "https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html",
        ),
    ),
    confidence=0.92,
    page=__doc__ or "",
)

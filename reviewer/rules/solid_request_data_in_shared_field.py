"""Data of one request kept in a field of an object that all requests share.

A NestJS provider or controller, and everything at the top of a module, exists once: while one request awaits, the next
one overwrites the field, and the first goes on with somebody else's user. Request-scoped providers, constructors,
caches by key and objects that are made for each use are left alone.

Bad::

    @Injectable()
    export class OrdersService {
      private currentUser: User;
      list(@Req() req: Request) { this.currentUser = req.user; return this.mine(); }
    }

Good::

    list(@Req() req: Request) { return this.mine(req.user); }
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Class, FileFacts, Function, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import is_controller, nest_name, nest_routes
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._request import request_name
from reviewer.rules._solid_handlers import handlers
from reviewer.rules._solid_variables import declarations, is_module_variable

_REQUEST_NAMES = frozenset(("req", "request"))
_REQUEST_DECORATORS = frozenset(("Req", "Request", "Body", "Query", "Param", "Headers", "Session", "Ip"))
_IDENTITIES = (
    "user", "userid", "tenant", "tenantid", "request", "req", "requestid", "correlationid", "traceid", "customer",
    "customerid", "principal",
)  # fmt: skip
_CURRENT = (
    "account", "accountid", "organization", "organizationid", "session", "workspace", "workspaceid", "role", "roles",
    "locale", "company", "companyid", "token", "identity", "member", "team", "teamid",
)  # fmt: skip
"""These belong to a request only when the field says `current` or `active`: a client has a token of its own."""
_GIVEN_BEFORE = ("constructor", "onModuleInit", "onApplicationBootstrap")
_FACTORIES = ("Factory", "Builder")
_NAMES_MAX = 50
"""Names of one file that are looked up; each costs a walk over its facts."""
_STEPS_MAX = 3
"""`this.context.user` is as shared as `this.user`; deeper is somebody else's object."""
_HOPS_MAX = 3
"""Local names followed from what is stored to the request it came from."""


def inspect(project: Project) -> Iterator[Finding]:
    """Assignments of request data to `this.x` of a singleton or to a name of the module, written by the change."""
    for file, facts in project.production:
        singletons = {item.name: item for item in facts.classes if _is_singleton(facts, item)}
        routes = {route.method.scope for route in nest_routes(facts) if route.method is not None}
        scopes = routes | {handler.scope for handler in handlers(project, file.path, facts)}
        said: set[str] = set()
        looked_at: set[str] = set()
        for binding in facts.bindings:
            if binding.kind is not BindingKind.ASSIGNMENT or binding.scope == NOWHERE or binding.name in said:
                continue
            if not project.introduced(file.path, binding) or not _is_of_request(facts, binding, scopes):
                continue
            looked_at.add(binding.name)
            if len(looked_at) <= _NAMES_MAX and _is_shared(facts, binding, singletons):
                said.add(binding.name)
                yield _finding(file.path, binding)


def _finding(path: str, binding: Binding) -> Finding:
    return report(
        RULE,
        at(path, binding.first),
        f"`{binding.name}` is shared by all requests, and `{binding.symbol or 'this handler'}` stores what belongs to "
        "one: a request that runs at the same time overwrites it, and its data reaches the wrong client. Pass the "
        "value on as an argument, or keep it in AsyncLocalStorage.",
        symbol=binding.symbol,
        quoted=binding.code,
    )


def _is_singleton(facts: FileFacts, item: Class) -> bool:
    """Whether one object of a class serves all requests: a NestJS provider or controller without a scope, or what
    the module exports made."""
    own = [decorator for decorator in item.decorators if nest_name(facts, decorator) in ("Injectable", "Controller")]
    if any("scope" in arg.keys for decorator in own for arg in decorator.args):
        return False
    for param in item.constructor.params if item.constructor else ():
        if any(arg.text in ("REQUEST", "CONTEXT") for decorator in param.decorators for arg in decorator.args):
            return False
    if own or is_controller(facts, item):
        return not item.name.endswith(_FACTORIES)
    return any(
        made.value.kind is ExprKind.NEW and made.value.text == item.name and made.kind is BindingKind.CONST
        for made in facts.index.bindings((NOWHERE,))
    )


def _is_shared(facts: FileFacts, binding: Binding, singletons: dict[str, Class]) -> bool:
    """Whether what is written to outlives the request: a plain field of a singleton, or a variable of the module."""
    steps = binding.name.split(".")
    if "[]" in binding.name or "()" in binding.name or steps[-1].lower().startswith("last"):
        return False
    owner, _, method = binding.symbol.partition(".")
    if steps[0] == "this":
        return len(steps) <= _STEPS_MAX and owner in singletons and method.partition(".")[0] not in _GIVEN_BEFORE
    if owner in singletons and steps[0] == owner:
        return len(steps) == 2
    if any(_declared(facts, steps[0], scope) for scope in facts.index.around(binding.scope) if scope != NOWHERE):
        return False
    if any(steps[0] in _names(facts.functions[scope]) for scope in facts.index.around(binding.scope) if scope >= 0):
        return False
    if len(steps) == 1 and is_module_variable(facts, steps[0], binding.scope):
        return True
    made = [one for one in _declared(facts, steps[0], NOWHERE) if not one.symbol]
    wanted = (BindingKind.LET,) if len(steps) == 1 else (BindingKind.LET, BindingKind.CONST)
    return len(steps) <= 2 and any(
        one.kind in wanted and (len(steps) == 1 or one.value.kind is ExprKind.OBJECT) for one in made
    )


def _declared(facts: FileFacts, name: str, scope: int) -> list[Binding]:
    return facts.index.once(declarations).get((scope, name), [])


def _names(function: Function) -> frozenset[str]:
    return frozenset(name for param in function.params for name in (param.name, *param.fields))


def _is_of_request(facts: FileFacts, binding: Binding, scopes: set[int]) -> bool:
    """Whether the value is the request's, or a parameter under a name that says so (`this.currentUser = user`)."""
    if binding.operator not in ("", "="):
        return False
    around = [scope for scope in facts.index.around(binding.scope) if scope >= 0]
    if any(_comes_from_request(facts, binding.value, scope, around, scopes) for scope in around):
        return True
    said = binding.name.rpartition(".")[2].lower().lstrip("_#")
    field = said.removeprefix("current").removeprefix("active")
    is_identity = field in _IDENTITIES or (field != said and field in _CURRENT)
    is_param = binding.value.kind is ExprKind.NAME and binding.value.text in _names(facts.functions[binding.scope])
    return is_identity and is_param and binding.name.startswith("this.") and _is_public(facts, binding)


def _is_public(facts: FileFacts, binding: Binding) -> bool:
    """Whether it stands directly in a method that the outside may call."""
    item = facts.index.declared(binding.symbol.partition(".")[0])
    methods: tuple[Method, ...] = item.methods if isinstance(item, Class) else ()
    return any(method.scope == binding.scope and "private" not in method.modifiers for method in methods)


def _comes_from_request(facts: FileFacts, value: Expr, scope: int, around: list[int], scopes: set[int]) -> bool:
    at_value = value
    for _ in range(_HOPS_MAX):
        if at_value.kind in (ExprKind.CHOICE, ExprKind.AWAIT) and at_value.parts:
            at_value = at_value.parts[0]
        if "getRequest" in at_value.text or "getNext().req" in at_value.text:
            return True
        root = at_value.text.partition(".")[0].partition("[")[0]
        if at_value.kind in (ExprKind.NAME, ExprKind.MEMBER) and root in _given(facts, scope, scopes):
            return True
        if at_value.kind not in (ExprKind.NAME, ExprKind.MEMBER):
            return False
        bound = next((one for there in around for one in _declared(facts, root, there)), None)
        if bound is None:
            return False
        at_value = bound.value
    return False


def _given(facts: FileFacts, scope: int, scopes: set[int]) -> frozenset[str]:
    """The parameters of a function that hold the request or a part of it."""
    function = facts.functions[scope]
    found = {request_name(function) or ""}
    for param in function.params:
        decorated = {nest_name(facts, decorator) for decorator in param.decorators}
        is_request = param.name in _REQUEST_NAMES and (param.type.name.endswith("Request") or scope in scopes)
        if decorated & _REQUEST_DECORATORS or is_request or (scope in scopes and param.decorators):
            found.add(param.name)
    return frozenset(found - {""})


RULE = Rule(
    slug="solid_request_data_in_shared_field",
    concern=Concern.SOLID,
    severity=Severity.BLOCKER,
    title="One request's data is kept where all requests see it",
    inspect=inspect,
    references=(
        Reference("NestJS: injection scopes", "https://docs.nestjs.com/fundamentals/injection-scopes"),
        Reference("Node.js: AsyncLocalStorage", "https://nodejs.org/api/async_context.html"),
    ),
    confidence=0.95,
    page=__doc__ or "",
)

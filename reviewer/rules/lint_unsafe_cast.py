"""A cast that vouches for data from outside: the compiler believes it, and nothing has looked at the data.

`req.body as CreateOrderDto` checks nothing at run time; the first wrong field shows far from here. `as unknown as T`
says that the compiler already objected. Left alone: casts behind a check of the same data, those handed to a function
that tests what it takes of them, and data of the service's own.

Bad::

    const order = req.body as CreateOrderDto;

Good::

    const order = CreateOrderSchema.parse(req.body);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.checks import is_validation
from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Cast
from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import nest_name
from reviewer.core.rule import Rule
from reviewer.rules._cast_handed import is_tested_there
from reviewer.rules._numbers import names_in
from reviewer.rules._queues import is_from_queue, is_message
from reviewer.rules._report import at, report
from reviewer.rules._validators import mentions_validation

_REQUESTS = frozenset(("req", "request", "ctx", "c", "event", "context"))
_SENT = frozenset(("body", "query", "rawBody"))
_HARMLESS = frozenset(("unknown", "string", "string | undefined", "string[]", "never"))
_ANSWERS = ("json",)
_HOPS_MAX = 3
"""Names followed to where a parsed text comes from."""


def inspect(project: Project) -> Iterator[Finding]:
    """Casts that the change wrote on what came from outside, once for each function."""
    checks_in_front = _validates_in_front(project)
    for file, facts in project.production:
        before = {(cast.symbol, cast.code) for cast in project.before(file.path).casts}
        said: set[tuple[int, str]] = set()
        for cast in facts.casts:
            is_new = project.wrote(file.path, cast.first, cast.last) and (cast.symbol, cast.code) not in before
            source = _source(facts, cast) if is_new and cast.type.text not in _HARMLESS else ""
            if not source or (cast.scope, source) in said or _is_checked(facts, cast, source, checks_in_front):
                continue
            if is_tested_there(project, file.path, facts, cast):
                continue
            said.add((cast.scope, source))
            yield report(
                RULE,
                at(file.path, cast.first),
                f"`{source}` comes from outside and becomes `{cast.type.text[:60]}` by a cast, which checks nothing at "
                "run time: what is missing or of another type shows far from here. Parse it with a schema, or check "
                "what is used of it.",
                symbol=cast.symbol,
                quoted=cast.code,
            )


def _source(facts: FileFacts, cast: Cast) -> str:
    """What is cast, in words, when it came from outside; "" otherwise."""
    value = cast.value
    if value.kind is ExprKind.AWAIT and value.parts:
        value = value.parts[0]
    if value.kind is ExprKind.CALL:
        return _parsed(facts, value, cast)
    if value.kind not in (ExprKind.NAME, ExprKind.MEMBER):
        return ""
    steps = value.text.split(".")
    if _is_double(cast) and is_from_queue(facts, steps, cast.scope):
        return value.text
    if len(steps) > 1 and steps[0] in _REQUESTS and steps[-1] in _SENT and len(steps) <= 3:  # ctx.request.body
        return value.text
    if _is_input(facts, value.text, cast.scope):
        return value.text
    return _held_parsed(facts, value.text, cast)


def _held_parsed(facts: FileFacts, name: str, cast: Cast) -> str:
    """A constant that holds a parsed text of a parameter, and that the function does nothing with but cast it over
    unknown or any: `const message: unknown = JSON.parse(payload.toString())`."""
    bound = facts.index.bound(name, cast.scope) if cast.scope >= 0 and _is_double(cast) else []
    value = bound[0].value if len(bound) == 1 else None
    if value is None or value.kind is not ExprKind.CALL or value.text != "JSON.parse" or not value.parts:
        return ""
    given = any(name in names_in(arg) for call in facts.index.calls((cast.scope,)) for arg in call.args)
    tested = any(name in names_in(one.test) for one in facts.conditions if one.scope == cast.scope)
    root = _read_from(facts, value.parts[0], cast.scope).partition(".")[0]
    is_param = any(param.name == root for param in facts.functions[cast.scope].params)
    return name if is_param and not given and not tested else ""


def _is_double(cast: Cast) -> bool:
    """Whether a cast goes over unknown or any: the compiler had refused the direct one."""
    return any(mark in cast.code for mark in ("as unknown as ", "as any as ", "as unknown) as ", "as any) as ",
                                              "<unknown>", "<any>"))  # fmt: skip


def _parsed(facts: FileFacts, value: Expr, cast: Cast) -> str:
    """`JSON.parse` of what a request holds, and the body of a request that is read as JSON."""
    if value.text == "JSON.parse" and value.parts and cast.type.kind is not TypeKind.ANY:
        text = _read_from(facts, value.parts[0], cast.scope)
        steps = text.replace("()", "").split(".")
        is_sent = steps[0] in _REQUESTS and bool(_SENT & set(steps[1:]))
        given = _is_input(facts, text, cast.scope) or is_message(facts, steps[0], cast.scope)
        return f"JSON.parse({text})" if is_sent or given else ""
    root, _, last = value.text.rpartition(".")
    return f"{value.text}()" if last in _ANSWERS and root in ("req", "request", "c.req", "ctx.req") else ""


def _read_from(facts: FileFacts, value: Expr, scope: int) -> str:
    """The dotted name whose text is parsed: of `String(message.value)`, of a constant that holds it, else as it
    stands."""
    for _ in range(_HOPS_MAX):
        if value.kind is ExprKind.CALL and value.text in ("String", "Buffer.from") and value.parts:
            value = value.parts[0]
        elif value.kind is ExprKind.CALL and value.text.endswith((".toString", ".trim")):
            return value.text.rpartition(".")[0]
        elif value.kind is ExprKind.NAME and len(made := facts.index.bound(value.text, scope)) == 1:
            value = made[0].value
    return value.text


def _is_input(facts: FileFacts, name: str, scope: int) -> bool:
    """Whether a name is a parameter that Nest fills from the request, and whose type says nothing."""
    for around in facts.index.around(scope):
        for param in facts.functions[around].params if around >= 0 else ():
            if param.name == name and param.type.kind in (TypeKind.ANY, TypeKind.NONE):
                return any(nest_name(facts, one) in ("Body", "Query", "Param", "Headers") for one in param.decorators)
    return False


def _is_checked(facts: FileFacts, cast: Cast, source: str, in_front: bool) -> bool:
    """Whether the same function checks something, or a middleware does before it."""
    calls = facts.index.calls((cast.scope,)) if cast.scope >= 0 else ()
    if any(is_validation(facts, call.callee) and call.callee != "JSON.parse" for call in calls):
        return True
    return in_front and not source.startswith("JSON.parse")


def _validates_in_front(project: Project) -> bool:
    """Whether routes of the project have a check in front of their handlers: a cast then only names its outcome."""
    for path, routes in project.routes.items():
        facts = project.head[path]
        if any(mentions_validation(facts, value) for route in routes for value in route.middleware):
            return True
    return False


RULE = Rule(
    slug="lint_unsafe_cast",
    concern=Concern.LINT,
    severity=Severity.WARNING,
    title="A cast stands in for a check",
    inspect=inspect,
    references=(
        Reference(
            "TypeScript: type assertions",
            "https://www.typescriptlang.org/docs/handbook/2/everyday-types.html#type-assertions",
        ),
    ),
    confidence=0.92,
    page=__doc__ or "",
    serves="standards-validate-all-input-at-the-border",
)

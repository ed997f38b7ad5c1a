"""A route for one thing that answers 200 and nothing when the thing is not there.

`findOne` and its kin give null for an unknown id. Returned as it is, the client gets 200 with an empty body (NestJS) or
`null`, and fails on the first field it reads. Looked for where the siblings in the same class or file answer 404; code
that checks, throws, or uses `findOneOrFail` and its kin is left alone.

Bad::

    @Get(':id')
    findOne(@Param('id') id: string) { return this.orders.findOneBy({ id }); }

Good::

    const order = await this.orders.findOneBy({ id });
    if (!order) throw new NotFoundException();
    return order;
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import NEST, Route, original
from reviewer.core.rule import Rule
from reviewer.rules._answers import status_of
from reviewer.rules._code import Code, Decisions, called, collaborator, handler
from reviewer.rules._report import at, report

_FINDERS = frozenset(
    ("findOne", "findOneBy", "findUnique", "findFirst", "findById", "findByPk", "findOneById", "getOne")
)
"""Calls of TypeORM, Prisma, Mongoose and Sequelize that give null when nothing is there."""

_DECIDERS = ("service", "usecase", "handler", "facade", "client")
_MANY = ("list", "all", "search", "count", "exists", "optional", "latest", "current", "settings", "preferences")


def inspect(project: Project) -> Iterator[Finding]:
    """GET routes of one thing whose finder's null nobody checks, among siblings that answer 404."""
    production = {file.path for file, _ in project.production}
    decisions = project.once(Decisions)
    for path, routes in project.routes.items():
        new = {route.symbol for route in project.new_routes(path)}
        for route in routes:
            if route.verb != "GET" or not _is_one_thing(route):
                continue
            code = handler(project, path, route)
            found = _unchecked(project, decisions, code) if code is not None else None
            if code is None or found is None:
                continue
            where, call = found
            is_ours = where.path in production and project.introduced(where.path, call)
            shown = at(where.path, call.first) if is_ours else at(path, route.head)
            if (is_ours or (route.symbol in new and path in production)) and _siblings_refuse(project, code, where):
                yield report(
                    RULE,
                    shown,
                    f"`{call.callee}` gives null for an unknown id, and `GET {route.path}` passes it on with 200; the "
                    "client fails on the first field it reads. Answer 404, as the siblings do.",
                    symbol=route.symbol,
                    quoted=call.code,
                )


def _is_one_thing(route: Route) -> bool:
    last = route.path.rstrip("/").rpartition("/")[2]
    name = (route.method.name if route.method else "").lower()
    return last.startswith(":") and not any(word in name for word in _MANY)


def _unchecked(project: Project, decisions: Decisions, code: Code) -> tuple[Code, Call] | None:
    """The finder whose null reaches the client: in the handler, or one step behind it; None if anything checks."""
    here = _passed_on(project, decisions, code)
    if here is not None:
        return code, here
    facts = project.head[code.path]
    calls = [call for call in facts.index.calls((code.scope,)) if not call.is_new]
    behind = [(call, target) for call in calls if (target := called(project, code, call)) and target.scope >= 0]
    if len(behind) != 1 or _decides(decisions, facts, code, behind[0][0]):
        return None
    found = _passed_on(project, decisions, behind[0][1])
    return (behind[0][1], found) if found is not None else None


def _passed_on(project: Project, decisions: Decisions, code: Code) -> Call | None:
    """The one finder of a function that passes what it gives straight on."""
    facts = project.head[code.path]
    calls = [call for call in facts.index.calls((code.scope,)) if call.callee.rpartition(".")[2] in _FINDERS]
    finders = [call for call in calls if _is_store(project, code, call)]
    return finders[0] if len(finders) == 1 and not _decides(decisions, facts, code, finders[0]) else None


def _is_store(project: Project, code: Code, call: Call) -> bool:
    """A finder of storage, not of a class of the project, whose own code decides."""
    owner = call.callee.rpartition(".")[0]
    held = collaborator(code.owner, owner.removeprefix("this.").partition(".")[0]) if code.owner else ""
    decides = (held or owner).lower().endswith(_DECIDERS) and "prisma" not in (held + owner).lower()
    if not owner or not call.awaited or decides:
        return False
    return called(project, code, call) is None


def _decides(decisions: Decisions, facts: FileFacts, code: Code, source: Call) -> bool:
    """Whether a function looks at what a call gave it: a condition, a throw, a choice, a field read, another call."""
    if len(facts.index.within(code.scope)) > 1 or decisions.tests(code) or decisions.throws(code):
        return True
    bound = [one for one in facts.index.bindings((code.scope,)) if one.first <= source.first <= one.last]
    returned = [one for one in facts.index.bindings((code.scope,)) if one.kind is BindingKind.RETURN]
    if any(one.value.kind not in (ExprKind.AWAIT, ExprKind.CALL, ExprKind.NAME) for one in returned):
        return True
    bound = [one for one in bound if one.kind not in (BindingKind.PAIR, BindingKind.RETURN)]
    if any(one.value.kind is not ExprKind.AWAIT for one in bound):
        return True
    names = tuple(f"{one.name}." for one in bound if one.name)
    if names and any(read.name.startswith(names) for read in facts.index.reads((code.scope,))):
        return True
    own = {param.name for param in facts.functions[code.scope].params}
    others = [one for one in facts.index.calls((code.scope,)) if one is not source and one.catch == NOWHERE]
    others = [one for one in others if original(facts, one.callee)[1] != NEST]  # decorators of the parameters
    return any(not _is_plain(one, own, source) for one in others)


def _is_plain(call: Call, own: set[str], source: Call) -> bool:
    """A call that decides nothing: it answers with the whole value, logs, or stands in the finder's arguments."""
    root = call.callee.partition(".")[0].removesuffix("()")
    if "log" in call.callee.lower() or (call.callee in source.code and call is not source and "(" in source.code):
        return True
    return root in own and all(arg.kind not in (ExprKind.CHOICE, ExprKind.CALL, ExprKind.OTHER) for arg in call.args)


def _siblings_refuse(project: Project, code: Code, where: Code) -> bool:
    """Whether other functions of the same files answer 404."""
    return any(_refuses(project.head[one.path], one.scope) for one in (code, where))


def _refuses(facts: FileFacts, apart_from: int) -> bool:
    for throw in facts.throws:
        names = throw.value.text.rpartition(".")[2] + " ".join(part.text for part in throw.value.parts)
        if throw.scope != apart_from and ("NotFound" in names or "NOT_FOUND" in names or " 404" in f" {names}"):
            return True
    setters = ("status", "sendStatus", "code")
    given = (call for call in facts.calls if call.scope not in (apart_from, NOWHERE) and call.args)
    return any(call.callee.rpartition(".")[2] in setters and status_of(call.args[0]) == 404 for call in given)


RULE = Rule(
    slug="api_docs_missing_not_found",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="Nothing is answered as a success",
    inspect=inspect,
    references=(
        Reference("MDN: 404 Not Found", "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status/404"),
    ),
    confidence=0.88,
    page=__doc__ or "",
    serves="standards-structure-apis-by-rest",
)

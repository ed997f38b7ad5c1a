"""A client's object in the filter of a query: `{ "$ne": null }` in place of a password matches everyone's.

JSON bodies hold objects, and so do query strings (`?token[$ne]=`) as Express parses them. It is harmless once the value
is surely a text: checked by a schema or a validated DTO, put through `String()`, or compared with `$eq`. A whole
`req.query` as the filter, `JSON.parse` of it, and JavaScript text under `$where` are reported too.

Bad::

    const user = await User.findOne({ email: req.body.email, resetToken: req.body.token });

Good::

    const { email, token } = ResetSchema.parse(req.body);
    const user = await User.findOne({ email, resetToken: token });
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._taint import Taint
from reviewer.rules._taint_calls import MemberTypes, meant
from reviewer.rules._taint_report import Flow, handed_on, option, resolved, sources, tell
from reviewer.rules._taint_sql import compose
from reviewer.rules._taint_sql_values import is_harmless

_MONGO: Final = (
    "mongoose", "mongodb", "@nestjs/mongoose", "@typegoose/typegoose", "monk", "mongoist", "nedb", "@seald-io/nedb",
    "marsdb",
)  # fmt: skip
_PRISMA: Final = ("@prisma/client", "prisma")
_SANITIZERS: Final = ("express-mongo-sanitize", "@exortek/express-mongo-sanitize", "@exortek/fastify-mongo-sanitize")
_FILTERED: Final = frozenset(
    ("find", "findOne", "findOneAndUpdate", "findOneAndDelete", "findOneAndReplace", "findOneAndRemove", "updateOne",
     "updateMany", "deleteOne", "deleteMany", "replaceOne", "countDocuments", "count", "exists", "where", "update",
     "remove")
)  # fmt: skip
_PRISMA_FILTERED: Final = frozenset(
    ("findFirst", "findFirstOrThrow", "findMany", "updateMany", "deleteMany", "count", "aggregate", "groupBy")
)
_GRAVE: Final = ("password", "passwd", "token", "secret", "otp", "code", "apikey", "email", "username", "login", "pin")
_COLLECTIONS: Final = frozenset(("Model", "Collection", "ReturnModelType", "PaginateModel", "mongoose.Model"))
_CHANGES: Final = ("delete", "update", "replace", "remove")
_LISTS: Final = ("$or", "$and", "$nor", "OR", "AND", "NOT")
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CHOICE, ExprKind.CALL)
_DEPTH_MAX: Final = 3


def inspect(project: Project) -> Iterator[Finding]:
    """Filters that the change wrote and that take what a client sent without knowing that it is a text."""
    is_mongo = any(map(project.uses, _MONGO))
    is_prisma = any(map(project.uses, _PRISMA))
    if not (is_mongo or is_prisma) or any(map(project.uses, _SANITIZERS)):
        return
    taint, members = project.once(Taint), MemberTypes()
    for path, facts, is_changed in sources(project):
        if "sanitizeFilter" in facts.names:
            continue
        for call in facts.calls:
            value = _filter(facts, call, is_mongo, is_prisma, members)
            is_new = is_changed and project.introduced(path, call)
            if value is not None and is_new and _runs_unknown(facts, call, value):
                yield _where(path, call)
                continue
            found = _flow(taint, facts, path, call, value) if value is not None else None
            if found is None or value is None or (found[0].origin.hops and not _reaches_all(call, value, found[1])):
                continue
            flow: Flow | None = found[0]
            if not is_new and not (is_changed and taint.is_new(path, found[0].origin)):
                flow = handed_on(project, found[0])
            if flow is not None:
                yield tell(project, RULE, flow, _message(flow, found[1]), _severity(call, found[1]))


def _filter(facts: FileFacts, call: Call, is_mongo: bool, is_prisma: bool, members: MemberTypes) -> Expr | None:
    """What a call filters by: the first argument of MongoDB's methods, `where` of Prisma's."""
    owner, _, name = call.callee.rpartition(".")
    if not owner or not call.args:
        return None
    if is_prisma and name in _PRISMA_FILTERED and "prisma" in owner.lower():
        return option(resolved(facts, call.args[0], call.scope), "where")
    if name == "aggregate" and call.args[0].kind is ExprKind.ARRAY:
        return next((found for one in call.args[0].parts if (found := option(one, "$match")) is not None), None)
    is_model = owner.rpartition(".")[2][:1].isupper() or any(
        word in owner.lower() for word in ("model", "collection", "repository", "users", "db", "dao")
    )
    is_model = is_mongo and name in _FILTERED and (is_model or _is_typed(facts, call, owner, members))
    return call.args[0] if is_model else None


def _is_typed(facts: FileFacts, call: Call, owner: str, members: MemberTypes) -> bool:
    """Whether what a method is called on says that it is a collection: `private readonly permits: Model<Permit>`."""
    name = owner.removeprefix("this.")
    if owner != name:
        return members.of(facts, call.symbol).get(name, "") in _COLLECTIONS
    around = (facts.functions[scope] for scope in facts.index.around(call.scope) if scope >= 0)
    given = (param for function in around for param in function.params if param.name == name)
    return any(meant(param.type.text) in _COLLECTIONS for param in given)


def _flow(taint: Taint, facts: FileFacts, path: str, call: Call, value: Expr) -> tuple[Flow, str] | None:
    """The first of a filter's values that a client can make an object of, with its key; "" for the whole filter."""
    waiting = [("", value, 0)]
    while waiting:
        key, part, depth = waiting.pop(0)
        part = resolved(facts, part, call.scope) if depth == 0 else part
        if part.kind is ExprKind.OBJECT and depth <= _DEPTH_MAX:
            if option(part, "where") is not None and depth == 0:
                return None  # another library's filter
            pairs = zip(part.keys, part.parts, strict=True)
            # Under `$eq`, `$in` and `$gt` an object is a value; `$where` is code.
            waiting.extend((k, one, depth + 1) for k, one in pairs if k[:1] != "$" or k in (*_LISTS, "$where"))
        elif (part.kind is ExprKind.ARRAY and key in _LISTS) or part.kind is ExprKind.SPREAD:
            waiting.extend(("", one, depth) for one in part.parts)
        elif part.kind in _NAMED or key == "$where":
            origin = taint.origin(path, part, call.scope)
            if origin is not None and (not origin.is_text or key == "$where"):
                is_named = not key and origin.via is not None and origin.via.value.kind is ExprKind.OBJECT
                return Flow(path, call, part, origin), origin.text.rpartition(".")[2] if is_named else key
    return None


def _runs_unknown(facts: FileFacts, call: Call, value: Expr) -> bool:
    """Whether JavaScript under `$where` is put together from anything that is not fixed."""
    code = option(resolved(facts, value, call.scope), "$where")
    text = compose(facts, code, call.scope) if code is not None and code.kind is not ExprKind.FUNCTION else None
    return text is not None and not all(is_harmless(facts, hole.value, hole.scope, 0) for hole, _, _ in text.holes())


def _where(path: str, call: Call) -> Finding:
    message = (
        "The text under `$where` is run as JavaScript by the database, and a part of it is not fixed: a quote in it "
        "adds conditions. Write the condition as a filter."
    )
    return report(RULE, at(path, call.first), message, call.symbol, call.code)


def _severity(call: Call, key: str) -> Severity:
    changes = any(word in call.callee.rpartition(".")[2].lower() for word in _CHANGES)
    return Severity.BLOCKER if _is_grave(key) or changes else Severity.WARNING


def _reaches_all(call: Call, value: Expr, key: str) -> bool:
    """Whether matching by this key alone lets somebody in, or changes documents of everybody."""
    return _is_grave(key) or (_severity(call, key) is Severity.BLOCKER and len(value.keys) == 1)


def _is_grave(key: str) -> bool:
    """Whether matching the wrong document by this key lets somebody in; "" is the whole filter."""
    return key in ("", "$where") or any(word in key.lower().replace("_", "") for word in _GRAVE)


def _message(flow: Flow, key: str) -> str:
    name = flow.origin.text
    if key == "$where":
        return (
            f"`{name}` comes from the client and is run as JavaScript by the database. Write the condition as a filter."
        )
    if not key:
        return (
            f"`{name}` comes from the client and is the filter itself, so a client decides by what, and with which "
            "operators, is searched. Pick the fields that may be searched by, and check each."
        )
    return (
        f"`{name}` may be an object, such as one with the operator for “not equal”, and then `{key}` matches documents "
        "it should not. Check that it is a string (a schema, a validated DTO) or write `String(…)`."
    )


RULE = Rule(
    slug="security_nosql_operators",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="A client's object becomes part of a query's filter",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: NoSQL injection",
            "https://cheatsheetseries.owasp.org/cheatsheets/Injection_Prevention_Cheat_Sheet.html",
        ),
        Reference("CWE-943: query logic", "https://cwe.mitre.org/data/definitions/943.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

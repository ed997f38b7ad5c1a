"""What decoded tokens decide: where they are taken for the one who calls, in the function that decodes or in
its callers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._auth import outermost, step, words
from reviewer.rules._auth_jwt import decodes, derived, is_kept_for_request, put_into_context, root_of
from reviewer.rules._taint_calls import Callers, Place

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

IDENTITY: Final = frozenset(
    ("sub", "id", "_id", "userid", "user_id", "uid", "email", "username", "role", "roles", "isadmin", "is_admin",
     "admin", "permissions", "scope", "scopes", "user", "data", "tenantid", "accountid", "organizationid", "orgid",
     "companyid", "customerid", "preferred_username", "login",
     "subject", "jti", "jwtid", "sid", "sessionid", "session_id")
)  # fmt: skip
_CHECKS: Final = frozenset(
    ("verify", "verified", "validate", "authenticate", "introspect", "verification", "sign", "validated")
)
USERS: Final = (
    "req.user", "request.user", "req.auth", "request.auth", "ctx.user", "context.user", "socket.user", "client.user",
    "client.data.user", "socket.data.user", "res.locals.user", "req.userId", "request.userId",
)  # fmt: skip


def checks(call: Call) -> bool:
    """Whether a call checks a token, going by its name."""
    return bool(_CHECKS & set(words(step(call.callee))))


def identity(fields: tuple[str, ...]) -> str:
    """The first of the fields that says who somebody is, "" for none."""
    return next((field for field in fields if field.lower() in IDENTITY), "")


def is_decoded(facts: FileFacts, value: Expr, jwt_services: frozenset[str]) -> bool:
    """Whether a value is a token that was read and not checked."""
    at_value = value.parts[0] if value.kind is ExprKind.AWAIT and value.parts else value
    calls = at_value.parts if at_value.kind is ExprKind.CHOICE else (at_value,)
    return any(part.kind is ExprKind.CALL and decodes(facts, part.text, jwt_services) for part in calls)


def use(facts: FileFacts, scopes: tuple[int, ...], names: set[str]) -> str:
    """What those names decide in some functions, in words; "" when it is nothing that we see."""
    for binding in facts.index.bindings(scopes):
        parts = binding.value.parts if binding.value.kind in (ExprKind.OBJECT, ExprKind.CHOICE) else (binding.value,)
        if (binding.name in USERS or is_kept_for_request(binding.name)) and any(
            root_of(part) in names for part in parts
        ):
            return f"it becomes `{binding.name}`"
        field = identity(binding.fields) if binding.value.text in names else ""
        if field and binding.kind is not BindingKind.RETURN:
            return f"its `{field}` is believed"
    for read in facts.index.reads(scopes):
        root, _, rest = read.name.partition(".")
        if root in names and rest.partition(".")[0].removesuffix("()").lower() in IDENTITY:
            return f"its `{rest}` is believed"
    return put_into_context(facts, scopes, names)


def believed_by_callers(project: Project, path: str, call: Call, names: frozenset[str]) -> str:
    """What a function that gives back the token it decodes (itself, or one of `names`) leaves its callers to believe,
    in words; "" for nothing. One that checks the token too is left alone."""
    facts = project.head[path]
    given = [one.value for one in facts.index.bound("", call.scope) if one.kind is BindingKind.RETURN]
    if not call.is_returned and not any(root_of(one) in names for value in given for one in _chosen(value)):
        return ""
    for caller_path, asking in project.once(Callers).of(Place(path, call.scope)):
        there = project.head[caller_path]
        around = outermost(there, asking.scope)
        scopes = there.index.within(around) if around >= 0 else ()
        if scopes and not any(checks(one) for one in there.index.calls(scopes) if one.callee != asking.callee):
            found = _use_of_call(there, scopes, asking)
            if found:
                return found
    return ""


def _use_of_call(facts: FileFacts, scopes: tuple[int, ...], asking: Call) -> str:
    names = set[str]()
    for binding in facts.index.bindings(scopes):
        value = (
            binding.value.parts[0] if binding.value.kind is ExprKind.AWAIT and binding.value.parts else binding.value
        )
        if value.kind is not ExprKind.CALL or (value.text, value.first) != (asking.callee, asking.first):
            continue
        if identity(binding.fields):
            return f"its `{identity(binding.fields)}` is believed in `{binding.symbol}`"
        if binding.name in USERS or is_kept_for_request(binding.name):
            return f"it becomes `{binding.name}`"
        names.add(binding.name)
    for read in facts.index.reads(scopes):
        before, _, field = read.name.rpartition("().")
        if before == asking.callee and field.lower() in IDENTITY:
            return f"its `{field}` is believed"
    return use(facts, scopes, derived(facts, scopes, names - {""}))


def _chosen(value: Expr) -> tuple[Expr, ...]:
    return value.parts if value.kind is ExprKind.CHOICE else (value,)

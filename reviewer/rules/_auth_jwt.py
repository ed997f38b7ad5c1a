"""JSON Web Tokens: which calls read, check and make them, whichever library does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.core.routes import original
from reviewer.rules._auth import inside, step

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts

_DECODERS = {"jsonwebtoken": ("decode",), "jwt-decode": ("default", "jwtDecode", "jwt_decode", "*"),
             "jose": ("decodeJwt",), "jws": ("decode",), "fast-jwt": (), "jwt-simple": ()}  # fmt: skip
_BOUND_MAX = 20
"""Values of one name that are looked at."""

_VERIFIERS = {"jsonwebtoken": ("verify",), "jwt-simple": ("decode",)}


def services(facts: FileFacts) -> frozenset[str]:
    """Names of fields and parameters of the file that hold NestJS's `JwtService`."""
    local = {item.local for item in facts.imports if item.module == "@nestjs/jwt" and item.name == "JwtService"}
    if not local:
        return frozenset()
    names = {param.name for function in facts.functions for param in function.params if param.type.name in local}
    names |= {field.name for item in facts.classes for field in item.properties if field.type.name in local}
    return frozenset(names)


def decodes(facts: FileFacts, callee: str, jwt_services: frozenset[str]) -> bool:
    """Whether a call reads a token without checking its signature."""
    name, module = original(facts, callee)
    if module in _DECODERS:
        return (step(name) if name != "*" else "*") in _DECODERS[module]
    return step(callee) == "decode" and step(callee.rpartition(".")[0]) in jwt_services


def reads_parts(facts: FileFacts, value: Expr, scope: int) -> bool:
    """`JSON.parse(Buffer.from(payload, 'base64url'))` of a piece of a text that was split at its dots."""
    if value.kind is not ExprKind.CALL or value.text != "JSON.parse":
        return False
    for part in inside(value):
        is_read = part.kind is ExprKind.CALL and part.text in ("Buffer.from", "atob") and part.parts
        if is_read and any(_is_piece(facts, one, scope) for one in inside(part.parts[0])):
            return True
    return False


def _is_piece(facts: FileFacts, value: Expr, scope: int) -> bool:
    if value.kind is ExprKind.CALL:
        return _splits(value)
    root = value.text.removesuffix("[]") if value.kind in (ExprKind.NAME, ExprKind.MEMBER) else ""
    for around in facts.index.around(scope) if root else ():
        bound = facts.index.bound(root, around)[:_BOUND_MAX]
        taken = [one for one in facts.index.bindings((around,)) if root in one.locals] if around >= 0 else []
        if any(_splits(made) for one in (*bound, *taken[:_BOUND_MAX]) for made in inside(one.value)):
            return True
    return False


def _splits(value: Expr) -> bool:
    return value.kind is ExprKind.CALL and step(value.text) == "split" and [one.text for one in value.parts] == ["."]


def verifies(facts: FileFacts, callee: str, jwt_services: frozenset[str]) -> bool:
    """Whether a call is `verify` of jsonwebtoken or of NestJS's `JwtService`."""
    name, module = original(facts, callee)
    if module in _VERIFIERS:
        return step(name) in _VERIFIERS[module]
    return step(callee) in ("verify", "verifyAsync") and step(callee.rpartition(".")[0]) in jwt_services


def signs(facts: FileFacts, call: Call) -> bool:
    """Whether a call is `sign` of jsonwebtoken."""
    name, module = original(facts, call.callee)
    return module == "jsonwebtoken" and step(name) == "sign"


def options(call: Call) -> tuple[Expr, ...]:
    """The arguments of a call that are objects written in place."""
    return tuple(arg for arg in call.args if arg.kind is ExprKind.OBJECT)


_SHAPERS = frozenset(
    ("parse", "safeParse", "parseAsync", "safeParseAsync", "cast", "plainToInstance", "plainToClass", "decode", "Check")
)
"""Calls that ask what a value looks like: a forged token looks right, too."""

_REQUESTS = ("req.", "request.", "res.locals.", "ctx.state.", "ctx.user", "socket.data.", "client.data.", "reply.")
_DERIVED_MAX = 3
"""Names on the way from a token to its use: the token read, its shape checked, taken out."""


def derived(facts: FileFacts, scopes: tuple[int, ...], names: set[str]) -> set[str]:
    """The names, and those of what is made of them by asking for their shape, picking and renaming."""
    known = set(names)
    for _ in range(_DERIVED_MAX if known else 0):
        more = {
            binding.name
            for binding in facts.index.bindings(scopes)
            if binding.name and "." not in binding.name and _is_made_of(binding.value, known)
        }
        if more <= known:
            break
        known |= more
    return known


def _is_made_of(value: Expr, names: set[str]) -> bool:
    if value.kind is ExprKind.AWAIT and value.parts:
        return _is_made_of(value.parts[0], names)
    if value.kind is ExprKind.CALL:
        return step(value.text) in _SHAPERS and any(_is_made_of(part, names) for part in value.parts)
    return value.kind in (ExprKind.NAME, ExprKind.MEMBER) and value.text.partition(".")[0] in names


def shape_asked(value: Expr) -> tuple[Expr, ...]:
    """What a schema is asked about in `shape.safeParse(…)`."""
    at_value = value.parts[0] if value.kind is ExprKind.AWAIT and value.parts else value
    return at_value.parts if at_value.kind is ExprKind.CALL and step(at_value.text) in _SHAPERS else ()


def is_kept_for_request(name: str) -> bool:
    """Whether a place is one where a middleware leaves things for the handler: `res.locals.member`, `req.auth`."""
    return name.startswith(_REQUESTS)


def put_into_context(facts: FileFacts, scopes: tuple[int, ...], names: set[str]) -> str:
    """`c.set('user', payload)` of Hono and its like, in words; "" where nothing of the names is put there."""
    for call in facts.index.calls(scopes):
        root, _, last = call.callee.rpartition(".")
        if last == "set" and root in _CONTEXTS and any(root_of(arg) in names for arg in call.args[1:]):
            return f"it becomes `{call.args[0].text}`"
    return ""


_CONTEXTS = frozenset(("c", "ctx", "context", "req", "request"))


def handed_on(facts: FileFacts, scopes: tuple[int, ...], names: set[str]) -> str:
    """Whether a function gives back what was only asked for its shape, as if that had shown who sent it."""
    returned = (one for one in facts.index.bindings(scopes) if one.kind is BindingKind.RETURN)
    return "what has the right shape is handed on" if any(root_of(one.value) in names for one in returned) else ""


def root_of(value: Expr) -> str:
    """The name that a dotted name starts with, "" for anything else."""
    return value.text.partition(".")[0] if value.kind in (ExprKind.NAME, ExprKind.MEMBER) else ""

"""What a NestJS route answers when it says no type itself: the entity that the service behind it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Call, Class, FileFacts, Method
from reviewer.core.routes import original
from reviewer.rules._secret_fields import entity_secret, is_secret

if TYPE_CHECKING:
    from reviewer.core.project import Project

_CHOOSES = frozenset(("select", "attributes", "omit", "projection", "fields", "columns"))

_FINDERS = ("find", "create", "save", "update", "insert", "upsert")
_PASSES = frozenset(("lean", "exec", "populate", "sort", "limit", "skip", "orFail"))
"""Steps of a query that leave its fields as they are."""


def read_secret(project: Project, path: str, value: Expr) -> str:
    """The secret of the record that an expression reads or makes whole, "" when there is none or it cannot be told."""
    facts = project.head[path]
    if value.kind is ExprKind.AWAIT and value.parts:
        value = value.parts[0]
    if value.kind is ExprKind.NEW:
        given = {key for arg in value.parts[:1] for key in arg.keys if is_secret(key)}
        return entity_secret(project, path, value.text) if given else ""
    while value.kind is ExprKind.CALL and value.receiver is not None and value.text.rpartition(".")[2] in _PASSES:
        value = value.receiver
    owner, _, name = value.text.rpartition(".")
    if (
        value.kind is not ExprKind.CALL
        or value.receiver is not None
        or not name.startswith(_FINDERS)
        or chooses(value.parts)
    ):
        return ""
    model = _model(facts, owner)
    return entity_secret(project, path, model) if model else ""


def _model(facts: FileFacts, owner: str) -> str:
    """The model or entity behind `User` or a repository made by `getRepository(User)`."""
    if "." not in owner and owner[:1].isupper():
        return owner
    plain = owner.removeprefix("this.")
    for binding in facts.index.bound(plain, NOWHERE):
        made = binding.value
        if made.kind is ExprKind.CALL and made.text.endswith("getRepository"):
            return made.parts[0].text if made.parts else ""
    return ""


def answered_types(project: Project, path: str, owner: Class, method: Method) -> tuple[str, tuple[str, ...]]:
    """The file and the types named there that a route without a declared result answers: what the one service call it
    consists of declares, or reads from its repository."""
    call = _only_call(project.head[path], method)
    held = _held_types(owner, call)
    declared = project.declaration(path, held[0]) if call and held else None
    if call is None or declared is None or not isinstance(declared.item, Class):
        return path, ()
    wanted = call.callee.rpartition(".")[2]
    served = next((one for one in declared.item.methods if one.name == wanted and one.scope >= 0), None)
    if served is None or _touches_secret(project.head[declared.path], served):
        return path, ()
    names = served.return_type.names
    if not names:
        inner = _only_call(project.head[declared.path], served)
        is_read = inner is not None and inner.callee.rpartition(".")[2].startswith("find") and not chooses(inner.args)
        names = _held_types(declared.item, inner)[1:] if is_read else ()
    return declared.path, names


def _touches_secret(facts: FileFacts, method: Method) -> bool:
    """Whether a method names a secret, as one does that takes it out."""
    inside = facts.index.within(method.scope)
    return any(is_secret(read.name.rpartition(".")[2]) for read in facts.index.reads(inside))


def _only_call(facts: FileFacts, method: Method) -> Call | None:
    """The call on a field that a method of one statement returns."""
    if method.scope < 0 or facts.functions[method.scope].statements > 1:
        return None
    found = [call for call in facts.index.calls((method.scope,)) if call.awaited and call.callee.startswith("this.")]
    return found[0] if len(found) == 1 and found[0].callee.count(".") == 2 and found[0].receiver is None else None


def _held_types(item: Class, call: Call | None) -> tuple[str, ...]:
    """The type names of the constructor parameter that a call goes through: `Repository`, `User`."""
    name = call.callee.split(".")[1] if call else ""
    params = item.constructor.params if item.constructor else ()
    return next((param.type.names for param in params if param.name == name), ())


def chooses(args: tuple[Expr, ...]) -> bool:
    """Whether the arguments of a query name the fields it reads."""
    for index, arg in enumerate(args):
        if _CHOOSES & set(arg.keys) or (index > 0 and arg.kind in (ExprKind.STRING, ExprKind.ARRAY)):
            return True
        if index > 0 and arg.kind is ExprKind.OBJECT and any(is_secret(key) for key in arg.keys):
            return True  # mongoose: find(filter, { password: 0 })
    return False


def serializes(facts: FileFacts, owner: Class, method: Method) -> bool:
    """Whether an interceptor or a decorator of the project's own shapes the answer."""
    for decorator in (*owner.decorators, *method.decorators):
        name = original(facts, decorator.name)[0]
        if name in ("UseInterceptors", "SerializeOptions", "Serialize") or "erializ" in name or "ransform" in name:
            return True
    return False

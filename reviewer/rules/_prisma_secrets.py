"""The secret that a whole record of Prisma carries: read in place, or by functions of the project that return what the
client reads, also through a wrapper (`cached(key, () => prisma.user.findUnique(…))`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._answered_types import chooses
from reviewer.rules._code import Code, function_named
from reviewer.rules._named_secrets import is_password
from reviewer.rules._secret_fields import cleaned, is_secret
from reviewer.rules._served_secrets import shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

_READS: Final = frozenset(("findUnique", "findFirst", "findMany", "findUniqueOrThrow", "findFirstOrThrow"))
_WRITES: Final = frozenset(("create", "update", "upsert", "delete"))
_CLIENTS: Final = frozenset(("db", "tx", "trx"))
_HIDES: Final = frozenset(("$extends", "omit", "$omit"))
"""Words of a client that leaves fields out by itself."""

_HOPS_MAX: Final = 3
_VALUES_MAX: Final = 40
"""Values looked at for one question: calls branch, and a stranger writes the code."""


def prisma_secret(project: Project, path: str, value: Expr) -> str:
    """The secret field of the record that an expression is, "" where it has none, chooses, or cannot be told."""
    secrets = project.once(_secrets)
    if not secrets:
        return ""
    waiting = [(path, value, _HOPS_MAX)]
    for _ in range(_VALUES_MAX):
        if not waiting:
            break
        at, one, hops = waiting.pop()
        inner = one.parts[0] if one.kind is ExprKind.AWAIT and one.parts else one
        found = _read(secrets, inner)
        if found:
            return found
        if (
            hops > 0
            and inner.kind is ExprKind.CALL
            and inner.receiver is None
            and not shapes(inner.text.rpartition(".")[2])
        ):
            waiting.extend((there, given, hops - 1) for there, given in _behind(project, at, inner))
    return ""


def _secrets(project: Project) -> Mapping[str, tuple[str, ...]]:
    """The secret fields of Prisma's models, by the name of the model in lower case."""
    if any(_HIDES & set(facts.names) for facts in project.head.values() if "PrismaClient" in facts.names):
        return {}
    found = {
        name.lower(): tuple(field.name for field in one.fields if is_secret(field.name))
        for name, one in project.entities.items()
        if one.orm == "prisma"
    }
    return {name: fields for name, fields in found.items() if fields}


def _read(secrets: Mapping[str, tuple[str, ...]], call: Expr) -> str:
    owner, _, method = call.text.rpartition(".")
    client, _, model = owner.rpartition(".")
    last = client.rpartition(".")[2].lower()
    if call.kind is not ExprKind.CALL or call.receiver is not None or not ("prisma" in last or last in _CLIENTS):
        return ""
    if chooses(call.parts) or not (method in _READS or method in _WRITES):
        return ""
    fields = secrets.get(model.lower(), ())
    # A key that is made is shown once on purpose; a password never is.
    return next((one for one in fields if method in _READS or is_password(one)), "")


def _behind(project: Project, path: str, call: Expr) -> Iterator[tuple[str, Expr]]:
    """What the function of the project that is called returns, and the functions that it is given."""
    facts = project.head[path]
    for part in call.parts:
        if part.kind is ExprKind.FUNCTION:
            yield from ((path, one) for one in _returned(facts, part))
    code = function_named(project, path, call.text)
    if code is None or code.scope < 0:
        return
    there = project.head[code.path]
    if cleaned(there, there.index.within(code.scope)):
        return
    for one in _results(there, code):
        yield code.path, one


def _results(facts: FileFacts, code: Code) -> Iterator[Expr]:
    """What a function returns: `return` and the names it returns, with what they hold."""
    for binding in facts.index.bindings((code.scope,)):
        if binding.kind is not BindingKind.RETURN:
            continue
        yield binding.value
        if binding.value.kind is ExprKind.NAME:
            yield from (held.value for held in facts.index.bound(binding.value.text, code.scope))
    yield from _bodies(facts, code.scope)


def _returned(facts: FileFacts, function: Expr) -> Iterator[Expr]:
    yield from function.parts
    if function.scope >= 0:
        yield from (one.value for one in facts.index.bindings((function.scope,)) if one.kind is BindingKind.RETURN)


def _bodies(facts: FileFacts, scope: int) -> Iterator[Expr]:
    """The body of an arrow function that is one expression."""
    function = facts.functions[scope]
    if function.statements == 0:
        for binding in facts.index.bound(function.name, function.parent):
            if binding.value.kind is ExprKind.FUNCTION and binding.value.scope == scope:
                yield from binding.value.parts

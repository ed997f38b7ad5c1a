"""Functions that compare whose a record is with who is calling (`order.userId !== req.user.id`), and a new one that
loads a record the same way, changes it, knows who is calling and does not compare."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.concern import Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, FunctionKind
from reviewer.rules._auth import step, words
from reviewer.rules._auth_checked import is_check
from reviewer.rules._auth_classes import Lack, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_CHANGES: Final = frozenset(
    ("update", "edit", "change", "delete", "remove", "destroy", "archive", "unarchive", "restore", "publish",
     "unpublish", "rename", "move", "transfer", "cancel", "close", "reopen", "duplicate", "copy", "rotate",
     "regenerate", "purge", "reset", "patch", "replace", "modify")
)  # fmt: skip
"""What only the owner of a record does; anybody may like it, join it or write a comment on it."""

_CALLERS: Final = frozenset(
    ("user", "account", "org", "organization", "organisation", "tenant", "workspace", "team", "member", "actor",
     "viewer", "caller", "session", "company", "customer", "project", "current")
)  # fmt: skip
_OF_REQUEST: Final = ("req.user", "request.user", "req.auth", "request.auth", "req.session", "res.locals",
                      "ctx.state", "ctx.user", "context.user", "req.currentUser")  # fmt: skip
_SENT: Final = frozenset(("body", "query", "params", "headers", "dto", "input", "data"))
_OPERATORS: Final = frozenset(("===", "!==", "==", "!="))
_TEXTS: Final = (".toString", ".toHexString", ".valueOf")
_ADMINS: Final = frozenset(("admin", "internal", "system", "cron", "job", "webhook", "super", "all", "any"))


@dataclass(frozen=True, slots=True)
class _Compared:
    """A comparison: `field` of a record that `loader` loaded, with the caller as `caller` (see `_caller`) says."""

    loader: str
    field: str
    caller: str


def owned_lacks(project: Project) -> Iterator[Lack]:
    """New functions that change what they load without asking whose it is."""
    for file, facts in project.production:
        fresh = [scope for scope in _named(facts) if _is_fresh(project, file.path, facts, scope)]
        old = [scope for scope in _named(facts) if scope not in fresh] if fresh else []
        known: dict[str, list[tuple[int, frozenset[_Compared]]]] = defaultdict(list)
        for scope in old:
            found = frozenset(_comparisons(facts, scope))
            for _, loader in _loaded(facts, scope):
                if _changes(facts, scope) or found:
                    known[loader].append((scope, found))
        for scope in fresh if known else ():
            lack = _lack(project, file.path, facts, scope, known)
            if lack is not None:
                yield lack


def _named(facts: FileFacts) -> list[int]:
    """The functions of a file that stand in no other: methods and declarations, and their arrow kin."""
    return [
        scope
        for scope, one in enumerate(facts.functions)
        if one.name and one.name != "constructor" and one.parent < 0 and one.kind is not FunctionKind.EXPRESSION
    ]


def _is_fresh(project: Project, path: str, facts: FileFacts, scope: int) -> bool:
    one = facts.functions[scope]
    is_new = not project.had_function(path, one.symbol) and project.wrote(path, one.first, one.last)
    return is_new and _changes(facts, scope) and not is_own(one.name) and not _ADMINS & set(words(one.symbol))


def _changes(facts: FileFacts, scope: int) -> bool:
    return bool(_CHANGES & set(words(facts.functions[scope].name)[:1]))


def _lack(
    project: Project,
    path: str,
    facts: FileFacts,
    scope: int,
    known: dict[str, list[tuple[int, frozenset[_Compared]]]],
) -> Lack | None:
    one = facts.functions[scope]
    for name, loader in _loaded(facts, scope):
        beside = known.get(loader, [])
        asked = [(other, found) for other, every in beside if (found := _of(every, loader)) is not None]
        if not asked or len(asked) < len(beside):
            continue
        other, found = asked[0]
        if not _knows(facts, scope, found.caller) or _front(facts, scope) != _front(facts, other):
            continue
        if _says(facts, scope, name, found.field) or _hands_on(facts, scope, name):
            continue
        line = next((b.first for b in facts.index.bindings((scope,)) if b.name == name), one.first)
        message = (
            f"`{one.symbol}` changes the record that `{loader}()` finds and never asks whose it is, while "
            f"`{facts.functions[other].symbol}` compares its `{found.field}` with who is calling: any caller can "
            "change what belongs to somebody else. Compare it here too."
        )
        severity = Severity.BLOCKER if len(asked) > 1 else Severity.WARNING
        return Lack(path, line, one.symbol, message, "Nothing asks whose record this is", severity)
    return None


def _of(every: frozenset[_Compared], loader: str) -> _Compared | None:
    found = sorted((one for one in every if one.loader == loader), key=lambda one: one.field)
    return found[0] if found else None


def _loaded(facts: FileFacts, scope: int) -> Iterator[tuple[str, str]]:
    """The constants of a function that hold what a call found, with the dotted name of that call."""
    for binding in facts.index.bindings((scope,)):
        value = binding.value.parts[0] if binding.value.kind is ExprKind.AWAIT and binding.value.parts else None
        if value is None or value.kind is not ExprKind.CALL or not binding.name or value.receiver is not None:
            continue
        if binding.kind in (BindingKind.CONST, BindingKind.LET) and value.parts and "." in value.text:
            yield binding.name, value.text


def _comparisons(facts: FileFacts, scope: int) -> Iterator[_Compared]:
    loaded = dict(_loaded(facts, scope))
    for operation in facts.index.operations(facts.index.within(scope)):
        if operation.operator not in _OPERATORS:
            continue
        for one, other in ((operation.left, operation.right), (operation.right, operation.left)):
            root, _, field = _plain(one).partition(".")
            if root in loaded and field and field not in ("id", "_id") and "." not in field.removesuffix(".id"):
                caller = _caller(facts, scope, _plain(other), loaded[root])
                if caller:
                    yield _Compared(loaded[root], field, caller)


def _plain(value: Expr) -> str:
    """A dotted name without what makes a text of it: `order.userId.toString()` is `order.userId`."""
    if value.kind is ExprKind.CALL and value.text.endswith(_TEXTS) and value.receiver is None:
        return value.text.rpartition(".")[0]
    if value.kind is ExprKind.CALL and value.text in ("String", "Number") and value.parts:
        return value.parts[0].text
    return value.text if value.kind in (ExprKind.NAME, ExprKind.MEMBER) else ""


def _caller(facts: FileFacts, scope: int, text: str, loader: str) -> str:
    """What tells who is calling, where a name is that: `req.user`, a parameter `user` or `userId`, or what a call made
    of the caller's key (`Accounts.byKey`); "" for what a client sent, and for anything else."""
    sent = set(text.split(".")) & _SENT
    if not text or sent:
        return ""
    of_request = next((one for one in _OF_REQUEST if text == one or text.startswith(f"{one}.")), "")
    if of_request:
        return of_request
    root = text.partition(".")[0]
    about = bool(_CALLERS & set(words(root)))
    for param in facts.functions[scope].params:
        if about and root in (param.name, *param.locals) and not _is_sent_param(param.type.name):
            return root
    for binding in facts.index.bindings((scope,)):
        value = (
            binding.value.parts[0] if binding.value.kind is ExprKind.AWAIT and binding.value.parts else binding.value
        )
        if root != binding.name and root not in binding.locals:
            continue
        if value.text.startswith(_OF_REQUEST):
            return next(one for one in _OF_REQUEST if value.text.startswith(one))
        if about and value.kind is ExprKind.CALL and value.text != loader and binding.name == root:
            given = [part.text for part in value.parts]
            return value.text if given and not any(set(one.split(".")) & _SENT for one in given) else ""
    return ""


def _is_sent_param(name: str) -> bool:
    return name.lower().endswith(("dto", "input", "body", "query"))


def _knows(facts: FileFacts, scope: int, caller: str) -> bool:
    """Whether a function knows who is calling in the same way."""
    inside = facts.index.within(scope)
    if any(caller in (param.name, *param.locals) for param in facts.functions[scope].params):
        return True
    if any(call.callee == caller for call in facts.index.calls(inside)):
        return True
    return caller in _OF_REQUEST and any(
        read.name == caller or read.name.startswith(f"{caller}.") for read in facts.index.reads(inside)
    )


def _says(facts: FileFacts, scope: int, name: str, field: str) -> bool:
    """Whether a function says the field at all: of the record, in a filter, in a comparison."""
    inside = facts.index.within(scope)
    first = field.partition(".")[0]
    if any(read.name.startswith(f"{name}.{first}") for read in facts.index.reads(inside)):
        return True
    if any(first in binding.fields for binding in facts.index.bindings(inside)):
        return True
    return any(_has_key(arg, first) for call in facts.index.calls(inside) for arg in call.args)


def _has_key(value: Expr, name: str) -> bool:
    return name in value.keys or any(_has_key(part, name) for part in value.parts)


def _hands_on(facts: FileFacts, scope: int, name: str) -> bool:
    """Whether a function gives the record away whole, or asks by name whether the caller may."""
    for call in facts.index.calls(facts.index.within(scope)):
        if is_check(call.callee):
            return True
        if any(_holds(arg, name) for arg in call.args) and not _keeps_or_answers(call):
            return True
    return False


def _holds(value: Expr, name: str) -> bool:
    is_it = value.kind is ExprKind.NAME and value.text == name
    return is_it or any(_holds(part, name) for part in value.parts)


def _keeps_or_answers(call: Call) -> bool:
    return step(call.callee) in ("json", "send", "save", "remove", "delete", "stringify", "persist", "softRemove")


def _front(facts: FileFacts, scope: int) -> tuple[str, ...]:
    """What the decorators of a method put in front of it, but for its path and words: two with the same are for the
    same callers."""
    for item in facts.classes:
        for method in item.methods:
            if method.scope == scope:
                given = (part.text for one in method.decorators for arg in one.args for part in (arg, *arg.parts)
                         if part.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL))  # fmt: skip
                return tuple(sorted(given))
    return ()

"""Which calls start programs, however they were imported, renamed or promisified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.routes import original

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts

_MODULES: Final = frozenset(
    ("child_process", "execa", "shelljs", "cross-spawn", "child-process-promise", "promisify-child-process")
)
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)


def shell_function(facts: FileFacts, call: Call) -> str:
    """The name of the function as its module calls it (`exec`, `spawn`), "" for another call."""
    return (_of(facts, call.callee) or _promisified(facts, call)) if facts.index.once(_starts_programs) else ""


def _starts_programs(facts: FileFacts) -> bool:
    return not _MODULES.isdisjoint(module.removeprefix("node:") for module in facts.index.modules)


def _of(facts: FileFacts, callee: str) -> str:
    name, module = original(facts, callee)
    plain = module.removeprefix("node:")
    if plain not in _MODULES:
        return ""
    last = name.rpartition(".")[2]
    return {"execa": "execa", "cross-spawn": "spawn"}.get(plain, last) if last in ("default", "*") else last


def _promisified(facts: FileFacts, call: Call) -> str:
    """`const run = promisify(exec)`, also as a field of the class."""
    root = call.callee
    bound = [item for around in facts.index.around(call.scope) for item in facts.index.bound(root, around)]
    if root.startswith("this."):
        bound.extend(item for item in facts.bindings if item.name == root.removeprefix("this."))
    made: list[Expr] = [item.value for item in bound if item.value.kind is ExprKind.CALL]
    for value in made:
        if value.text.rpartition(".")[2] == "promisify" and value.parts and value.parts[0].kind in _NAMED:
            return _of(facts, value.parts[0].text)
    return ""

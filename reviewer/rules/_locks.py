"""Functions that lock what they read, or check that nobody else changed it."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._called import called
from reviewer.rules._words import words_of

_CALLEES = (
    "forupdate", "fornokeyupdate", "pessimistic", "mutex", "redlock", "semaphore", "acquire", "isolation",
    "serializable", "runexclusive",
)  # fmt: skip
_WORDS = frozenset(("lock", "locked", "locks", "locking", "optimistic", "withlock", "setlock", "version"))
_KEYS = frozenset(("lock", "locking", "version", "__v", "isolationLevel", "isolation", "optimisticLocking"))
_TEXTS = ("for update", "pessimistic", "serializable", "advisory_lock", "optimistic")
_MEMBERS = ("lock.", "serializable", "pessimistic", "lockmode", "optimistic")
_DEPTH_MAX = 4
"""Levels of an argument that are looked at."""


def guarded(project: Project, path: str, facts: FileFacts) -> frozenset[str]:
    """Symbols of the functions that lock or check a version somewhere, themselves or in a helper."""
    return frozenset(call.symbol for call in facts.calls if _is_guard(call) or _locks_inside(project, path, call))


def _locks_inside(project: Project, path: str, call: Call) -> bool:
    found = called(project, path, call) if not call.is_new and call.awaited else None
    if found is None or found.scope < 0:
        return False
    index = project.head[found.path].index
    return any(_is_guard(one) for one in index.calls(index.within(found.scope)))


def _is_guard(call: Call) -> bool:
    if call.is_new and call.callee.endswith(("Error", "Exception")):
        return False
    name = call.callee.rpartition(".")[2]
    if any(word in call.callee.lower() for word in _CALLEES) or set(words_of(name)) & _WORDS:
        return True
    if name == "for" and any(arg.text in ("update", "no key update") for arg in call.args):  # Drizzle
        return True
    return any(_says(part) for arg in call.args for part in _inside(arg, 0))


def _inside(value: Expr, depth: int) -> Iterator[Expr]:
    yield value
    if depth < _DEPTH_MAX:
        for part in value.parts:
            yield from _inside(part, depth + 1)


def _says(value: Expr) -> bool:
    if value.kind is ExprKind.OBJECT:
        return bool(_KEYS & set(value.keys))
    lower = value.text.lower()
    if value.kind in (ExprKind.STRING, ExprKind.TEMPLATE, ExprKind.TAGGED):
        return any(word in lower for word in _TEXTS)
    return value.kind is ExprKind.MEMBER and any(word in lower for word in _MEMBERS)

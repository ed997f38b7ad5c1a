"""Numbers in a store of keys (Redis, a cache) that are read, counted and set again: `set(k, await get(k) + 1)`.

Only what is waited for is looked at: a cache in the process's own memory does both without letting anybody between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._assertions import rendered
from reviewer.rules._counting import STEPS, is_arithmetic, is_self
from reviewer.rules._locks import guarded
from reviewer.rules._taint_calls import MemberTypes
from reviewer.rules._words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.expr import Expr
    from reviewer.core.facts import Binding, Call, FileFacts
    from reviewer.core.project import Project

_STORES: Final = frozenset(
    ("redis", "ioredis", "cache", "caches", "kv", "keyv", "valkey", "memcached", "upstash", "dragonfly")
)
"""Words of the names and types of stores that other processes share."""

_GETS: Final = {"get": 1, "getJson": 1, "hget": 2, "hGet": 2}
"""Methods that read, and how many arguments name the place."""

_SETS: Final = {
    "set": (1, 1), "setJson": (1, 1), "put": (1, 1), "setex": (1, 2), "setEx": (1, 2), "psetex": (1, 2),
    "pSetEx": (1, 2), "hset": (2, 2), "hSet": (2, 2),
}  # fmt: skip
"""Methods that write: how many arguments name the place, and which one is the value."""

_WRAPS: Final = frozenset(
    ("Number", "parseInt", "parseFloat", "Number.parseInt", "Number.parseFloat", "BigInt", "String", "JSON.parse",
     "JSON.stringify", "Math.max", "Math.min")
)  # fmt: skip
_TEXTS: Final = (ExprKind.STRING, ExprKind.TEMPLATE)
_WATCHES: Final = frozenset(("watch", "WATCH", "eval", "evalsha"))
_DEPTH_MAX: Final = 6


@dataclass(frozen=True, slots=True)
class KeptCount:
    """A number that goes back into a store: the call that sets it, the key as written, and where it is computed."""

    call: Call
    key: str
    first: int


def kept_counts(project: Project, path: str, facts: FileFacts) -> Iterator[KeptCount]:
    """The numbers of a file that are set again under the key they were read from, without a lock."""
    sets = [call for call in facts.calls if _last(call) in _SETS and len(call.args) > _SETS[_last(call)][1]]
    if not sets:
        return
    members, safe = MemberTypes(), guarded(project, path, facts)
    watched = {call.symbol for call in facts.calls if _last(call) in _WATCHES}
    for call in sets:
        if call.symbol in safe | watched or not (call.is_await or call.is_returned) or call.scope < 0:
            continue
        if not _is_shared(facts, members, call):
            continue
        place, value = _SETS[_last(call)]
        found = _Reader(facts, call, tuple(map(rendered, call.args[:place]))).counted(call.args[value], call.scope)
        if found:
            yield KeptCount(call, call.args[place - 1].text or "…", found)


def _last(call: Call) -> str:
    return call.callee.rpartition(".")[2]


def _is_shared(facts: FileFacts, members: MemberTypes, call: Call) -> bool:
    """Whether a call is made on what its name or type says is a store of keys."""
    owner = call.callee.rpartition(".")[0].replace("()", "")
    field = owner.removeprefix("this.")
    kind = members.of(facts, call.symbol).get(field, "") if owner.startswith("this.") else ""
    return bool(_STORES & {*words_of(field.rpartition(".")[2]), *words_of(kind)})


@dataclass(frozen=True, slots=True)
class _Reader:
    """Follows a value back to what was read from the place that a call sets."""

    facts: FileFacts
    call: Call
    key: tuple[str, ...]

    def counted(self, value: Expr, scope: int, depth: int = 0) -> int:
        """The line where a value is computed from what the place held; 0 for any other value."""
        if depth > _DEPTH_MAX:
            return 0
        if value.kind is ExprKind.NAME:
            return self._changed(value.text, scope, depth)
        if value.kind is ExprKind.CALL and value.text not in _WRAPS:
            return 0
        if is_arithmetic(value):
            operands = [part for part in value.parts if part.kind not in _TEXTS]
            if any(self.is_old(part, scope, depth + 1) for part in operands):
                return value.first
        return next((line for part in value.parts if (line := self.counted(part, scope, depth + 1))), 0)

    def _changed(self, name: str, scope: int, depth: int) -> int:
        """The same for what a name holds: computed where it is declared, or counted after it was read."""
        for binding in self._bound(name, scope):
            line = self.counted(binding.value, binding.scope, depth + 1)
            if line:
                return line
            if not self.is_old(binding.value, binding.scope, depth + 1):
                return 0
            inside = self.facts.index.within(binding.scope) if binding.scope >= 0 else ()
            for one in self.facts.index.bindings(inside):
                is_of = one.name == name or one.name.startswith(f"{name}.")
                is_step = one.operator in STEPS and one.value.kind not in _TEXTS
                if one.kind is BindingKind.ASSIGNMENT and is_of and (is_step or is_self(one.value, one.name)):
                    return one.first
        return 0

    def is_old(self, value: Expr, scope: int, depth: int) -> bool:
        """Whether a value is what the place held, or a part of it."""
        if depth > _DEPTH_MAX:
            return False
        if value.kind in (ExprKind.AWAIT, ExprKind.CHOICE) or (value.kind is ExprKind.CALL and value.text in _WRAPS):
            return any(self.is_old(part, scope, depth + 1) for part in value.parts)
        if value.kind is ExprKind.CALL:
            return self._is_read(value)
        if value.kind not in (ExprKind.NAME, ExprKind.MEMBER):
            return False
        root = value.text.partition(".")[0].removesuffix("[]")
        return root != "this" and any(self.is_old(one.value, one.scope, depth + 1) for one in self._bound(root, scope))

    def _is_read(self, value: Expr) -> bool:
        owner, _, method = value.text.rpartition(".")
        names = tuple(map(rendered, value.parts[: _GETS.get(method, 0)]))
        return method in _GETS and owner == self.call.callee.rpartition(".")[0] and names == self.key

    def _bound(self, name: str, scope: int) -> list[Binding]:
        for around in self.facts.index.around(scope):
            found = self.facts.index.bound(name, around)
            if found:
                return [one for one in found if one.kind in (BindingKind.CONST, BindingKind.LET)]
        return []

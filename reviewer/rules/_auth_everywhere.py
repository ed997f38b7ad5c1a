"""Guards that stand in front of the whole application: `APP_GUARD` and `useGlobalGuards`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._auth import step, words
from reviewer.rules._auth_guards import AUTH_WORDS, names_guard

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project


def guards_everywhere(project: Project) -> bool:
    """Whether a guard stands in front of everything: `APP_GUARD` or `useGlobalGuards`, other than a rate limit."""
    return any(_guards_all(facts) for facts in project.head.values())


def _guards_all(facts: FileFacts) -> bool:
    names = set(facts.names)
    if "APP_GUARD" in names:
        for call in facts.calls:
            if step(call.callee) == "Module" and _registers(call.args):
                return True
        if any(_registers((binding.value,)) for binding in facts.bindings):
            return True
    if "useGlobalGuards" not in names:
        return False
    used = (arg for call in facts.calls if step(call.callee) == "useGlobalGuards" for arg in call.args)
    return any(_authenticates(arg.text) for arg in used)


def _registers(values: Iterable[Expr]) -> bool:
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if value.kind is ExprKind.OBJECT:
            given = dict(zip(value.keys, value.parts, strict=False))
            if "provide" in given and step(given["provide"].text) == "APP_GUARD":
                used = given.get("useClass") or given.get("useExisting")
                if used is None or _authenticates(used.text):
                    return True
        waiting.extend(value.parts)
    return False


def _authenticates(name: str) -> bool:
    return bool(set(words(name)) & (AUTH_WORDS - {"guard", "guards"})) and names_guard(name)

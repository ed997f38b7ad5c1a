"""Which files a file loads when it runs: imports of values, followed through barrels to where the name is declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.project import Project

_NAMING = (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL, ExprKind.NEW)
_HOPS_MAX = 6
"""Re-exports followed from an import; barrels of barrels exist."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One file loads another: the file, the line of the import, and the name it brings ("" for a re-export). `named` is
    the file that the import names, a barrel where that is not the `target`."""

    target: str
    line: int
    local: str
    named: str


class Imports:
    """The edges of the files that were read, each file looked at once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._edges: dict[str, tuple[Edge, ...]] = {}
        self._declaring: dict[tuple[str, str], str] = {}

    def of(self, path: str, facts: FileFacts | None = None) -> tuple[Edge, ...]:
        """The edges of a file at head; none for a file that was not read."""
        if path not in self._edges:
            there = facts or self._project.head.get(path)
            self._edges[path] = tuple(self._find(path, there)) if there is not None else ()
        return self._edges[path]

    def loaded(self, path: str) -> frozenset[str]:
        """The files that it loads when it runs, barrels and what they pass on among them."""
        facts = self._project.head.get(path)
        passed = (item.module for item in facts.exports if item.module) if facts is not None else ()
        targets = (self._project.resolver.resolve(path, module) for module in passed)
        return frozenset((*(edge.named for edge in self.of(path)), *(one for one in targets if one is not None)))

    def targets_before(self, path: str) -> frozenset[str]:
        """The files that it loaded at base."""
        old = self._project.before(path)
        file = self._project.change.file(path)
        was = (file.old_path if file else None) or path
        return frozenset(edge.target for edge in self._find(was, old))

    def _find(self, path: str, facts: FileFacts) -> Iterator[Edge]:
        used = _kept_names(facts)
        for item in facts.imports:
            is_lazy = not item.local and item.name == "*"  # `await import(…)`: loaded when it is needed
            if item.is_type or is_lazy or (item.local and item.local not in used):
                continue
            target = self._project.resolver.resolve(path, item.module)
            if target is not None:
                name = item.name if item.local else ""
                yield Edge(self._declared_in(target, name), item.line, item.local, target)

    def _declared_in(self, path: str, name: str) -> str:
        """The file that declares what `path` exports under a name; `path` itself where that cannot be told."""
        if name in ("", "*"):
            return path
        key = (path, name)
        if key not in self._declaring:
            self._declaring[key] = path  # a ring of barrels ends here
            self._declaring[key] = self._follow(path, name, _HOPS_MAX) or path
        return self._declaring[key]

    def _follow(self, path: str, name: str, hops: int) -> str | None:
        facts = self._project.head.get(path)
        if facts is None or hops == 0:
            return None
        if any(item.name == name and not item.module for item in facts.exports):
            local = facts.index.exported(name)
            brought = facts.imported(local)
            if brought is None or facts.index.declared(local) is not None:
                return path
            target = self._project.resolver.resolve(path, brought.module)
            return self._follow(target, brought.name, hops - 1) if target else None
        for item in facts.exports:
            if item.module and item.name in (name, "*"):
                target = self._project.resolver.resolve(path, item.module)
                wanted = name if item.local == "*" or item.name == "*" else item.local
                found = self._follow(target, wanted, hops - 1) if target else None
                if found is not None:
                    return found
        return None


def _kept_names(facts: FileFacts) -> frozenset[str]:
    """The names whose import stays in JavaScript: those used as values, and types that decorators write down."""
    late = {
        part.text
        for call in facts.calls
        if call.callee.endswith("forwardRef")
        for arg in call.args
        for part in arg.parts
    }
    roots = {_root(call.callee) for call in facts.calls} | {_root(read.name) for read in facts.reads}
    roots |= {item.local for item in facts.exports if not item.module}
    waiting = list(_expressions(facts))
    while waiting:
        one = waiting.pop()
        if one.kind in _NAMING:
            roots.add(_root(one.text))
        waiting.extend(one.parts)
    for item in facts.classes:
        if item.decorators and item.constructor is not None:
            for param in item.constructor.params:
                if not any(decorator.name.endswith("Inject") for decorator in param.decorators):
                    roots.add(param.type.name)
    return frozenset(roots - late)


def _root(dotted: str) -> str:
    return dotted.partition(".")[0].partition("(")[0].partition("[")[0]


def _expressions(facts: FileFacts) -> Iterator[Expr]:
    """The expressions of a file that name values."""
    for call in facts.calls:
        yield from call.args
    for binding in facts.bindings:
        yield binding.value
    for operation in facts.operations:
        yield from (operation.left, operation.right)
    for item in facts.classes:
        if item.extends is not None:
            yield item.extends
        decorators = list(item.decorators)
        decorators += [decorator for field in item.properties for decorator in field.decorators]
        decorators += [decorator for method in item.methods for decorator in method.decorators]
        yield from (arg for decorator in decorators for arg in decorator.args)

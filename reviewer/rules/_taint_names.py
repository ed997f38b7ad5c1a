"""Names of the files of a project: what destructuring makes, which are checked, and what callbacks are given to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Binding, Call, Function
from reviewer.rules._taint_checks import Checks
from reviewer.rules._taint_origin import At, Steps
from reviewer.rules._taint_pattern import taken
from reviewer.rules._taint_roles import Role, role

if TYPE_CHECKING:
    from reviewer.core.project import Project


def _locals(binding: Binding) -> Iterator[tuple[str, Steps]]:
    """The names that a pattern makes, each with the steps to its value; an element has those of its list."""
    if not binding.fields:
        return
    seen: set[str] = set()
    for local, steps in taken(binding.code, binding.fields) if binding.code.startswith("{") else ():
        seen.add(local)
        yield local, steps
    for field, local in zip(binding.fields, binding.locals, strict=False):
        if local and local not in seen:  # of a list, of a loop, or behind what is cut off
            yield local, () if field in ("[]", "...", "") else (field,)


_HEADER_METHODS: Final = ("get", "header", "param")


class Names:
    """Made once for a project; each file is read on the first question about it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._checks: dict[str, Checks] = {}
        self._callbacks: dict[str, dict[int, Call]] = {}
        self._destructured: dict[str, dict[tuple[int, str], list[tuple[Binding, Steps]]]] = {}

    def patterns(self, path: str) -> dict[tuple[int, str], list[tuple[Binding, Steps]]]:
        """The names that destructuring makes in a file, by scope."""
        if path not in self._destructured:
            made: dict[tuple[int, str], list[tuple[Binding, Steps]]] = {}
            for binding in self._project.head[path].bindings:
                for local, steps in _locals(binding):
                    made.setdefault((binding.scope, local), []).append((binding, steps))
            self._destructured[path] = made
        return self._destructured[path]

    def is_checked(self, text: str, steps: Steps, at: At) -> bool:
        """Whether a dotted name, or the object it is a field of, is checked for the use that is asked about."""
        checks = self._checks_of(at.path)
        whole = text.rpartition(".")[0] if len(steps) > 1 else ""
        return any(checks.is_checked(one, at.scope, at.line) for one in (text, whole) if one)

    def is_text(self, text: str, at: At) -> bool:
        """Whether a dotted name is asked to be a string."""
        return self._checks_of(at.path).is_text(text, at.scope)

    def _checks_of(self, path: str) -> Checks:
        if path not in self._checks:
            self._checks[path] = self._project.head[path].index.once(Checks)
        return self._checks[path]

    def param(self, name: str, at: At) -> tuple[Function | None, int]:
        """The function that has a parameter of a name, and its position."""
        facts = self._project.head[at.path]
        for scope in facts.index.around(at.scope):
            function = facts.functions[scope] if scope != NOWHERE else None
            for index, param in enumerate(function.params if function else ()):
                if param.name == name:
                    return function, index
        return None, 0

    def callback_of(self, path: str, scope: int) -> Call | None:
        """The call that a function is an argument of."""
        if path not in self._callbacks:
            calls = self._project.head[path].calls
            given = ((arg.scope, call) for call in calls for arg in call.args if arg.kind is ExprKind.FUNCTION)
            self._callbacks[path] = dict(given)
        return self._callbacks[path].get(scope)

    def is_header(self, value: Expr, at: At) -> bool:
        """Whether a call asks a request: `req.get('host')`, `req.header('x')`, `req.param('id')`."""
        owner, _, last = value.text.rpartition(".")
        if last not in _HEADER_METHODS or not owner or "." in owner:
            return False
        function, index = self.param(owner, at)
        return function is not None and role(self._project.head[at.path], function, index) is Role.REQUEST

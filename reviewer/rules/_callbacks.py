"""What each function of a file is handed to: `prisma.$transaction`, `orders.map`, `setTimeout`."""

from __future__ import annotations

from reviewer.core.expr import ExprKind
from reviewer.core.facts import FileFacts


class Callbacks:
    """Callees by the scope of their callbacks, found once for a file."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._callees = {
            arg.scope: call.callee for call in facts.calls for arg in call.args if arg.kind is ExprKind.FUNCTION
        }

    def passed_to(self, scope: int) -> str:
        """The dotted callee that a function is an argument of, "" for any other function."""
        if scope < 0:
            return ""
        return self._facts.functions[scope].passed_to or self._callees.get(scope, "")

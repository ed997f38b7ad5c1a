"""What people say about findings that stays on the pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.errors import RefusedError

if TYPE_CHECKING:
    from reviewer.engine import Run
    from reviewer.workflow.desk import Desk


class Memory:
    """Dismisses and resolves; each returns what was done, in sentences for who asked."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def dismiss(self, run: Run, finding: str, reason: str) -> str:
        """Take a finding off the pull request."""
        raise RefusedError(f"this version cannot dismiss {finding}")

    async def resolve(self, run: Run, finding: str | None) -> str:
        """Mark a finding, or (None) every one that is left, as dealt with."""
        raise RefusedError(f"this version cannot resolve {finding or 'findings'}")

"""What rules left out because there was too much of it: said in the review, as silence would read as all clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.core.project import Project


class Unlooked:
    """Reasons by rule, collected while the rules run: `project.once(Unlooked).note(…)`."""

    def __init__(self, _: Project) -> None:
        self.said: dict[str, str] = {}

    def note(self, rule: str, reason: str) -> None:
        """Keeps the first reason of a rule: one line in the review for each."""
        self.said.setdefault(rule, reason)

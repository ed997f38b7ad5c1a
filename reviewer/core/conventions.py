"""The project's own rate for a convention: what its siblings do is the style that a change is measured by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SIBLINGS_MIN = 3
"""Fewer siblings are no style."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`having` of `total` siblings have something."""

    having: int
    total: int

    @property
    def share(self) -> float:
        """From 0 to 1; 0 where there are no siblings."""
        return self.having / self.total if self.total else 0.0

    def is_usual(self, least: float = 0.5) -> bool:
        """Whether enough siblings have it that one without is news."""
        return self.total >= SIBLINGS_MIN and self.share >= least


def rate(having: Iterable[bool]) -> Rate:
    """How many say yes."""
    answers = [bool(one) for one in having]
    return Rate(sum(answers), len(answers))

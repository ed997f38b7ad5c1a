"""A rule: one thing looked for, under one concern; one file in `reviewer/rules/`, found by being there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.concern import Concern, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reviewer.core.finding import Finding, Reference
    from reviewer.core.project import Project


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule file exports as `RULE`.

    `inspect` is pure: it takes the project (facts of the changed files and their neighbours, at head and at base) and
    yields findings. `page` is the module's docstring: what is wrong, a bad and a good example. `confidence` is how
    often a hit was right when judged by hand (0 to 1), and becomes that of the findings. `serves` is the id of the
    standard in the built-in persona that the rule watches over ("" for the first one of its concern).
    """

    slug: str
    concern: Concern
    severity: Severity
    title: str
    inspect: Callable[[Project], Iterator[Finding]]
    references: tuple[Reference, ...] = ()
    confidence: float = 0.9
    page: str = ""
    serves: str = ""

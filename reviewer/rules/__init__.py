"""The rules: one file each, found by being in this folder. A file whose name starts with `_` is no rule."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from reviewer.core.finding import Finding
from reviewer.core.rule import Rule
from reviewer.rules._unlooked import Unlooked

if TYPE_CHECKING:
    from reviewer.core.project import Project

_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)
"""What a pure function raises when it is wrong about its facts: every fault of a rule, and no signal to the
process."""


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """A rule that could not finish, or left out what was too much: said in the review, as silence would read as all
    clear."""

    slug: str
    reason: str


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of this folder, sorted by slug."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    rules = (module.RULE for module in modules if not module.__name__.rpartition(".")[2].startswith("_"))
    return tuple(sorted(rules, key=lambda rule: rule.slug))


def inspect(project: Project, rules: Iterable[Rule]) -> tuple[tuple[Finding, ...], tuple[RuleFailure, ...]]:
    """What the rules have to say, in their order, and which of them failed. One that raises never hides the
    others."""
    findings: list[Finding] = []
    failures: list[RuleFailure] = []
    for rule in rules:
        try:
            findings.extend(rule.inspect(project))
        except _FAULTS as error:
            failures.append(RuleFailure(rule.slug, f"it failed with {type(error).__name__}"))
    failures.extend(RuleFailure(slug, reason) for slug, reason in project.once(Unlooked).said.items())
    return tuple(findings), tuple(failures)

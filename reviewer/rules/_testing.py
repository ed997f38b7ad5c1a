"""Calls that declare tests, as Jest, Vitest, Mocha, Jasmine and the Node test runner write them."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.change import ChangedFile
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.core.source_paths import is_test

_DECLARERS = frozenset(("it", "test", "describe", "context", "suite", "specify"))
_RUNNERS = frozenset(
    ("@jest/globals", "vitest", "mocha", "node:test", "bun:test", "@playwright/test", "ava", "jasmine")
)
_TITLES = frozenset((ExprKind.STRING, ExprKind.TEMPLATE, ExprKind.NAME, ExprKind.MEMBER, ExprKind.CONCAT))


def new_tests(
    project: Project, modifier: str, shorthands: frozenset[str]
) -> Iterator[tuple[ChangedFile, FileFacts, Call]]:
    """Test declarations with a modifier (`only`, `skip`) or a shorthand (`fit`, `xit`) that the change wrote."""
    for file, facts in project.changed:
        if not is_test(file.path):
            continue
        old = {(before.callee, before.args[0].text) for before in project.before(file.path).calls if before.args}
        for call in facts.calls:
            # The declaration itself must be new: what a test does may change under an old focus.
            is_one = _declares(facts, call, modifier, shorthands) and project.wrote(file.path, call.first)
            if is_one and (call.callee, call.args[0].text) not in old:
                yield file, facts, call


def _declares(facts: FileFacts, call: Call, modifier: str, shorthands: frozenset[str]) -> bool:
    steps = call.callee.replace("()", "").split(".")
    source = facts.imported(steps[0])
    if source is not None and source.module not in _RUNNERS:
        return False
    if call.is_tagged or call.callee.endswith(".each") or not call.args or call.args[0].kind not in _TITLES:
        return False  # `it.only.each(table)` is the receiver of the call that has the title
    return steps[0] in shorthands or (steps[0] in _DECLARERS and modifier in steps[1:])

"""What an inspection without a model may call reviewed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.diff import parse_patch
from reviewer.operator_plan import operator_plan
from reviewer.settings import load
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.inspection import Inspected, inspect_change, leave_out, unlooked_by_rules

PLAN = operator_plan(load({}))


def change(*paths: str, status: FileStatus = FileStatus.ADDED) -> Change:
    diff = parse_patch("@@ -0,0 +1 @@\n+x\n")
    return Change("octo/shop", 1, "b" * 40, "a" * 40, tuple(ChangedFile(path, status, diff, "x\n") for path in paths))


@pytest.mark.parametrize(
    "path", ["src/orders.ts", "src/orders.spec.ts", "README.md", "package.json", "src/app.js", "src/a.graphql"]
)
def test_code_and_plain_texts_are_looked_at(path: str) -> None:
    assert unlooked_by_rules(change(path)) == {}


@pytest.mark.parametrize(
    "path", ["Dockerfile", "db/drop.sql", "run.py", ".github/workflows/ci.yml", "src/orders/gen-orders.service.ts",
             "src/scripts/run.ts", "src/types.d.ts"]
)  # fmt: skip
def test_what_no_rule_judges_is_not_called_reviewed(path: str) -> None:
    assert path in unlooked_by_rules(change(path))


def test_a_removed_file_needs_no_look() -> None:
    assert unlooked_by_rules(change("Dockerfile", status=FileStatus.REMOVED)) == {}


def test_a_file_that_is_left_out_says_so() -> None:
    (left, kept) = leave_out(change("src/legacy/a.ts", "src/b.ts"), ("src/legacy/**",)).files
    assert (left.unread, kept.unread) == ("left out by configuration", None)


class Nothing:
    """A repository of which nothing else is read."""

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        return {}


async def inspected(text: str) -> Inspected:
    lines = text.removesuffix("\n").split("\n")
    diff = parse_patch(f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines))
    made = Change("octo/shop", 1, "b" * 40, "a" * 40, (ChangedFile("src/a.spec.ts", FileStatus.ADDED, diff, text),))
    async with TypeScriptWorker() as worker:
        return await inspect_change(made, PLAN, Nothing(), worker)


async def test_a_file_does_not_parse_when_both_parsers_say_so() -> None:
    known_to_one = "export class Row {\n  static accessor y = 1;\n  accessor\n  x\n}\n"
    half = await inspected(known_to_one)
    assert half.findings == ()
    assert not half.coverage.complete
    whole = await inspected("export class Row {\n  x = 1;\n}\n")
    assert whole.coverage.complete
    broken = await inspected(known_to_one + "export const a = (1;\n")
    assert "lint_syntax_error" in [finding.rule for finding in broken.findings]

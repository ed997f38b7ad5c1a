"""The rules of a repository's owner over a change: only what it introduced, and a bad rule loses only itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from reviewer.core.change import Change
from reviewer.core.concern import Concern, Severity
from reviewer.core.configuration import make_plan
from reviewer.core.errors import UserError
from reviewer.core.own_rules import read_own_rules
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.own_rules import inspect_own
from tests.linters.changes import change, changed
from tests.rendering.sample import sample_plan

SOURCE = ".github/reviewer/rules/team.yml"
CLIENT = """
id: legacy-client
message: The legacy client retries for ever
note: Use HttpClient from src/http.
severity: warning
metadata: {concern: data}
files: ["src/**"]
ignores: ["src/old/**"]
rule: {pattern: new LegacyClient($$$)}
"""


@pytest.fixture
async def worker() -> AsyncIterator[TypeScriptWorker]:
    async with TypeScriptWorker() as one:
        yield one


async def told(text: str, subject: Change, worker: TypeScriptWorker) -> list[tuple[str, str, int]]:
    findings, notes = await inspect_own(subject, read_own_rules(text, SOURCE), worker)
    assert notes == ()
    return [(finding.rule, finding.path, finding.span.first) for finding in findings if finding.span]


async def test_a_match_on_an_added_line_is_a_finding_of_the_rule(worker: TypeScriptWorker) -> None:
    subject = change(changed("src/a.ts", "f();\n", "f();\nconst c = new LegacyClient(1);\n"))
    (finding,), _ = await inspect_own(subject, read_own_rules(CLIENT, SOURCE), worker)
    assert (finding.rule, finding.concern, finding.severity) == ("own_legacy-client", Concern.DATA, Severity.WARNING)
    assert (finding.title, finding.message) == ("The legacy client retries for ever", "Use HttpClient from src/http.")
    assert (finding.path, finding.span and finding.span.first) == ("src/a.ts", 2)
    assert finding.quoted == "new LegacyClient(1)"


@pytest.mark.parametrize(
    "subject",
    [
        change(changed("src/a.ts", "new LegacyClient(1);\n", "f();\nnew LegacyClient(1);\n")),
        change(changed("src/a.ts", "new LegacyClient(1);\ng();\n", "g();\nnew LegacyClient(1);\n")),
        change(changed("lib/a.ts", None, "new LegacyClient(1);\n")),
        change(changed("src/old/a.ts", None, "new LegacyClient(1);\n")),
        change(changed("src/a.js", None, "new LegacyClient(1);\n")),
        change(changed("src/a.ts", "new LegacyClient(1);\n", None)),
    ],
)
async def test_what_was_there_or_lies_elsewhere_is_left_alone(subject: Change, worker: TypeScriptWorker) -> None:
    assert await told(CLIENT, subject, worker) == []


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("{kind: nope}", "Kind `nope` is invalid"),
        ("{patern: x}", "unknown field `patern`"),
        ("{regex: '('}", "error: unclosed group"),
        ("{matches: nobody}", "Rule `nobody` is not defined"),
        ("{pattern: $A}", "it matches more than 200 times in one file"),
    ],
)
async def test_a_rule_that_cannot_be_used_is_named_and_loses_only_itself(
    worker: TypeScriptWorker, rule: str, reason: str
) -> None:
    bad = f"id: bad\nmessage: m\nrule: {rule}\n"
    subject = change(changed("src/a.ts", None, "new LegacyClient(1);\n" + "f(1, 2);\n" * 60))
    rules = (*read_own_rules(bad, SOURCE), *read_own_rules(CLIENT, SOURCE))
    findings, (note,) = await inspect_own(subject, rules, worker)
    assert [finding.rule for finding in findings] == ["own_legacy-client"]
    assert note.startswith(f"`bad` in `{SOURCE}` could not be used: ")
    assert reason in note
    assert "backtrace" not in note


def test_the_plan_has_the_first_rule_of_each_id_and_says_what_is_wrong_with_the_others() -> None:
    folder = ".github/reviewer/rules/"
    files: dict[str, str | UserError] = {
        folder + "b.yml": CLIENT,
        folder + "a.yml": CLIENT,
        folder + "c.yml": "id: c\n",
        folder + "d.yml": UserError(f"{folder}d.yml cannot be read: it is binary."),
    }
    made = make_plan(replace(sample_plan(), notes=()), files)
    assert [rule.source for rule in made.own_rules] == [folder + "a.yml"]
    assert [note.partition(" ")[0].rstrip(":,") for note in made.notes] == [
        folder + name for name in ("b.yml", "c.yml", "d.yml")
    ]
    assert all(note.endswith("Until then its rules are not used.") for note in made.notes)

"""Every rule against its case document; see `cases.py` for how one is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reviewer.core.change import ChangedFile
from reviewer.core.diff import FileDiff, Hunk, Line
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding
from reviewer.core.rule import Rule
from reviewer.rules import all_rules, inspect
from tests.rules.cases import Case, places, read_cases, with_suggestions

HERE = Path(__file__).parent
RULES = {rule.slug: rule for rule in all_rules()}
CASES = [(rule, case) for rule in all_rules() for case in read_cases(HERE / f"{rule.slug}.md")]
TRUSTED_HOSTS = {
    "cheatsheetseries.owasp.org", "cwe.mitre.org", "docs.nestjs.com", "developer.mozilla.org", "www.typescriptlang.org",
    "nodejs.org",
    "jestjs.io",
    "eslint.org", "swagger.io", "www.openapis.org", "docs.github.com",
}  # fmt: skip


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{rule.slug}: {case.title}" for rule, case in CASES])
def test_the_case_holds(rule: Rule, case: Case) -> None:
    findings, failures = inspect(case.project(), [rule])
    assert failures == ()
    assert places(findings) == sorted(case.expected)
    taken = dict(with_suggestions(case, findings))
    assert {path: taken[path] for path in case.after} == case.after


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: str(rule.slug))
def test_a_rule_has_three_styles_of_fault_and_three_near_misses(rule: Rule) -> None:
    cases = read_cases(HERE / f"{rule.slug}.md")
    faults = [case for case in cases if case.expected]
    assert len(faults) >= 3, "three styles of writing the fault"
    assert len(cases) - len(faults) >= 3, "three near-miss twins"
    assert len({case.title for case in cases}) == len(cases)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: str(rule.slug))
def test_a_rule_has_a_page_and_names_its_sources(rule: Rule) -> None:
    assert "Bad::" in rule.page and "Good::" in rule.page
    assert rule.slug.startswith(rule.concern.value.replace("-", "_") + "_")
    assert rule.title and not rule.title.endswith(".") and 0.5 <= rule.confidence <= 1
    assert rule.references
    assert {urlsplit(reference.url).hostname for reference in rule.references} <= TRUSTED_HOSTS


def test_every_case_document_belongs_to_a_rule() -> None:
    assert {document.stem for document in HERE.glob("*.md")} == set(RULES)


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{rule.slug}: {case.title}" for rule, case in CASES])
def test_nothing_is_found_where_the_change_wrote_nothing(rule: Rule, case: Case) -> None:
    """The same files, changed by nobody: what was there before is not news."""
    project = case.project()
    still = [
        replace(file, diff=type(file.diff)(), base=file.head, status=type(file.status).MODIFIED) for file in case.files
    ]
    project.change = replace(project.change, files=tuple(still))
    project.base = {path: facts for path, facts in project.head.items() if project.change.file(path)}
    assert inspect(project, [rule])[0] == ()


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{rule.slug}: {case.title}" for rule, case in CASES])
def test_a_finding_keeps_its_id_when_lines_move(rule: Rule, case: Case) -> None:
    before, _ = inspect(case.project(), [rule])
    moved = Case(case.title, [_moved(file) for file in case.files], case.unchanged, case.unread)
    after, _ = inspect(moved.project(), [rule])
    assert [one.fingerprint for one in after] == [one.fingerprint for one in before]


def _moved(file: ChangedFile) -> ChangedFile:
    """The same file with an unchanged comment line before everything."""
    head, base = (None if text is None else "//\n" + text for text in (file.head, file.base))
    hunks = tuple(
        Hunk(
            tuple(
                Line(line.kind, line.old and line.old + 1, line.new and line.new + 1, line.text) for line in hunk.lines
            )
        )
        for hunk in file.diff.hunks
    )
    return replace(file, head=head, base=base, diff=FileDiff(hunks))


def test_a_rule_that_raises_is_named_and_hides_nothing() -> None:
    good = RULES["data_async_foreach"]
    case = next(case for rule, case in CASES if rule is good and case.expected)

    def broken(_project: object) -> list[Finding]:
        raise KeyError("no such fact")

    failing = replace(good, slug="broken", inspect=broken)  # type: ignore[arg-type]  # a rule that does not even return an iterator
    findings, failures = inspect(case.project(), [failing, good])
    assert len(findings) == len(case.expected)
    assert [(failure.slug, failure.reason) for failure in failures] == [("broken", "it failed with KeyError")]


def test_rules_are_found_sorted_and_once() -> None:
    slugs = [rule.slug for rule in all_rules()]
    assert slugs == sorted(set(slugs))
    assert len(slugs) >= 15


def test_facts_of_nothing_give_no_findings() -> None:
    project = Case("nothing").project()
    project.head = {"src/a.ts": FileFacts()}
    assert inspect(project, all_rules()) == ((), ())

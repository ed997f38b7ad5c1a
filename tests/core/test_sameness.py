"""One cause, told twice, is one finding; two causes on one line are two, whoever told them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.core.anchor import Span
from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.finding import Finding
from reviewer.core.review import same_cause
from reviewer.core.sameness import says_the_same

SQL = Finding(
    "security_sql_from_strings",
    Concern.SECURITY,
    Severity.BLOCKER,
    Span("src/a.ts", 7, 7),
    "Client text becomes part of an SQL statement",
    "Whoever sends `title` writes the statement. Pass it as a parameter.",
    quoted="return this.db.query(`SELECT * FROM t WHERE title = '${title}'`);",
)
MODEL = replace(SQL, rule="model_security", origin=Origin.MODEL, confidence=0.9, severity=Severity.WARNING)

PAIRS = [
    ("SQL injection through the title", "A crafted title ends the string and adds its own SQL statement.", True),
    ("Unparameterised query", "The client's text is concatenated into the SQL; bind it as a parameter.", True),
    ("Client text becomes part of an SQL statement", "", True),
    ("Any tenant's rows are readable", "The query does not filter by tenant; another tenant's documents leak.", False),
    ("Missing authorisation", "Anybody may call this; nobody asks who the caller is.", False),
    ("The promise is not awaited", "Its rejection is never handled.", False),
]


@pytest.mark.parametrize(("title", "message", "same"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_a_model_s_finding_on_a_rule_s_line_is_the_same_only_when_it_says_the_same(
    title: str, message: str, same: bool
) -> None:
    said = replace(MODEL, title=title, message=message)
    assert says_the_same(SQL, said) is same
    assert same_cause(SQL, said) is same


def test_two_findings_of_the_model_on_the_same_lines_are_two_unless_they_say_the_same() -> None:
    one = replace(MODEL, title="SQL injection", message="The title is concatenated.")
    two = replace(MODEL, title="No limit", message="Every row is loaded into memory.")
    assert not same_cause(one, two)
    assert same_cause(one, replace(one, title="Injection of SQL"))


def test_a_finding_of_another_concern_or_line_is_another_one() -> None:
    said = replace(MODEL, title=SQL.title)
    assert not same_cause(SQL, replace(said, concern=Concern.DATA))
    assert not same_cause(SQL, replace(said, span=Span("src/a.ts", 8, 8)))

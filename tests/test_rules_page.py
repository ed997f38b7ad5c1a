"""docs/rules.md is what `python -m benchmarks.rules` writes: nobody edits precision by hand."""

from __future__ import annotations

from benchmarks.rules import JUDGED, PAGE, page
from reviewer.rules import all_rules


def test_the_page_of_the_rules_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_verdicts_belong_to_rules_and_are_right_or_wrong() -> None:
    files = sorted(JUDGED.glob("*.tsv"))
    assert {file.stem for file in files} <= {rule.slug for rule in all_rules()}
    for file in files:
        head, *rows = file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        assert head.split("\t") == ["repository", "commit", "path", "line", "verdict"], file.stem
        assert {row.split("\t")[4] for row in rows} <= {"right", "wrong"}, file.stem

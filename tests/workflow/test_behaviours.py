"""Every scripted behaviour of a model ends in an honest publication: the table and what is posted, whole."""

from __future__ import annotations

import pytest

from reviewer.core.publication import Conclusion
from tests.workflow.behaviours import BEHAVIOURS, GOLDEN, PAGE, seen, texts

ANSWERED = {"json_schema", "json_object", "none", "fenced", "prose", "thinking", "repaired", "wrong lines", "wants"}


async def test_the_table_and_all_that_is_posted_are_as_the_files_say() -> None:
    page, golden = await texts()
    assert page == PAGE.read_text(encoding="utf-8")
    assert golden.split("\n") == GOLDEN.read_text(encoding="utf-8").split("\n")


@pytest.mark.parametrize("name", BEHAVIOURS)
async def test_nothing_that_a_model_does_fails_a_gate_or_ends_in_success_or_loses_the_rule_s_finding(name: str) -> None:
    review = (await seen(name)).review
    assert review.conclusion is Conclusion.NEUTRAL
    assert "data_floating_promise" in {finding.rule for finding in review.findings}
    from_model = [finding for finding in review.findings if finding.rule.startswith("model_")]
    if name in ANSWERED:
        assert [finding.title for finding in from_model] == ["A missing order is removed"]

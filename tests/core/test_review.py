"""A review is assembled without losing anything, and its conclusion never outruns the ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.anchor import Span
from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.coverage import Coverage, Gap, conclude, take_stock
from reviewer.core.diff import parse_patch
from reviewer.core.finding import Finding
from reviewer.core.plan import Limits, Plan
from reviewer.core.publication import Conclusion
from reviewer.core.review import Candidates, Review, Where, assemble, displaced
from tests.rendering.sample import sample_plan

LINES = 40
PATCH = f"@@ -0,0 +1,{LINES} @@\n" + "".join(f"+line {number}\n" for number in range(1, LINES + 1))
PATHS = ("src/a.ts", "src/orders/b.ts", "lib/c.ts")


def change(*unread: str) -> Change:
    files = tuple(
        ChangedFile(path, FileStatus.ADDED, parse_patch(PATCH), "", unread="binary" if path in unread else None)
        for path in PATHS
    )
    return Change("octo/shop", 1, "b" * 40, "a" * 40, files)


def finding(
    rule: str = "data_async_foreach",
    first: int = 3,
    concern: Concern = Concern.DATA,
    severity: Severity = Severity.WARNING,
    origin: Origin = Origin.CODE,
) -> Finding:
    span = Span(PATHS[0], first, first)
    return Finding(rule, concern, severity, span, "t", "m", origin=origin, quoted=f"{rule} {first}")


def review(*findings: Finding, plan: Plan | None = None, of: Change | None = None) -> Review:
    whole = of or change()
    return assemble(whole, Candidates(findings), take_stock(whole, {}, ()), plan or sample_plan())


FINDINGS = st.lists(
    st.builds(
        Finding,
        rule=st.sampled_from(["a", "b", "c"]),
        concern=st.sampled_from(Concern),
        severity=st.sampled_from(Severity),
        span=st.none() | st.builds(lambda path, at: Span(path, at, at), st.sampled_from(PATHS), st.integers(1, 60)),
        title=st.just("t"),
        message=st.just("m"),
        confidence=st.floats(0, 1),
        origin=st.sampled_from([Origin.CODE, Origin.MODEL]),
        quoted=st.sampled_from(["x", "y"]),
    ),
    max_size=30,
)


@given(FINDINGS, st.integers(0, 12))
def test_every_candidate_is_shown_once_or_dropped_with_a_reason(findings: list[Finding], room: int) -> None:
    plan = replace(sample_plan(), limits=Limits(comments_max=room))
    made = review(*findings, plan=plan)
    assert len(made.placed) + len(made.dropped) == len(findings)
    assert all(item.reason for item in made.dropped)
    assert sum(not item.quiet for item in made.inline) <= room  # a quiet one stands where a comment says it already


@given(FINDINGS)
def test_an_inline_finding_stands_on_lines_of_the_diff(findings: list[Finding]) -> None:
    for item in review(*findings).inline:
        assert item.anchor is not None
        assert 1 <= item.anchor.first <= item.anchor.last <= LINES


@given(
    FINDINGS,
    st.sets(st.sampled_from(PATHS)),
    st.dictionaries(st.sampled_from(PATHS), st.just("crashed")),
    st.booleans(),
    st.none() | st.sampled_from(Severity),
)
def test_success_means_that_all_was_reviewed_and_nothing_found(
    findings: list[Finding], unread: set[str], unseen: dict[str, str], gap: bool, gate: Severity | None
) -> None:
    coverage = take_stock(change(*unread), unseen, [Gap("model", "down")] if gap else [])
    if conclude(coverage, findings, gate) is Conclusion.SUCCESS:
        assert not findings
        assert not unread
        assert not unseen
        assert not gap


def test_of_two_rules_that_see_one_cause_the_better_one_speaks() -> None:
    better, worse = (
        finding(rule=rule, concern=Concern.LINT, severity=severity)
        for rule, severity in (
            ("lint_added_suppression", Severity.NOTE),
            ("lint_ban_ts_comment", Severity.WARNING),
        )
    )
    made = review(worse, better)
    assert [one.rule for one in made.findings] == ["lint_added_suppression"]
    assert [one.reason for one in made.dropped] == ["duplicate"]


def test_a_clean_change_is_a_success() -> None:
    assert review().conclusion is Conclusion.SUCCESS


def test_a_change_without_files_is_no_success() -> None:
    assert conclude(Coverage(()), (), None) is Conclusion.NEUTRAL


def test_a_change_that_github_did_not_list_whole_is_no_success() -> None:
    cut = replace(change(), truncated="GitHub lists only 3000 files of a pull request")
    assert review(of=cut).conclusion is Conclusion.NEUTRAL


@pytest.mark.parametrize(
    ("origin", "severity", "gate", "expected"),
    [
        (Origin.CODE, Severity.BLOCKER, None, Conclusion.NEUTRAL),
        (Origin.CODE, Severity.BLOCKER, Severity.BLOCKER, Conclusion.FAILURE),
        (Origin.BOTH, Severity.BLOCKER, Severity.BLOCKER, Conclusion.FAILURE),
        (Origin.MODEL, Severity.BLOCKER, Severity.BLOCKER, Conclusion.NEUTRAL),
        (Origin.CODE, Severity.WARNING, Severity.BLOCKER, Conclusion.NEUTRAL),
        (Origin.CODE, Severity.WARNING, Severity.WARNING, Conclusion.FAILURE),
        (Origin.CODE, Severity.NOTE, Severity.WARNING, Conclusion.NEUTRAL),
    ],
)
def test_the_gate(origin: Origin, severity: Severity, gate: Severity | None, expected: Conclusion) -> None:
    coverage = take_stock(change(), {}, ())
    assert conclude(coverage, [finding(severity=severity, origin=origin)], gate) is expected


def test_a_rule_and_the_model_on_the_same_lines_are_one_finding_of_both() -> None:
    made = review(finding(), finding("model_data", origin=Origin.MODEL, severity=Severity.BLOCKER))
    (shown,) = made.findings
    assert (shown.rule, shown.origin) == ("data_async_foreach", Origin.BOTH)
    assert [item.reason for item in made.dropped] == ["duplicate"]


def test_the_model_cannot_raise_a_rules_severity_over_the_gate() -> None:
    plan = replace(sample_plan(), gate=Severity.BLOCKER)
    grave = finding("model_data", origin=Origin.MODEL, severity=Severity.BLOCKER)
    made = review(finding(severity=Severity.NOTE), grave, plan=plan)
    assert [shown.severity for shown in made.findings] == [Severity.NOTE]
    assert made.conclusion is Conclusion.NEUTRAL


def test_what_the_model_says_of_other_lines_is_a_finding_of_its_own() -> None:
    wide = replace(finding("model_data", origin=Origin.MODEL), span=Span(PATHS[0], 2, 6))
    assert len(review(finding(), wide).findings) == 2


def test_a_linter_is_silent_where_a_rule_says_something_graver() -> None:
    made = review(
        finding("lint_no_explicit_any", concern=Concern.LINT, severity=Severity.NOTE),
        finding("validation_unvalidated_body", concern=Concern.VALIDATION, severity=Severity.BLOCKER),
    )
    assert [shown.rule for shown in made.findings] == ["validation_unvalidated_body"]


def test_two_rules_on_one_line_are_two_findings() -> None:
    made = review(finding(), finding("security_sql", concern=Concern.SECURITY))
    assert [shown.rule for shown in made.findings] == ["security_sql", "data_async_foreach"]


def test_what_is_over_the_cap_is_in_the_summary_and_nothing_is_lost() -> None:
    plan = replace(sample_plan(), limits=Limits(comments_max=2))
    made = review(*(finding(first=number) for number in range(1, 6)), plan=plan)
    assert [item.where for item in made.placed] == [Where.INLINE] * 2 + [Where.SUMMARY] * 3


def test_a_displaced_finding_moves_to_the_summary() -> None:
    made = review(finding(first=1), finding(first=2))
    moved = displaced(made, frozenset({made.placed[0].finding.fingerprint}))
    assert [item.where for item in moved.placed] == [Where.SUMMARY, Where.INLINE]
    assert moved.placed[0].anchor is None


@given(st.integers(1, 30), st.integers(0, 9))
def test_a_fingerprint_survives_lines_added_above(first: int, above: int) -> None:
    one = finding(first=first)
    moved = replace(one, span=Span(PATHS[0], first + above, first + above))
    assert one.fingerprint == moved.fingerprint


def test_findings_are_told_gravest_and_most_harmful_first() -> None:
    made = review(
        finding("lint_x", 1, Concern.LINT, Severity.BLOCKER),
        finding("security_x", 2, Concern.SECURITY, Severity.BLOCKER),
        finding("security_y", 3, Concern.SECURITY, Severity.NOTE),
    )
    assert [shown.rule for shown in made.findings] == ["security_x", "lint_x", "security_y"]

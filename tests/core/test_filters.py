"""Which pull requests are reviewed by themselves: every filter, and the words in which a reader is told."""

from __future__ import annotations

import fnmatch
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.configuration import CONFIG_PATH, make_plan
from reviewer.core.filters import Subject, matches, why_not
from reviewer.core.untrusted import Untrusted
from tests.rendering.sample import sample_plan

PULL = Subject(Untrusted("Add the shop"), "main", "mona", ("ready", "size/S"), 12)
AT = f"{CONFIG_PATH}, line 1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", None),
        ("filters: {branches: {only: [main, 'release/*']}}", None),
        (
            "filters: {branches: {only: ['release/*']}}",
            f"its branch is not one of `release/*` (`filters.branches.only`, {AT})",
        ),
        ("filters: {branches: {ignore: [MAIN]}}", f"its branch is one of `MAIN` (`filters.branches.ignore`, {AT})"),
        ("filters: {branches: {ignore: [mai, ain, 'main*x']}}", None),
        ("filters: {authors: {only: [mona]}}", None),
        (
            "filters: {authors: {only: [rita, 'o*']}}",
            f"its author is not one of `rita`, `o*` (`filters.authors.only`, {AT})",
        ),
        ("filters: {authors: {ignore: ['m*a']}}", f"its author is one of `m*a` (`filters.authors.ignore`, {AT})"),
        ("filters: {titles: {only: ['*shop']}}", None),
        ("filters: {titles: {only: [shop]}}", f"its title is not one of `shop` (`filters.titles.only`, {AT})"),
        (
            "filters: {titles: {ignore: ['WIP*', '*THE*']}}",
            f"its title is one of `*THE*` (`filters.titles.ignore`, {AT})",
        ),
        ("filters: {labels: {only: [ready]}}", None),
        (
            "filters: {labels: {only: [a, b, c, d, e, f, g]}}",
            f"it has no label that is one of `a`, `b`, `c`, `d`, `e` and 2 more (`filters.labels.only`, {AT})",
        ),
        ("filters: {labels: {ignore: ['size/*']}}", f"its label is one of `size/*` (`filters.labels.ignore`, {AT})"),
        (
            "filters: {labels: {only: [ready], ignore: [ready]}}",
            f"its label is one of `ready` (`filters.labels.ignore`, {AT})",
        ),
        ("limits: {files_max: 12}", None),
        ("limits: {files_max: 11}", f"it changes more than 11 files (`limits.files_max`, {AT})"),
    ],
)
def test_a_filter_lets_through_or_says_why_not(text: str, reason: str | None) -> None:
    plan = make_plan(sample_plan(), {CONFIG_PATH: text})
    assert not plan.gaps
    assert why_not(PULL, plan) == reason


def test_no_label_at_all_is_none_of_those_asked_for() -> None:
    plan = make_plan(sample_plan(), {CONFIG_PATH: "filters: {labels: {only: ['*']}}"})
    assert why_not(PULL, plan) is None
    assert why_not(replace(PULL, labels=()), plan) is not None


def test_the_reason_never_holds_the_pull_requests_own_words() -> None:
    plan = make_plan(sample_plan(), {CONFIG_PATH: "filters: {titles: {ignore: ['*canary*']}}"})
    assert "@mallory" not in str(why_not(replace(PULL, title=Untrusted("canary @mallory")), plan))


@given(st.text("ab*"), st.text("ab", max_size=8))
def test_a_star_stands_for_any_characters(pattern: str, text: str) -> None:
    assert matches(pattern, text) is fnmatch.fnmatchcase(text, pattern)

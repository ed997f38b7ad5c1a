"""Ceilings and prices: what counts, whose it is, and how a ceiling is told."""

from __future__ import annotations

import pytest

from reviewer.core.budget import Budget, Ceiling, Price, Scope, Spent, accounts
from reviewer.core.operator_text import prices

PRICED = Budget(prices={"small": Price(0.25, 2.0), "large": Price(5.0, 25.0)})


def test_a_million_tokens_cost_what_the_operator_says() -> None:
    assert PRICED.cost({"small": (1_000_000, 1_000_000)}) == 2_250_000
    assert PRICED.cost({"small": (1_000, 10), "large": (0, 1)}) == 250 + 20 + 25


def test_a_model_without_a_price_costs_tokens_only() -> None:
    assert PRICED.cost({"own": (1_000_000, 1_000_000)}) == 0
    assert PRICED.dearest(("own",), 10, 5) == Spent(15, 0)


def test_a_call_is_charged_at_the_dearest_model_that_may_answer() -> None:
    assert PRICED.dearest(("small", "large", "own"), 100, 10) == Spent(110, 750)


CEILINGS = [
    (Ceiling(Scope.REVIEW, 100), Spent(100, 10**9), None),
    (Ceiling(Scope.REVIEW, 1_000), Spent(1_001), "the ceiling of 1,000 tokens for one review is reached"),
    (
        Ceiling(Scope.PULL_DAY, None, 0.5),
        Spent(10**9, 500_001),
        "the ceiling of 0.5 in money for one pull request and day is reached",
    ),
    (Ceiling(Scope.REPOSITORY_MONTH), Spent(10**12, 10**12), None),
]


@pytest.mark.parametrize(("ceiling", "total", "words"), CEILINGS)
def test_a_ceiling_holds_what_it_says(ceiling: Ceiling, total: Spent, words: str | None) -> None:
    assert ceiling.passed(total) == words


def test_every_account_begins_with_the_installation() -> None:
    found = accounts("1/7#3@head:plan:automatic", "1/7#3", "2026-11-23")
    assert [(one.key, one.period) for one in found] == [
        ("1/7#3@head:plan:automatic", "review"),
        ("1/7#3", "2026-11-23"),
        ("1/7", "2026-11"),
    ]


def test_prices_are_read_as_they_are_written() -> None:
    assert prices("gpt-x=0.25/2, org/own=0/0") == {"gpt-x": Price(0.25, 2.0), "org/own": Price(0.0, 0.0)}


@pytest.mark.parametrize("text", ["gpt-x", "gpt-x=1", "=1/2", "a=1/-2", "a=1/2,a=1/2", "a=nan/1", "a=inf/1", "a=1/2,"])
def test_a_price_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write MODEL=PROMPT/ANSWER|empty"):
        prices(text)

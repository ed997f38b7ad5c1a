"""What a review has cost, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.core.review import Review, Usage
from reviewer.rendering.page import page
from reviewer.rendering.spent import asked_of_model, money
from reviewer.rendering.summary import summary
from reviewer.rendering.terminal import terminal
from tests.rendering.sample import sample_change, sample_review


def spending(micros: int, calls: int = 2) -> Review:
    return replace(sample_review(), usage=Usage(calls, 4_310, 612, 11, micros=micros))


@pytest.mark.parametrize(
    ("micros", "said"),
    [
        (1, "less than 0.0001"),
        (99, "less than 0.0001"),
        (100, "0.0001"),
        (14_651, "0.0147"),
        (2_345_678_901, "2,345.68"),
    ],
)
def test_money_is_a_number_that_is_never_nothing(micros: int, said: str) -> None:
    assert money(micros) == said


def test_money_is_named_where_a_price_is_known_and_not_made_up_elsewhere() -> None:
    assert asked_of_model(spending(14_651), str).endswith(", 4,922 tokens, cost 0.0147")
    assert asked_of_model(spending(0), str).endswith(", 4,922 tokens")
    assert asked_of_model(spending(0, calls=0), str) == ""


def test_summary_page_and_terminal_say_it() -> None:
    review, change = spending(14_651), sample_change()
    for text in (summary(review), page(review, change), terminal(review, change)):
        assert "4,922 tokens, cost 0.0147" in text

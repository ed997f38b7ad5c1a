"""What a review has cost, in words: calls, tokens, and money where the operator has named prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from reviewer.core.review import Review

_MILLION = 1_000_000
_SMALLEST = 100
"""Millionths that are one in the fourth place behind the point; less than that is said to be less."""


def asked_of_model(review: Review, name: Callable[[str], str]) -> str:
    """`2 calls to the model x, 4,922 tokens, cost 0.0147`; "" where none was made. `name` writes a model's name."""
    usage = review.usage
    if not usage.model_calls:
        return ""
    tokens = usage.prompt_tokens + usage.completion_tokens
    said = f"{counted(usage.model_calls, 'call')} to the model {name(review.plan.model or '')}, {tokens:,} tokens"
    return f"{said}, cost {money(usage.micros)}" if usage.micros else said


def money(micros: int) -> str:
    """Millionths of the operator's currency, which nobody has named to us, as a number."""
    if 0 < micros < _SMALLEST:
        return f"less than {_SMALLEST / _MILLION:.4f}"
    return f"{micros / _MILLION:,.2f}" if micros >= _MILLION else f"{micros / _MILLION:.4f}"

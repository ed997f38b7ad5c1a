"""Which names hold money."""

from __future__ import annotations

from reviewer.rules._words import words_of

_MONEY = frozenset(
    ("price", "amount", "balance", "cost", "fee", "salary", "revenue", "subtotal", "payment", "refund", "wage",
     "payout", "invoice", "tax", "money", "tip", "deposit", "charge", "cents", "earnings", "income", "expense")
)  # fmt: skip
"""Words that a column of money has in its name, as a word of its own."""

_NO_MONEY = frozenset(
    ("count", "rate", "percent", "percentage", "ratio", "factor", "id", "type", "at", "date", "weight", "index",
     "score", "change", "performance", "water", "calories", "volume", "crypto")
)  # fmt: skip


_PERIODS = frozenset(("daily", "hourly", "weekly", "monthly", "nightly", "yearly", "day", "hour", "night", "room"))
"""Words that make a rate one of money: what a day costs."""

_SMALLEST = frozenset(
    ("cents", "cent", "minor", "pence", "pennies", "satoshi", "satoshis", "sats", "wei", "gwei", "lamports", "micros")
)


def is_money(name: str) -> bool:
    """Whether a name says that it holds an amount of money."""
    words = set(words_of(name))
    words |= {word.removesuffix("s") for word in words}
    if words & _PERIODS and "rate" in words and not words & (_NO_MONEY - {"rate"}):
        return True
    is_total = name.lower().endswith("total") and not words & {"hours", "time", "distance", "points"}
    return (bool(words & _MONEY) or is_total) and not words & _NO_MONEY


def is_whole(name: str) -> bool:
    """Whether a name says that its money is counted in the smallest unit: `priceCents`, `amount_minor`."""
    return not _SMALLEST.isdisjoint(words_of(name))

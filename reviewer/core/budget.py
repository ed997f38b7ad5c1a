"""What may be spent on the model: ceilings in tokens and in money, and whose they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Scope(StrEnum):
    """What a ceiling is for."""

    REVIEW = "review"
    PULL_DAY = "pull request and day"
    REPOSITORY_MONTH = "repository and month"


@dataclass(frozen=True, slots=True)
class Price:
    """Money for a million tokens, in the operator's currency: what the model reads, and what it writes."""

    prompt: float
    completion: float


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens, and money in millionths of the operator's currency (0 where the model's price is not known)."""

    tokens: int = 0
    micros: int = 0

    def plus(self, other: Spent) -> Spent:
        """Both together."""
        return Spent(self.tokens + other.tokens, self.micros + other.micros)

    def minus(self, other: Spent) -> Spent:
        """What is left of this one; may be less than nothing."""
        return Spent(self.tokens - other.tokens, self.micros - other.micros)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most of one scope; None for no limit. `tokens_setting` and `cost_setting` name the operator's variables."""

    scope: Scope
    tokens_max: int | None = None
    cost_max: float | None = None

    def passed(self, total: Spent) -> str | None:
        """Why a total is too much, as half a sentence; None when it is not."""
        if self.tokens_max is not None and total.tokens > self.tokens_max:
            return f"the ceiling of {self.tokens_max:,} tokens for one {self.scope.value} is reached"
        if self.cost_max is not None and total.micros > self.cost_max * 1_000_000:
            return f"the ceiling of {self.cost_max:g} in money for one {self.scope.value} is reached"
        return None


@dataclass(frozen=True, slots=True)
class Budget:
    """The operator's ceilings and prices. Batches and verifications of one review are counted apart from tokens."""

    ceilings: tuple[Ceiling, ...] = ()
    prices: Mapping[str, Price] = field(default_factory=dict)
    batches_max: int = 30

    def cost(self, by_model: Mapping[str, tuple[int, int]]) -> int:
        """Millionths of the currency for prompt and completion tokens of each model; unknown prices cost nothing."""
        return sum(
            round(prompt * price.prompt + completion * price.completion)
            for model, (prompt, completion) in by_model.items()
            if (price := self.prices.get(model)) is not None
        )

    def dearest(self, models: Iterable[str], prompt: int, completion: int) -> Spent:
        """The most that one request may cost, whichever of the models answers."""
        micros = max((self.cost({model: (prompt, completion)}) for model in models), default=0)
        return Spent(prompt + completion, micros)


@dataclass(frozen=True, slots=True)
class Account:
    """One row of what was spent: whose (the installation first), and in which span of time."""

    scope: Scope
    key: str
    period: str


def accounts(run: str, pull_key: str, day: str) -> tuple[Account, ...]:
    """The rows that one review is charged to. `day` is YYYY-MM-DD in UTC."""
    return (
        Account(Scope.REVIEW, run, "review"),
        Account(Scope.PULL_DAY, pull_key, day),
        Account(Scope.REPOSITORY_MONTH, pull_key.rpartition("#")[0], day[:7]),
    )

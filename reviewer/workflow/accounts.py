"""Notes, purse and shelf of a review: in the store for the service, in memory for a local one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewer.core.budget import Account, Budget, Scope, Spent
from reviewer.workflow.records import PROMPT, prompt_text

if TYPE_CHECKING:
    from reviewer.llm.form import Asked
    from reviewer.store import Store


@dataclass(frozen=True, slots=True)
class StoreNotes:
    """Texts under a run's identity; they go with its end."""

    store: Store
    run: str

    async def keep(self, name: str, text: str) -> None:
        """Keep a text until the run ends."""
        await self.store.keep(self.run, name, text)

    async def kept(self, name: str) -> str | None:
        """A text of this run."""
        return await self.store.kept(self.run, name)


@dataclass(frozen=True, slots=True)
class StorePurse:
    """The rows of a review, its pull request's day and its repository's month."""

    store: Store
    accounts: tuple[Account, ...]
    budget: Budget

    async def charge(self, amount: Spent) -> str | None:
        """Charge all rows, or none and why."""
        return await self.store.spending.charge(self.accounts, self.budget.ceilings, amount)

    async def correct(self, difference: Spent) -> None:
        """Put the rows right."""
        await self.store.spending.correct(self.accounts, difference)


@dataclass(frozen=True, slots=True)
class StoreShelf:
    """Verdicts of one tenant (`INSTALLATION/REPOSITORY`). A `fresh` review reads none, and writes its own."""

    store: Store
    tenant: str
    fresh: bool = False

    async def kept(self, keys: frozenset[str]) -> Mapping[str, str]:
        """The verdicts that are there."""
        return {} if self.fresh else await self.store.verdicts.kept(self.tenant, keys)

    async def keep(self, texts: Mapping[str, str]) -> None:
        """Keep verdicts for later pushes."""
        await self.store.verdicts.keep(self.tenant, texts)


@dataclass(slots=True)
class Pad:
    """Notes and purse of a review that ends with its process; only the ceiling for one review holds."""

    budget: Budget = field(default_factory=Budget)
    texts: dict[str, str] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)

    async def keep(self, name: str, text: str) -> None:
        """Keep a text."""
        self.texts[name] = text

    async def kept(self, name: str) -> str | None:
        """A text."""
        return self.texts.get(name)

    async def show(self, name: str, asked: Asked) -> None:
        """Keep what the model is shown, under the name of its answer."""
        self.texts[PROMPT + name] = prompt_text(asked)

    async def charge(self, amount: Spent) -> str | None:
        """Charge the review, or say why not."""
        total = self.spent.plus(amount)
        ceilings = (ceiling for ceiling in self.budget.ceilings if ceiling.scope is Scope.REVIEW)
        why = next((reason for ceiling in ceilings if (reason := ceiling.passed(total)) is not None), None)
        if why is None:
            self.spent = total
        return why

    async def correct(self, difference: Spent) -> None:
        """Put it right."""
        self.spent = self.spent.plus(difference)

"""Buying answers: from the notes, or charged to the ceilings, asked for, kept and paid, in this order."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reviewer.core.budget import Budget, Spent
from reviewer.core.errors import RefusedError
from reviewer.core.review import Usage
from reviewer.core.wanted import Want
from reviewer.llm.bill import Bill
from reviewer.llm.form import tokens_of
from reviewer.llm.pace import Pace
from reviewer.workflow.records import MODEL_SAID, PAID, ModelSaid, Paid

if TYPE_CHECKING:
    from reviewer.llm.examiner import Examiner
    from reviewer.llm.form import Asked, Form

Resolve = Callable[[Sequence[Want]], Awaitable[str]]
"""Paths and symbols of the commit under review → what they are, as bounded text; "" when nothing is known of them."""


Shown = Callable[[str, "Asked"], Awaitable[None]]
"""Hears what the model is shown, with the name of the note that its answer will be."""


class Notes(Protocol):
    """Where one review keeps its texts until its end."""

    async def keep(self, name: str, text: str) -> None:
        """Keep a text under a name."""
        ...

    async def kept(self, name: str) -> str | None:
        """The text of a name."""
        ...


class Purse(Protocol):
    """What a review is paid from."""

    async def charge(self, amount: Spent) -> str | None:
        """Charge a call before it is made; or why that would pass a ceiling, and nothing is charged."""
        ...

    async def correct(self, difference: Spent) -> None:
        """What the call has cost more (or less) than was charged."""
        ...


class Shelf(Protocol):
    """Where verdicts stand that later pushes may use."""

    async def kept(self, keys: frozenset[str]) -> Mapping[str, str]:
        """The verdicts of these keys, as far as there are any."""
        ...

    async def keep(self, texts: Mapping[str, str]) -> None:
        """Keep verdicts by their keys."""
        ...


class Meter(Protocol):
    """Counts for the operator what asking costs, as it is paid."""

    def paid(self, paid: Paid) -> None:
        """One question was put, whatever came of it."""
        ...

    def refused(self) -> None:
        """One question was not put, as a ceiling was reached."""
        ...


class NoMeter:
    """Nobody counts: a local review says itself what it cost."""

    def paid(self, paid: Paid) -> None:
        """Nothing."""

    def refused(self) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Means:
    """What asking takes. `models` are asked in this order; tokens are of one prompt and of one answer."""

    examiner: Examiner
    models: tuple[str, ...]
    prompt_tokens_max: int
    answer_tokens_max: int
    budget: Budget = field(default_factory=Budget)
    pace: Pace = field(default_factory=lambda: Pace(None, time.monotonic))
    meter: Meter = field(default_factory=NoMeter)


@dataclass(frozen=True, slots=True)
class Around:
    """What one review has beside its subject: its notes, its purse, the verdicts of earlier pushes.

    `resolve` answers what the model wants to see of the commit, `evidence` the same from what was read already, so that
    verification costs no request. `deadline` is when (by `time.monotonic`) no further call is begun; `shown` hears of
    each before it is.
    """

    notes: Notes
    purse: Purse
    shelf: Shelf | None = None
    resolve: Resolve | None = None
    evidence: Resolve | None = None
    deadline: float | None = None
    shown: Shown | None = None


class Buyer:
    """Buys the answers of one review."""

    def __init__(self, means: Means, around: Around) -> None:
        self._means, self._around = means, around

    async def said(self, note: str) -> ModelSaid | None:
        """An answer that was bought before."""
        kept = await self._around.notes.kept(note)
        return None if kept is None else MODEL_SAID.validate_json(kept)

    async def bought(self, note: str, asked: Asked, form: Form) -> ModelSaid:
        """The answer to one question: from the notes, or bought, paid and noted."""
        if (there := await self.said(note)) is not None:
            return there
        means, around = self._means, self._around
        if around.deadline is not None and time.monotonic() > around.deadline:
            raise RefusedError("the time for one review was over before the model had seen all of it")
        charged = means.budget.dearest(means.models, tokens_of(asked.system, asked.user), means.answer_tokens_max)
        if (why := await around.purse.charge(charged)) is not None:
            means.meter.refused()
            raise RefusedError(why)
        if around.shown is not None:
            await around.shown(note, asked)
        bill, start = Bill(), time.monotonic()
        try:
            await means.pace.turn(charged.tokens)
            start = time.monotonic()
            got = await means.examiner.ask(asked, form, bill)
            cost = (got.calls, got.prompt_tokens, got.completion_tokens, time.monotonic() - start)
            said = ModelSaid(got.text, got.model, *cost)
            await around.notes.keep(note, MODEL_SAID.dump_json(said).decode())
        finally:
            micros = means.budget.cost(bill.by_model)
            paid = Paid(bill.calls, bill.prompt_tokens, bill.completion_tokens, time.monotonic() - start, micros)
            means.meter.paid(paid)
            await self._pay(note, paid)
            await around.purse.correct(Spent(bill.spent, micros).minus(charged))
        return said

    async def _pay(self, note: str, paid: Paid) -> None:
        """Add to what a question has cost; its earlier tries are on the same note."""
        name = f"paid {note}"
        kept = await self._around.notes.kept(name)
        before = PAID.validate_json(kept) if kept is not None else Paid()
        await self._around.notes.keep(name, PAID.dump_json(before.plus(paid)).decode())

    async def usage(self, notes: Iterable[str]) -> Usage:
        """What these questions cost together, those included that got no answer."""
        total = Paid()
        for note in notes:
            if (kept := await self._around.notes.kept(f"paid {note}")) is not None:
                total = total.plus(PAID.validate_json(kept))
        seconds = (("model", total.seconds),) if total.calls else ()
        return Usage(total.calls, total.prompt_tokens, total.completion_tokens, seconds=seconds, micros=total.micros)

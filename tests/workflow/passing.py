"""One review's passes over real HTTP, without GitHub and without a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from reviewer.core.budget import Budget
from reviewer.core.change import Change
from reviewer.core.concern import Severity
from reviewer.core.errors import ReviewerError
from reviewer.core.finding import Finding
from reviewer.core.plan import Plan
from reviewer.llm.examiner import Examiner, ModelSettings
from reviewer.workflow.accounts import Pad
from reviewer.workflow.buying import Around, Means, Meter, NoMeter, Resolve
from reviewer.workflow.passes import Passes
from reviewer.workflow.records import Told
from reviewer.workflow.wording import Subject
from tests.llm.pieces import persona, small_change
from tests.rendering.sample import sample_plan
from tests.standin.model import ModelStandIn


@dataclass
class Shelf:
    """Verdicts in memory, as the store keeps them."""

    texts: dict[str, str] = field(default_factory=dict)

    async def kept(self, keys: frozenset[str]) -> Mapping[str, str]:
        return {key: self.texts[key] for key in keys if key in self.texts}

    async def keep(self, texts: Mapping[str, str]) -> None:
        self.texts.update(texts)


@dataclass
class Case:
    """One review: what it is about and what it may cost."""

    model: ModelStandIn
    about: Change = field(default_factory=small_change)
    budget: Budget = field(default_factory=Budget)
    shelf: Shelf | None = None
    resolve: Resolve | None = None
    models: tuple[str, ...] = ("m",)
    prompt_tokens_max: int = 24_000
    known: tuple[Finding, ...] = ()
    timeout_s: float = 30.0
    pad: Pad = field(default_factory=Pad)
    meter: Meter = field(default_factory=NoMeter)

    @asynccontextmanager
    async def passes(self) -> AsyncIterator[Passes]:
        self.pad.budget = self.budget
        examiner = Examiner(ModelSettings(self.model.base_url, self.model.api_key, self.models, self.timeout_s, 4_000))
        means = Means(examiner, self.models, self.prompt_tokens_max, 4_000, self.budget, meter=self.meter)
        subject = Subject(self.about, plan(), self.known)
        try:
            yield Passes(subject, means, Around(self.pad, self.pad, self.shelf, self.resolve))
        finally:
            await examiner.aclose()

    async def told(self) -> Told:
        """All passes in turn, as the local command runs them."""
        late: dict[int, str] = {}
        unverified: dict[int, str] = {}
        async with self.passes() as passes:
            for number in range(await passes.batches()):
                try:
                    await passes.examine(number)
                except ReviewerError as error:
                    late[number] = str(error)
            for number in range(await passes.sift()):
                try:
                    await passes.verify(number)
                except ReviewerError as error:
                    unverified[number] = str(error)
            return await passes.told(late, unverified)


def plan() -> Plan:
    """A plan with a model and a gate that any finding of code at or above a warning fails."""
    return replace(sample_plan(), persona=persona(), gate=Severity.WARNING, notes=())

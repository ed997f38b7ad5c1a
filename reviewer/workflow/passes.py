"""The passes of one review over the model: examine in batches, then verify what came of it.

Each answer is kept before anything else happens with it, so it is never bought twice; what each call costs is charged
to the ceilings before it is made. Hunks that were judged on an earlier push are not asked about again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from reviewer.core.errors import RefusedError
from reviewer.core.wanted import ROUNDS_MAX, Want, usable
from reviewer.llm.answer import Answer
from reviewer.llm.exhibit import names_in
from reviewer.llm.form import EXAMINE
from reviewer.llm.prompt import Questions, prompt_text, with_more
from reviewer.llm.verify import VERIFY, Check, Judged, checks, judged, read_verdicts
from reviewer.workflow.believing import KEPT_VERDICT, Heard, heard, is_readable, outcome, part_keys, to_verify
from reviewer.workflow.buying import Around, Buyer, Means
from reviewer.workflow.records import MODEL_SAID, TEXTS, ModelSaid, Told
from reviewer.workflow.unseen import unseen
from reviewer.workflow.wording import Subject, ask_about

if TYPE_CHECKING:
    from reviewer.core.finding import Finding
    from reviewer.core.review import Usage


VERIFIED_MAX: Final = 120
"""Findings of one review that a second question is put about: ten times what is shown on lines of the diff."""


class Passes:
    """One review's questions. Every method may run again: what is in the notes is not bought a second time."""

    def __init__(self, subject: Subject, means: Means, around: Around) -> None:
        self._subject, self._means, self._around = subject, means, around
        self._buyer = Buyer(means, around)
        self._asked: Questions | None = None

    async def batches(self) -> int:
        """How many batches there are to examine: those that were not judged before, and no more than the cap."""
        return min(len((await self._questions()).batches), self._means.budget.batches_max)

    async def examine(self, number: int) -> None:
        """Put one batch to the model, and show it more of the commit when it asks, in a bounded number of rounds."""
        name = f"answer {number}"
        if await self._around.notes.kept(name) is not None:
            return
        batch = (await self._questions()).batches[number]
        asked, shown = batch, frozenset[Want]()
        said: ModelSaid | None = None
        for at in range(ROUNDS_MAX + 1):
            try:
                said = await self._buyer.bought(f"{name} round {at}", asked, EXAMINE)
            except RefusedError as error:
                if said is None:
                    raise
                await self._around.notes.keep(f"unanswered {number}", str(error))  # the answer before it stands
                break
            wants = _wants(said, shown)
            if at == ROUNDS_MAX or not wants or self._around.resolve is None:
                break
            found = await self._around.resolve(wants)
            if not found:
                break
            shown |= frozenset(wants)
            asked = with_more(asked, self._subject.change.head, found)
        if said is not None:
            await self._around.notes.keep(name, MODEL_SAID.dump_json(said).decode())

    async def sift(self) -> int:
        """See what of the answers is worth a second question; how many questions that makes."""
        around: dict[str, str] = {}
        evidence = self._around.evidence
        if evidence is not None:
            for finding in await self._claims():
                names = [Want(symbol=name) for name in names_in(finding.quoted)]
                around[finding.fingerprint] = _there(await evidence(names))
        await self._around.notes.keep("evidence", TEXTS.dump_json(around).decode())
        return len(await self._checks())

    async def verify(self, number: int) -> None:
        """Put one second question to the model."""
        await self._buyer.bought(f"verdict {number}", (await self._checks())[number], VERIFY)

    async def told(self, unanswered: Mapping[int, str], unverified: Mapping[int, str]) -> Told:
        """Everything that the model said, as far as it is believed, and what it did not say; what was judged is kept.

        `unanswered` and `unverified` are why batches and second questions got no answer.
        """
        asked, notes = await self._questions(), self._around.notes
        verdicts: dict[str, Judged] = {}
        for number, check in enumerate(await self._checks()):
            if (said := await self._buyer.said(f"verdict {number}")) is not None:
                verdicts |= judged(check, read_verdicts(said.text))
        late = dict(unanswered)
        for number in range(await self.batches()):
            if number not in late and (why := await notes.kept(f"unanswered {number}")) is not None:
                late[number] = f"it asked to see more, and then: {why}"
        claims = await self._claims()
        came = outcome(await self._heard(), claims, verdicts, self._subject.plan.persona)
        missing = len({claim.fingerprint for claim in claims} - verdicts.keys())
        more = [f"only the {VERIFIED_MAX} gravest are put to it"] if len(claims) > VERIFIED_MAX else []
        gaps = unseen(asked, self._means.budget.batches_max, late, (*unverified.values(), *more), missing)
        if self._around.shelf is not None and came.verdicts:
            keys = await asyncio.to_thread(self._keys)
            halves = asked.unshown | self._unanswered(asked, late)
            whole = ((part, one) for part, one in came.verdicts.items() if part not in halves)
            await self._around.shelf.keep({keys[part]: KEPT_VERDICT.dump_json(one).decode() for part, one in whole})
        return Told(came.findings, came.dropped, came.questions, gaps, await self._usage(), came.undecided)

    def _unanswered(self, asked: Questions, late: Collection[int]) -> frozenset[str]:
        """Parts of which a piece got no answer, or one that was to be followed by another: the next push asks again."""
        most = self._means.budget.batches_max
        without = [batch for at, batch in enumerate(asked.batches) if at >= most or at in late]
        return frozenset(part.digest for batch in without for part in batch.parts)

    async def _usage(self) -> Usage:
        """What all passes cost, those that failed included."""
        rounds = range(ROUNDS_MAX + 1)
        names = [f"answer {number} round {at}" for number in range(await self.batches()) for at in rounds]
        return await self._buyer.usage((*names, *(f"verdict {number}" for number in range(len(await self._checks())))))

    async def _claims(self) -> tuple[Finding, ...]:
        return to_verify(await self._heard(), self._subject.plan, self._subject.known)

    async def _heard(self) -> Heard:
        """The answers to all batches and the verdicts of earlier pushes, held against the change."""
        asked = await self._questions()
        said = [(batch, await self._answer(number)) for number, batch in enumerate(asked.batches)]
        answers = [(batch, answer) for batch, answer in said if answer is not None]
        before = await self._before()
        # In a thread, as below: two thousand made-up findings must not hold up a delivery.
        return await asyncio.to_thread(heard, self._subject.change, asked.parts, answers, before)

    async def _answer(self, number: int) -> ModelSaid | None:
        """The last answer to a batch: of two rounds, the second may have failed."""
        for name in (f"answer {number}", *(f"answer {number} round {at}" for at in range(ROUNDS_MAX, -1, -1))):
            if (said := await self._buyer.said(name)) is not None:
                return said
        return None

    async def _checks(self) -> tuple[Check, ...]:
        kept = await self._around.notes.kept("evidence")
        around = TEXTS.validate_json(kept) if kept is not None else {}
        gravest = sorted(await self._claims(), key=lambda finding: finding.rank)[:VERIFIED_MAX]
        return await asyncio.to_thread(checks, self._subject.change, gravest, self._means.prompt_tokens_max, around)

    async def _questions(self) -> Questions:
        """The batches; the same each time, as the verdicts that they leave out are in the notes."""
        if self._asked is None:
            settled = frozenset(await self._before())
            self._asked = await asyncio.to_thread(self._made, settled)
        return self._asked

    def _made(self, settled: frozenset[str] = frozenset()) -> Questions:
        return ask_about(self._subject, self._means.prompt_tokens_max, settled)

    async def _before(self) -> Mapping[str, str]:
        """The verdicts of earlier pushes by the digest of their part, looked up once for each review."""
        kept = await self._around.notes.kept("settled")
        if kept is not None:
            return TEXTS.validate_json(kept)
        before: dict[str, str] = {}
        if self._around.shelf is not None:
            keys = await asyncio.to_thread(self._keys)
            there = await self._around.shelf.kept(frozenset(keys.values()))
            before = {part: there[key] for part, key in keys.items() if key in there and is_readable(there[key])}
        await self._around.notes.keep("settled", TEXTS.dump_json(before).decode())
        return before

    def _keys(self) -> Mapping[str, str]:
        """Under which key the verdict of each part stands."""
        whole = self._made()
        systems = dict.fromkeys(batch.system for batch in whole.batches)
        plan = self._subject.plan
        terms = (*systems, prompt_text("verify"), *self._means.models, f"{plan.limits.confidence_min}")
        return part_keys(whole.parts, self._subject.known, terms)


def _there(shown: str) -> str:
    """What was found, without the names that were not: they may stand in a file that nobody has read."""
    return "\n".join(line for line in shown.split("\n") if not line.startswith("NOT THERE "))


def _wants(said: ModelSaid, shown: frozenset[Want]) -> tuple[Want, ...]:
    """What the model would see that it was not shown yet."""
    wished = (Want(one.path, one.symbol) for one in Answer.model_validate_json(said.text).wants)
    return tuple(want for want in usable(wished) if want not in shown)

"""What a review asks of the model: tokens for each token of the diff, calls, money, and the same after a one-hunk push.

python -m benchmarks.model [--prices PROMPT/ANSWER] [--count N] [REPOSITORY[:FOLDER] …]

Without a repository for changes of a made-up backend, else for the newest N commits of each one's main line that change
5 to 66 TypeScript files, as `benchmarks.prompts` takes them. Against a scripted server that reports a defect in four
files, confirms half of them and refutes the others. Tokens are counted as `benchmarks.prompts` counts them, on both
sides of the ratio; prices are for a million tokens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from benchmarks.nest import change as nest_change
from benchmarks.prompts import Texts, commits, tokens
from benchmarks.table import machine
from reviewer.core.budget import Budget, Price
from reviewer.core.change import Change
from reviewer.core.context import Context
from reviewer.core.finding import Finding
from reviewer.llm.examiner import Examiner, ModelSettings
from reviewer.local.reading import LocalReader
from reviewer.operator_plan import operator_plan
from reviewer.settings import from_environment
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.accounts import Pad
from reviewer.workflow.buying import Around, Means, Resolve
from reviewer.workflow.context import read_context, reader_for
from reviewer.workflow.inspection import inspect_change
from reviewer.workflow.passes import Passes
from reviewer.workflow.records import Told
from reviewer.workflow.wants import looking_up
from reviewer.workflow.wording import Subject
from tests.linters.changes import change, changed
from tests.llm.pieces import answer, finding
from tests.rendering.sample import sample_plan
from tests.standin.json_types import as_list
from tests.standin.model import ModelRequest, ModelStandIn, verdicts
from tests.standin.obedience import places

FILES = (5, 20, 66)
DEFECTS = 4
"""Defects that the model reports of one pull request; published reviews have about three comments."""

PROMPT_TOKENS_MAX, ANSWER_TOKENS_MAX = 24_000, 4_000
PEER_RATIO, PEER_CALLS = "5.95 (one pass alone 1.69)", "4, and 36 when the model answers 500"


@dataclass
class Shelf:
    """Verdicts in memory."""

    texts: dict[str, str] = field(default_factory=dict)

    async def kept(self, keys: frozenset[str]) -> Mapping[str, str]:
        """Those that are there."""
        return {key: self.texts[key] for key in keys if key in self.texts}

    async def keep(self, texts: Mapping[str, str]) -> None:
        """Keep some."""
        self.texts.update(texts)


@dataclass(frozen=True)
class Case:
    """One pull request, with what the rules found in it and what is shown beside it."""

    name: str
    about: Change
    known: tuple[Finding, ...] = ()
    context: Context = field(default_factory=Context)
    evidence: Resolve | None = None


@dataclass(frozen=True)
class Figures:
    """What one review cost, in tokens by our count, and how much of the change was shown to the model."""

    diff: int
    prompt: int
    calls: int
    checks: int
    seen: int
    files: int
    gaps: int
    money: float


def diff_of(about: Change) -> str:
    """The hunks of a change as git prints them."""
    hunks = (hunk for file in about.files if file.unread is None for hunk in file.diff.hunks)
    return "\n".join(f"{line.kind.value}{line.text}" for hunk in hunks for line in hunk.lines)


def saying(request: ModelRequest, _: str) -> str:
    """A defect in the first files that the request shows."""
    by_path: dict[str, str] = {}
    for place in places(request.said_by("user")):
        if len(place.quote.strip()) > 20:
            by_path.setdefault(place.path, place.quote)
    told = [
        finding(path=path, quote=quote, title=f"Something goes wrong in {path}", severity="warning")
        for path, quote in list(by_path.items())[:DEFECTS]
    ]
    return json.dumps(answer(*told))


def judging(request: ModelRequest, _: str) -> str:
    """Every second claim is confirmed, the others are refuted."""
    yes, no = verdicts(request), verdicts(request, "refuted")
    pairs = zip(as_list(yes["verdicts"]), as_list(no["verdicts"]), strict=True)
    return json.dumps({"verdicts": [pair[at % 2] for at, pair in enumerate(pairs)]})


def of_files(files: int) -> Change:
    """A pull request of so many files."""
    base, head = nest_change(files)
    return change(*(changed(path, base.get(path), head[path]) for path in head if base.get(path) != head[path]))


def pushed(about: Change) -> Change:
    """One line more in one hunk."""
    files = list(about.files)
    at = next(number for number, file in enumerate(files) if file.is_typescript and file.head and file.diff.added)
    file = files[at]
    line = min(file.diff.added)
    lines = (file.head or "").split("\n")
    files[at] = changed(file.path, file.base, "\n".join([*lines[:line], "  // looked at again", *lines[line:]]))
    return replace(about, files=tuple(files), head="c" * 40)


async def reviewed(model: ModelStandIn, case: Case, shelf: Shelf, price: Price) -> Figures:
    """One review, all passes, with the service's bounds."""
    examiner = Examiner(ModelSettings(model.base_url, model.api_key, ("m",), 60.0, ANSWER_TOKENS_MAX))
    pad, before = Pad(Budget()), len(model.requests)
    means = Means(examiner, ("m",), PROMPT_TOKENS_MAX, ANSWER_TOKENS_MAX)
    persona = operator_plan(from_environment()).persona
    subject = Subject(case.about, replace(sample_plan(), persona=persona), case.known, case.context)
    passes = Passes(subject, means, Around(pad, pad, shelf, evidence=case.evidence))
    try:
        told = await _through(passes)
    finally:
        await examiner.aclose()
    asked = model.requests[before:]
    prompt = sum(tokens(one.said_by("system")) + tokens(one.said_by("user")) for one in asked)
    shown = [file.path for file in case.about.files if file.unread is None and file.diff.hunks]
    first = [one.said_by("user") for one in asked if not one.is_check]
    seen = sum(any(f"FILE {json.dumps(path)}" in text for text in first) for path in shown)
    money = (prompt * price.prompt + told.usage.completion_tokens * price.completion) / 1_000_000
    checks = sum(one.is_check for one in asked)
    gaps = len(told.gaps)
    return Figures(tokens(diff_of(case.about)), prompt, len(asked), checks, seen, len(shown), gaps, money)


async def _through(passes: Passes) -> Told:
    for number in range(await passes.batches()):
        await passes.examine(number)
    for number in range(await passes.sift()):
        await passes.verify(number)
    return await passes.told({}, {})


@asynccontextmanager
async def cases(repositories: Sequence[str], count: int) -> AsyncIterator[AsyncIterator[tuple[Case, Case]]]:
    """Pull requests, each as it was opened and after a push of one line."""
    async with TypeScriptWorker() as worker:
        yield _local(repositories, count, worker) if repositories else _made_up()


async def _made_up() -> AsyncIterator[tuple[Case, Case]]:
    for files in FILES:
        about = of_files(files)
        yield Case("made up", about), Case("made up", pushed(about))


async def _local(repositories: Sequence[str], count: int, worker: TypeScriptWorker) -> AsyncIterator[tuple[Case, Case]]:
    plan = operator_plan(from_environment())
    for text in repositories:
        folder, _, below = text.partition(":")
        for commit in commits(Path(folder), below, count, FILES[0], FILES[-1]):
            with LocalReader(Path(folder), f"{commit}^1", commit, plan.limits.file_bytes_max) as local:
                about = local.change()
                near = await reader_for(about, Texts(local), worker)
                found = (await inspect_change(about, plan, near, worker)).findings
                again = pushed(about)
                contexts = [await read_context(one, near, worker) for one in (about, again)]
                evidence = partial(looking_up, reader=near.known(), worker=worker)
                name = f"{Path(folder).parent.name or folder}@{commit[:7]}"
                yield (
                    Case(name, about, found, contexts[0], evidence(about)),
                    Case(name, again, found, contexts[1], evidence(again)),
                )


async def measured(repositories: Sequence[str], count: int, price: Price) -> None:
    """Print the table, line by line."""
    print(
        "| pull request | files | shown | diff tokens | prompt tokens | ratio | calls (second questions) | money "
        "| after a push of one line: prompt tokens | calls | money |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    every: list[Figures] = []
    with ModelStandIn() as model:
        model.script, model.judge = saying, judging
        async with cases(repositories, count) as those:
            async for case, push in those:
                shelf = Shelf()
                one = await reviewed(model, case, shelf, price)
                two = await reviewed(model, push, shelf, price)
                every.append(one)
                print(
                    f"| {case.name} | {one.files} | {one.seen}{' and a gap' * bool(one.gaps)} | {one.diff:,} "
                    f"| {one.prompt:,} | {one.prompt / max(one.diff, 1):.2f} | {one.calls} ({one.checks}) "
                    f"| {one.money:.4f} | {two.prompt:,} | {two.calls} ({two.checks}) | {two.money:.4f} |",
                    flush=True,
                )
    diff, prompt = sum(one.diff for one in every), sum(one.prompt for one in every)
    print(
        f"\nall: {prompt / max(diff, 1):.2f} prompt tokens per diff token (peer {PEER_RATIO}; target ≤ 1.7); "
        f"{sum(one.calls for one in every)} calls for {len(every)} reviews (peer {PEER_CALLS}); {machine()}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="*")
    parser.add_argument("--prices", default="1/5", metavar="PROMPT/ANSWER")
    parser.add_argument("--count", type=int, default=3)
    given = parser.parse_args()
    prompt, completion = given.prices.split("/")
    asyncio.run(measured(given.repositories, given.count, Price(float(prompt), float(completion))))


if __name__ == "__main__":
    main()

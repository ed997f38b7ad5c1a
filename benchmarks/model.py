"""What a review asks of the model: tokens for each token of the diff, calls, money, and the same after a one-hunk push.

python -m benchmarks.model [--prices PROMPT/ANSWER]

Against a scripted server that reports a defect in four files, confirms half of them and refutes the others;
tokens are counted as it counts them, four characters each, on both sides of the ratio. Prices are for a million tokens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from benchmarks.nest import change as nest_change
from benchmarks.table import Row, show
from reviewer.core.budget import Budget, Price
from reviewer.core.change import Change, FileStatus
from reviewer.core.review import Usage
from reviewer.llm.examiner import Examiner, ModelSettings
from reviewer.workflow.accounts import Pad
from reviewer.workflow.buying import Around, Means
from reviewer.workflow.passes import Passes, Subject
from reviewer.workflow.records import Told
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
class Figures:
    """What one review cost, and how much of the change was shown to the model."""

    diff: int
    usage: Usage
    checks: int
    seen: int
    files: int

    @property
    def ratio(self) -> float:
        """Prompt tokens for each token of the diff."""
        return self.usage.prompt_tokens / self.diff


def diff_tokens(about: Change) -> int:
    """Tokens of the diff as git prints it, counted as the server counts."""
    lines = (
        f"{line.kind.value}{line.text}\n" for file in about.files for hunk in file.diff.hunks for line in hunk.lines
    )
    return sum(map(len, lines)) // 4


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
    at = next(number for number, file in enumerate(files) if file.status is not FileStatus.REMOVED and file.diff.added)
    file = files[at]
    line = min(file.diff.added)
    lines = (file.head or "").split("\n")
    files[at] = changed(file.path, file.base, "\n".join([*lines[:line], "  // looked at again", *lines[line:]]))
    return replace(about, files=tuple(files), head="c" * 40)


async def reviewed(model: ModelStandIn, about: Change, shelf: Shelf, budget: Budget) -> Figures:
    """One review, all passes."""
    examiner = Examiner(ModelSettings(model.base_url, model.api_key, ("m",), 60.0, ANSWER_TOKENS_MAX))
    pad, before = Pad(budget), len(model.requests)
    means = Means(examiner, ("m",), PROMPT_TOKENS_MAX, ANSWER_TOKENS_MAX, budget)
    passes = Passes(Subject(about, sample_plan(), (), ()), means, Around(pad, pad, shelf))
    try:
        told = await _through(passes)
    finally:
        await examiner.aclose()
    asked = model.requests[before:]
    seen = {file.path for file in about.files if any(json.dumps(file.path) in one.said_by("user") for one in asked)}
    return Figures(diff_tokens(about), told.usage, sum(one.is_check for one in asked), len(seen), len(about.files))


async def _through(passes: Passes) -> Told:
    for number in range(await passes.batches()):
        await passes.examine(number)
    for number in range(await passes.sift()):
        await passes.verify(number)
    return await passes.told({}, {})


async def measured(budget: Budget) -> list[Row]:
    """The table."""
    rows: list[Row] = []
    with ModelStandIn() as model:
        model.script, model.judge = saying, judging
        for files in FILES:
            shelf, about = Shelf(), of_files(files)
            first = await reviewed(model, about, shelf, budget)
            again = await reviewed(model, pushed(about), shelf, budget)
            name, push = f"{first.files} files, {first.diff:,} diff tokens", "a push of one hunk"
            rows += [
                Row(f"{name}: prompt tokens per diff token", f"{first.ratio:.2f}", PEER_RATIO, "≤ 1.7"),
                Row(f"{name}: calls (second questions among them)", _calls(first), PEER_CALLS, ""),
                Row(f"{name}: files shown to the model", f"{first.seen} of {first.files}", "5 of 66", "all, or named"),
                Row(f"{name}: money", _money(first), "", ""),
                Row(f"{name}: {push}, prompt tokens", f"{again.usage.prompt_tokens:,}", "the same again", ""),
                Row(f"{name}: {push}, calls", _calls(again), "the same again", ""),
                Row(f"{name}: {push}, money", _money(again), "the same again", ""),
            ]
    return rows


def _calls(figures: Figures) -> str:
    return f"{figures.usage.model_calls} ({figures.checks})"


def _money(figures: Figures) -> str:
    return f"{figures.usage.micros / 1_000_000:.4f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prices", default="1/5", metavar="PROMPT/ANSWER")
    prompt, completion = parser.parse_args().prices.split("/")
    budget = Budget(prices={"m": Price(float(prompt), float(completion))})
    show(
        f"What a review asks of the model (prices {prompt} and {completion} for a million tokens)",
        asyncio.run(measured(budget)),
    )


if __name__ == "__main__":
    main()

"""Do the prompts hold what is needed to see defects that reviewers named? On real pull requests, nothing is asked.

`python -m benchmarks.evidence FOLDER [--show PULL]` where FOLDER has a clone (bare or not) of each repository of
`benchmarks/review_threads.tsv` under `OWNER+NAME` or `OWNER+NAME/repo`. For each defect it builds the prompts
as the service would, and prints where each piece of evidence stands: `hunk` (a line that the change shows), `around`
(the file's own lines beside its hunks), a context block by its role, or `missing`. State `mended`: the merged commit
is all there is, and in it the line was corrected after the review; the evidence around it is the same.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.prompts import Shown, shown, tokens
from reviewer.core.enclosing import shown_lines
from reviewer.typescript.reader import TypeScriptWorker

LEDGER = Path(__file__).parent / "review_threads.tsv"
_NUMBER = re.compile(r"@@ (\d+)")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Lines of a file at head without which the defect cannot be seen."""

    path: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Known:
    """One defect of the ledger."""

    repository: str
    pull: str
    base: str
    head: str
    state: str
    evidence: tuple[Evidence, ...]
    defect: str


def ledger() -> Iterator[Known]:
    """The defects in their order."""
    for row in LEDGER.read_text("utf-8").split("\n"):
        if row and not row.startswith("#"):
            repository, pull, base, head, state, places, defect = row.split("\t")
            evidence = tuple(_evidence(place) for place in places.split(" "))
            yield Known(repository, pull, base, head, state, evidence, defect)


def _evidence(place: str) -> Evidence:
    path, _, lines = place.rpartition(":")
    first, _, last = lines.partition("-")
    return Evidence(path, int(first), int(last or first))


def lines_of(user: str) -> Iterator[tuple[str, str, int]]:
    """Why a line is shown ("" for a changed file's own), its path, its number at head; for every line of a prompt."""
    why, path, number = "", "", 0
    for row in user.split("\n"):
        if row.startswith("FILE "):
            why, path = "", json.JSONDecoder().raw_decode(row, len("FILE "))[0]
        elif row.startswith("CONTEXT "):
            label, _, quoted = row.removeprefix("CONTEXT ").partition('changed: "')
            why, path = label.partition(" ")[0], json.loads(f'"{quoted}') if quoted else path
        elif found := _NUMBER.fullmatch(row):
            number = int(found[1])
        elif path and row[:1] in ("+", " "):
            yield why, path, number
            number += 1


def where(one: Shown, evidence: Evidence) -> str:
    """The places that hold all of the evidence's lines together; `missing n of m` when some are nowhere."""
    hunks = {file.path: shown_lines(file) for file in one.change.files}
    held: dict[int, str] = {}
    for batch in one.asked.batches:
        for why, path, number in lines_of(batch.user):
            if path == evidence.path and evidence.first <= number <= evidence.last:
                held.setdefault(number, why or ("hunk" if number in hunks.get(path, ()) else "around"))
    wanted = range(evidence.first, evidence.last + 1)
    missing = [number for number in wanted if number not in held]
    if missing:
        return f"missing {len(missing)} of {len(wanted)}"
    return "+".join(dict.fromkeys(held[number] for number in wanted))


def clone(folder: Path, repository: str) -> Path | None:
    """The clone of a repository, None when there is none."""
    place = folder / repository.replace("/", "+")
    return next(
        (path for path in (place / "repo", place) if (path / "HEAD").exists() or (path / ".git").exists()), None
    )


async def _measure(folder: Path, show: str | None) -> None:
    held = defects = 0
    async with TypeScriptWorker() as worker:
        for known in ledger():
            place = clone(folder, known.repository)
            if place is None:
                print(f"{known.repository}#{known.pull}: no clone under {folder}, so nothing is said of it")
                continue
            one = await shown(place, known.base, known.head, worker)
            found = [(each, where(one, each)) for each in known.evidence]
            is_held = not any(text.startswith("missing") for _, text in found)
            defects += 1
            held += is_held
            prompt = sum(tokens(batch.system) + tokens(batch.user) for batch in one.asked.batches)
            ratio = prompt / max(tokens(one.diff), 1)
            files = len(one.change.files)
            name = f"{known.repository}#{known.pull}"
            told = f"{name} ({known.state}, {files} files, ratio {ratio:.2f})"
            print(f"{'held' if is_held else 'NOT '} {told}: {known.defect}")
            for each, text in found:
                print(f"       {text:28} {each.path}:{each.first}-{each.last}")
            if show == known.pull:
                print("\n".join(batch.user for batch in one.asked.batches))
    print(f"{held} of {defects} defects have all their evidence in the prompts")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", metavar="PULL")
    given = parser.parse_args()
    asyncio.run(_measure(given.folder, given.show))


if __name__ == "__main__":
    main()

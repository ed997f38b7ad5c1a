"""What the model is shown, and what it costs: prompt tokens for each token of the diff, on merged work.

`python -m benchmarks.prompts [--count N] [--files LEAST-MOST] [--show] REPOSITORY[:FOLDER] …` takes the newest N
commits of each local repository's main line with so many changed TypeScript files, each against its first parent, as
a squash-merged pull request, and builds the prompts as the service would (the same bounds, nothing is asked). Prints
for each: files, tokens of `git diff`, tokens of all prompts and of their context, their ratio, batches, files that are
in no batch. `--show` prints the prompts. Tokens are counted by `tokens` below.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewer.core.change import Change
from reviewer.core.persona import compile_persona
from reviewer.llm.prompt import Questions, questions
from reviewer.local.reading import LocalReader
from reviewer.operator_plan import operator_plan
from reviewer.settings import PERSONAS, from_environment
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.context import read_context, reader_for
from reviewer.workflow.inspection import inspect_change

_PIECES = re.compile(r"[^\W\d_]+|\d{1,3}|[^\S\n]+(?=\S)|\s+|[^\w\s]{1,4}\n*|_+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]")


def tokens(text: str) -> int:
    """Tokens of a text, nearly as common tokenizers count: words of a name, at most eleven letters each, numbers by
    three digits, signs by fours, one for a run of blanks that does not lead to a word."""
    count = 0
    for piece in _PIECES.findall(text):
        if piece[0].isalpha():
            count += sum(-(-len(word) // 11) for word in _WORD.findall(piece))
        elif piece == " ":
            continue  # it belongs to the word behind it
        else:
            count += 1
    return count


@dataclass(frozen=True, slots=True)
class Shown:
    """One change and what is asked about it."""

    change: Change
    asked: Questions
    diff: str
    seconds: float

    @property
    def missing(self) -> list[str]:
        """Files with hunks that are in no batch."""
        there = {path for batch in self.asked.batches for path in batch.paths}
        return [
            file.path
            for file in self.change.files
            if file.unread is None and file.diff.hunks and file.path not in there
        ]


@dataclass(frozen=True, slots=True)
class Texts:
    """Unchanged files of a local repository."""

    reader: LocalReader

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Texts by path."""
        return self.reader.texts(paths)


async def shown(folder: Path, base: str, head: str, worker: TypeScriptWorker) -> Shown:
    """The prompts for one range of a repository, with the bounds of the service."""
    settings = from_environment()
    plan = operator_plan(settings)
    with LocalReader(folder, base, head, plan.limits.file_bytes_max) as reader:
        change = reader.change()
        remembering = await reader_for(change, Texts(reader), worker)
        inspected = await inspect_change(change, plan, remembering, worker)
        start = time.perf_counter()
        around = await read_context(change, remembering, worker)
        seconds = time.perf_counter() - start
    text = (PERSONAS / "backend.chatmode.md").read_text("utf-8")
    persona = compile_persona(text, "personas/backend.chatmode.md")
    asked = questions(change, persona, inspected.findings, settings.model_prompt_tokens_max, context=around)
    names = [file.path for file in change.files if file.unread is None]
    raw = git(folder, "diff", "--no-color", "--find-renames", reader.base, reader.head, "--", *names)
    diff = "\n".join(row for row in raw.split("\n") if not row.startswith("index "))
    return Shown(change, asked, diff, seconds)


def context_of(user: str) -> str:
    """The blocks of context in a prompt."""
    kept, is_context = [], False
    for row in user.split("\n"):
        if row.startswith(("CONTEXT ", "FILE ", "END ")):
            is_context = row.startswith("CONTEXT ")
        elif not row.startswith(("@@", " ")):
            is_context = False
        if is_context:
            kept.append(row)
    return "\n".join(kept)


def git(folder: Path, *arguments: str) -> str:
    """What git prints."""
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


def commits(folder: Path, below: str, count: int, least: int, most: int) -> Iterator[str]:
    """The newest commits of the main line with so many TypeScript files."""
    paths = [f"{below}/*.ts" if below else "*.ts"]
    listed = git(folder, "log", "--first-parent", "--format=%H", f"-{count * 30}", "HEAD", "--", *paths).split()
    found = 0
    for commit in listed:
        files = git(folder, "diff", "--name-only", f"{commit}^1", commit, "--", *paths).split()
        if least <= len(files) <= most:
            yield commit
            found += 1
        if found == count:
            return


async def _measure(given: argparse.Namespace) -> None:
    least, _, most = given.files.partition("-")
    sums = [0, 0, 0]
    async with TypeScriptWorker() as worker:
        for text in given.repositories:
            folder, _, below = text.partition(":")
            for commit in commits(Path(folder), below, given.count, int(least), int(most)):
                one = await shown(Path(folder), f"{commit}^1", commit, worker)
                prompt = sum(tokens(batch.system) + tokens(batch.user) for batch in one.asked.batches)
                context = sum(tokens(context_of(batch.user)) for batch in one.asked.batches)
                diff = max(tokens(one.diff), 1)
                sums = [sums[0] + diff, sums[1] + prompt, sums[2] + context]
                name = Path(folder).name if Path(folder).name != "repo" else Path(folder).parent.name
                files = sum(1 for file in one.change.files if file.unread is None and file.diff.hunks)
                print(
                    f"{name[:28]:28} {commit[:10]} {files:5} {diff:8} {prompt:8} {context:8} {prompt / diff:6.2f} "
                    f"{len(one.asked.batches):8} {len(one.missing):8} {one.seconds:8.2f}"
                )
                if given.show:
                    print("\n".join(batch.user for batch in one.asked.batches))
    print(f"{'all':28} {'':10} {'':5} {sums[0]:8} {sums[1]:8} {sums[2]:8} {sums[1] / max(sums[0], 1):6.2f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--files", default="5-66", metavar="LEAST-MOST")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    print(f"{'repository':28} {'commit':10} files     diff   prompt  context  ratio  batches  missing  seconds")
    asyncio.run(_measure(given))


if __name__ == "__main__":
    main()

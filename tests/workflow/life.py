"""The life of one pull request, step by step, as what stands on it after each.

python -m tests.workflow.life     writes the golden pages anew; read the difference
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from tests.deliveries.signed import pull_request_delivery
from tests.standin.state import Pull, ReviewComment
from tests.workflow.changes import BASE, CONTROLLER, HEAD, SERVICE
from tests.workflow.nursery import nursing
from tests.workflow.stage import Stage, stage

PAGES: Final = Path(__file__).resolve().parent / "golden" / "life"
_RENAMED: Final = "src/orders/search.service.ts"
_MOVED: Final = HEAD[SERVICE].replace("  async search", "  /** Finds orders by their title. */\n  async search")
_REPORTS: Final = "src/orders/reports.service.ts"
_REPORT: Final = """\
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

@Injectable()
export class ReportsService {
  constructor(private readonly database: DataSource) {}

  async bestsellers(year: string): Promise<unknown> {
    return this.database.query(`SELECT * FROM sales WHERE year = '${year}'`);
  }
}
"""
_TOKEN: Final = "src/orders/token.ts"
_MINTED: Final = "export function resetToken(): string {\n  return Math.random().toString(36).slice(2);\n}\n"

_COST: Final = re.compile(r" · \d+ requests? to GitHub")
_STATE: Final = re.compile(r"<!-- reviewer:state .*? -->")
_DISCUSSION: Final = re.compile(r"(discussion_r|issuecomment-)\d+")
_ANSWER: Final = re.compile(r"<!-- reviewer:answer \d+ -->")


class Life:
    """One pull request under way. Each of the steps waits until all that it starts is over."""

    def __init__(self, play: Stage) -> None:
        self._play = play
        self._github = play.github
        self._files: dict[str, str] = dict(HEAD)
        self.pull: Pull = play.pull()
        self._heads: list[str] = [self.pull.head_sha]

    async def open(self) -> None:
        """The pull request is opened."""
        await self._play.review(self.pull)

    async def push(self, change: Mapping[str, str | None], *, force: bool = False) -> None:
        """Push files as they then are; None removes one."""
        merged: dict[str, str | None] = {**self._files, **change}
        await self.set({path: text for path, text in merged.items() if text is not None}, force=force)

    async def set(self, files: Mapping[str, str], *, force: bool = False) -> None:
        """Push exactly these files."""
        self._files = dict(files)
        self._heads.append(self._github.push(self.pull, self._files, force=force))
        await self._pushed()

    async def _pushed(self) -> None:
        before = self._play.completed(self.pull)
        self._play.send(self.pull, "synchronize")
        await self._play.reviewed(self.pull, before + 1)
        await self._play.settled(self.pull)

    async def rebase(self) -> None:
        """The base moves on, and the branch is put on top of it."""
        name = self._github.repository_of(self.pull)
        self._github.commit_to_base(name, {"docs/shop.md": "# Shop\n"})
        await self.set({**self._files, "docs/shop.md": "# Shop\n"}, force=True)

    async def say(self, text: str) -> None:
        """A person with write permission gives a command."""
        await self._play.answer(self.pull, self._play.say(self.pull, text))

    def reply(self, path: str, text: str) -> None:
        """A person writes in one of our threads."""
        self._github.review_reply(self.pull, self._ours(path)[0], text)

    async def close_and_reopen(self) -> None:
        """Both, with nothing pushed between."""
        self._github.close(self.pull)
        self._play.send(self.pull, "closed")
        self._github.reopen(self.pull)
        self._play.service.deliver(pull_request_delivery(self._github, self.pull, "reopened"))
        await self._play.settled(self.pull)

    def fingerprint(self, path: str) -> str:
        """The id by which a person names our finding on a file."""
        found = re.search(r"<!-- reviewer:finding ([0-9a-f]{16}) -->", self._ours(path)[0].body)
        if found is None:
            raise AssertionError(f"no finding on {path} has an id")
        return found[1]

    def _ours(self, path: str) -> list[ReviewComment]:
        bot = self._github.bot.id
        return [one for one in self._github.review_comments(self.pull) if (one.author.id, one.path) == (bot, path)]

    def comments(self) -> list[str]:
        """The fingerprints of all our comments on lines, in order: one that comes twice is a comment repeated."""
        bot = self._github.bot.id
        bodies = [
            one.body for one in self._github.review_comments(self.pull) if one.author.id == bot and one.reply_to is None
        ]
        return [found for body in bodies for found in re.findall(r"<!-- reviewer:finding ([0-9a-f]{16}) -->", body)]

    def page(self) -> str:
        """What a person sees, without what differs from run to run."""
        threads = [
            f"##### {one.path}{f', line {one.line}' if one.line else ''}{' (resolved)' if one.resolved else ''}\n\n"
            + (f"{one.author.login}: " if one.reply_to is not None else "")
            + one.body
            for one in self._github.review_comments(self.pull)
        ]
        run = self._github.check_runs(self.pull)[-1]
        told = f"{run.name}: {run.conclusion} · {run.title} · {len(run.annotations)} annotations"
        mentions = sum(mention.name == "damilare" for mention in self._github.notified)
        parts = (
            f"Check run on this head: {told}",
            f"Mentions of the lead so far: {mentions}",
            "## Threads",
            *threads,
            "## Summary",
            self._play.summary(self.pull),
        )
        return self._alike("\n\n".join(parts)) + "\n"

    def _alike(self, text: str) -> str:
        for number, head in enumerate(self._heads, 1):
            text = text.replace(head, f"head{number:02}").replace(head[:7], f"head{number:02}")
        text = text.replace(self._github.repository_of(self.pull).full_name, "octo/shop").replace(self._github.url, "")
        for pattern, plain in ((_COST, ""), (_STATE, "<!-- reviewer:state … -->"), (_DISCUSSION, r"\1…")):
            text = pattern.sub(plain, text)
        return _ANSWER.sub("<!-- reviewer:answer … -->", text)


async def _replied_and_mended(life: Life) -> None:
    life.reply(SERVICE, "We know. It goes away with the next commit.")
    await life.push({SERVICE: BASE[SERVICE]})


async def _paused(life: Life) -> None:
    await life.say("@bot pause")
    await life.push({SERVICE: HEAD[SERVICE]})


async def _asked(life: Life) -> None:
    await life.say("@bot review")


async def _resumed(life: Life) -> None:
    await life.say("@bot resume")
    await life.set({**BASE, "docs/shop.md": "# The shop\n", "src/limits.ts": "export const limit = 7;\n"})


STEPS: Final[tuple[tuple[str, Callable[[Life], Awaitable[None]]], ...]] = (
    ("opened with two faults", lambda life: life.open()),
    ("the debugger is taken out", lambda life: life.push({CONTROLLER: BASE[CONTROLLER]})),
    ("lines above the query move it down", lambda life: life.push({SERVICE: _MOVED})),
    ("the file with the query is renamed", lambda life: life.push({SERVICE: None, _RENAMED: _MOVED})),
    ("rebased onto a newer base", lambda life: life.rebase()),
    ("forced back to what was opened", lambda life: life.set({**HEAD, "docs/shop.md": "# Shop\n"}, force=True)),
    ("forced forward again", lambda life: life.push({CONTROLLER: BASE[CONTROLLER]}, force=True)),
    ("the fix of the debugger is reverted", lambda life: life.push({CONTROLLER: HEAD[CONTROLLER]})),
    ("a new file brings a fault of the same kind", lambda life: life.push({_REPORTS: _REPORT})),
    (
        "a person dismisses the new one",
        lambda life: life.say(f"@bot dismiss {life.fingerprint(_REPORTS)} the year is an enum, checked by the caller"),
    ),
    ("a push touches nothing of it", lambda life: life.push({"docs/shop.md": "# The shop\n"})),
    ("the query is mended where a person has replied", _replied_and_mended),
    ("closed and reopened", lambda life: life.close_and_reopen()),
    ("a token is minted from chance", lambda life: life.push({_TOKEN: _MINTED})),
    ("automatic reviews are paused, and a fault is pushed", _paused),
    ("a review is asked for by word", _asked),
    ("reviews are resumed, and everything is mended", _resumed),
)
"""What happens, in order; 15 of them push."""


async def lived(play: Stage) -> tuple[dict[str, str], list[str]]:
    """The pages by their file's name, and the fingerprints of all comments at the end."""
    life, pages = Life(play), dict[str, str]()
    for number, (what, step) in enumerate(STEPS, 1):
        await step(life)
        name = f"{number:02}_{what.replace(',', '').replace(' ', '_')}.md"
        pages[name] = f"# {number}. {what[0].upper()}{what[1:]}\n\n{life.page()}"
    return pages, life.comments()


def _write() -> None:
    with nursing() as nursery, tempfile.TemporaryDirectory() as folder, stage(nursery, Path(folder)) as play:
        pages, _ = asyncio.run(lived(play))
    PAGES.mkdir(parents=True, exist_ok=True)
    for old in PAGES.glob("*.md"):
        old.unlink()
    for name, text in pages.items():
        (PAGES / name).write_text(text, "utf-8")


if __name__ == "__main__":
    _write()

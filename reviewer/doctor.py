"""`reviewer doctor`: what is set, what answers, and how to mend what does not."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.core.errors import ReviewerError
from reviewer.github.client import AppCredentials, GitHubApp
from reviewer.operator_plan import operator_plan
from reviewer.store import Store
from reviewer.typescript.reader import TypeScriptWorker

if TYPE_CHECKING:
    from reviewer.settings import Settings

_PROBE = {"probe.ts": "export const answer: number = 42;\n"}


def examine(settings: Settings, say: Callable[[str], None]) -> int:
    """Check everything, say one line for each part, and return 0 when all is well, else 2."""
    checks = list(asyncio.run(_checks(settings)))
    for well, text in checks:
        say(f"{'ok  ' if well else 'MEND'} {text}")
    return 0 if all(well for well, _ in checks) else 2


async def _checks(settings: Settings) -> Iterator[tuple[bool, str]]:
    done = [_persona(settings), *_tools()]
    done.append(await _worker())
    done.append(await _database(settings))
    done.append(await _github(settings))
    done.append((True, f"model: {settings.rules_only or ', '.join(settings.models)}"))
    return iter(done)


def _persona(settings: Settings) -> tuple[bool, str]:
    try:
        plan = operator_plan(settings)
    except ReviewerError as error:
        return False, f"persona: {error}"
    said = [
        f"{one.name}, {len(one.rules)} standards, {len(one.uncompiled)} lines not compiled" for one in plan.personas
    ]
    return True, f"persona: {'; '.join(said)}"


def _tools() -> Iterator[tuple[bool, str]]:
    for name in ("oxlint", "oxfmt"):
        there = (Path(sys.executable).parent / name).is_file()
        yield (
            there,
            f"{name}: " + ("installed" if there else "missing beside this Python; install the requirements again"),
        )
    git = shutil.which("git") is not None
    yield git, "git: " + ("installed" if git else "missing; only `reviewer review` needs it")


async def _worker() -> tuple[bool, str]:
    async with TypeScriptWorker() as worker:
        read = await worker.facts(_PROBE)
    failed = read.unread.get("probe.ts")
    return failed is None, "TypeScript worker: " + (failed or "reads")


async def _database(settings: Settings) -> tuple[bool, str]:
    try:
        store = await Store.open(settings.database_url.get_secret_value())
    except ReviewerError as error:
        return False, f"database: {error}"
    await store.close()
    return True, "database: opens"


async def _github(settings: Settings) -> tuple[bool, str]:
    if not settings.is_set_up or settings.private_key is None:
        return False, "GitHub App: not set up; register one like app.yml and set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET"
    try:
        app = GitHubApp(
            AppCredentials(str(settings.app_id), settings.private_key.get_secret_value()),
            settings.github_api_url,
            resolves=settings.resolves_threads,
        )
    except ReviewerError as error:
        return False, f"GitHub App: {error}"
    try:
        bot = await app.identity()
    except ReviewerError as error:
        return False, f"GitHub App: {error}"
    finally:
        await app.aclose()
    if bot.missing:
        return False, f"GitHub App {bot.slug}: grant {', '.join(bot.missing)} in its settings"
    return True, f"GitHub App: {bot.slug}, with the permissions it needs and no more"

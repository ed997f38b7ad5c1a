"""From settings to the story: what the service is made of."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from reviewer.engine import Outside, Story
from reviewer.github.client import GitHubApp
from reviewer.linters.runner import remove_leftovers
from reviewer.operator_plan import model_means, operator_plan, operator_stock, plan_hash
from reviewer.settings import Settings
from reviewer.store import Store
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.desk import Tools
from reviewer.workflow.story import STORY_VERSION, ReviewStory


@dataclass(frozen=True, slots=True)
class Tale:
    """What the engine tells. `plan_hash` is part of every review's identity: another persona, other limits or another
    model make another review of the same head. `version` changes with the order of the story's steps.
    """

    story: Story
    outside: Outside
    plan_hash: str
    version: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a story is made of. `count` is to be told the conclusion of every review."""

    settings: Settings
    github: GitHubApp
    store: Store
    count: Callable[[str], None]


@asynccontextmanager
async def composed(parts: Parts) -> AsyncIterator[Tale]:
    """The review's story with its worker process and its model; both are closed at the end."""
    settings = parts.settings
    plan = operator_plan(settings)
    await asyncio.to_thread(remove_leftovers, Path(tempfile.gettempdir()))
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(TypeScriptWorker())
        means = None
        if settings.rules_only is None:
            means = model_means(settings)
            stack.push_async_callback(means.examiner.aclose)
        story = ReviewStory(
            Tools(
                github=parts.github,
                store=parts.store,
                worker=worker,
                means=means,
                plan=plan,
                handle=settings.handle,
                model_timeout_s=settings.model_timeout_s,
                review_timeout_s=settings.review_timeout_s,
                count=parts.count,
                stock=operator_stock(),
            )
        )
        yield Tale(story.tell, Outside(story.give_up, story.announce), plan_hash(settings), STORY_VERSION)

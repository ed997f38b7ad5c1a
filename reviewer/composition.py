"""From settings to the story: what the service is made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from reviewer.bundles import Bundles
from reviewer.core.redaction import Redactor
from reviewer.engine import Outside, Story
from reviewer.github.client import GitHubApp
from reviewer.linters.run_folder import folders_of_runs, remove_leftovers
from reviewer.operator_plan import model_means, operator_plan, operator_stock, plan_hash
from reviewer.settings import Settings
from reviewer.store import Store
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.buying import Meter
from reviewer.workflow.recording import Recorder
from reviewer.workflow.story import STORY_VERSION, ReviewStory
from reviewer.workflow.tools import Tools


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
    """What a story is made of. `count` is to be told the conclusion of every review, `meter` what the model costs."""

    settings: Settings
    github: GitHubApp
    store: Store
    count: Callable[[str], None]
    meter: Meter


def _recorder(settings: Settings) -> Recorder | None:
    """Records every review, where the operator has named a folder for that. UserError when it cannot be used."""
    if settings.bundles is None:
        return None
    return Recorder(Bundles.ready(settings.bundles), Redactor(settings.secrets), STORY_VERSION)


@asynccontextmanager
async def composed(parts: Parts) -> AsyncIterator[Tale]:
    """The review's story with its worker process and its model; both are closed at the end."""
    settings = parts.settings
    plan, recorder = operator_plan(settings), _recorder(settings)
    for folder in folders_of_runs():
        await asyncio.to_thread(remove_leftovers, folder)
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(TypeScriptWorker())
        means = None
        if settings.rules_only is None:
            means = model_means(settings, parts.meter)
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
                recorder=recorder,
                resolves_threads=settings.resolves_threads,
            )
        )
        outside = Outside(
            story.give_up, story.announce, None if settings.bundles is None else Bundles(settings.bundles)
        )
        yield Tale(story.tell, outside, plan_hash(settings), STORY_VERSION)

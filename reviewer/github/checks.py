"""Check runs: opened when a review begins, closed with its conclusion."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from reviewer.core.publication import ANNOTATIONS_MAX, CHECK_BYTES_MAX, Annotation, CheckPost
from reviewer.github.answers import JSON, shaped
from reviewer.github.auth import BotIdentity
from reviewer.github.client import Repository

TITLE_CHARS_MAX = 255
"""Characters of an annotation's title (REST description, check runs); kept for the check run's title too."""

MESSAGE_BYTES_MAX = 64 * 1024
"""Bytes of an annotation's message (REST description, check runs)."""

PAGES_MAX = 10
"""Pages of 100 runs of one name and commit; GitHub keeps 1,000 (REST description, check runs)."""

_RUN = "/repos/{owner}/{repo}/check-runs/{check_run_id}"
_RUNS = "/repos/{owner}/{repo}/commits/{ref}/check-runs"


class _App(BaseModel):
    id: int


class _Run(BaseModel):
    id: int
    external_id: str | None = None
    app: _App | None = None


class _Output(BaseModel):
    annotations_count: int = 0


class _RunState(BaseModel):
    output: _Output


async def open_check(repo: Repository, bot: BotIdentity, head: str, name: str, external_id: str) -> int:
    """Begin a check run on `head` and return its id; the same `external_id` gives the same run, however often
    called.
    """
    there = await find_check(repo, bot, head, name, external_id)
    return await begin_check(repo, head, name, external_id) if there is None else there


async def find_check(repo: Repository, bot: BotIdentity, head: str, name: str, external_id: str) -> int | None:
    """Our check run with this `external_id` on `head`; None when there is none."""
    query: dict[str, str | int] = {"check_name": name, "filter": "all", "app_id": bot.app_id}
    runs = repo.pages(_RUNS, per_page=100, pages_max=PAGES_MAX, query=query, under="check_runs", ref=head)
    async for item in runs:
        run = shaped(_Run, item, f"GET {_RUNS}")
        if run.external_id == external_id and run.app is not None and run.app.id == bot.app_id:
            return run.id
    return None


async def begin_check(repo: Repository, head: str, name: str, external_id: str) -> int:
    """The same without looking: for the first try, when nothing of ours can be there yet."""
    body: dict[str, JSON] = {
        "name": name,
        "head_sha": head,
        "external_id": external_id,
        "status": "in_progress",
    }
    return (await repo.post("/repos/{owner}/{repo}/check-runs", json=body)).into(_Run).id


async def close_check(repo: Repository, run_id: int, post: CheckPost, told: int | None = None) -> None:
    """Complete a check run. Annotations go up 50 at a time and GitHub appends them, so a second call sends
    only those that are not there yet; the conclusion goes with the last lot, so that a half-told run never
    looks done. `told` is how many annotations are there already, None to ask GitHub.
    """
    there = told or 0
    if post.annotations and told is None:
        there = (await repo.get(_RUN, check_run_id=run_id)).into(_RunState).output.annotations_count
    left = post.annotations[there:]
    lots = [left[start : start + ANNOTATIONS_MAX] for start in range(0, len(left), ANNOTATIONS_MAX)] or [()]
    for lot in lots:
        output: dict[str, JSON] = {
            "title": post.title[:TITLE_CHARS_MAX],
            "summary": cut_bytes(post.summary, CHECK_BYTES_MAX),
            "annotations": _annotations(lot),
        }
        body: dict[str, JSON] = {"output": output}
        if lot is lots[-1]:
            body |= {"status": "completed", "conclusion": post.conclusion.value}
        await repo.patch(_RUN, json=body, check_run_id=run_id)


def _annotations(lot: Sequence[Annotation]) -> list[JSON]:
    return [
        {
            "path": one.path,
            "start_line": one.start_line,
            "end_line": one.end_line,
            "annotation_level": one.level.value,
            "title": one.title[:TITLE_CHARS_MAX],
            "message": cut_bytes(one.message, MESSAGE_BYTES_MAX),
        }
        for one in lot
    ]


def cut_bytes(text: str, bytes_max: int) -> str:
    """The longest beginning of `text` that is at most `bytes_max` bytes of UTF-8; no character is halved."""
    return text.encode("utf-8", "replace")[:bytes_max].decode("utf-8", "ignore")

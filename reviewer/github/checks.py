"""Check runs: opened when a review is wanted, told what is being done, closed with the conclusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from reviewer.core.errors import RefusedError
from reviewer.core.publication import ANNOTATIONS_MAX, CHECK_BYTES_MAX, Annotation, CheckNote, CheckPost
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which check run: the commit, the name, and our own identity of the work, which tells two runs apart."""

    head: str
    name: str
    external_id: str


class _App(BaseModel):
    id: int


class _Run(BaseModel):
    id: int
    external_id: str | None = None
    app: _App | None = None


class _Output(BaseModel):
    annotations_count: int = 0


class _Said(BaseModel):
    title: str | None = None
    text: str | None = None


class _Told(BaseModel):
    head_sha: str
    app: _App | None = None
    output: _Said


@dataclass(frozen=True, slots=True)
class CheckSaid:
    """What a check run of ours says: the title, and the details in markdown ("" for none)."""

    head: str
    title: str
    text: str


class _RunState(BaseModel):
    status: str = ""
    output: _Output


async def open_check(repo: Repository, bot: BotIdentity, wanted: Wanted, note: CheckNote) -> int:
    """Begin a check run, or go on with the one that is there, and return its id; the same `wanted` gives the same
    run, however often called.
    """
    there = await find_check(repo, bot, wanted)
    if there is None:
        return await begin_check(repo, wanted, note)
    await tell_check(repo, there, note)
    return there


async def find_check(repo: Repository, bot: BotIdentity, wanted: Wanted) -> int | None:
    """Our newest check run of this kind; None when there is none."""
    query: dict[str, str | int] = {"check_name": wanted.name, "filter": "all", "app_id": bot.app_id}
    pages = repo.pages(_RUNS, per_page=100, pages_max=PAGES_MAX, query=query, under="check_runs", ref=wanted.head)
    runs = [shaped(_Run, item, f"GET {_RUNS}") async for item in pages]
    ours = (one for one in runs if one.external_id == wanted.external_id and one.app and one.app.id == bot.app_id)
    return max((one.id for one in ours), default=None)


async def read_check(repo: Repository, bot: BotIdentity, run_id: int) -> CheckSaid:
    """What a check run of ours says. RefusedError when it is another App's, which may say anything."""
    run = (await repo.get(_RUN, check_run_id=run_id)).into(_Told)
    if run.app is None or run.app.id != bot.app_id:
        raise RefusedError("the check run is another App's")
    return CheckSaid(run.head_sha, run.output.title or "", run.output.text or "")


async def is_completed(repo: Repository, run_id: int) -> bool:
    """Whether a check run says its last word already."""
    return (await repo.get(_RUN, check_run_id=run_id)).into(_RunState).status == "completed"


async def begin_check(repo: Repository, wanted: Wanted, note: CheckNote) -> int:
    """The same without looking: for the first try, when nothing of ours can be there yet."""
    body: dict[str, JSON] = {"name": wanted.name, "head_sha": wanted.head, "external_id": wanted.external_id}
    return (await repo.post("/repos/{owner}/{repo}/check-runs", json=body | _noted(note))).into(_Run).id


async def tell_check(repo: Repository, run_id: int, note: CheckNote) -> None:
    """Say on a check run what is being done; one that was completed is open again."""
    await repo.patch(_RUN, json=_noted(note), check_run_id=run_id)


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
            body |= {"status": "completed", "conclusion": post.conclusion.value, "actions": _actions(post)}
            if post.text:
                output["text"] = cut_bytes(post.text, CHECK_BYTES_MAX)
        await repo.patch(_RUN, json=body, check_run_id=run_id)


def _noted(note: CheckNote) -> dict[str, JSON]:
    output: dict[str, JSON] = {
        "title": note.title[:TITLE_CHARS_MAX],
        "summary": cut_bytes(note.summary, CHECK_BYTES_MAX),
    }
    return {"status": note.status.value, "output": output}


def _actions(post: CheckPost) -> list[JSON]:
    return [{"label": one.label, "description": one.description, "identifier": one.identifier} for one in post.actions]


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

"""Asking people by a review request: GitHub tells them, and the pull request shows that they are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel

from reviewer.core.errors import RefusedError
from reviewer.core.notice import folded
from reviewer.github.answers import JSON
from reviewer.github.client import Repository
from reviewer.github.failures import UnprocessableError

_ROUTE: Final = "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers"


class _User(BaseModel):
    login: str


class _Team(BaseModel):
    slug: str


class _Requested(BaseModel):
    users: list[_User]
    teams: list[_Team]


async def request_reviews(repo: Repository, number: int, handles: Sequence[str]) -> Mapping[str, str]:
    """Ask for a review by these people and `organisation/team`s; returns, by handle, why GitHub refused some.

    GitHub takes all or nothing, so after a refusal each is asked alone. Asking for somebody who is asked already
    changes nothing and tells nobody twice.
    """
    refusal = await _request(repo, number, handles) if handles else None
    if refusal is None:
        return {}
    if len(handles) == 1:
        return {handles[0]: refusal}
    alone = {handle: await _request(repo, number, (handle,)) for handle in handles}
    return {handle: why for handle, why in alone.items() if why is not None}


async def requested(repo: Repository, number: int) -> frozenset[str]:
    """Whose review is asked for now: folded logins, and teams as `organisation/team`."""
    now = (await repo.get(_ROUTE, pull_number=number)).into(_Requested)
    owner = repo.full_name.partition("/")[0]
    people = (folded(user.login) for user in now.users)
    return frozenset((*people, *(folded(f"{owner}/{team.slug}") for team in now.teams)))


async def _request(repo: Repository, number: int, handles: Sequence[str]) -> str | None:
    people: list[JSON] = [handle for handle in handles if "/" not in handle]
    teams: list[JSON] = [handle.partition("/")[2] for handle in handles if "/" in handle]
    body: dict[str, JSON] = {}
    if people:
        body["reviewers"] = people
    if teams:
        body["team_reviewers"] = teams
    try:
        await repo.post(_ROUTE, json=body, pull_number=number)
    except UnprocessableError as error:
        return " ".join(error.errors) or str(error)
    except RefusedError as error:
        return str(error)
    return None

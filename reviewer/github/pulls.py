"""A pull request as GitHub tells it, and what a job must know of it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from reviewer.core.untrusted import Untrusted


class _User(BaseModel):
    login: str
    type: str = "User"


class _Home(BaseModel):
    id: int


class _Ref(BaseModel):
    sha: str
    ref: str = ""
    repo: _Home | None = None


class _Label(BaseModel):
    name: str = ""


class PullAnswer(BaseModel):
    """The keys of GitHub's answer that are read."""

    number: int
    state: str
    draft: bool = False
    title: str = ""
    body: str | None = None
    user: _User | None = None
    head: _Ref
    base: _Ref
    changed_files: int = 0
    labels: list[_Label] = []


@dataclass(frozen=True, slots=True)
class Pull:
    """What a job must know of a pull request before it reads the change."""

    number: int
    head: str
    base: str
    is_open: bool
    is_draft: bool
    by_bot: str | None
    """The author's login when it is a bot, else None."""
    changed_files: int
    title: Untrusted
    body: Untrusted
    author: str
    """The author's login, "" when the account is gone."""
    branch: str
    """The branch that it goes to."""
    labels: tuple[str, ...]
    is_fork: bool
    """Whether the head is in another repository, or was: a fork may be gone."""


def pull_of(pull: PullAnswer) -> Pull:
    """What the answer says."""
    user, home = pull.user, pull.base.repo
    return Pull(
        pull.number,
        pull.head.sha,
        pull.base.sha,
        pull.state == "open",
        pull.draft,
        user.login if user and (user.type == "Bot" or user.login.endswith("[bot]")) else None,
        pull.changed_files,
        Untrusted(pull.title),
        Untrusted(pull.body or ""),
        user.login if user else "",
        pull.base.ref,
        tuple(label.name for label in pull.labels),
        pull.head.repo is None or home is None or pull.head.repo.id != home.id,
    )

"""The few fields of a webhook payload that we read; the worker looks up everything else on GitHub again.

Whatever may be missing or null has a default, GitHub's enumerations stay plain text, and other keys are not looked at:
GitHub adds keys, values and events at any time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A user, bot or organisation."""

    login: str = ""
    type: str = "User"

    @property
    def is_bot(self) -> bool:
        """Whether nobody types what it does; REST writes its login as `name[bot]`."""
        return self.type == "Bot" or self.login.endswith("[bot]")


@dataclass(frozen=True, slots=True)
class Numbered:
    """Anything of which only the id is read: an installation, an App."""

    id: int = 0


@dataclass(frozen=True, slots=True)
class RepositoryName:
    """The repository that the delivery is about: the base repository, never a fork."""

    id: int = 0
    full_name: str = ""


@dataclass(frozen=True, slots=True)
class Ref:
    """One end of a pull request; `repo` is null once a fork is deleted."""

    sha: str = ""
    repo: Numbered | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """Something that only has to be there."""


@dataclass(frozen=True, slots=True)
class Branch:
    """The branch that a pull request is to be merged into."""

    ref: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What an `edited` action edited; `base` is there when the pull request was retargeted."""

    base: Present | None = None
    title: Present | None = None


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as `pull_request` deliveries have it."""

    number: int = 0
    draft: bool | None = None
    user: Account | None = None
    head: Ref | None = None
    base: Branch | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue or a pull request's conversation; `pull_request` is there for the latter only."""

    number: int = 0
    pull_request: Present | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment in a conversation or on a line; `in_reply_to_id` is the first one of its thread, if it is another."""

    id: int = 0
    body: str | None = None
    user: Account | None = None
    in_reply_to_id: int | None = None


@dataclass(frozen=True, slots=True)
class CheckedPull:
    """A pull request as check runs list it: those of other repositories with the same head are among them."""

    number: int = 0
    base: Ref | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A check run or a check suite. Our runs carry the identity of their work as `external_id`."""

    id: int = 0
    head_sha: str = ""
    external_id: str | None = None
    app: Numbered | None = None
    pull_requests: tuple[CheckedPull, ...] | None = None
    completed_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class RequestedAction:
    """The button of a check run that was pressed."""

    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is read of a payload."""

    action: str | None = None
    installation: Numbered | None = None
    repository: RepositoryName | None = None
    sender: Account | None = None
    changes: Changes | None = None
    pull_request: PullRequest | None = None
    issue: Issue | None = None
    comment: Comment | None = None
    check_run: Check | None = None
    check_suite: Check | None = None
    requested_action: RequestedAction | None = None
    before: str | None = None
    """The head before a push, of `pull_request.synchronize`."""

"""A job: which review somebody asked for, as ids. The worker reads everything else from GitHub again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Trigger(StrEnum):
    """What made us look at a pull request."""

    AUTOMATIC = "automatic"  # opened, reopened, ready_for_review, synchronize
    SKIPPED = "skipped"  # the same events of a draft or of a bot: only a check run that says so
    RERUN = "rerun"  # somebody pressed "re-run" on our check run
    REVIEW_COMMAND = "review"  # `@bot review`
    HELP_COMMAND = "help"  # `@bot help`
    CONFIG_COMMAND = "config"  # `@bot config`
    CLOSED = "closed"  # the pull request was closed: stop what runs

    @property
    def by_person(self) -> bool:
        """Whether somebody waits for the answer; such jobs go first."""
        return self is Trigger.RERUN or self.by_command

    @property
    def by_command(self) -> bool:
        """Whether somebody wrote a command in the conversation; they get an answer there."""
        return self in (Trigger.REVIEW_COMMAND, Trigger.HELP_COMMAND, Trigger.CONFIG_COMMAND)


@dataclass(frozen=True, slots=True)
class Job:
    """One accepted delivery. `repository` is the full name then, `head` the SHA it named (None: ask GitHub).

    `source_id` tells two requests of one kind apart: the comment's id, the re-run check run's id; "" for automatic
    ones, so that every automatic event of one head is the same work. `push` marks a synchronize, which is debounced.
    """

    installation: int
    repository_id: int
    repository: str
    pull: int
    head: str | None
    trigger: Trigger
    source_id: str = ""
    actor: str = ""
    push: bool = False
    delivery: str = ""

    @property
    def pull_key(self) -> str:
        """The pull request this belongs to; tenant first, so that no two installations ever share a key."""
        return f"{self.installation}/{self.repository_id}#{self.pull}"

    def identity(self, plan_hash: str) -> str:
        """The identity of the work: the same identity is done once, however often it is delivered."""
        what = self.trigger.value + (f"-{self.source_id}" if self.source_id else "")
        return f"{self.pull_key}@{self.head or 'head'}:{plan_hash}:{what}"

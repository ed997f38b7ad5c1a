"""A job: which review somebody asked for, as ids. The worker reads everything else from GitHub again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

_CHECK: Final = "check-"
_LINE: Final = "line-"


class Trigger(StrEnum):
    """What made us look at a pull request."""

    AUTOMATIC = "automatic"  # opened, reopened, ready_for_review, synchronize
    SKIPPED = "skipped"  # the same events of a draft or of a bot: only a check run that says so
    RERUN = "rerun"  # somebody pressed "re-run" on our check run
    REVIEW_COMMAND = "review"  # `@bot review`
    FULL_REVIEW_COMMAND = "full-review"  # `@bot full review`
    SUMMARY_COMMAND = "summary"
    EXPLAIN_COMMAND = "explain"
    DISMISS_COMMAND = "dismiss"
    RESOLVE_COMMAND = "resolve"
    ASK_COMMAND = "ask"
    ADDRESSED = "addressed"  # a line to us in an answer on a line of the diff: a question, if the thread is ours
    ANSWER_COMMAND = "answer"  # to a follow-up question
    REPLY = "reply"  # an answer on a line of the diff that calls nobody: weighed, if the thread is of a finding of ours
    PAUSE_COMMAND = "pause"
    RESUME_COMMAND = "resume"
    IGNORE_COMMAND = "ignore"
    CONFIG_COMMAND = "config"
    HELP_COMMAND = "help"
    UNKNOWN_WORDS = "unknown"  # a short line to us that is no command
    REVIEW_BUTTON = "button-review"  # as `@bot review`, by a button of our check run
    EXPLAIN_BUTTON = "button-explain"
    LEAD_BUTTON = "button-lead"
    CLOSED = "closed"  # the pull request was closed: stop what runs

    @property
    def by_person(self) -> bool:
        """Whether somebody waits for the answer; such jobs go first."""
        return self is Trigger.RERUN or self.by_command

    @property
    def by_command(self) -> bool:
        """Whether somebody asked us for something, in words or by a button; they get an answer where they asked."""
        return self.wants_review or self.by_button or self.wants_answer

    @property
    def by_button(self) -> bool:
        """Whether somebody pressed a button of our check run."""
        return self in (Trigger.REVIEW_BUTTON, Trigger.EXPLAIN_BUTTON, Trigger.LEAD_BUTTON)

    @property
    def wants_review(self) -> bool:
        """Whether somebody asked for a review of the newest head."""
        return self in (Trigger.REVIEW_COMMAND, Trigger.FULL_REVIEW_COMMAND, Trigger.REVIEW_BUTTON)

    @property
    def wants_answer(self) -> bool:
        """Whether somebody asked in words for something that is no review; it has no check run."""
        return self in _ANSWERED

    @property
    def is_anew(self) -> bool:
        """Whether what the model said before is not to be used: everything is asked again."""
        return self is Trigger.FULL_REVIEW_COMMAND

    @property
    def asks_model(self) -> bool:
        """Whether the model may be asked to review; without, what it said before may still be used."""
        return self not in _NOT_REVIEWED


_NOT_REVIEWED: Final = frozenset(
    {
        Trigger.SUMMARY_COMMAND,
        Trigger.EXPLAIN_COMMAND,
        Trigger.ASK_COMMAND,
        Trigger.ADDRESSED,
        Trigger.ANSWER_COMMAND,
        Trigger.REPLY,
    }
)
_ANSWERED: Final = frozenset(
    {
        Trigger.SUMMARY_COMMAND,
        Trigger.EXPLAIN_COMMAND,
        Trigger.DISMISS_COMMAND,
        Trigger.RESOLVE_COMMAND,
        Trigger.ASK_COMMAND,
        Trigger.ADDRESSED,
        Trigger.ANSWER_COMMAND,
        Trigger.REPLY,
        Trigger.PAUSE_COMMAND,
        Trigger.RESUME_COMMAND,
        Trigger.IGNORE_COMMAND,
        Trigger.CONFIG_COMMAND,
        Trigger.HELP_COMMAND,
        Trigger.UNKNOWN_WORDS,
    }
)


class Button(StrEnum):
    """The buttons of our check run, by their identifiers: GitHub takes 20 characters."""

    REVIEW = "review"
    EXPLAIN = "explain-blockers"
    LEAD = "ask-lead"

    @property
    def trigger(self) -> Trigger:
        """What pressing it asks for."""
        match self:
            case Button.REVIEW:
                return Trigger.REVIEW_BUTTON
            case Button.EXPLAIN:
                return Trigger.EXPLAIN_BUTTON
            case Button.LEAD:
                return Trigger.LEAD_BUTTON
            case _:
                assert_never(self)


def is_sha(text: str) -> bool:
    """40 hexadecimal digits, or 64 of a SHA-256 repository."""
    return len(text) in (40, 64) and all(char in "0123456789abcdef" for char in text)


@dataclass(frozen=True, slots=True)
class Job:
    """One accepted delivery. `repository` is the full name then, `head` the SHA it named (None: ask GitHub).

    `source_id` tells two requests of one kind apart: the comment's id, `line-ID` for one on a line of the diff, the
    re-run check run's id, `check-ID-PRESS` for a button; "" for automatic ones, so that every automatic event of one
    head is the same work. `push` marks a
    synchronize, which is debounced. `changed_at` is when the pull request had last been changed when GitHub wrote the
    delivery, as the number YYYYMMDDHHMMSS in UTC (0: not known): deliveries may come in another order.
    `before` is the head before a push, "" where it is not known. `unfilters`: something changed that a filter may look
    at, and nothing else, so that only a review that was filtered out is to be made.

    Of a command: `thread` is the first comment of the thread on a line of the diff that it was given in (0: it was in
    the conversation), `finding` the beginning of a finding's id, or (`q-3fa2c1`) a question's, `words` a reason, a
    question, an answer, or what we did not understand. Both texts are of printable characters and bounded
    (`reviewer.core.command`), and a person's own: they are shown escaped, and nothing is made of them.
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
    changed_at: int = 0
    before: str = ""
    thread: int = 0
    finding: str = ""
    words: str = ""
    unfilters: bool = False

    @property
    def is_announced(self) -> bool:
        """Whether its check run is there, queued, before its turn comes: a review of a head that is known."""
        return self.head is not None and self.trigger in (Trigger.AUTOMATIC, Trigger.RERUN)

    @property
    def pull_key(self) -> str:
        """The pull request this belongs to; tenant first, so that no two installations ever share a key."""
        return f"{self.installation}/{self.repository_id}#{self.pull}"

    @property
    def pressed(self) -> int:
        """The check run whose button was pressed; 0 for other jobs."""
        number = self.source_id.removeprefix(_CHECK).partition("-")[0]
        return int(number) if self.source_id.startswith(_CHECK) and number.isdecimal() else 0

    @property
    def comment(self) -> int:
        """The comment that a command was given in, in the conversation or (with a `thread`) on a line of the diff."""
        return int(self.source_id.removeprefix(_LINE))

    @staticmethod
    def line_comment(comment: int) -> str:
        """The `source_id` of a comment on a line: those of the conversation are numbered by themselves."""
        return f"{_LINE}{comment}"

    @staticmethod
    def press(check: int, which: str) -> str:
        """The `source_id` of a button: its check run, and what tells two presses apart (letters and digits)."""
        return f"{_CHECK}{check}-{which}"

    def identity(self, plan_hash: str) -> str:
        """The identity of the work: the same identity is done once, however often it is delivered."""
        what = self.trigger.value + (f"-{self.source_id}" if self.source_id else "")
        return f"{self.pull_key}@{self.head or 'head'}:{plan_hash}:{what}"

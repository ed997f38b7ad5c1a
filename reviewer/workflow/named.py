"""Which finding a command speaks of: by its id or the beginning of one, or by the thread that the command was given in.

What can be named is what stands on the pull request: our own comments carry each finding's id on a hidden line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.command import Command
from reviewer.github.line_comments import our_line_comment, our_line_comments
from reviewer.github.standing import standing
from reviewer.rendering import answer
from reviewer.rendering.markdown import marker
from reviewer.rendering.remembered import state_of
from reviewer.rendering.summary import SUMMARY_MARKER

if TYPE_CHECKING:
    from collections.abc import Collection

    from reviewer.core.publication import AnswerPost
    from reviewer.engine import Run
    from reviewer.github.client import Repository
    from reviewer.workflow.desk import Desk

_OPEN, _CLOSE = marker("finding", "ID").split("ID")
_DIGITS: Final = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Told:
    """The findings that we told of, by fingerprint, each with our comment on its line (0: it stands in the summary)."""

    comments: dict[str, int]

    def matching(self, beginning: str, also: Collection[str] = ()) -> tuple[str, ...]:
        """The fingerprints that begin so, here and among the `also`."""
        return tuple(one for one in dict.fromkeys((*self.comments, *also)) if one.startswith(beginning))


def findings_in(body: str) -> tuple[str, ...]:
    """The fingerprints on the hidden lines of a comment of ours."""
    rows = (row.strip() for row in body.split("\n"))
    found = (row.removeprefix(_OPEN).removesuffix(_CLOSE) for row in rows if row.startswith(_OPEN))
    return tuple(one for one in found if one and _DIGITS.issuperset(one))


async def told(desk: Desk, run: Run) -> Told:
    """All findings that we told of on a pull request: in our comments on lines, in the conversation, and those that
    only the check run has room for, or that have another id since their file has another name.
    """
    repository, bot = (await desk.at(run)).repository, await desk.tools.github.identity()
    comments: dict[str, int] = {}
    for one in await our_line_comments(repository, bot, run.job.pull):
        for fingerprint in findings_in(one.body):
            comments.setdefault(fingerprint, one.id)
    seen = await standing(repository, bot, run.job.pull)
    for one in seen.comments:
        for fingerprint in findings_in(one.body):
            comments.setdefault(fingerprint, 0)
    summary = seen.comment(SUMMARY_MARKER)
    state = state_of(summary.body) if summary is not None else None
    for known in state.known if state is not None else ():
        comments.setdefault(known.fingerprint, comments.get(known.root, 0))
    return Told(comments)


async def beginning(desk: Desk, run: Run) -> str:
    """The id as it was written, else that of the thread's first comment if it is ours, else ""."""
    if run.job.finding or not run.job.thread:
        return run.job.finding
    repository: Repository = (await desk.at(run)).repository
    first = await our_line_comment(repository, await desk.tools.github.identity(), run.job.thread)
    return next(iter(findings_in(first.body)), "") if first is not None else ""


async def named(desk: Desk, run: Run, asked: Command) -> str | AnswerPost:
    """The one finding that a command speaks of, or what to answer where there is none such."""
    begins = await beginning(desk, run)
    if not begins:
        return answer.not_named(run.job.source_id, asked, desk.tools.handle)
    return the_one(run, begins, (await told(desk, run)).matching(begins))


def the_one(run: Run, begins: str, matching: tuple[str, ...]) -> str | AnswerPost:
    """The only one of some fingerprints, or what to answer where it is not the only one."""
    if not matching:
        return answer.names_nothing(run.job.source_id, begins)
    return matching[0] if len(matching) == 1 else answer.names_several(run.job.source_id, begins, matching)

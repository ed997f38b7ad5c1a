"""Where an answer is put: in the thread of the diff that was asked in, else in the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.github.comments import put_answer
from reviewer.github.line_comments import put_reply

if TYPE_CHECKING:
    from reviewer.core.publication import AnswerPost
    from reviewer.engine import Run
    from reviewer.workflow.desk import Desk


async def put_in_place(desk: Desk, run: Run, post: AnswerPost) -> int:
    """Answer where somebody asked, in place if the answer stands; returns its id, which tells nothing of where it is.

    A thread that was deleted meanwhile is answered in the conversation.
    """
    repository, bot, job = (await desk.at(run)).repository, await desk.tools.github.identity(), run.job
    if job.thread:
        replied = await put_reply(repository, bot, job.pull, job.thread, post)
        if replied is not None:
            return replied
    return await put_answer(repository, bot, job.pull, post)

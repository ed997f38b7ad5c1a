"""Every command, by everybody who might give it, on a pull request in every state: what is posted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reviewer.core.command import FORMS, Command
from reviewer.github.comments import MAY_COMMAND
from tests.standin.state import IssueComment, Pull
from tests.workflow.nursery import Nursery
from tests.workflow.stage import Stage, stage

ROLES = {"nadia": "none", "rita": "read", "tom": "triage", "wanda": "write", "max": "maintain", "anna": "admin"}
STATES = ("open", "draft", "closed", "locked")
NOT_NAMED = "No finding of mine on this pull request has an id that begins with `4f5461d1`."
REVIEWED = ("Reviewed", "summary", "check run")
DECLINED = ("Not reviewed: the pull request is closed; reopen it and ask again.",)
SAID = {
    Command.REVIEW: REVIEWED,
    Command.FULL_REVIEW: REVIEWED,
    Command.SUMMARY: ("Wrote [the summary]", "summary"),
    Command.EXPLAIN: (NOT_NAMED,),
    Command.DISMISS: (NOT_NAMED,),
    Command.RESOLVE: (NOT_NAMED,),
    Command.ASK: ("No model is configured",),
    Command.ANSWER: ("No open question of mine has the id `q-3fa2c1`.",),
    Command.PAUSE: ("Automatic reviews are paused",),
    Command.RESUME: ("Automatic reviews are on",),
    Command.IGNORE: ("From now on, nothing is reviewed by itself",),
    Command.CONFIG: ("| setting | value | from |",),
    Command.HELP: ("Write one of these on a line of its own",),
}
"""How the answer to a new pull request begins, and what else is posted."""

TABLE = [
    *((command, "open", role) for command in Command for role in ROLES.values()),
    *((command, state, "write") for command in Command for state in STATES if state != "open"),
    *((command, state, "read") for command in Command for state in STATES if state != "open"),
]
"""Roles count the same in every state, so that one that may and one that may not stand for all but the open one."""


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service")) as play:
        yield play


def expected(command: Command, state: str, role: str) -> tuple[str, ...]:
    """What is posted: the answer's beginning, then "summary" and "check run"."""
    if role not in MAY_COMMAND:
        return ()
    if state == "closed" and command in (Command.REVIEW, Command.FULL_REVIEW, Command.SUMMARY):
        return DECLINED
    if state == "closed" and command is Command.ANSWER:
        return ("The pull request is closed. So your answer to `q-3fa2c1` is not weighed, and it stays open.",)
    if state == "locked":  # an App's comments are refused there
        return ("", "check run") if SAID[command] is REVIEWED else ("",)
    return SAID[command]


@pytest.mark.parametrize("state", STATES)
async def test_what_is_posted(play: Stage, state: str) -> None:
    """All commands of a state at once, each on a pull request of its own: the service works on several."""
    given: list[tuple[Command, str, Pull, IssueComment]] = []
    for command, where, role in TABLE:
        if where == state:
            pull = _pull(play, state)
            text = next(form.example for form in FORMS if form.command is command)
            author = next(login for login, has in ROLES.items() if has == role)
            given.append((command, role, pull, play.say(pull, f"@bot {text}", author)))
    for command, role, pull, comment in given:
        wanted = expected(command, state, role)
        if not wanted:
            await _over(play, pull)
        elif state == "locked":
            await _refused_once(play, pull, reviewed="check run" in wanted)
        else:
            await play.answer(pull, comment)
        assert _posted(play, pull, comment, wanted) == wanted, (command, state, role)
        assert play.github.reactions(comment) == (["eyes"] if wanted else []), (command, state, role)


def _pull(play: Stage, state: str) -> Pull:
    people = {login: role for login, role in ROLES.items() if role != "none"}
    pull = play.pull(draft=state == "draft", collaborators=people)
    if state == "closed":
        play.github.close(pull)
    pull.locked = state == "locked"
    return pull


async def _over(play: Stage, pull: Pull) -> None:
    """Wait until the work on a command that gets no answer is over: work on one pull request is done in turn."""
    pull.locked = False
    await play.answer(pull, play.say(pull, "@bot help", "wanda"))


async def _refused_once(play: Stage, pull: Pull, *, reviewed: bool) -> None:
    """Wait until GitHub has refused our comment, and until the review is over where there is one."""
    await play.until(lambda: bool(_refused(play, pull)) and play.completed(pull) == int(reviewed))


def _refused(play: Stage, pull: Pull) -> list[str]:
    """Comments that GitHub refused on a locked pull request."""
    address = f"/repos/{play.github.repository_of(pull).full_name}/issues/{pull.number}/comments"
    return [one.path for one in play.github.writes if one.path == address and one.status == 403]


def _posted(play: Stage, pull: Pull, comment: IssueComment, wanted: tuple[str, ...]) -> tuple[str, ...]:
    answers = [one.body for one in play.answers(pull, comment)]
    beginning = wanted[0] if wanted and answers and answers[0].startswith(wanted[0]) else "".join(answers)
    said = (beginning,) if wanted else tuple(answers)
    summary = ("summary",) if play.summaries(pull) else ()
    return (*said, *summary, *(("check run",) if play.github.check_runs(pull) else ()))

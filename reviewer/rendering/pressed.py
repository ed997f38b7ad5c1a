"""Answers to who pressed a button of the check run: one comment each, found again by the check run's own id."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from reviewer.core.job import Button
from reviewer.core.publication import AnswerPost
from reviewer.core.team import Member
from reviewer.core.wording import capitalised, sentence
from reviewer.rendering.markdown import code, cut, line, marker, mention
from reviewer.rendering.outcome import short

ASKED_LEAD: Final = marker("asked-lead")
"""The hidden line of the one comment on a pull request that asks the Team Lead."""

CHARS_MAX: Final = 60_000
"""Characters of one answer; GitHub takes 65,536 and counts in its own way."""


def explained(check: int, head: str, blockers: str) -> AnswerPost:
    """The blocking findings of one check run. `blockers` is markdown of ours, from its details."""
    hidden = _marker(check, Button.EXPLAIN)
    said = f"Of the review of {code(short(head))}:\n\n{blockers}"
    return AnswerPost(hidden, f"{cut(said, CHARS_MAX)}\n\n{hidden}")


def asked_lead(press: str, lead: Member, login: str, outcome: str, questions: str) -> AnswerPost:
    """The Team Lead is asked, by the one live mention. `press` tells this press from a later one, `login` is who
    pressed, `outcome` the check run's title, `questions` markdown of ours.
    """
    first = f"{mention(lead.handle)} ({line(lead.role)}): {code(login)} asks you to look at this pull request."
    said = f"{first} The review says: {line(sentence(outcome))}\n\n{questions}"
    return AnswerPost(ASKED_LEAD, f"{cut(said, CHARS_MAX)}\n\n{ASKED_LEAD}\n{marker('answer', press)}")


def asked_already(check: int, address: str | None) -> AnswerPost:
    """The Team Lead was asked before; `address` is where."""
    where = f"[in this comment]({address})" if address else "on this pull request"
    return _answer(check, Button.LEAD, f"The Team Lead was asked already, {where}, and is asked once only.")


def nobody_to_ask(check: int, why: str) -> AnswerPost:
    """There is no Team Lead whom we may ask."""
    return _answer(check, Button.LEAD, f"Nobody was asked: {line(sentence(why))}")


def nothing_kept(check: int, button: Button, handle: str) -> AnswerPost:
    """The check run has no details: its review was not made, or by an earlier version of this program."""
    again = f"Ask for a new review with {code(f'@{handle} review')}."
    return _answer(check, button, f"This check run holds nothing to explain. {again}")


def not_done(press: str, reason: str) -> AnswerPost:
    """What the button is for could not be done."""
    hidden = marker("answer", press)
    said = f"**That did not work.** {line(capitalised(sentence(reason)))} Press the button again later."
    return AnswerPost(hidden, f"{said}\n\n{hidden}")


def comment_address(web_url: str, repository: str, number: int, comment: int) -> str | None:
    """The page of a comment; None where there is none."""
    root = web_url.rstrip("/")
    if urlsplit(root).scheme not in ("http", "https"):
        return None
    path = (*repository.split("/"), "pull", str(number))
    return f"{'/'.join((root, *(quote(part, safe='') for part in path)))}#issuecomment-{comment}"


def _answer(check: int, button: Button, text: str) -> AnswerPost:
    hidden = _marker(check, button)
    return AnswerPost(hidden, f"{text}\n\n{hidden}")


def _marker(check: int, button: Button) -> str:
    return marker("answer", f"check-{check}-{button.value}")

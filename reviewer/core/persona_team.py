"""A persona's team lines, understood: who gets which findings, who gets what concerns everyone, who hears the outcome.

Words are looked for one after another; nothing backtracks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.persona_words import concerns_of_subject, padded, says
from reviewer.core.team import role_slugs, slug

if TYPE_CHECKING:
    from reviewer.core.concern import Concern
    from reviewer.core.persona_blocks import Bullet

ROUTE_VERBS: Final = ("route", "assign", "send", "forward", "direct")
"""First words of a line that gives findings to somebody."""
ESCALATE_VERBS: Final = ("escalate",)
"""First words of a line that gives cross-cutting findings to somebody."""
ROUTE_PHRASES: Final = (" go to ", " goes to ", " routed to ", " sent to ", " belong to ", " belongs to ")
"""The same, said the other way round: `Security issues go to the security lead`."""
ROLE_CHARS_MAX: Final = 40
"""Characters of a role's slug: it becomes an owner's name in every output."""

_RECIPIENT_CHARS_MAX: Final = 160
_ROLE_WORDS_MAX: Final = 4
_STOPS: Final = (",", ";", ":", ". ", " for ", " when ", " if ", " before ", " after ", " with ", " who ", " as ")
_JOINS: Final = (" and ", " or ")
_EMPTY_WORDS: Final = frozenset({
    "all", "always", "any", "are", "be", "concern", "concerns", "finding", "findings", "is", "issue", "issues",
    "matters", "must", "other", "problem", "problems", "questions", "should", "the", "topics",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """Findings that a line gives to a role. `subjects` are its words (`database`), `concerns` what we make of them.

    `role` is a slug (`backend-lead`); `name` is the person, when the line names one. `text` is the line itself.
    """

    subjects: tuple[str, ...]
    concerns: tuple[Concern, ...]
    role: str
    name: str | None
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Escalation:
    """The same for what concerns more than one owner (`cross-cutting concerns`)."""

    subjects: tuple[str, ...]
    concerns: tuple[Concern, ...]
    role: str
    name: str | None
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Report:
    """Who hears the outcome of each review. `roles` are all that the line gives the person."""

    role: str
    roles: tuple[str, ...]
    name: str | None
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class TeamTable:
    """The line that says that people are looked up in the team file."""

    text: str
    line: int


TeamLine = RoutingRule | Escalation | Report | TeamTable


@dataclass(frozen=True, slots=True)
class _Recipient:
    roles: tuple[str, ...]
    name: str | None


def read_team_line(bullet: Bullet) -> TeamLine | str:
    """What a bullet of the team section says, or why it says nothing to us."""
    plain = " ".join(bullet.text.replace("**", " ").replace("__", " ").replace("`", " ").split())
    verb, _, rest = plain.partition(" ")
    verb = slug(verb)
    if verb in ROUTE_VERBS:
        return _route(f" {rest}", bullet)
    if verb in ESCALATE_VERBS:
        return _escalate(f" {rest}", bullet)
    for phrase in ROUTE_PHRASES:
        subject, found, whom = plain.partition(phrase)
        if found:
            return _route(f" {subject} to {whom}", bullet)
    words = padded(plain)
    if says(words, ("report", "reports")):
        return _report(plain, bullet)
    if says(words, ("team table", "team file", "team list", "assignments")):
        return TeamTable(bullet.text, bullet.line)
    return "neither routes, escalates nor reports; begin it with `Route`, `Escalate` or `Report`"


def _route(rest: str, bullet: Bullet) -> RoutingRule | str:
    subject, whom = _split_recipient(rest)
    if isinstance(whom, str):
        return whom
    subjects = _subjects(subject)
    if not subjects:
        return "does not say what to route; write `Route database issues to the backend lead`"
    return RoutingRule(subjects, _concerns(subjects), whom.roles[0], whom.name, bullet.text, bullet.line)


def _escalate(rest: str, bullet: Bullet) -> Escalation | str:
    subject, whom = _split_recipient(rest)
    if isinstance(whom, str):
        return whom
    subjects = _subjects(subject)
    return Escalation(subjects, _concerns(subjects), whom.roles[0], whom.name, bullet.text, bullet.line)


def _report(plain: str, bullet: Bullet) -> Report | str:
    _, whom = _split_recipient(plain)
    if isinstance(whom, str):
        return whom
    return Report(whom.roles[0], whom.roles, whom.name, bullet.text, bullet.line)


def _split_recipient(text: str) -> tuple[str, _Recipient | str]:
    """Subject and recipient; that is behind the last ` to ` with a role in brackets, else ` to the `, else ` to `."""
    best, best_rank = "", 0
    subject = text
    before = 0
    while (at := text.find(" to ", before)) >= 0:
        before = at + 3
        window = text[at + 4 : at + 4 + _RECIPIENT_CHARS_MAX]
        rank = 1
        if window.lower().startswith("the "):
            rank = 2
        if "(" in _until(window, (*_STOPS, *_JOINS, " to ")):
            rank = 3
        if rank >= best_rank:
            best, best_rank, subject = window, rank, text[:at]
    if not best_rank:
        return text, "names nobody; end it with `to the backend lead` or `to Ada (Backend Lead)`"
    return subject, _recipient(best)


def _recipient(text: str) -> _Recipient | str:
    """Who a text begins with: `the backend lead`, `Damilare (Team Lead / Architect) for review`."""
    head = _until(text, _STOPS)
    name: str | None = None
    if "(" in head:
        before, _, after = text.partition("(")
        inside, closed, behind = after.partition(")")
        if not closed:
            return "opens a bracket that is not closed; write `to Ada (Backend Lead)`"
        name, roles, head = before.strip() or None, role_slugs(inside), behind
    else:
        words = _until(head, _JOINS).strip().rstrip(".!").removeprefix("the ").removeprefix("The ")
        roles = role_slugs(words) if len(words.split()) <= _ROLE_WORDS_MAX else ()
    if any(_until(head, _STOPS).find(join) >= 0 for join in _JOINS):
        return "names more than one recipient; write a line for each"
    if not roles or any(len(role) > ROLE_CHARS_MAX for role in roles):
        return "names no role in a few words; end it with `to the backend lead` or `to Ada (Backend Lead)`"
    return _Recipient(roles, name)


def _until(text: str, stops: tuple[str, ...]) -> str:
    """The text before the first of the stops."""
    ends = [at for stop in stops if (at := text.find(stop)) >= 0]
    return text[: min(ends)] if ends else text


def _subjects(text: str) -> tuple[str, ...]:
    """`database or API design issues` → `database`, `api design`."""
    for join in (*_JOINS, "/", ",", ";"):
        text = text.replace(join, "\n")
    found: list[str] = []
    for part in text.split("\n"):
        words = padded(part).split()
        while words and words[-1] in _EMPTY_WORDS:
            words.pop()
        first = next((at for at, word in enumerate(words) if word not in _EMPTY_WORDS), len(words))
        if words[first:]:
            found.append(" ".join(words[first:]))
    return tuple(dict.fromkeys(found))


def _concerns(subjects: tuple[str, ...]) -> tuple[Concern, ...]:
    return tuple(dict.fromkeys(concern for subject in subjects for concern in concerns_of_subject(subject)))

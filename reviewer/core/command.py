"""Commands to us in the comments of a pull request: an exact grammar, so that no text commands by accident.

    command = "@" name " " ( plain / about / "ask " words / request / "answer " question " " words )
    plain   = "review" / "full review" / "summary" / "pause" / "resume" / "ignore" / "config" / "help"
    about   = ( "explain" / "resolve" ) [ " " id ]  /  "dismiss" [ " " id ] [ " " words ]
    request = verb 3*( " " word )        ; "ask" may be left out where it can be nothing else
    verb    = "add" / "design" / "draft" / "generate" / "implement" / "propose" / "refactor" / "rewrite" / "sketch" /
              "suggest" / "write"
    id      = 6 to 16 of "0123456789abcdef"
    question = "q-" 6 of "0123456789abcdef"

In an answer on a line of the diff, a line to us of more than three words that is no command is a question to us, if
the thread is one of ours (which only GitHub knows).

One line of a top-level paragraph, nothing else on it but blanks at its ends (at most three before it), one space
between words, the verb in lower case, the name in any case. Not in code, quotes, lists, HTML, tables, headings or
link texts.
A command takes no options: what a review does is the operator's and the repository's to say, not the commenter's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reviewer.core.comment_lines import own_lines
from reviewer.core.question import ID_DIGITS

COMMENT_CHARS_MAX: Final = 65_536
"""Characters of a comment; GitHub takes no longer one ("Body is too long (maximum is 65536 characters)")."""

UNKNOWN_WORDS_MAX: Final = 3
"""A short line that starts with our name is a request we did not understand; a longer one is a sentence about us."""

UNKNOWN_CHARS_MAX: Final = 100

ID_CHARS_MIN: Final = 6
ID_CHARS_MAX: Final = 16
"""Digits of a finding's id, which is its fingerprint, or a beginning of it that fits no other on the pull request."""

WORDS_CHARS_MAX: Final = 500
"""Characters of a reason, a question or an answer; what is longer is cut, and ends in `…`."""

_ID_CHARS: Final = frozenset("0123456789abcdef")


class Command(StrEnum):
    """What we can be asked for."""

    REVIEW = "review"
    FULL_REVIEW = "full review"
    SUMMARY = "summary"
    EXPLAIN = "explain"
    DISMISS = "dismiss"
    RESOLVE = "resolve"
    ASK = "ask"
    ANSWER = "answer"
    PAUSE = "pause"
    RESUME = "resume"
    IGNORE = "ignore"
    CONFIG = "config"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Form:
    """A command as help and documentation show it: how it is written behind our name, what it does, an example."""

    command: Command
    usage: str
    does: str
    example: str


FORMS: Final = (
    Form(Command.REVIEW, "review", "reviews the pull request at its newest commit, also a draft", "review"),
    Form(
        Command.FULL_REVIEW,
        "full review",
        "does the same from nothing: what the model said of unchanged code before does not count",
        "full review",
    ),
    Form(Command.SUMMARY, "summary", "writes the summary anew, without asking the model again", "summary"),
    Form(
        Command.EXPLAIN,
        "explain ID",
        "explains a finding: code, the persona's line, the rule with a bad and a good example, who is asked and why",
        "explain 4f5461d1",
    ),
    Form(
        Command.DISMISS,
        "dismiss ID [REASON]",
        "takes a finding off this pull request; it stays off on later commits",
        "dismiss 4f5461d1 the gateway validates this body",
    ),
    Form(
        Command.RESOLVE,
        "resolve [ID]",
        "marks one finding, or without an ID every one that is left, as dealt with",
        "resolve 4f5461d1",
    ),
    Form(
        Command.ASK,
        "ask QUESTION",
        "puts a question or a request about this change to the model, which answers in place",
        "ask why is a float wrong here?",
    ),
    Form(
        Command.ANSWER,
        "answer QUESTION-ID TEXT",
        "answers a follow-up question; what hangs on it is looked at again",
        "answer q-3fa2c1 the gateway checks the tenant",
    ),
    Form(Command.PAUSE, "pause", "stops automatic reviews on this pull request", "pause"),
    Form(Command.RESUME, "resume", "starts automatic reviews again, from the next push on", "resume"),
    Form(Command.IGNORE, "ignore", "ends automatic reviews on this pull request for good", "ignore"),
    Form(
        Command.CONFIG,
        "config",
        "shows which configuration is in force and where each value came from",
        "config",
    ),
    Form(Command.HELP, "help", "shows this list", "help"),
)
"""Every command once, in the order in which it is shown: the one table for the help and for docs/commands.md."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as it was given: `finding` is an id or the beginning of one, `words` a reason, a question or an answer;
    or "". `is_loose`: it is written as no command, and counts only in a thread of ours.
    """

    command: Command
    finding: str = ""
    words: str = ""
    is_loose: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """A request to us in words we do not know; `line` is at most a name and a few words of printable ASCII."""

    line: str


def parse(text: str, names: Collection[str], *, in_answer: bool = False) -> Asked | Unknown | None:
    """The first command in a comment; without one, the first line addressed to us that is worth an answer; else None.

    `names` are the logins we answer to, without "@" (the configured handle, the App's slug). `in_answer`: the comment
    answers another one on a line of the diff.
    """
    if len(text) > COMMENT_CHARS_MAX or "@" not in text:
        return None
    handles = frozenset(f"@{name.lower()}" for name in names if name and name.isascii())
    unknown: Asked | Unknown | None = None
    for line in own_lines(text):
        asked = _read(line, handles, in_answer=in_answer) if line.startswith("@") else None
        if isinstance(asked, Asked) and not asked.is_loose:
            return asked
        unknown = unknown or asked
    return unknown


def is_said(text: str) -> bool:
    """Whether an answer on a line of the diff may say something about what stands there: more than a few words of its
    own (quotes and code do not count), and to nobody in particular.
    """
    if len(text) > COMMENT_CHARS_MAX:
        return False
    lines = [line for line in own_lines(text) if line.strip()]
    return bool(lines) and not lines[0].startswith("@") and len(" ".join(lines).split()) > UNKNOWN_WORDS_MAX


def _read(line: str, handles: frozenset[str], *, in_answer: bool) -> Asked | Unknown | None:
    handle, _, words = line.partition(" ")
    if not handle.isascii() or handle.lower() not in handles:
        return None
    asked = _asked(words)
    if asked is not None:
        return asked
    if in_answer and len(words.split()) > UNKNOWN_WORDS_MAX:
        return Asked(Command.ASK, words=_words(words), is_loose=True)
    is_short = len(words.split(" ")) <= UNKNOWN_WORDS_MAX and len(line) <= UNKNOWN_CHARS_MAX
    return Unknown(line) if is_short and line.isascii() and line.isprintable() else None


def _asked(words: str) -> Asked | None:
    verb, _, rest = words.partition(" ")
    if verb == Command.ASK:
        question = _words(rest)
        return Asked(Command.ASK, words=question) if question else None
    if verb in _REQUESTS and len(words.split()) > UNKNOWN_WORDS_MAX:
        return Asked(Command.ASK, words=_words(words))
    if verb == Command.ANSWER:
        return _answer(rest)
    if verb == Command.DISMISS:
        return _dismissal(words.removeprefix(verb))
    if verb in (Command.EXPLAIN, Command.RESOLVE) and (words == verb or _is_id(rest)):
        return Asked(Command(verb), finding=rest)
    return Asked(Command(words)) if words in _PLAIN else None


_PLAIN: Final = frozenset(Command) - {
    Command.ASK,
    Command.ANSWER,
    Command.DISMISS,
    Command.EXPLAIN,
    Command.RESOLVE,
}

_REQUESTS: Final = frozenset(
    {
        "add",
        "design",
        "draft",
        "generate",
        "implement",
        "propose",
        "refactor",
        "rewrite",
        "sketch",
        "suggest",
        "write",
    }
)
"""Verbs that begin no sentence about us: behind our name, with three more words, they are a request."""


def _answer(rest: str) -> Asked | None:
    question, _, given = rest.partition(" ")
    digits, words = question.removeprefix("q-"), _words(given)
    is_question = question.startswith("q-") and len(digits) == ID_DIGITS and _ID_CHARS.issuperset(digits)
    return Asked(Command.ANSWER, question, words) if is_question and words else None


def _dismissal(rest: str) -> Asked | None:
    """`rest` is what follows the verb: nothing, or one space and something."""
    if rest and (rest.startswith("  ") or not rest.strip()):
        return None
    first, _, reason = rest.removeprefix(" ").partition(" ")
    if _is_id(first):
        return Asked(Command.DISMISS, first, _words(reason))
    return Asked(Command.DISMISS, words=_words(rest))


def _is_id(text: str) -> bool:
    return ID_CHARS_MIN <= len(text) <= ID_CHARS_MAX and _ID_CHARS.issuperset(text)


def _words(text: str) -> str:
    """Somebody's words on one line: what does not print is a blank, as it would hide or turn what stands beside it."""
    shown = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return shown if len(shown) <= WORDS_CHARS_MAX else shown[: WORDS_CHARS_MAX - 1] + "…"

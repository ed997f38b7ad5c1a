"""Answers to commands: one comment each, found again by the command's own comment id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from reviewer.core.command import FORMS, Command
from reviewer.core.in_force import in_force
from reviewer.core.plan import Plan
from reviewer.core.publication import AnswerPost
from reviewer.core.review import Review
from reviewer.core.wording import capitalised, sentence
from reviewer.rendering.markdown import code, cut, line, marker, prose
from reviewer.rendering.outcome import found, headline, short

ROWS_MAX: Final = 150
CELL_CHARS_MAX: Final = 300
CHARS_MAX: Final = 60_000
"""Bounds of the table of settings; GitHub takes 65,536 characters."""

UNKNOWN_WORDS: Final = marker("unknown-words")
"""The hidden line of the one answer on a pull request to words that are no command."""

IDS_SHOWN_MAX: Final = 5


def done(source_id: str, review: Review, summary_id: int | None = None) -> AnswerPost:
    """The review that was asked for is made. `summary_id` is the summary's comment, for a link."""
    where = "the summary" if summary_id is None or review.number is None else _summary_link(review, summary_id)
    return _answer(source_id, f"Reviewed {code(short(review.head))}: {line(headline(review))}. Details are in {where}.")


def nothing_new(source_id: str, review: Review, summary_id: int | None = None) -> AnswerPost:
    """The head was reviewed before, so nothing was posted again."""
    where = "the summary" if summary_id is None or review.number is None else _summary_link(review, summary_id)
    said = f"{code(short(review.head))} was reviewed before, and nothing has changed since"
    return _answer(source_id, f"{said}: {line(found(review))}. See {where}.")


def usage(source_id: str, handle: str) -> AnswerPost:
    """What we can be asked for. `handle` is the name we answer to, without "@"."""
    who = "They are for people with write permission, and are heeded in new comments only."
    return _answer(source_id, f"Write one of these on a line of its own:\n\n{_commands(handle)}\n\n{who}")


def config(source_id: str, plan: Plan) -> AnswerPost:
    """What is in force for a pull request, where each value came from, and what is wrong with the files."""
    notes = "".join(f"> ⚠️ Configuration: {line(note)}\n>\n" for note in plan.notes)
    rows = [
        f"| {_barred(code(one.name))} | {_cell(one.value)} | {_barred(line(one.source))} |" for one in in_force(plan)
    ]
    shown = rows[:ROWS_MAX]
    if len(rows) > len(shown):
        shown.append(f"| … | {len(rows) - len(shown)} more | |")
    table = "\n".join(("| setting | value | from |", "| --- | --- | --- |", *shown))
    return _answer(source_id, cut("\n\n".join(filter(None, (notes.rstrip("\n>"), table))), CHARS_MAX))


def _cell(text: str) -> str:
    return _barred(line(text if len(text) <= CELL_CHARS_MAX else text[:CELL_CHARS_MAX] + " …"))


def _barred(markdown: str) -> str:
    """Markdown as one cell of a table: every bar is escaped once, in code too, where GitHub takes the sign away."""
    return markdown.replace("\\|", "|").replace("|", "\\|")


def unknown(source_id: str, words: str, handle: str) -> AnswerPost:
    """A request in words that we do not know; said once on each pull request, by its own marker."""
    said = (
        f"I do not know {code(words)}. {code(f'@{handle} help')} lists what I know. I say this once on a pull request."
    )
    return _answer(source_id, f"{said}\n\n{UNKNOWN_WORDS}")


def acted(source_id: str, said: str) -> AnswerPost:
    """What was asked for is done; `said` are our own sentences, with code in backticks."""
    return _answer(source_id, prose(said))


def not_named(source_id: str, asked: Command, handle: str) -> AnswerPost:
    """A command that speaks of a finding, and of which one is not to be seen."""
    where = "Its id stands at the end of each of my comments; in a thread of mine it may be left out."
    return _answer(source_id, f"Of which finding? Write {code(f'@{handle} {_usage(asked)}')}. {where}")


def names_nothing(source_id: str, beginning: str) -> AnswerPost:
    """No finding has an id that begins so."""
    return _answer(source_id, f"No finding of mine on this pull request has an id that begins with {code(beginning)}.")


def names_several(source_id: str, beginning: str, ids: Sequence[str]) -> AnswerPost:
    """Several findings have ids that begin so."""
    shown = ", ".join(code(one) for one in ids[:IDS_SHOWN_MAX])
    more = f" and {len(ids) - IDS_SHOWN_MAX} more" if len(ids) > IDS_SHOWN_MAX else ""
    return _answer(source_id, f"{code(beginning)} begins the ids of {shown}{more}. Write more of the one you mean.")


def no_answers(source_id: str, reason: str, handle: str) -> AnswerPost:
    """A question to the model that cannot be put to it. `reason` is a sentence."""
    instead = f"{code(f'@{handle} explain ID')} explains a finding without it."
    return _answer(source_id, f"{line(sentence(reason))} So nobody can answer the question; {instead}")


def rewritten(source_id: str, review: Review, summary_id: int) -> AnswerPost:
    """The summary is written anew."""
    where = _summary_link(review, summary_id)
    return _answer(source_id, f"Wrote {where} anew for {code(short(review.head))}: {line(headline(review))}.")


def not_permitted(source_id: str, login: str) -> AnswerPost:
    """Somebody without write access asked. Their name is not tagged."""
    return _answer(
        source_id, f"{code(login)} has no write access to this repository; somebody who has it can ask for a review."
    )


def skipped(source_id: str, reason: str) -> AnswerPost:
    """What was asked for was not done, on purpose."""
    return _answer(source_id, f"Not reviewed: {line(sentence(reason))}")


def failed(source_id: str, reason: str, handle: str, asked: Command = Command.REVIEW) -> AnswerPost:
    """What somebody asked for could not be done. `reason` is one sentence for a person (an error's message)."""
    what = "Not reviewed." if asked in (Command.REVIEW, Command.FULL_REVIEW) else "That did not work."
    again = f"When that is mended, ask again with {code(f'@{handle} {_usage(asked)}')}."
    return _answer(source_id, f"**{what}** {line(capitalised(sentence(reason)))} {again}")


def _usage(asked: Command) -> str:
    return next(form.usage for form in FORMS if form.command is asked)


def _commands(handle: str) -> str:
    return "\n".join(f"- {code(f'@{handle} {form.usage}')} {form.does}." for form in FORMS)


def _answer(source_id: str, text: str) -> AnswerPost:
    hidden = marker("answer", source_id)
    return AnswerPost(hidden, f"{text}\n\n{hidden}")


def _summary_link(review: Review, comment_id: int) -> str:
    root = review.plan.web_url.rstrip("/")
    if urlsplit(root).scheme not in ("http", "https"):
        return "the summary"
    path = (*review.repository.split("/"), "pull", str(review.number))
    return f"[the summary]({'/'.join((root, *(quote(part, safe='') for part in path)))}#issuecomment-{comment_id})"

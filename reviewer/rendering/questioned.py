"""What came of a person's answer to a follow-up question: one comment of ours, whose hidden line is what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.memory import Came
from reviewer.core.publication import AnswerPost
from reviewer.core.wording import capitalised, sentence
from reviewer.rendering.markdown import code, line, linked_code, marker, prose
from reviewer.rendering.outcome import title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reviewer.core.finding import Finding
    from reviewer.core.question import Question

_OPEN, _CLOSE = marker("answered", "ID").split("ID")
_DIGITS: Final = frozenset("0123456789abcdef")

OPEN_MAX: Final = 8
"""Open questions that are listed to who named none of them."""


def answers_in(bodies: Iterable[str]) -> Mapping[str, Came]:
    """What our own comments say of follow-up questions, by their ids; of two, the later one counts."""
    found: dict[str, Came] = {}
    for body in bodies:
        for row in (row.strip() for row in body.split("\n")):
            if not (row.startswith(_OPEN) and row.endswith(_CLOSE)):
                continue
            identity, _, word = row.removeprefix(_OPEN).removesuffix(_CLOSE).partition(" ")
            known = next((came for came in Came if came.value == word), None)
            if known is not None and identity.startswith("q-") and _DIGITS.issuperset(identity[2:]):
                found[identity] = known
    return found


def noted(source_id: str, question: Question) -> AnswerPost:
    """An answer to a question on which nothing hangs that the model could weigh."""
    hangs = "The finding that it is about stands until somebody dismisses it." if question.finding else ""
    said = f"Noted: {code(question.id)} is closed. {hangs or 'No finding hangs on it.'}"
    return _post(source_id, said, question, Came.NOTED)


def refuted(source_id: str, question: Question, finding: Finding, reason: str) -> AnswerPost:
    """The answer speaks against the finding."""
    said = f"Thank you: that settles {code(question.id)}, and {_titled(finding)} is not reported. {_because(reason)}"
    return _post(source_id, said, question, Came.REFUTED)


def confirmed(source_id: str, question: Question, finding: Finding, reason: str, url: str | None) -> AnswerPost:
    """The answer bears the finding out; it is told here, and by every review from the next one on."""
    where = linked_code(f"{finding.span.path}:{finding.span.first}", url) if finding.span else "the change as a whole"
    said = (
        f"With that answer, {code(question.id)} is a finding at {where}: **{line(finding.title)}** {_because(reason)}"
    )
    later = "It counts from the next review on: on its line if there is a new commit, else in the summary."
    return _post(source_id, f"{said}\n\n{prose(finding.message)}\n\n{later}", question, Came.CONFIRMED)


def undecided(source_id: str, question: Question, reason: str) -> AnswerPost:
    """The answer does not decide it: the question stays open."""
    return _post(source_id, f"{code(question.id)} stays open. {_because(reason)}", question, None)


def unweighed(source_id: str, identity: str, why: str) -> AnswerPost:
    """Nobody could weigh the answer. `why` is one sentence."""
    hidden = marker("answer", source_id)
    said = f"{line(capitalised(sentence(why)))} So your answer to {code(identity)} is not weighed, and it stays open."
    return AnswerPost(hidden, f"{said}\n\n{hidden}")


def unknown_question(source_id: str, identity: str, left: Sequence[Question]) -> AnswerPost:
    """No open question has that id; which have one."""
    rows = "\n".join(f"- {line(one.told)}" for one in left[:OPEN_MAX])
    open_ones = f" These are open:\n\n{rows}" if rows else " None is open on this pull request."
    hidden = marker("answer", source_id)
    return AnswerPost(hidden, f"No open question of mine has the id {code(identity)}.{open_ones}\n\n{hidden}")


def _titled(finding: Finding) -> str:
    return f"“{line(title_of(finding)).rstrip('.')}”"


def _because(reason: str) -> str:
    return line(sentence(reason)) if reason.strip() else ""


def _post(source_id: str, said: str, question: Question, came: Came | None) -> AnswerPost:
    hidden = marker("answer", source_id)
    kept = (marker("answered", f"{question.id} {came.value}"),) if came is not None else ()
    return AnswerPost(hidden, "\n\n".join((said.strip(), *kept, hidden)))

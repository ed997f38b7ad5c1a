"""What is said of earlier reviews: the line of changes, who dismissed what, what is left to people, the hidden state.

And what is written into a comment of ours that says no longer what is so; what stood there stays below, to be put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.memory import Mark
from reviewer.core.memory_state import STATE_CHARS_MAX, read_state, state_text
from reviewer.core.wording import counted, sentence
from reviewer.rendering.markdown import code, line, marker
from reviewer.rendering.outcome import SHA_CHARS, short, title_of
from reviewer.rendering.placing import discussion_address, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reviewer.core.finding import Finding
    from reviewer.core.gone import Gone
    from reviewer.core.memory import Dismissal, State
    from reviewer.core.review import Review

WAS: Final = marker("was")
"""Divides what we wrote into a comment later from what stood there first."""

THREAD_LINE: Final = marker("line")
"""By which the line in a thread is known that says what became of its finding; there is one at most."""

_STATE: Final = "<!-- reviewer:state "
_END: Final = " -->"
_FINDING: Final = "<!-- reviewer:finding "

CHARS_MAX: Final = 1_800
"""Characters of one list about earlier findings; the rest is counted. There are three, each with a line above it."""


def since(review: Review) -> str:
    """What changed since the head reviewed before, in one line; "" when there was none."""
    state = review.recalled.state
    if state is None or not state.tally.since:
        return ""
    tally = state.tally
    told = (
        (tally.new, "new"),
        (tally.back, "back again"),
        (tally.fixed, "fixed"),
        (tally.withdrawn, "withdrawn"),
        (tally.still_open, "still open"),
    )
    words = ", ".join(f"{number} {word}" for number, word in told if number)
    again = "the last review of this commit" if tally.since == review.head else code(tally.since[:SHA_CHARS])
    return f"Since {again}: {words or 'no change'}."


def earlier(review: Review) -> str:
    """The findings of earlier reviews that are not among this one's, and those that a person dismissed."""
    recalled = review.recalled
    left = [one for one in recalled.gone if one.said is not None and not one.is_kept and _is_left(one)]
    parts = (
        _listed(review, "Still open from an earlier review, as these lines were not judged anew", recalled.kept),
        _listed(review, "Mended, and left for you to resolve, as people have written there", left),
        _dismissed(review),
    )
    told = "\n\n".join(part for part in parts if part)
    return f"#### From earlier reviews\n\n{told}" if told else ""


def state_line(state: State | None) -> str:
    """The hidden line by which the next review remembers this one; "" where there is nothing to remember."""
    return "" if state is None else f"{_STATE}{state_text(state)}{_END}"


def with_state(body: str, state: State | None) -> str:
    """A summary with another state in it."""
    rows = [row for row in body.split("\n") if not row.strip().startswith(_STATE)]
    hidden = state_line(state)
    return "\n".join((*rows[:-1], hidden, *rows[-1:]) if hidden else rows)


def state_of(body: str) -> State | None:
    """The state in a summary of ours; None where there is none, or it is not as we wrote it."""
    for row in reversed(body.split("\n")):
        bare = row.strip()
        if bare.startswith(_STATE) and bare.endswith(_END) and len(bare) <= STATE_CHARS_MAX + 50:
            return read_state(bare.removeprefix(_STATE).removesuffix(_END))
    return None


def fingerprint_in(body: str) -> str:
    """The fingerprint in the marker of a comment of ours on lines; "" for another text."""
    for row in reversed(body.split("\n")):
        bare = row.strip()
        if bare.startswith(_FINDING) and bare.endswith(_END):
            name = bare.removeprefix(_FINDING).removesuffix(_END)
            return name if len(name) == 16 and all(char in "0123456789abcdef" for char in name) else ""
    return ""


def mark_in(body: str) -> Mark:
    """What we have written into a comment of ours later on."""
    rows = [row.strip() for row in body.split("\n")]
    if WAS not in rows:
        return Mark.NONE
    above = rows[: rows.index(WAS)]
    return next((mark for mark in Mark if mark is not Mark.NONE and marker(mark.value) in above), Mark.NONE)


def marked(body: str, mark: Mark, said: str) -> str:
    """A comment of ours with a line above it that says what became of it. `said` is markdown of ours; "" where the
    thread has a line of its own.
    """
    return "\n\n".join(part for part in (said, marker(mark.value) + "\n" + WAS, unmarked(body)) if part)


def unmarked(body: str) -> str:
    """A comment of ours as it was made."""
    rows = body.split("\n")
    bare = [row.strip() for row in rows]
    return "\n".join(rows[bare.index(WAS) + 1 :]).strip("\n") if WAS in bare else body


def became(mark: Mark, head: str) -> str:
    """The line in the comment of a finding that is not found at `head` any more."""
    at = code(short(head))
    if mark is Mark.FIXED:
        return f"✅ **Fixed** at {at}."
    return f"↩️ **Withdrawn** at {at}: the code is the same, but this is no longer reported."


def thread_line(mark: Mark, head: str) -> str:
    """The one line of ours in a thread that we resolve, or open again."""
    back = f"↩️ **Back** at {code(short(head))}: it is found again."
    return f"{became(mark, head) if mark is not Mark.NONE else back}\n\n{THREAD_LINE}"


def dismissed_by(dismissal: Dismissal) -> str:
    """The line in the comment of a finding that a person dismissed."""
    return f"🔕 **Dismissed**{_who(dismissal)}."


def _who(dismissal: Dismissal) -> str:
    by = f" by {code(dismissal.by)}" if dismissal.by else ""
    if dismissal.by_hand:
        return f"{by}, who resolved the thread" if by else ": the thread was resolved"
    return f"{by}: {line(dismissal.why)}".rstrip(".") if dismissal.why else by


def _is_left(gone: Gone) -> bool:
    return gone.said is not None and gone.said.has_others and not gone.said.is_resolved


def _listed(review: Review, title: str, gone: Sequence[Gone]) -> str:
    if not gone:
        return ""
    return f"{title}:\n\n" + _fitted([f"- {_place(review, one)}" for one in gone])


def _fitted(rows: Sequence[str]) -> str:
    """Whole rows, as a cut could leave a fold open."""
    kept: list[str] = []
    room = CHARS_MAX
    for row in rows:
        room -= len(row) + 1
        if room < 0:
            return "\n".join((*kept, f"- … and {len(rows) - len(kept)} more."))
        kept.append(row)
    return "\n".join(kept)


def _place(review: Review, gone: Gone) -> str:
    path = gone.known.path if gone.known is not None else gone.said.path if gone.said is not None else ""
    rule = f" ({code(gone.known.rule)})" if gone.known is not None else ""
    shown = code(path) if path else "the change as a whole"
    url = discussion_address(review, gone.said.comment) if gone.said is not None else None
    return f"[{shown}]({url}){rule}" if url is not None else f"{shown}{rule}"


def _dismissed(review: Review) -> str:
    """The dismissed findings, folded away: each with who dismissed it and why."""
    dismissed = review.recalled.dismissed
    if not dismissed:
        return ""
    rows = _fitted([_told(review, finding, dismissal) for finding, dismissal in dismissed])
    title = f"{counted(len(dismissed), 'finding')} dismissed on this pull request"
    return f"<details><summary>{title}</summary>\n\n{rows}\n\n</details>"


def _told(review: Review, finding: Finding, dismissal: Dismissal) -> str:
    return f"- {place(review, finding)} {sentence(title_of(finding))} Dismissed{_who(dismissal)}."

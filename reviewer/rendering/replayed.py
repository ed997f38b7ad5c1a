"""What a replay says: whether the review came out the same, and what another persona would make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.compose import place_of
from reviewer.core.wording import counted
from reviewer.rendering.json_review import as_text
from reviewer.rendering.outcome import short
from reviewer.rendering.visible import visible
from reviewer.rendering.who import who_is_asked

if TYPE_CHECKING:
    from reviewer.core.bundle import Bundle, Published
    from reviewer.core.finding import Finding
    from reviewer.core.review import Placed, Review
    from reviewer.rendering.as_posted import Rebuilt

LINES_MAX: Final = 40
"""Lines shown of each side of a difference; what is wrong is seen in the first few."""


@dataclass(frozen=True, slots=True)
class Change:
    """A finding that both reviews have, and what is not the same of it: `severity note → warning`."""

    finding: Finding
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two reviews of the same change. `before` and `after` are the names of those who are asked, in order."""

    gained: tuple[Finding, ...]
    lost: tuple[Finding, ...]
    changed: tuple[Change, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    conclusions: tuple[str, str]

    @property
    def is_none(self) -> bool:
        """Whether a reader would notice nothing."""
        same = self.before == self.after and len(set(self.conclusions)) == 1
        return same and not (self.gained or self.lost or self.changed)


def difference(before: Review, after: Review) -> Difference:
    """What changes from one review to another of the same change. Findings are the same by their fingerprint."""
    old = {item.finding.fingerprint: item for item in before.placed}
    new = {item.finding.fingerprint: item for item in after.placed}
    both = ((old[name], new[name]) for name in new if name in old)
    return Difference(
        gained=tuple(item.finding for name, item in new.items() if name not in old),
        lost=tuple(item.finding for name, item in old.items() if name not in new),
        changed=tuple(Change(now.finding, what) for was, now in both if (what := tuple(_changes(was, now)))),
        before=tuple(one.name for one in who_is_asked(before)),
        after=tuple(one.name for one in who_is_asked(after)),
        conclusions=(before.conclusion.value, after.conclusion.value),
    )


def unequal(bundle: Bundle, rebuilt: Rebuilt) -> tuple[str, ...]:
    """The parts that did not come out as they were recorded, each as a text that shows where."""
    recorded = dict(_parts(bundle.published))
    made = dict(_parts(rebuilt.published))
    if bundle.review is not None:
        recorded["the JSON"], made["the JSON"] = as_text(bundle.review), as_text(rebuilt.document)
    names = dict.fromkeys((*recorded, *made))
    return tuple(
        f"{name}\n{_where(recorded.get(name), made.get(name))}"
        for name in names
        if recorded.get(name) != made.get(name)
    )


def about(bundle: Bundle) -> str:
    """Which review it is: `octo/shop#3 at 1a2b3c4, recorded 2026-01-31T12:00:00+00:00 by reviewer 0.1.0`."""
    made = f"recorded {bundle.recorded_at} by reviewer {bundle.made.reviewer}"
    if bundle.inputs is None:
        return visible(f"A review {made}")
    change = bundle.inputs.change
    number = "" if change.number is None else f"#{change.number}"
    return visible(f"{change.repository or 'A local review'}{number} at {short(change.head)}, {made}")


def contents(published: Published) -> str:
    """What there is of it: `2 comments, the summary, the check run with 3 annotations and the JSON`."""
    comments = len(published.review.comments) if published.review is not None else 0
    summary = "the summary" if published.summary is not None else "no summary"
    notes = counted(len(published.check.annotations), "annotation")
    return f"{counted(comments, 'comment')}, {summary}, the check run with {notes}, and the JSON"


def missing(bundle: Bundle) -> tuple[str, ...]:
    """What was left out of the bundle or taken out of its texts, as sentences."""
    said = [
        f"Left out when it was recorded, being over the bound: {part.part} ({part.size:,} bytes)."
        for part in bundle.left_out
    ]
    if bundle.redacted:
        texts = counted(bundle.redacted, "text")
        said.append(f"Secrets were taken out of {texts} when it was recorded, of what was posted, too.")
    return tuple(visible(one) for one in said)


def told(found: Difference) -> Iterator[str]:
    """The difference as lines for a terminal."""
    for sign, findings in (("+", found.gained), ("-", found.lost)):
        for finding in findings:
            yield _row(f"{sign} {_named(finding)}")
    for change in found.changed:
        yield _row(f"~ {_named(change.finding)}: {'; '.join(change.what)}")
    was, now = (", ".join(names) or "nobody" for names in (found.before, found.after))
    yield _row(f"asked: {now}" + ("" if was == now else f" (was: {was})"))
    was, now = found.conclusions
    if was != now:
        yield f"conclusion: {now} (was: {was})"


def _row(text: str) -> str:
    return visible(" ".join(text.split("\n")))


def _named(finding: Finding) -> str:
    where = place_of(finding) or "the change as a whole"
    return f"{finding.severity.value:<8} {finding.rule} {where}  {' '.join(finding.title.split())}"


def _changes(was: Placed, now: Placed) -> Iterator[str]:
    old, new = was.finding, now.finding
    pairs = (
        ("severity", old.severity.value, new.severity.value),
        ("owner", old.owner, new.owner),
        ("place", was.where.value, now.where.value),
        ("persona rule", _quoted(old.persona_rule), _quoted(new.persona_rule)),
    )
    for what, before, after in pairs:
        if before != after:
            yield f"{what} {before} → {after}"


def _quoted(rule: str) -> str:
    return f"“{' '.join(rule.split())}”" if rule else "none"


def _parts(published: Published) -> Iterator[tuple[str, str]]:
    """Every text that is posted, under a name for people."""
    if published.review is not None:
        yield "the review", f"{published.review.marker}\n{published.review.body}"
        for number, one in enumerate(published.review.comments, 1):
            place = f"{one.path} {one.start_line or one.line}-{one.line} {one.side.value} {one.fingerprint}"
            yield f"comment {number}", f"{place}\n{one.body}"
    if published.summary is not None:
        yield "the summary", f"{published.summary.marker}\n{published.summary.body}"
    check = published.check
    yield "the check run", "\n".join((check.conclusion.value, check.title, check.summary, check.text))
    notes = (
        f"{note.path} {note.start_line}-{note.end_line} {note.level.value} {note.title}\n{note.message}"
        for note in check.annotations
    )
    yield "the annotations", "\n".join(notes)
    yield "the buttons", "\n".join(f"{one.identifier} {one.label} {one.description}" for one in check.actions)


def _where(recorded: str | None, made: str | None) -> str:
    """The lines between the common beginning and the common end. Linear, as either text may be a stranger's."""
    if recorded is None or made is None:
        return (
            "  it was not recorded, and is made now" if recorded is None else "  it was recorded, and is not made now"
        )
    old, new = recorded.split("\n"), made.split("\n")
    first = _alike(old, new)
    last = _alike(old[first:][::-1], new[first:][::-1])
    rows = [f"  line {first + 1}"]
    for sign, lines in (("-", old[first : len(old) - last]), ("+", new[first : len(new) - last])):
        rows += [f"  {sign} {visible(line)}" for line in lines[:LINES_MAX]]
        if len(lines) > LINES_MAX:
            rows.append(f"  {sign} … {len(lines) - LINES_MAX} more lines")
    return "\n".join(rows)


def _alike(old: list[str], new: list[str]) -> int:
    """With how many equal lines both begin."""
    pairs = zip(old, new, strict=False)
    return next((at for at, (one, two) in enumerate(pairs) if one != two), min(len(old), len(new)))

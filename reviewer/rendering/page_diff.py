"""The page's lower part: each file's diff, with the comments under the lines they speak of."""

from __future__ import annotations

from typing import assert_never

from reviewer.core.anchor import Span
from reviewer.core.change import Change, ChangedFile
from reviewer.core.compose import place_of
from reviewer.core.concern import Side
from reviewer.core.diff import Hunk, Line, LineKind
from reviewer.core.finding import Finding
from reviewer.core.review import Placed, Review
from reviewer.rendering.html import code, line, plain, prose, reference
from reviewer.rendering.outcome import concern_name, evidence
from reviewer.rendering.placing import address


def files(review: Review, change: Change) -> str:
    """Every file of the change: first those with comments, then the others, folded, or open with why nobody looked."""
    asked = {item.finding.path for item in review.placed}
    return "\n".join(_file(review, file) for file in sorted(change.files, key=lambda file: file.path not in asked))


def unplaced(review: Review, change: Change) -> str:
    """Comments about the change as a whole, and about files that are not in it."""
    paths = {file.path for file in change.files}
    return "".join(_card(review, item.finding) for item in review.placed if item.finding.path not in paths)


def card_id(finding: Finding) -> str:
    """The name of a comment within the page."""
    return f"f-{finding.fingerprint}"


def _file(review: Review, file: ChangedFile) -> str:
    items = [item for item in review.placed if item.finding.path == file.path]
    entry = next((entry for entry in review.coverage.unreviewed if entry.path == file.path), None)
    name = f"{plain(file.old_path)} → {plain(file.path)}" if file.old_path else plain(file.path)
    head = f"<summary>{name} <span class='soft small'>{plain(file.status.value)}</span></summary>"
    missing = f"<p><strong>Not reviewed:</strong> {line(entry.reason or '')}</p>" if entry else ""
    outside = "".join(_card(review, item.finding) for item in items if item.anchor is None)
    rows = "".join(_hunk(review, hunk, items, number) for number, hunk in enumerate(file.diff.hunks))
    table = (
        f"<table><colgroup><col class='n'><col class='n'><col class='s'><col></colgroup>{rows}</table>" if rows else ""
    )
    opened = " open" if items or entry else ""
    return f"<details class='file'{opened}>{head}{missing}{outside}{table}</details>"


def _hunk(review: Review, hunk: Hunk, items: list[Placed], number: int) -> str:
    rows = [_gap(hunk)] if number or _first(hunk) > 1 else []
    for row in hunk.lines:
        rows.append(_row(row, items))
        ended = [
            item for item in items if item.anchor is not None and _number(row, item.anchor.side) == item.anchor.last
        ]
        rows += [f"<tr><td colspan='4'>{_card(review, item.finding)}</td></tr>" for item in ended]
    return "".join(rows)


def _gap(hunk: Hunk) -> str:
    return f"<tr class='gap'><td colspan='4'>from line {_first(hunk)}</td></tr>"


def _first(hunk: Hunk) -> int:
    return next((row.new or row.old or 1 for row in hunk.lines), 1)


def _row(row: Line, items: list[Placed]) -> str:
    match row.kind:
        case LineKind.ADDED:
            kind = "add"
        case LineKind.REMOVED:
            kind = "del"
        case LineKind.CONTEXT:
            kind = ""
        case _:
            assert_never(row.kind)
    asked = any(
        item.anchor is not None and item.anchor.first <= (_number(row, item.anchor.side) or 0) <= item.anchor.last
        for item in items
    )
    names = " ".join(filter(None, (kind, "asked" if asked else "")))
    old, new = row.old or "", row.new or ""
    text = plain(row.text.removesuffix("\r"))
    numbers = f"<td class='n'>{old}</td><td class='n'>{new}</td>"
    return f"<tr class='{names}'>{numbers}<td class='s'>{row.kind.value}</td><td class='c'>{text}</td></tr>"


def _number(row: Line, side: Side) -> int | None:
    """A row's line number on a side, as GitHub takes comments: removed lines LEFT, all others RIGHT."""
    if side is Side.RIGHT:
        return row.new
    return row.old if row.kind is LineKind.REMOVED else None


def _card(review: Review, finding: Finding) -> str:
    severity = finding.severity.value
    where = code(place_of(finding), _address(review, finding.span)) if finding.span else "the change as a whole"
    tag = f"<span class='tag {severity}'>{severity}</span>"
    head = f"<h4>{tag} {line(finding.title)}</h4>"
    quote = f"<blockquote>{line(finding.persona_rule)}</blockquote>" if finding.persona_rule else ""
    pages = "".join(f" · {reference(page.title, page.url)}" for page in finding.references[:2])
    source = f"{evidence(finding)} ({code(finding.rule)}) · for {plain(finding.owner)}"
    foot = f"<p class='soft small'>{concern_name(finding.concern)} · {where} · {source}{pages}</p>"
    body = prose(finding.message) + _suggestion(finding) + quote + foot
    return f"<section class='card {severity}' id='{card_id(finding)}'>{head}{body}</section>"


def _address(review: Review, span: Span | None) -> str | None:
    return None if span is None else address(review, span)


def _suggestion(finding: Finding) -> str:
    change = finding.suggestion
    if change is None:
        return ""
    where = f"Line {change.first}" if change.first == change.last else f"Lines {change.first} to {change.last}"
    if not change.text:
        return f"<p>{where} can go.</p>"
    return f"<div class='change'><b>{where} would read</b><pre><code>{plain(change.text)}</code></pre></div>"

"""Format through oxfmt, by the project's own Prettier options: what a change left unformatted that was formatted
before."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.anchor import Span, place
from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.linters.drift import Drift, Hunk, drift
from reviewer.linters.runner import Ran, Tool, installed, sweep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewer.core.change import ChangedFile
    from reviewer.linters.configuration import Style

ARGUMENTS: Final = ("--disable-nested-config", "--ignore-path=/dev/null", "--threads=1")
"""No configuration but ours and no ignore file."""

HUNKS_SUGGESTED_MAX: Final = 5
"""Above this many places the mend is to run Prettier, not to press buttons."""

SLUG: Final = "lint_format"
TITLE: Final = "The file is not formatted as the project's Prettier configuration says"
_REFERENCE: Final = Reference("Prettier: command line", "https://prettier.io/docs/cli")


@dataclass(frozen=True, slots=True)
class FormatRead:
    """One finding for each file that drifted, and for each file that was not checked why."""

    findings: tuple[Finding, ...]
    unseen: Mapping[str, str]


async def check_format(files: Mapping[str, tuple[ChangedFile, Style]]) -> FormatRead:
    """Find the files, by path, that the change left unformatted and that were formatted at base, or are new.

    Files without a text at head are passed over. Raises RefusedError when oxfmt is not installed, nothing for any text.
    """
    findings: list[Finding] = []
    unseen: dict[str, str] = {}
    binary = installed("oxfmt")
    groups: dict[str, list[tuple[ChangedFile, Style]]] = {}
    for file, style in files.values():
        groups.setdefault(_configuration(style, file.head or ""), []).append((file, style))
    for configuration, group in groups.items():
        listing = Tool("oxfmt", binary, (*ARGUMENTS, "--list-different"), configuration)
        listed = await sweep(listing, {file.path: file.head for file, _ in group if file.head is not None}, _listed)
        unseen.update(listed.unseen)
        different = frozenset[str]().union(*listed.answers)
        drifted = [(file, style) for file, style in group if file.path in different]
        writing = Tool("oxfmt", binary, (*ARGUMENTS, "--write"), configuration, writes=True)
        written = await sweep(writing, _both_sides(drifted), _written)
        formatted = {key: text for answer in written.answers for key, text in answer.items()}
        for file, style in drifted:
            if "head/" + file.path not in formatted:
                unseen[file.path] = written.unseen.get("head/" + file.path, "oxfmt could not read it")
            elif (finding := _finding(file, style, formatted)) is not None:
                findings.append(finding)
    return FormatRead(tuple(findings), unseen)


def _configuration(style: Style, head: str) -> str:
    """oxfmt's configuration: every option, as its own defaults differ; `auto` line ends are those of the text's first
    line."""
    options = dict(style.options)
    if options["endOfLine"] == "auto":
        options["endOfLine"] = "crlf" if head.partition("\n")[0].endswith("\r") else "lf"
    return json.dumps({**options, "sortPackageJson": False})


def _both_sides(files: list[tuple[ChangedFile, Style]]) -> dict[str, str]:
    heads = {"head/" + file.path: file.head for file, _ in files if file.head is not None}
    return heads | {"base/" + file.path: file.base for file, _ in files if file.base is not None}


def _listed(ran: Ran) -> frozenset[str] | None:
    """The paths whose format differs. Status 2 tells that some file could not be read, and then nothing is believed."""
    if ran.status not in (0, 1):
        return None
    names = ran.output.decode("utf-8", "replace").split("\n")
    return frozenset(ran.paths[name] for name in names if name in ran.paths)


def _written(ran: Ran) -> dict[str, str] | None:
    if ran.status != 0:
        return None
    return {path: content.decode("utf-8", "replace") for path, content in ran.texts.items()}


def _finding(file: ChangedFile, style: Style, formatted: Mapping[str, str]) -> Finding | None:
    """The finding about one file whose head differs from its formatted self, if the change brought that."""
    head, base = file.head or "", file.base
    if base is not None:
        base_formatted = formatted.get("base/" + file.path)
        if base_formatted is None or _differs(base, base_formatted, style):
            return None  # it was not formatted before either, or nobody knows
    if not _differs(head, formatted["head/" + file.path], style):
        return None
    found = drift(head, formatted["head/" + file.path], style.versions)
    hunk = _first_changed(file, found)
    span = _span(file, hunk) if hunk else Span(file.path, _last_line(head), _last_line(head))
    few = 0 < len(found.hunks) <= HUNKS_SUGGESTED_MAX and not found.is_large
    return Finding(
        rule=SLUG,
        concern=Concern.LINT,
        severity=Severity.NOTE,
        span=span,
        title=TITLE,
        message=_message(file, found, style),
        confidence=0.95 if style.versions.is_exact else 0.8,
        quoted="\n".join(head.split("\n")[span.first - 1 : min(span.last, span.first + 9)]),
        suggestion=Suggestion(hunk.first, hunk.last, hunk.text) if hunk and few else None,
        references=(_REFERENCE,),
    )


def _differs(text: str, formatted: str, style: Style) -> bool:
    found = drift(text, formatted, style.versions)
    return bool(found.hunks) or text.endswith("\n") != formatted.endswith("\n")


def _first_changed(file: ChangedFile, found: Drift) -> Hunk | None:
    return next(
        (hunk for hunk in found.hunks if file.diff.touches(hunk.first, hunk.last)), next(iter(found.hunks), None)
    )


def _span(file: ChangedFile, hunk: Hunk) -> Span:
    """The hunk's lines if GitHub takes a comment on all of them, else the first of them that the change touched."""
    whole = Span(file.path, hunk.first, hunk.last)
    anchor = place(file.diff, whole)
    if anchor is not None and anchor.first == hunk.first:
        return whole
    line = min((number for number in file.diff.edited if hunk.first <= number <= hunk.last), default=hunk.first)
    return Span(file.path, line, line)


def _last_line(text: str) -> int:
    return text.removesuffix("\n").count("\n") + 1


def _message(file: ChangedFile, found: Drift, style: Style) -> str:
    state = "It was formatted before this change." if file.base is not None else "It is new."
    if found.is_large or len(found.hunks) > HUNKS_SUGGESTED_MAX:
        return f"{state} Too much differs for single suggestions: run `prettier --write` on it."
    if not found.hunks:
        return f"{state} Only the line end at the end of the file differs: run `prettier --write` on it."
    count = len(found.hunks)
    places = "One place differs" if count == 1 else f"{count} places differ"
    return f"{state} {places}; `prettier --write` mends it."

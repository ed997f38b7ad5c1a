"""Linters: oxlint and oxfmt over what a change touched, out of process, under our configuration alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from reviewer.core.anchor import Span
from reviewer.core.change import FileStatus
from reviewer.core.concern import Concern, Severity
from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.finding import Finding
from reviewer.core.source_paths import is_production
from reviewer.core.wording import also_on
from reviewer.linters.configuration import STYLE_NAMES, NoStyle, Style, format_style
from reviewer.linters.lint_switches import Level, Switches, switches, wanted
from reviewer.linters.oxfmt import SLUG as FORMAT
from reviewer.linters.oxfmt import FormatRead, check_format
from reviewer.linters.oxlint import (
    Asked,
    Diagnostic,
    LintRead,
    LintRule,
    Place,
    accepted,
    introduced,
    known_rules,
    lint,
    lint_rules,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reviewer.core.change import Change, ChangedFile

_NOT_IN_TESTS = frozenset(
    {
        "eslint/no-unused-vars",
        "typescript/ban-ts-comment",
        "eslint/no-unsafe-optional-chaining",
        "typescript/no-explicit-any",
        "typescript/no-non-null-asserted-optional-chain",
        "typescript/no-unsafe-function-type",
    }
)
"""Rules that are not asked in tests, nor in what the rules leave alone (migrations, seeds, fixtures): true there, and
half of all hits (44 of 133 and 8 of 9 in 229 real changes), but stand-ins for whole types and results that nobody
reads are meant."""

_MOVED = "This change edits the configuration of the format: format is not checked."

_SPAN_LINES_MAX = 10
"""Lines of one finding; of a longer construct the first are shown."""


@dataclass(frozen=True, slots=True)
class Linted:
    """What the linters say of a change. `unseen` maps a path to why a linter did not see that file, whole or in part;
    `parsed` holds the paths of those that the parser of oxlint could follow.

    `notes` are sentences for the reader about configuration that could not be followed, each said once.
    """

    findings: tuple[Finding, ...]
    unseen: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()
    parsed: frozenset[str] = frozenset()


def slugs() -> frozenset[str]:
    """The names of all findings that the linters can make."""
    rules = (name.rpartition("/")[2].replace("-", "_") for name in (*known_rules(), *lint_rules()))
    return frozenset({FORMAT, *(f"lint_{rule}" for rule in rules)})


async def lint_change(change: Change, configuration: Mapping[str, str | None]) -> Linted:
    """Lint rules and format of the files that the change wrote lines of.

    `configuration` holds the project's own files by path, as they are at the base of the change (`config_paths` names
    them); None for one that exists and was not read. A linter that is not installed leaves all files unseen. Raises
    TransientError when no process can be started.
    """
    files = {file.path: file for file in change.files if _is_linted(file)}
    said = {path: switches(configuration, path) for path in files}
    styles = _styles(change, configuration, files)
    try:
        read, findings = await _lint(files, said)
        ready = {
            path: (files[path], style)
            for path, style in styles.items()
            if isinstance(style, Style) and path not in read.unseen
        }
        formats = await _check_format(ready)
    except OSError as error:
        raise TransientError("the linters could not be started on this machine") from error
    reasons = [style.reason for style in styles.values() if not isinstance(style, Style)]
    notes = [note for each in said.values() for note in each.notes] + reasons + _ignored(said)
    return Linted(
        (*findings, *formats.findings),
        {**formats.unseen, **read.unseen},
        tuple(dict.fromkeys(note for note in notes if note)),
        frozenset(read.diagnostics),
    )


def _styles(
    change: Change, configuration: Mapping[str, str | None], files: Iterable[str]
) -> dict[str, Style | NoStyle]:
    """The style of each file at base; none where the change itself edits what its style is made of.

    The head's configuration is compared and never followed: formatting by the old one would flag what the new one asks
    for.
    """
    edited = {file.path: file.head for file in change.files if file.path.rpartition("/")[2] in STYLE_NAMES}
    removed = {file.path for file in change.files if file.status is FileStatus.REMOVED}
    after = {path: text for path, text in {**configuration, **edited}.items() if path not in removed}
    styles: dict[str, Style | NoStyle] = {}
    for path in files:
        style = format_style(configuration, path)
        is_moved = bool(edited) and isinstance(style, Style) and format_style(after, path) != style
        styles[path] = NoStyle(_MOVED) if is_moved else style
    return styles


def _is_linted(file: ChangedFile) -> bool:
    return file.is_typescript and file.unread is None and file.head is not None and bool(file.diff.edited)


def _heard(file: ChangedFile) -> str:
    """The head as our linter is to read it: a directive that the change added for the rest of the file is not heeded.

    The words keep their length, so that every place stays where it is. One for a single line is its author's business.
    """
    lines = (file.head or "").split("\n")
    for number in file.diff.added:
        if number <= len(lines):
            lines[number - 1] = _deafened(lines[number - 1])
    return "\n".join(lines)


def _deafened(line: str) -> str:
    for word in ("eslint-disable", "oxlint-disable"):
        at = line.find(word)
        while at >= 0:
            end = at + len(word)
            if not line.startswith(("-line", "-next-line"), end):
                line = line[:at] + word.replace("-", "_") + line[end:]
            at = line.find(word, end)
    return line


async def _lint(files: Mapping[str, ChangedFile], said: Mapping[str, Switches]) -> tuple[LintRead, list[Finding]]:
    """What oxlint says of the heads, and findings for what is new: one run for all files of which it is asked alike."""
    groups: dict[Asked, dict[str, ChangedFile]] = {}
    for path, file in files.items():
        groups.setdefault(wanted(said[path], known_rules(), lint_rules()), {})[path] = file
    diagnostics: dict[str, tuple[Diagnostic, ...]] = {}
    unseen: dict[str, str] = {}
    findings: list[Finding] = []
    for asked, group in groups.items():
        try:
            heads, found = await _lint_alike(group, await accepted(asked), said)
        except RefusedError as error:
            return LintRead({}, dict.fromkeys(files, str(error))), []
        diagnostics.update(heads.diagnostics)
        unseen.update(heads.unseen)
        findings += found
    return LintRead(diagnostics, unseen), findings


async def _lint_alike(
    files: Mapping[str, ChangedFile], asked: Asked, said: Mapping[str, Switches]
) -> tuple[LintRead, list[Finding]]:
    """The bases are read only where something could be new."""
    heads = await lint({path: _heard(file) for path, file in files.items() if file.head is not None}, asked)
    doubtful = [path for path, found in heads.diagnostics.items() if introduced(found, (), files[path].diff)]
    bases = await lint({path: base for path in doubtful if (base := files[path].base) is not None}, asked)
    findings: list[Finding] = []
    for path in doubtful:
        fresh = introduced(heads.diagnostics[path], bases.diagnostics.get(path, ()), files[path].diff)
        findings += _findings(files[path], said[path], [one for one in fresh if _counts(path, one[0], said[path])])
    return heads, findings


def _counts(path: str, diagnostic: Diagnostic, said: Switches) -> bool:
    name = diagnostic.rule.name
    if name == "typescript/no-wrapper-object-types" and diagnostic.places[0].code == "Object":
        return False  # how class-validator's own documentation types a decorator's target
    level = said.level(name)
    if said.is_ignored or level is Level.OFF:
        return False
    return level is Level.ERROR or name not in _NOT_IN_TESTS or is_production(path)


def _ignored(said: Mapping[str, Switches]) -> list[str]:
    """That files go unlinted because the project's own linter leaves them out, so that nobody takes silence for it."""
    paths = [path for path, switched in said.items() if switched.is_ignored]
    if not paths:
        return []
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return [f"The project's linter leaves out `{paths[0]}`{more}, and so do the lint rules here."]


def _severity(rule: LintRule, said: Switches) -> Severity:
    """The project's own word goes before ours: what it only warns of is a note, what it makes an error at least a
    warning."""
    level = said.level(rule.name)
    if level is Level.WARN or rule.name not in lint_rules():  # the project's own run says it louder
        return Severity.NOTE
    return Severity.WARNING if level is Level.ERROR and rule.severity is Severity.NOTE else rule.severity


def _findings(file: ChangedFile, said: Switches, fresh: list[tuple[Diagnostic, Place]]) -> Iterator[Finding]:
    """One finding for each line and rule; of a note, and of a rule that the project brought, one finding for all
    lines, on the first, that names the others."""
    places: dict[tuple[str, int], tuple[LintRule, Place]] = {}
    for diagnostic, place in sorted(fresh, key=lambda each: (each[1].first, each[0].rule.name)):
        places.setdefault((diagnostic.rule.name, place.first), (diagnostic.rule, place))
    lines: dict[str, list[int]] = {}
    for name, line in places:
        lines.setdefault(name, []).append(line)
    for (name, line), (own, place) in places.items():
        rule = replace(own, severity=_severity(own, said))
        if rule.severity is not Severity.NOTE and name in lint_rules():
            yield _finding(file, rule, place, ())
        elif line == lines[name][0]:
            yield _finding(file, rule, place, lines[name][1:])


def _finding(file: ChangedFile, rule: LintRule, place: Place, others: Sequence[int]) -> Finding:
    last = place.first
    while last < min(place.last, place.first + _SPAN_LINES_MAX - 1) and last + 1 in file.diff.added:
        last += 1
    return Finding(
        rule=rule.slug,
        concern=Concern.LINT,
        severity=rule.severity,
        span=Span(file.path, place.first, last),
        title=rule.title,
        message=rule.message + also_on(others),
        confidence=rule.confidence,
        quoted="\n".join((file.head or "").split("\n")[place.first - 1 : last]),
        references=(rule.reference,),
    )


async def _check_format(files: Mapping[str, tuple[ChangedFile, Style]]) -> FormatRead:
    if not files:
        return FormatRead((), {})
    try:
        return await check_format(files)
    except RefusedError as error:
        return FormatRead((), dict.fromkeys(files, str(error)))

"""Lint rules through oxlint: our own small, precise set, whatever configuration the change carries."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from reviewer.core.concern import Severity
from reviewer.core.finding import Reference
from reviewer.linters.runner import WALL_S, Ran, Tool, installed, run, sweep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewer.core.diff import FileDiff

ARGUMENTS: Final = ("--disable-nested-config", "--no-ignore", "--format", "json", "--threads=1")
"""No configuration but ours, no ignore file, and one thread: the service runs several reviews beside each other."""

PLUGINS: Final = ("typescript", "oxc", "unicorn", "promise", "node")
"""Rule sets built into oxlint that ours and the project's come from, besides ESLint's own."""

NOT_ALONE: Final = frozenset(
    {
        "eslint/no-redeclare",
        "eslint/no-undef",
        "eslint/no-unused-expressions",
        "eslint/strict",
        "promise/avoid-new",
        "unicorn/filename-case",
    }
)
"""Rules that need more than one file's text: its name, its globals, its test library."""

SAID_CHARS_MAX: Final = 300
"""Characters of oxlint's own words on a rule of the project's that are told."""

REFUSALS_MAX: Final = 5
"""Rules whose options oxlint may refuse before all of the project's are left out."""

DIAGNOSTICS_MAX: Final = 2_000
"""Diagnostics of one file; nobody wrote one with more by hand. A file above is named as not seen."""

CODE_BYTES_MAX: Final = 2_000
"""Bytes of code by which twins are told; a diagnostic about a whole class need not keep it all."""

UNPARSED: Final = "it has a syntax error, so the lint rules could not read it"
"""Why a file is not seen that does not parse."""

_RULE_PAGES: Final = "https://oxc.rs/docs/guide/usage/linter/rules"

_LINE_END: Final = re.compile(rb"\n")


@dataclass(frozen=True, slots=True)
class LintRule:
    """One rule of rules.json. `name` is plugin and rule as oxlint knows them (`typescript/no-explicit-any`)."""

    name: str
    severity: Severity
    confidence: float
    title: str
    message: str
    reference: Reference
    options: str | None

    @property
    def slug(self) -> str:
        """The finding's rule: `lint_no_explicit_any`."""
        return "lint_" + self.name.rpartition("/")[2].replace("-", "_")

    @property
    def is_about_a_repeat(self) -> bool:
        """Whether it points at a thing and its repeat, in this order: the repeat is the one to mend."""
        return self.name.rpartition("/")[2].startswith(("no-dupe-", "no-duplicate-"))


@dataclass(frozen=True, slots=True)
class Place:
    """Lines that a diagnostic points at, 1-based and inclusive, and the code between its ends with blanks folded."""

    first: int
    last: int
    code: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that oxlint says about one file; `places` in its order, at least one. Its own text is not kept: it
    quotes code."""

    rule: LintRule
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class LintRead:
    """Diagnostics by path, for every file that was linted; for every other one why it was not (UNPARSED: a syntax
    error, of which the rule lint_syntax_error speaks)."""

    diagnostics: Mapping[str, tuple[Diagnostic, ...]]
    unseen: Mapping[str, str]


@cache
def lint_rules() -> Mapping[str, LintRule]:
    """Our rules by oxlint's name, from rules.json beside this module."""
    rows = json.loads(resources.files("reviewer.linters").joinpath("rules.json").read_text(encoding="utf-8"))
    return MappingProxyType({row["rule"]: _rule(row) for row in rows})


@cache
def known_rules() -> frozenset[str]:
    """The rules of oxlint that a project may ask for (`plugin/rule`): those that judge one file by its text alone.

    `python -m tests.linters.known_rules` writes the list anew for another version of oxlint.
    """
    names = json.loads(resources.files("reviewer.linters").joinpath("known_rules.json").read_text(encoding="utf-8"))
    return frozenset(names) - NOT_ALONE


Asked: TypeAlias = tuple[tuple[str, str], ...]
"""Rules that a project asks for: name, and options as a JSON list, "" for none."""


async def accepted(asked: Asked) -> Asked:
    """Those of the rules whose options oxlint takes: one that it refuses makes it refuse everything."""
    tried = asked
    for _ in range(REFUSALS_MAX):
        if not any(options for _, options in tried):
            return tried
        tool = Tool("oxlint", installed("oxlint"), ARGUMENTS, _configuration(tried))
        ran = await run(tool, {"probe.ts": b"export {};\n"}, WALL_S)
        if not isinstance(ran, Ran) or ran.output.startswith(b"{"):
            return tried
        refused = _refused(ran.output.decode("utf-8", "replace"))
        left = tuple(each for each in tried if each[0].rpartition("/")[2] != refused)
        tried = left if len(left) < len(tried) else ()
    return tuple(each for each in tried if not each[1])


def _refused(said: str) -> str:
    """The rule that oxlint's refusal of a configuration names: "Invalid configuration for rule `max-lines`"."""
    return said.partition(" for rule `")[2].partition("`")[0]


async def lint(files: Mapping[str, str], asked: Asked = ()) -> LintRead:
    """Lint these texts, by path, by our rules and those that the project asks for (`accepted`).

    Raises RefusedError when oxlint is not installed, nothing for any text.
    """
    tool = Tool("oxlint", installed("oxlint"), ARGUMENTS, _configuration(asked))
    foreign = frozenset(name for name, _ in asked) - lint_rules().keys()
    swept = await sweep(tool, files, lambda ran: _read(ran, files, foreign))
    diagnostics: dict[str, tuple[Diagnostic, ...]] = {}
    unseen = dict(swept.unseen)
    for answer in swept.answers:
        for path, found in answer.items():
            if isinstance(found, str):
                unseen[path] = found
            else:
                diagnostics[path] = found
    return LintRead(diagnostics, unseen)


def introduced(
    head: tuple[Diagnostic, ...], base: tuple[Diagnostic, ...], diff: FileDiff
) -> tuple[tuple[Diagnostic, Place], ...]:
    """What the change brought: each diagnostic with a place on an added line, that place, and no twin left over at
    base.

    Twins have the same rule and code, wherever they stand: code that was moved or touched brings nothing new.
    """
    added = diff.added
    old: dict[tuple[str, str], int] = {}
    for diagnostic in base:
        old[_twin(diagnostic)] = old.get(_twin(diagnostic), 0) + 1
    fresh: list[tuple[Diagnostic, Place]] = []
    candidates: list[tuple[Diagnostic, Place]] = []
    for diagnostic in head:
        places = reversed(diagnostic.places) if diagnostic.rule.is_about_a_repeat else diagnostic.places
        place = next((place for place in places if place.first in added), None)
        if place is not None:
            candidates.append((diagnostic, place))
        else:  # it stood here before: it uses up its own twin
            old[_twin(diagnostic)] = old.get(_twin(diagnostic), 0) - 1
    for diagnostic, place in candidates:
        twin = _twin(diagnostic)
        if old.get(twin, 0) > 0:
            old[twin] -= 1
        else:
            fresh.append((diagnostic, place))
    return tuple(fresh)


def _twin(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.rule.name, diagnostic.places[0].code


def _configuration(asked: Asked) -> str:
    rules: dict[str, object] = {
        rule.name: "error" if rule.options is None else ["error", json.loads(rule.options)]
        for rule in lint_rules().values()
    }
    rules |= {name: ["error", *json.loads(options or "[]")] for name, options in asked}
    return json.dumps({"plugins": PLUGINS, "categories": {"correctness": "off"}, "rules": rules})


def _rule(row: dict[str, object]) -> LintRule:
    options = row.get("options")
    return LintRule(
        name=str(row["rule"]),
        severity=Severity(str(row["severity"])),
        confidence=float(str(row["confidence"])),
        title=str(row["title"]),
        message=str(row["message"]),
        reference=Reference(str(row["rule"]).removeprefix("eslint/"), str(row["url"])),
        options=None if options is None else json.dumps(options),
    )


_Answer = dict[str, tuple[Diagnostic, ...] | str]
"""By path: what oxlint says about it, or why it says nothing."""


def _read(ran: Ran, files: Mapping[str, str], foreign: frozenset[str]) -> _Answer | None:
    """One run's JSON, believed only if it speaks of all files and in the shape we know."""
    if ran.status not in (0, 1):
        return None
    try:
        said = json.loads(ran.output)
        if said["number_of_files"] != len(ran.paths):
            return None
        entries: dict[str, list[dict[str, object]]] = {path: [] for path in ran.paths.values()}
        for entry in said["diagnostics"]:
            entries[ran.paths[entry["filename"]]].append(entry)
        return {path: _diagnostics(files[path], found, foreign) for path, found in entries.items()}
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
        return None


def _diagnostics(text: str, entries: list[dict[str, object]], foreign: frozenset[str]) -> tuple[Diagnostic, ...] | str:
    if len(entries) > DIAGNOSTICS_MAX:
        return f"oxlint finds fault with it more than {DIAGNOSTICS_MAX:,} times"
    raw = text.encode()
    ends = [found.start() for found in _LINE_END.finditer(raw)] if entries else []
    found: list[Diagnostic] = []
    for entry in entries:
        name = _name(entry.get("code"))
        rule = lint_rules().get(name) or (_foreign(name, entry) if name in foreign else None)
        if rule is None:
            return UNPARSED  # no rule of ours: the parser speaks, and then no rule ran
        labels = entry["labels"]
        if isinstance(labels, list) and labels:
            found.append(Diagnostic(rule, tuple(_place(raw, ends, label["span"]) for label in labels)))
    return tuple(found)


def _foreign(name: str, entry: Mapping[str, object]) -> LintRule:
    """A rule that the project asked for, with oxlint's own words: they may quote code, like any other text."""
    plugin, _, rule = name.partition("/")
    said = " ".join(f"{entry.get('message') or ''} {entry.get('help') or ''}".split())
    url = "/".join((_RULE_PAGES, plugin, f"{rule}.html"))
    short = said if len(said) <= SAID_CHARS_MAX else said[:SAID_CHARS_MAX].rpartition(" ")[0] + " …"
    title = f"The project's own lint rule {rule} is broken"
    return LintRule(name, Severity.NOTE, 0.95, title, short, Reference(rule, url), None)


def _name(code: object) -> str:
    """`eslint(no-debugger)` → `eslint/no-debugger`; "" for a diagnostic of the parser, which has no code."""
    return str(code or "").replace("(", "/").removesuffix(")")


def _place(raw: bytes, ends: list[int], span: dict[str, int]) -> Place:
    """Lines and code of a span, which oxlint gives in bytes. Its own line numbers are not used."""
    start, end = span["offset"], span["offset"] + span["length"]
    first = bisect_left(ends, start) + 1
    last = bisect_left(ends, max(start, end - 1)) + 1
    return Place(
        first, last, " ".join(raw[start : min(end, start + CODE_BYTES_MAX)].decode("utf-8", "replace").split())
    )

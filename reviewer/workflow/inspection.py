"""What is found in a change without a model: facts, rules and linters, and what they could not see."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from wcmatch import glob

from reviewer.core.change import Change, ChangedFile, FileStatus, is_typescript
from reviewer.core.coverage import Coverage, Gap, take_stock
from reviewer.core.finding import Finding
from reviewer.core.matrix import MatrixRow, matrix
from reviewer.core.neighbours import neighbours_wanted
from reviewer.core.project import Project
from reviewer.core.source_paths import is_off, is_test
from reviewer.core.suggestion import apply
from reviewer.linters import lint_change
from reviewer.linters.configuration import config_paths, programs
from reviewer.rules import RuleFailure, all_rules, inspect
from reviewer.workflow.own_rules import inspect_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reviewer.core.facts_read import FactsRead
    from reviewer.core.plan import Plan
    from reviewer.typescript.reader import TypeScriptWorker

_PLAIN_ENDINGS = (".md", ".mdx", ".txt", ".rst", ".json", ".jsonc", ".csv", ".gitignore", ".editorconfig", "license")
"""Files without behaviour of their own: the rules for any text say all that rules can say of them."""

_SCHEMA_ENDINGS = (".graphql", ".gql", ".graphqls")
"""GraphQL schemas as text, which rules compare with what clients ask for."""

_SYNTAX = "lint_syntax_error"
_HALF_READ = "the rules' parser does not know a part of its syntax"

_GLOB = glob.GLOBSTAR | glob.DOTGLOB | glob.FORCEUNIX


class Reader(Protocol):
    """Where unchanged files come from: a pull request's repository or a local one."""

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Texts of unchanged files at head, by path; what cannot be read is left out."""
        ...


@dataclass(frozen=True, slots=True)
class Inspected:
    """What the rules and linters say, before anything is ranked or placed. `notes` are sentences for the reader,
    `endpoints` the evidence matrix.
    """

    findings: tuple[Finding, ...]
    coverage: Coverage
    notes: tuple[str, ...] = ()
    endpoints: tuple[MatrixRow, ...] = ()


async def inspect_change(change: Change, plan: Plan, reader: Reader, worker: TypeScriptWorker) -> Inspected:
    """Run everything that needs no model. An engine that fails on a file costs that file its "reviewed", no more."""
    change = leave_out(change, plan.ignored)
    head = await worker.facts({file.path: file.head for file in _sources(change) if file.head is not None})
    base = await worker.facts({file.path: file.base for file in _sources(change) if file.base is not None})
    changed = {file.path: file for file in change.files}
    configuration = config_paths(change.tree | changed.keys(), changed.keys())
    wanted = [*neighbours_wanted(change, head.facts), *configuration]
    texts = await reader.texts(path for path in dict.fromkeys(wanted) if path not in changed)
    change = replace(change, neighbours=texts)
    around = await worker.facts({path: text for path, text in texts.items() if is_typescript(path)})
    project = Project(change, {**around.facts, **head.facts}, base.facts)
    # In a thread: a file made to be slow costs a rule seconds, and deliveries must be answered meanwhile.
    findings, failures, endpoints = await asyncio.to_thread(_judge, project)
    # Configuration is what stood before the change: a pull request cannot soften its own review.
    new = {file.path for file in change.files if file.status is FileStatus.ADDED}
    before = {
        path: changed[path].base if path in changed else texts.get(path) for path in configuration if path not in new
    }
    linted = await lint_change(change, {**before, **await worker.literals(programs(before))})
    # Our parser does not know all of TypeScript: the other one has the last word.
    half_read = {one.path: _HALF_READ for one in findings if one.rule == _SYNTAX and one.path in linted.parsed}
    findings = tuple(one for one in findings if one.rule != _SYNTAX or one.path not in half_read)
    own, unused = await inspect_own(change, plan.own_rules, worker)
    gaps = [*plan.gaps]
    gaps += [Gap(f"rule {failure.slug}", failure.reason) for failure in failures]
    gaps += [Gap("the repository's own rules", reason) for reason in unused]  # not looked for is not all clear
    checked = await with_verified_suggestions(change, (*findings, *own, *linted.findings), worker)
    unlooked = {} if plan.model else unlooked_by_rules(change)
    coverage = take_stock(change, {**unlooked, **half_read, **linted.unseen, **head.unread}, gaps)
    return Inspected(checked, coverage, linted.notes, endpoints)


def _judge(project: Project) -> tuple[tuple[Finding, ...], tuple[RuleFailure, ...], tuple[MatrixRow, ...]]:
    """What the rules find, which of them failed, and the evidence matrix."""
    findings, failures = inspect(project, all_rules())
    unmigrated = any(finding.rule == "data_entity_without_migration" for finding in findings)
    return findings, failures, matrix(project, unmigrated=unmigrated)


def unlooked_by_rules(change: Change) -> dict[str, str]:
    """Files that rules alone do not judge, and why: without a model nobody may take them for reviewed.

    Texts and data are looked at as far as there is something to look for (keys, hidden characters, conflict marks).
    """
    return {
        file.path: reason
        for file in change.files
        if file.unread is None and file.status is not FileStatus.REMOVED
        if (reason := _unlooked(file)) is not None
    }


def _unlooked(file: ChangedFile) -> str | None:
    if not file.is_typescript:
        return (
            None
            if file.path.lower().endswith((*_PLAIN_ENDINGS, *_SCHEMA_ENDINGS))
            else "no rule reads this kind of file"
        )
    return "the rules leave files of this kind alone" if is_off(file.path) and not is_test(file.path) else None


def leave_out(change: Change, patterns: tuple[str, ...]) -> Change:
    """The change with the files that their owner wants left out marked so; they count as not reviewed."""
    if not patterns:
        return change
    return replace(change, files=tuple(_left_out(file, patterns) for file in change.files))


def _left_out(file: ChangedFile, patterns: tuple[str, ...]) -> ChangedFile:
    if file.unread is None and glob.globmatch(file.path, patterns, flags=_GLOB):
        return replace(file, unread="left out by configuration")
    return file


def _sources(change: Change) -> list[ChangedFile]:
    return [file for file in change.files if file.unread is None and file.is_typescript]


async def with_verified_suggestions(
    change: Change, findings: Iterable[Finding], worker: TypeScriptWorker
) -> tuple[Finding, ...]:
    """Each finding with its suggestion only if the file still parses once it is applied."""
    checked: list[Finding] = []
    for finding in findings:
        file = change.file(finding.path)
        if finding.suggestion is None or file is None:
            checked.append(replace(finding, suggestion=None))
            continue
        applied = apply(file, finding.suggestion)
        holds = applied is not None and not await _breaks(file.path, applied, worker)
        checked.append(finding if holds else replace(finding, suggestion=None))
    return tuple(checked)


async def _breaks(path: str, text: str, worker: TypeScriptWorker) -> bool:
    if not is_typescript(path):
        return True  # nothing of ours can tell
    read: FactsRead = await worker.facts({path: text})
    facts = read.facts.get(path)
    return facts is None or bool(facts.faults)

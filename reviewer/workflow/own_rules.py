"""What the rules of the repository's owner find in a change: what it introduced, as with every other rule."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from wcmatch import glob

from reviewer.core.anchor import Span
from reviewer.core.change import Change, ChangedFile
from reviewer.core.finding import Finding, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reviewer.core.own_rules import OwnRule
    from reviewer.typescript.reader import OwnMatch, TypeScriptWorker

_GLOB: Final = glob.GLOBSTAR | glob.DOTGLOB | glob.BRACE | glob.FORCEUNIX
_EXPANSIONS_MAX: Final = 64
"""Alternatives that the braces of one path pattern may stand for."""

_SPAN_LINES_MAX: Final = 10
"""Lines of one finding; of a longer match the first are shown."""


async def inspect_own(
    change: Change, rules: Sequence[OwnRule], worker: TypeScriptWorker
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Findings of the owner's rules, and a sentence for each rule that could not be used: it loses only itself."""
    findings: list[Finding] = []
    broken: dict[str, str] = {}
    for file in change.files:
        usable = [rule for rule in rules if rule.slug not in broken and _reads(rule, file)]
        if not usable or file.head is None or file.unread is not None or not file.diff.added:
            continue
        bodies = [rule.body for rule in usable]
        heads = await worker.matches(file.path, file.head, bodies)
        hit = any(_touches(file, found) for found in heads if not isinstance(found, str))
        bases = await worker.matches(file.path, file.base, bodies) if hit and file.base is not None else ()
        for at, (rule, found) in enumerate(zip(usable, heads, strict=True)):
            if isinstance(found, str):
                broken[rule.slug] = f"`{rule.id}` in `{rule.source}` could not be used: {found.rstrip('.')}."
            else:
                before = bases[at] if bases else ()
                findings += _new(rule, file, found, () if isinstance(before, str) else before)
    return tuple(finding for finding in findings if finding.rule not in broken), tuple(broken.values())


def _reads(rule: OwnRule, file: ChangedFile) -> bool:
    if not file.path.lower().endswith(rule.endings) or _matches(rule.ignores, file.path):
        return False
    return not rule.files or _matches(rule.files, file.path)


def _matches(patterns: tuple[str, ...], path: str) -> bool:
    return bool(patterns) and glob.globmatch(path, patterns, flags=_GLOB, limit=_EXPANSIONS_MAX)


def _touches(file: ChangedFile, found: Sequence[OwnMatch]) -> bool:
    return any(match.first in file.diff.added for match in found)


def _new(rule: OwnRule, file: ChangedFile, found: Sequence[OwnMatch], before: Sequence[OwnMatch]) -> Iterator[Finding]:
    """The matches that begin on an added line and had no twin of the same code at base; one a line."""
    old = Counter(match.code for match in before)
    old.subtract(match.code for match in found if match.first not in file.diff.added)
    lines: set[int] = set()
    for match in found:
        if match.first not in file.diff.added or match.first in lines:
            continue
        if old[match.code] > 0:
            old[match.code] -= 1
            continue
        lines.add(match.first)
        yield _finding(rule, file, match)


def _finding(rule: OwnRule, file: ChangedFile, match: OwnMatch) -> Finding:
    last = match.first
    while last < min(match.last, match.first + _SPAN_LINES_MAX - 1) and last + 1 in file.diff.added:
        last += 1
    return Finding(
        rule=rule.slug,
        concern=rule.concern,
        severity=rule.severity,
        span=Span(file.path, match.first, last),
        title=rule.message.partition("\n")[0],
        message=rule.note or rule.message,
        confidence=1.0,
        quoted=match.code,
        references=(Reference(rule.id, rule.url),) if rule.url else (),
    )

"""Which remembered finding a present one is: by fingerprint, or carried over a rename or a moved block. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reviewer.core.memory import Known, Memory, Said, code_digest, symbol_digest

if TYPE_CHECKING:
    from reviewer.core.change import Change
    from reviewer.core.finding import Finding

MOVED_CHARS_MIN: Final = 12
"""Characters of code by which a block is known in another place; `debugger;` and `@Get()` stand everywhere."""


class Again:
    """Which remembered finding each present one is."""

    def __init__(self, memory: Memory, change: Change, findings: Sequence[Finding]) -> None:
        self._findings = findings
        self._known = {one.fingerprint: one for one in (memory.state.known if memory.state else ())}
        self._said = _by_fingerprint(memory.said)
        self._carried: dict[str, str] = {}
        present = {finding.fingerprint for finding in findings}
        free = {one.fingerprint: one for one in self._known.values() if one.fingerprint not in present}
        lost = {one.fingerprint: one for one in self._said.values() if one.fingerprint not in present}
        taken = {known.root for known in self._known.values()}
        for finding in findings:
            mine = finding.fingerprint
            if mine in self._known or mine in self._said or mine in self._carried:
                continue
            older = next((one.fingerprint for one in free.values() if _is_moved(finding, one, change)), None)
            if older is not None:
                free.pop(older)
                self._carried[mine] = older
                continue
            bare = (one for one in lost.values() if one.fingerprint not in taken)
            other = next((one.fingerprint for one in bare if _is_renamed(finding, one, change)), None)
            if other is not None:
                lost.pop(other)
                self._carried[mine] = other

    def known(self, finding: Finding) -> Known | None:
        """What the summary remembers of it."""
        mine = finding.fingerprint
        return self._known.get(mine) or self._known.get(self._carried.get(mine, ""))

    def root(self, finding: Finding) -> str:
        """The fingerprint under which it was first told."""
        known = self.known(finding)
        return known.root if known is not None else self._carried.get(finding.fingerprint, finding.fingerprint)

    def said(self, finding: Finding) -> Said | None:
        """Our comment that says it."""
        return self._said.get(self.root(finding)) or self._said.get(finding.fingerprint)

    def unseen(self) -> tuple[tuple[Known | None, Said | None], ...]:
        """What is remembered and is none of the present findings."""
        seen = {name for one in self._findings for name in (one.fingerprint, self.root(one))}
        seen |= {known.fingerprint for one in self._findings if (known := self.known(one)) is not None}
        pairs: list[tuple[Known | None, Said | None]] = [
            (known, self._said.get(known.root))
            for known in self._known.values()
            if not seen & {known.fingerprint, known.root}
        ]
        roots = {known.root for known in self._known.values()}
        pairs += [(None, said) for said in self._said.values() if said.fingerprint not in roots | seen]
        return tuple(pairs)


def _by_fingerprint(said: Iterable[Said]) -> dict[str, Said]:
    """One comment a fingerprint: an open one if there is one, else the oldest."""
    first: dict[str, Said] = {}
    for one in said:
        there = first.get(one.fingerprint)
        if there is None or (there.is_resolved and not one.is_resolved):
            first[one.fingerprint] = one
    return first


def _is_moved(finding: Finding, known: Known, change: Change) -> bool:
    """Whether a finding is a remembered one whose symbol, file or place is another now."""
    if code_digest(finding) != known.code:
        return False
    same_symbol, is_long = symbol_digest(finding) == known.symbol, _is_long(finding)
    if finding.path == known.path:
        return is_long
    return (same_symbol or is_long) and (_renames(change, known.path, finding.path) or (same_symbol and is_long))


def _is_renamed(finding: Finding, said: Said, change: Change) -> bool:
    """The same of a comment whose finding no summary remembers: by its own fingerprint at the comment's path."""
    if finding.span is None or said.path == finding.path:
        return False
    before = replace(finding, span=replace(finding.span, path=said.path))
    return before.fingerprint == said.fingerprint and (_renames(change, said.path, finding.path) or _is_long(finding))


def _is_long(finding: Finding) -> bool:
    return len("".join(finding.quoted.split())) >= MOVED_CHARS_MIN


def _renames(change: Change, old: str, new: str) -> bool:
    """Whether the change, or a push since, gave the file another name."""
    file = change.file(new)
    if file is not None and file.old_path == old:
        return True
    return file is not None and bool(change.tree) and old not in change.tree

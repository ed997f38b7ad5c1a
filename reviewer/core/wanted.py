"""What the model asked to see of the same commit, and which lines answer it. Nothing else can be asked for. Pure.

A want is a path of the tree at head, a symbol, or a symbol in a path. It is compared with names that are there, and
never becomes a path on disk, a URL or an argument.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.context import Block, Role
from reviewer.core.context_near import source_paths, words_of
from reviewer.core.expr import NOWHERE
from reviewer.core.source_paths import is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reviewer.core.change import Change
    from reviewer.core.facts import FileFacts

WANTS_MAX: Final = 6
"""Wants that are answered in one round; who asks for more than six things guesses."""

WANTED_BYTES_MAX: Final = 12_000
"""Bytes that the answers of one round may have together: some 3,500 tokens."""

ROUNDS_MAX: Final = 2
"""Rounds for one batch: what calls the thing, and what that calls."""

_NAME_CHARS_MAX: Final = 200
_LINES_MAX: Final = 120
_GUESSES_MAX: Final = 20
"""Files that are read for one symbol because their names have its words."""


@dataclass(frozen=True, slots=True)
class Want:
    """What is asked for; one of the two may be "". Both come from the model."""

    path: str = ""
    symbol: str = ""

    @property
    def named(self) -> str:
        """As it is said back."""
        return f"{self.symbol} in {self.path}" if self.path and self.symbol else self.path or self.symbol


def usable(wants: Iterable[Want]) -> tuple[Want, ...]:
    """The wants that can be answered at all, each once, at most WANTS_MAX."""
    cleaned = (Want(want.path.strip().removeprefix("./"), want.symbol.strip().removesuffix("()")) for want in wants)
    kept = (want for want in cleaned if 0 < len(want.named) <= _NAME_CHARS_MAX and "\n" not in want.named)
    return tuple(dict.fromkeys(kept))[:WANTS_MAX]


def paths_to_read(want: Want, change: Change) -> tuple[str, ...]:
    """Unchanged paths of the tree that may hold the answer: the path itself, or those called like the symbol."""
    if want.path:
        return (want.path,) if want.path in change.tree and change.file(want.path) is None else ()
    words = words_of(want.symbol)
    near = ((len(words & words_of(posixpath.basename(path))), path) for path in source_paths(change))
    ranked = sorted((-count, is_test(path), path) for count, path in near if count)
    return tuple(path for _, _, path in ranked[:_GUESSES_MAX])


def answer(want: Want, change: Change, texts: Mapping[str, str], facts: Mapping[str, FileFacts]) -> Block | None:
    """The lines that answer a want, None when it is not there. `texts` and `facts` are of this commit, by path."""
    changed = {file.path for file in change.files}
    for path in [want.path] if want.path else sorted(facts, key=lambda one: (one not in changed, is_test(one), one)):
        if path not in texts:
            continue
        rows = texts[path].split("\n")
        spans = _spans(want.symbol, facts.get(path)) if want.symbol else [(1, len(rows))]
        lines = next(((first, min(last, first + _LINES_MAX - 1, len(rows))) for first, last in spans), None)
        if lines is not None:
            shown = tuple((number, rows[number - 1]) for number in range(lines[0], lines[1] + 1))
            return Block(Role.ASKED, want.symbol, path, shown, 0, 0, changed=path in changed)
    return None


def within(blocks: Sequence[Block], bytes_max: int) -> Iterator[Block | None]:
    """The blocks in their order, each cut to what is left; None for one that nothing is left for."""
    left = bytes_max
    for block in blocks:
        rows: list[tuple[int, str]] = []
        for number, text in block.rows:
            size = len(text.encode("utf-8", "replace")) + 2
            if size > left:
                break
            left -= size
            rows.append((number, text))
        yield Block(block.role, block.about, block.path, tuple(rows), 0, 0, block.changed) if rows else None


def _spans(symbol: str, facts: FileFacts | None) -> list[tuple[int, int]]:
    """Where a symbol is declared in a file: `Orders.create`, `create`, `Orders`, a constant. The whole name first."""
    if facts is None:
        return []
    name = symbol.rpartition(".")[2]
    found = [(one.first, one.last) for one in facts.functions if one.symbol == symbol]
    declared = facts.index.declared(symbol)
    found += [(declared.first, declared.last)] if declared is not None else []
    owner = facts.index.declared(symbol.partition(".")[0]) if "." in symbol else None
    if owner is not None:
        members = (*getattr(owner, "methods", ()), *getattr(owner, "properties", ()), *getattr(owner, "members", ()))
        found += [(one.first, one.last) for one in members if one.name == name]
    elif "." not in symbol:
        found += [(one.first, one.last) for one in facts.functions if one.name == name]
        found += [(one.first, one.last) for one in facts.bindings if one.scope == NOWHERE and one.name == name]
    return found

"""Which context is shown: the most worth for its bytes, within what each file may cost.

A file's room depends on its own diff and on the order of magnitude of the change alone, so that a push to one file
leaves what is shown with the others as it was, and with it the verdicts on them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reviewer.core.batches import groups
from reviewer.core.change import FileStatus
from reviewer.core.changed_symbols import Symbol, changed_symbols
from reviewer.core.context import Around, Block, Context
from reviewer.core.context_blocks import Offer, Sight, offers
from reviewer.core.context_users import Users
from reviewer.core.enclosing import enclosing, shown_lines
from reviewer.core.facts import FileFacts
from reviewer.core.source_paths import is_page, is_production, is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reviewer.core.change import ChangedFile
    from reviewer.core.project import Project

SHARE_OF_SOURCE: Final = 0.3
SHARE_OF_TEST: Final = 0.05
"""Bytes of context for one byte of diff. Measured so that a prompt stays within 1.3 tokens for each token of the diff
on ordinary pull requests, of which the fixed part takes up to 0.3 (`python -m benchmarks.prompts`)."""

SMALL_BYTES: Final = 4_000
"""Bytes of context that a small change gets however small it is: 1,100 tokens for a change of one file, half of it for
each of two files, and so on. A defect in three lines needs as much context as one in three hundred."""

SMALL_LEAST: Final = 120
SYMBOLS_ALL: Final = 2_000
SYMBOLS_LEAST: Final = 4
"""Changed symbols of a whole change that users are looked for, those whose contract changed first in each file: a
change of four hundred files of fifty functions each is read in seconds, too."""

OFFERS_MAX: Final = 400
"""Blocks that are weighed for one file."""

_ENCLOSING_SHARE: Final = 0.6
"""Part of a file's room that its own lines may take; the rest is for other places."""


def choose_context(project: Project, searched: int = 0, of: int = 0) -> Context:
    """The context of every changed file, and the order in which they are shown. Pure, and the same each time."""
    change = project.change
    files = [file for file in change.files if file.unread is None and file.diff.hunks]
    most = max(SYMBOLS_ALL // max(len(files), 1), SYMBOLS_LEAST)
    symbols = {file.path: symbols_of(project, file)[:most] for file in files}
    rows = {path: text.split("\n") for path, text in project.texts.items() if path in project.head or _is_schema(path)}
    shown = {file.path: shown_lines(file) for file in files}
    users = Users(project, rows, (symbol for found in symbols.values() for symbol in found))
    sight = Sight(project, rows, users, shown)
    sources = sum(1 for file in files if file.is_typescript and not is_test(file.path) and not is_page(file.path))
    floor = max(SMALL_BYTES >> max(sources - 1, 0).bit_length(), SMALL_LEAST)
    chosen = {file.path: _around(sight, file, symbols[file.path], _room(file, floor)) for file in files}
    kept = {path: around for path, around in chosen.items() if around.ranges or around.blocks}
    return Context(kept, groups(project, files), searched, of)


def symbols_of(project: Project, file: ChangedFile) -> tuple[Symbol, ...]:
    """The changed symbols of a file, those that were removed with it too."""
    head = project.head.get(file.path)
    if file.status is FileStatus.REMOVED or head is None:
        head = FileFacts()
    return changed_symbols(file, head, project.before(file.path))


def diff_bytes(file: ChangedFile) -> int:
    """Bytes of a file's hunks, about as git prints them."""
    return sum(len(line.text.encode("utf-8", "replace")) + 2 for hunk in file.diff.hunks for line in hunk.lines)


def _room(file: ChangedFile, floor: int) -> int:
    if is_test(file.path):
        return int(SHARE_OF_TEST * diff_bytes(file))
    if not file.is_typescript or is_page(file.path):
        return 0
    room = int(SHARE_OF_SOURCE * diff_bytes(file)) if is_production(file.path) else 0
    return floor + room


def _around(sight: Sight, file: ChangedFile, symbols: tuple[Symbol, ...], room: int) -> Around:
    facts = sight.project.head.get(file.path)
    ranges: tuple[tuple[int, int], ...] = ()
    own: set[tuple[str, int]] = set()
    left = room
    if facts is not None and file.head is not None:
        ranges, cost = enclosing(file, facts, int(room * _ENCLOSING_SHARE))
        own = {(file.path, line) for first, last in ranges for line in range(first, last + 1)}
        left -= cost
    weighed = [offer for offer, _ in zip(offers(sight, file, symbols), range(OFFERS_MAX), strict=False)]
    return Around(ranges, tuple(sorted(_fitting(weighed, own, left), key=_order)))


def _fitting(weighed: Iterable[Offer], taken: set[tuple[str, int]], left: int) -> Iterator[Block]:
    """The blocks with the most worth for their bytes that fit, each line once.

    By the root of the bytes, as a definition that is four times as long as a title tells more than one line of it.
    """
    ordered = sorted(weighed, key=lambda one: (-one.worth / one.block.size**0.5, one.block.path, one.block.rows[0][0]))
    for offer in ordered:
        rows = tuple(row for row in offer.block.rows if (offer.block.path, row[0]) not in taken)
        if len(rows) * 2 < len(offer.block.rows):
            continue  # most of it is there
        block = replace(offer.block, rows=rows)
        if block.size <= left and any(text.strip() for _, text in rows):
            left -= block.size
            taken |= {(block.path, number) for number, _ in rows}
            yield block


def _order(block: Block) -> tuple[int, str, str, int]:
    return (block.first, block.path, block.role.value, block.rows[0][0])


def _is_schema(path: str) -> bool:
    return path.endswith(".prisma")

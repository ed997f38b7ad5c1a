"""Characters that make a line read otherwise than it runs: bidirectional controls and invisible tag characters.

A reader sees one order of words and the compiler another, so that a review approves what it did not see.

Bad::

    if (role !== 'user\u202e \u2066// admins only\u2069 \u2066') {

Good::

    if (role !== 'user') { // admins only
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.change import ChangedFile
from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._text import written_lines

_BIDI: Final = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_TAGS: Final = frozenset(map(chr, range(0xE0020, 0xE0080)))
_BLACK_FLAG: Final = "\U0001f3f4"
"""Flags of regions (England, Scotland, …) are this and tag characters; nothing else that people write is."""

_TRANSLATIONS: Final = frozenset(("locales", "locale", "i18n", "lang", "langs", "translations", "messages"))
"""Folders of texts for people, where right-to-left languages need the controls."""


def inspect(project: Project) -> Iterator[Finding]:
    """Added lines that hold such a character, one finding a line."""
    for file, number, text in written_lines(project, _may_hide):
        if text.isascii():
            continue
        found = sorted({char for char in text if char in _BIDI or (char in _TAGS and _BLACK_FLAG not in text)})
        if found:
            names = ", ".join(f"U+{ord(char):04X}" for char in found[:4])
            message = f"This line holds {names}, which no editor shows. Remove them, or write them as escapes."
            yield report(RULE, at(file.path, number), message, symbol="", quoted=text)


def _may_hide(file: ChangedFile) -> bool:
    is_plain = file.head is not None and file.head.isascii()
    return not is_plain and _TRANSLATIONS.isdisjoint(file.path.lower().split("/")[:-1])


RULE = Rule(
    slug="security_hidden_characters",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="Hidden characters change how this line reads",
    inspect=inspect,
    references=(Reference("CWE-1007: visual distinction", "https://cwe.mitre.org/data/definitions/1007.html"),),
    confidence=0.95,
    page=__doc__ or "",
)

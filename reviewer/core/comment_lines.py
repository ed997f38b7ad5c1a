"""The lines of a comment that stand for themselves: lines of its top-level paragraphs, as GitHub renders them.

A line scanner in the order of CommonMark's block rules, linear in the text, without regular expressions. It is
stricter than a full parser and never laxer (the tests compare it with cmark-gfm): where only the whole tree could tell
a paragraph from the inside of a list, a quote, code, HTML or a table, the line is left out, or everything behind it.
"""

from __future__ import annotations

from enum import Enum, auto

from reviewer.core.comment_inlines import enclosed

_BLANKS = " \t"
_DEEP = " " * 4
"""Begins a paragraph's line that looks like code and is not, because it continues the line above."""

_RAW_TAGS = frozenset({"script", "pre", "style"})
_BLOCK_TAG_NAMES = (
    "address article aside base basefont blockquote body caption center col colgroup dd details dialog "
    "dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr "
    "html iframe legend li link main menu menuitem nav noframes ol optgroup option p param section "
    "summary table tbody td tfoot th thead title tr track ul "
)
_BLOCK_TAGS = frozenset(_BLOCK_TAG_NAMES.split())
"""CommonMark's sixth kind of HTML block: it may interrupt a paragraph and ends at the next blank line."""

_SURROUNDING = frozenset(
    {
        "article",
        "aside",
        "blockquote",
        "code",
        "del",
        "details",
        "div",
        "dl",
        "figure",
        "ol",
        "s",
        "section",
        "strike",
        "table",
        "ul",
    }
)
"""HTML elements that hide, quote or strike out the paragraphs between their tags."""


class _Kind(Enum):
    """What a line opens if it stands at the top level."""

    BREAK = auto()  # a heading or a thematic break: one line
    FENCE = auto()
    RAW = auto()  # HTML up to its own end mark, blank lines included
    HTML = auto()  # HTML up to a blank line
    PERHAPS_HTML = auto()  # as HTML, or a paragraph: only a tag parser knows
    UNREADABLE = auto()  # declarations and the like: nobody writes them, so nothing behind one is read
    QUOTE = auto()
    ITEM = auto()
    SHY_ITEM = auto()  # an item that may not interrupt a paragraph: empty, or numbered other than 1
    NOTE = auto()  # a footnote's definition
    TEXT = auto()


def own_lines(text: str) -> tuple[str, ...]:
    """The lines of top-level paragraphs in order, without indentation and trailing blanks.

    A line ends at LF, CRLF or CR, as CommonMark has it. Nothing is raised for any text.
    """
    scanner = _Scanner()
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        scanner.take(line)
        if scanner.stopped:
            break
    scanner.finish()
    return tuple(scanner.found)


class _Scanner:
    """Where the scan stands between two lines."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.stopped = False
        self.paragraph: list[str] = []  # lines since the last blank line or block
        self.trusted = 0  # how many of them, from the first, are surely of one top-level paragraph
        self.ends: tuple[str, ...] = ()  # what ends the open code block or raw HTML
        self.in_html = False
        self.in_doubt = False  # inside HTML or a paragraph, up to a blank line
        self.item_columns = 0  # indentation of the open list item's content; 0: no list is open
        self.sure = True  # False: indented lines belong to the list or not, who knows
        self.open_tags = dict.fromkeys(_SURROUNDING, 0)

    def take(self, line: str) -> None:
        """Move over one line."""
        columns = line.expandtabs(4)
        indent = len(columns) - len(columns.lstrip(" "))
        rest = line.strip(_BLANKS)
        if self.ends:
            if _is_end(rest, indent, self.ends):
                self.ends = ()
        elif not rest:
            self.finish()
            self.in_html = self.in_doubt = False
        elif self.in_html:
            self._count_tags(rest)
        elif self.item_columns and self.sure and indent >= self.item_columns:
            self.paragraph = [rest]
        else:
            self._take_top_level(rest, indent)

    def finish(self) -> None:
        """Close the open paragraph and keep its lines, unless something encloses them."""
        lines, trusted = self.paragraph, self.trusted
        self.paragraph, self.trusted = [], 0
        if not trusted or any(self.open_tags.values()):
            return
        if lines[0].startswith("[") and any("]:" in line for line in lines):
            return  # link definitions, whose titles may span lines
        own = (line for line, inside in zip(lines[:trusted], enclosed(lines), strict=False) if not inside)
        self.found.extend(line for line in own if not line.startswith(_DEEP))

    def _take_top_level(self, rest: str, indent: int) -> None:
        kind = _kind(rest) if indent <= 3 else _Kind.TEXT
        certain = bool(self.paragraph) and self.trusted == len(self.paragraph)
        if certain and kind in (_Kind.SHY_ITEM, _Kind.PERHAPS_HTML):
            kind = _Kind.TEXT
        if kind is _Kind.TEXT or (certain and _is_underline(rest)):
            self._take_text(rest, indent)
        elif self._is_hopeless(kind, indent):
            self.stopped = True
        elif kind in (_Kind.NOTE, _Kind.PERHAPS_HTML):
            self.paragraph.append(rest)  # never trusted, and nothing up to the next blank line is
            if kind is _Kind.NOTE:
                self.item_columns, self.sure = 4, False
            else:
                self.in_doubt = True
                self._count_tags(rest)
        else:
            self._open(kind, rest, indent)

    def _is_hopeless(self, kind: _Kind, indent: int) -> bool:
        """Whether a block opens here for one reading of the text so far and not for the other."""
        verbatim = kind in (_Kind.FENCE, _Kind.RAW, _Kind.PERHAPS_HTML)
        if self.in_doubt:
            return verbatim or kind in (_Kind.UNREADABLE, _Kind.ITEM, _Kind.SHY_ITEM)
        return kind is _Kind.UNREADABLE or (verbatim and not self.sure and indent > 0)

    def _open(self, kind: _Kind, rest: str, indent: int) -> None:
        shy = kind is _Kind.SHY_ITEM and bool(self.paragraph)
        unsure = not self.sure and indent > 0
        self.finish()
        self.item_columns, self.sure = (self.item_columns, False) if unsure else (0, True)
        if kind is _Kind.FENCE:
            self.ends = (rest[: _run(rest, rest[0])],)
        elif kind is _Kind.RAW:
            ends = ("-->",) if rest.startswith("<!--") else tuple(f"</{tag}>" for tag in sorted(_RAW_TAGS))
            self.ends = () if _is_end(rest, indent, ends) else ends
        elif kind is _Kind.HTML:
            self.in_html = True
            self._count_tags(rest)
        elif kind in (_Kind.ITEM, _Kind.SHY_ITEM):
            self.item_columns, empty = _item_columns(rest, indent)
            self.sure = not (unsure or shy or empty)
        if kind in (_Kind.QUOTE, _Kind.ITEM, _Kind.SHY_ITEM) or unsure:
            self.paragraph = [rest]  # what follows without a blank line may continue it

    def _take_text(self, rest: str, indent: int) -> None:
        if self.item_columns and not self.paragraph and (self.sure or indent == 0):
            self.item_columns, self.sure = 0, True
        trusted = self.trusted == len(self.paragraph) and not self.item_columns and not self.in_doubt
        if trusted and self.paragraph and _is_underline(rest) and indent <= 3:
            self.paragraph, self.trusted = [], 0  # a heading
            return
        if trusted and indent > 3 and not self.paragraph:
            return  # indented code
        self.sure = self.sure and not self.item_columns
        self.paragraph.append(rest if indent <= 3 else _DEEP + rest)
        if self.trusted and _is_delimiter_row(rest):
            self.trusted = 0
        elif trusted:
            self.trusted += 1

    def _count_tags(self, rest: str) -> None:
        for piece in rest.split("<")[1:]:
            name = _tag_name(piece.removeprefix("/"))
            if name in self.open_tags:
                change = -1 if piece.startswith("/") else 1
                self.open_tags[name] = max(0, self.open_tags[name] + change)


def _kind(rest: str) -> _Kind:
    first = rest[0]
    if first == "<":
        return _html_kind(rest)
    if first == ">":
        return _Kind.QUOTE
    if first in "`~" and _run(rest, first) >= 3:
        inline = first == "`" and "`" in rest.lstrip("`")
        return _Kind.TEXT if inline else _Kind.FENCE
    if first == "#" and _run(rest, "#") <= 6 and rest.lstrip("#")[:1] in ("", *_BLANKS):
        return _Kind.BREAK
    if first in "*-_" and rest.count(first) >= 3 and not rest.strip(first + _BLANKS):
        return _Kind.BREAK
    if rest.startswith("[^") and "]:" in rest:
        return _Kind.NOTE
    return _item_kind(rest)


def _item_kind(rest: str) -> _Kind:
    marker = _marker(rest)
    if not marker:
        return _Kind.TEXT
    shy = len(rest) == len(marker) or (len(marker) > 1 and marker[:-1] != "1")
    return _Kind.SHY_ITEM if shy else _Kind.ITEM


def _marker(rest: str) -> str:
    """The list marker that the line starts with, or "" (at most nine digits, as CommonMark has it)."""
    digits = 0
    while digits < 10 and rest[digits : digits + 1] in tuple("0123456789"):
        digits += 1
    marker = rest[: digits + 1]
    ends = ".)" if 0 < digits < 10 else "-+*"
    return marker if marker[-1:] in tuple(ends) and rest[len(marker) : len(marker) + 1] in ("", *_BLANKS) else ""


def _item_columns(rest: str, indent: int) -> tuple[int, bool]:
    """Columns that the item's content is indented by, and whether the item starts empty."""
    marker = _marker(rest)
    content = (" " * indent + rest).expandtabs(4)[indent + len(marker) :]
    blanks = len(content) - len(content.lstrip(" "))
    return indent + len(marker) + (blanks if 1 <= blanks <= 4 else 1), not content


def _html_kind(rest: str) -> _Kind:
    if rest.startswith("<!--"):
        return _Kind.RAW
    if rest.startswith(("<!", "<?")):
        return _Kind.UNREADABLE
    after = rest[1:].removeprefix("/")
    name = _tag_name(after)
    if not name or not name[0].isalpha():
        return _Kind.TEXT
    ends_well = after[len(name) : len(name) + 1] in ("", ">", *_BLANKS) or after[len(name) :].startswith("/>")
    if name in _RAW_TAGS and not rest.startswith("</") and ends_well:
        return _Kind.RAW
    if name in ("textarea", "source", "search"):
        return _Kind.UNREADABLE  # what they open differs between versions of CommonMark
    return _Kind.HTML if name in _BLOCK_TAGS and ends_well else _Kind.PERHAPS_HTML


def _tag_name(text: str) -> str:
    length = 0
    while length < len(text) and text[length].isascii() and text[length].isalnum():
        length += 1
    return text[:length].lower()


def _is_end(rest: str, indent: int, ends: tuple[str, ...]) -> bool:
    if ends[0][0] in "`~":
        return indent <= 3 and rest.startswith(ends[0]) and not rest.strip(ends[0][0])
    low = rest.lower()
    return any(end in low for end in ends)


def _is_underline(rest: str) -> bool:
    """Whether the line turns the paragraph above it into a heading."""
    return not rest.strip("=") or not rest.strip("-")


def _is_delimiter_row(rest: str) -> bool:
    """Whether the line may turn the line above it into the head of a table."""
    return "-" in rest and not rest.strip("|:-" + _BLANKS)


def _run(text: str, char: str) -> int:
    return len(text) - len(text.lstrip(char))

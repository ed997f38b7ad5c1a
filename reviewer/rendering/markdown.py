"""The one renderer of markdown for GitHub: nothing that we publish is put together anywhere else.

Text of a pull request or a model becomes prose that mentions nobody, links nowhere and holds no HTML and no image; only
inline code and code blocks are kept, and those are built anew. What we say ourselves (links, mentions, markers,
suggestions) has a function each. The tests judge by GitHub's own parser. Everything is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from reviewer.core.markup import code_span, fenced
from reviewer.core.references import is_reference
from reviewer.rendering.prose import Block, Code, Fence, Item, Paragraph, Text, read_prose
from reviewer.rendering.visible import is_visible, visible

_GAP: Final = "\u200b"
"""A blank without width, as other bots use: behind it GitHub no longer sees a mention or a link.

Only ours are in a text, as `visible` shows those of others.
"""

_ESCAPED: Final = {ord(char): "\\" + char for char in "\\`*_[]<>&#~|$"}

_LINKED: Final = re.compile(r"@(?=\S)|#(?=\d)|GH-(?=\d)|:(?=//)|www(?=\.)", re.IGNORECASE)
"""What GitHub makes a mention or a link of. Linear: fixed words, each with a look-ahead of at most two characters."""

_LANGUAGES: Final = frozenset(
    {
        "bash",
        "css",
        "diff",
        "dockerfile",
        "env",
        "graphql",
        "html",
        "http",
        "ini",
        "javascript",
        "js",
        "json",
        "jsx",
        "prisma",
        "sh",
        "sql",
        "text",
        "toml",
        "ts",
        "tsx",
        "typescript",
        "xml",
        "yaml",
        "yml",
    }
)
"""Languages of code blocks. Others are left out: GitHub runs `mermaid`, `math`, `geojson` and applies `suggestion`."""

_MARKER: Final = "<!-- reviewer:"
_HANDLE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_SHA: Final = frozenset("0123456789abcdef")


def prose(text: str) -> str:
    """A text as blocks of markdown: paragraphs, lists, code blocks. Ends without a line end; "" for nothing."""
    pieces: list[str] = []
    before: Block | None = None
    for block in read_prose(text):
        if before is not None:
            pieces.append("\n" if isinstance(block, Item) and isinstance(before, Item) else "\n\n")
        pieces.append(_block(block))
        before = block
    return "".join(pieces)


def line(text: str, code_links: Mapping[str, str] | None = None) -> str:
    """A text as one line of markdown. Inline code that `code_links` knows becomes a link, a permalink of ours."""
    links = code_links or {}
    pieces: list[str] = []
    for block in read_prose(text):
        parts = (Code(" ".join(block.code.split())),) if isinstance(block, Fence) else block.parts
        pieces.append(_inline(parts, links))
    return " ".join(piece for piece in pieces if piece)


def code(text: str) -> str:
    """Inline code of any text on one line."""
    return code_span(visible(text).replace(_MARKER, "<!--" + _GAP + _MARKER[4:]))


def fence(text: str, language: str = "") -> str:
    """A code block of any text. A line that another bot would take for a command gets an invisible beginning."""
    shown = visible(text).replace(_MARKER, "<!--" + _GAP + _MARKER[4:])
    lines = (_GAP + row if is_command(row) else row for row in shown.split("\n"))
    return fenced("\n".join(lines), language.lower() if language.lower() in _LANGUAGES else "")


def suggestion(text: str) -> str | None:
    """A block that GitHub offers to commit. `text` is the new lines, "" deletes the old ones.

    None when the text holds something that a reader would not see, a carriage return, or a command to a bot: such a
    text may be shown but not offered.
    """
    if not is_visible(text) or _MARKER in text or any(map(is_command, text.split("\n"))):
        return None
    return fenced(text, "suggestion")


def mention(handle: str) -> str:
    """A live mention, for routing alone. A handle that GitHub cannot have is shown as code and calls nobody."""
    parts = handle.split("/")
    sound = len(parts) <= 2 and all(part and len(part) <= 100 and _HANDLE.issuperset(part) for part in parts)
    return "@" + handle if sound else code(handle)


def link(label: str, url: str) -> str:
    """A link to a page of the allow-list; without a trusted URL only the label, which is markdown of ours."""
    return f"[{label}]({url})" if is_reference(url) else label


def permalink(web_url: str, repository: str, sha: str, path: str, lines: tuple[int, int]) -> str | None:
    """The address of lines of a file at a commit; None where there is none (uncommitted work, an odd name)."""
    segments = path.split("/")
    if len(sha) not in (40, 64) or not _SHA.issuperset(sha) or any(part in ("", ".", "..") for part in segments):
        return None
    if urlsplit(web_url).scheme not in ("http", "https") or repository.count("/") != 1:
        return None
    quoted = (quote(part, safe="", errors="surrogatepass") for part in (*repository.split("/"), "blob", sha, *segments))
    first, last = lines
    where = f"#L{first}" if first == last else f"#L{first}-L{last}"
    return "/".join((web_url.rstrip("/"), *quoted)) + where


def linked_code(text: str, url: str | None) -> str:
    """Inline code, as a link where a permalink of ours is given."""
    return code(text) if url is None else f"[{code(text)}]({url})"


def marker(name: str, value: str = "") -> str:
    """The hidden line by which a comment of ours is found again. No secret; letters, digits and hyphens only."""
    words = " ".join(filter(None, (name, value)))
    if not all(char.isascii() and (char.isalnum() or char in " -") for char in words) or "--" in words:
        raise ValueError("a marker holds letters, digits and single hyphens")
    return f"{_MARKER}{words} -->"


def indented(markdown: str, columns: int) -> str:
    """Blocks as the content of a list item that starts in this column."""
    return "\n".join(" " * columns + row if row else row for row in markdown.split("\n"))


def is_command(row: str) -> bool:
    """Whether another bot could take a line of code for a command: `/approve`, `@name rebase`, `bors r+`."""
    first, _, rest = row.strip().partition(" ")
    if first.casefold() in ("bors", "@bors"):
        return True
    if first.startswith("/"):
        return len(first) > 1 and first[1].isalpha() and all(char.isalnum() or char in "-_" for char in first[1:])
    handle = first.removeprefix("@")
    return first.startswith("@") and bool(rest.strip()) and bool(handle) and _HANDLE.issuperset(handle.replace("/", ""))


CUT: Final = "\n\n_(cut here: the text is longer than GitHub takes)_"
"""What stands where a text was cut."""


def cut(text: str, chars_max: int) -> str:
    """Shorten markdown of ours to at most `chars_max` characters, at a line end, closing an open code block.

    Raises ValueError if `chars_max` is too small for the note that says so.
    """
    return text if len(text) <= chars_max else _cut(text, chars_max, len)


def cut_bytes(text: str, bytes_max: int) -> str:
    """As `cut`, counted in bytes of UTF-8."""
    return text if _size(text) <= bytes_max else _cut(text, bytes_max, _size)


def _cut(text: str, room: int, size: Callable[[str], int]) -> str:
    left = room - len(CUT)
    if left < 0:
        raise ValueError(f"{room} is too little for a text that says it was cut")
    kept: list[str] = []
    opened = ""
    for row in text.split("\n"):
        after = _fence_after(opened, row)
        left -= size(row) + 1
        if left < len(after) + 1:
            break
        kept.append(row)
        opened = after
    closing = [opened] if opened else []
    return "\n".join((*kept, *closing)) + CUT


def _fence_after(opened: str, row: str) -> str:
    """The fence that is open behind a line, with its indentation; "" outside code. Our fences are of backticks."""
    bare = row.strip(" ")
    ticks = bare[: len(bare) - len(bare.lstrip("`"))]
    if opened:
        return "" if len(ticks) >= len(opened.strip()) and ticks == bare else opened
    opens = len(ticks) >= 3 and "`" not in bare[len(ticks) :]
    return row[: len(row) - len(row.lstrip(" "))] + ticks if opens else ""


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _block(block: Block) -> str:
    match block:
        case Fence():
            return fence(block.code, block.language)
        case Item():
            text = _inline(block.parts, {})
            return f"{'-' if block.number is None else f'{block.number}.'} {text}"
        case Paragraph():
            return _inline(block.parts, {})


def _inline(parts: tuple[Text | Code, ...], links: Mapping[str, str]) -> str:
    pieces = [
        _escaped(part.text) if isinstance(part, Text) else linked_code(part.text, links.get(part.text))
        for part in parts
    ]
    text = "".join(pieces).strip()
    return _harmless_start(text)


def _escaped(text: str) -> str:
    blanks = " ".join(text.split())
    lead = " " if text[:1].isspace() else ""
    trail = " " if text[-1:].isspace() and blanks else ""
    plain = (lead + blanks + trail).translate(_ESCAPED)
    return _LINKED.sub(lambda found: found[0] + _GAP, plain)


def _harmless_start(text: str) -> str:
    """No list, rule, table or command for a bot begins here."""
    if text[:4].casefold() == "bors":
        return text[0] + _GAP + text[1:]
    digits = len(text) - len(text.lstrip("0123456789"))
    if 0 < digits < len(text) and text[digits] in ".)":
        return text[:digits] + "\\" + text[digits:]
    return "\\" + text if text[:1] in tuple("-+=:/") and text else text

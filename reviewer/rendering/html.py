"""Text as HTML: everything escaped, what the eye cannot see made visible, links only to where we know."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import groupby
from types import MappingProxyType
from typing import Final

from reviewer.core.references import is_reference
from reviewer.rendering.prose import Block, Code, Fence, Item, Paragraph, Text, read_prose
from reviewer.rendering.visible import visible

NO_LINKS: Final[Mapping[str, str]] = MappingProxyType({})


def plain(text: str) -> str:
    """Text for an element or a quoted attribute."""
    return escape(visible(text), quote=True)


def code(text: str, href: str | None = None) -> str:
    """Inline code, as a link where we know where to."""
    shown = f"<code>{plain(text)}</code>"
    return shown if href is None else f'<a href="{escape(href, quote=True)}">{shown}</a>'


def reference(title: str, url: str) -> str:
    """A page of the allow-list as a link; any other only by its title."""
    said = plain(title)
    return f'<a href="{escape(url, quote=True)}" rel="noreferrer">{said}</a>' if is_reference(url) else said


def prose(text: str, links: Mapping[str, str] = NO_LINKS) -> str:
    """Paragraphs, lists and code blocks. Inline code that `links` knows becomes a link to there."""
    pieces: list[str] = []
    for kind, group in groupby(read_prose(text), key=_kind):
        blocks = [_block(block, links) for block in group]
        pieces += blocks if kind == "p" else [f"<{kind}>{''.join(blocks)}</{kind}>"]
    return "".join(pieces)


def line(text: str, links: Mapping[str, str] = NO_LINKS) -> str:
    """A text without paragraphs, for headings and list items."""
    blocks = read_prose(text)
    return " ".join(
        code(" ".join(block.code.split())) if isinstance(block, Fence) else _inline(block.parts, links)
        for block in blocks
    )


def _kind(block: Block) -> str:
    """The element that blocks of one kind stand in together; "p" for those that stand alone."""
    if isinstance(block, Item):
        return "ul" if block.number is None else "ol"
    return "p"


def _block(block: Block, links: Mapping[str, str]) -> str:
    match block:
        case Fence():
            return f"<pre><code>{plain(block.code)}</code></pre>"
        case Item():
            return f"<li>{_inline(block.parts, links)}</li>"
        case Paragraph():
            return f"<p>{_inline(block.parts, links)}</p>"


def _inline(parts: tuple[Text | Code, ...], links: Mapping[str, str]) -> str:
    return "".join(
        plain(part.text) if isinstance(part, Text) else code(part.text, links.get(part.text)) for part in parts
    )

"""A posted text the way a reader gets it: rendered by GitHub's own markdown, then searched for what is live in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

_MENTION = re.compile(r"(?<![\w`])@([A-Za-z0-9](?:[-_]?[A-Za-z0-9]){0,38}(?:/[A-Za-z0-9][\w.-]{0,99})?)")
_REFERENCE = re.compile(r"(?<![\w&/])(?:[\w.-]+/[\w.-]+)?#\d+\b|\bGH-\d+\b")
_SILENT = frozenset({"code", "pre", "tt", "a", "style", "script"})  # html-pipeline's list of parents it skips


@dataclass(slots=True)
class Rendered:
    """What is live in a rendered text. `text` is what a reader sees, code included."""

    html: str
    mentions: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    suggestions: list[str] = field(default_factory=list)
    text: str = ""


class _Reader(HTMLParser):
    def __init__(self, found: Rendered) -> None:
        super().__init__(convert_charrefs=True)
        self.found = found
        self.silent = 0
        self.suggestion: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.found.tags.add(tag)
        if tag in _SILENT:
            self.silent += 1
        if tag == "a" and values.get("href"):
            self.found.links.append(str(values["href"]))
        if tag == "img":
            self.found.images.append(str(values.get("src")))
        if tag == "pre" and values.get("lang") == "suggestion":
            self.suggestion = []

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        if tag == "pre" and self.suggestion is not None:
            self.found.suggestions.append("".join(self.suggestion))
            self.suggestion = None

    def handle_data(self, data: str) -> None:
        self.found.text += data
        if self.suggestion is not None:
            self.suggestion.append(data)
        if not self.silent:
            self.found.mentions += _MENTION.findall(data)
            self.found.references += _REFERENCE.findall(data)


def rendered(markdown: str) -> Rendered:
    """Render with GitHub's dialect, raw HTML let through (the strictest view: nothing is sanitised away)."""
    html = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
    found = Rendered(html)
    reader = _Reader(found)
    reader.feed(html)
    reader.close()
    return found


def mentions(markdown: str) -> list[str]:
    """Names (`login`, `org/team`) that a text notifies, in order, each as often as it stands there."""
    return rendered(markdown).mentions

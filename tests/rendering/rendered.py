"""What GitHub's own parser makes of a text: its links, images, elements, and the words that GitHub would act on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

from reviewer.core.references import is_reference

ACTED_ON = re.compile(r"(?<![A-Za-z0-9_])@[A-Za-z0-9]|#\d|\bGH-\d|https?://|www\.", re.IGNORECASE)
"""Mentions, references and addresses, as GitHub's filters look for them in what the parser leaves as text."""


PROSE_TAGS = {"p", "code", "pre", "ul", "ol", "li"}
"""The elements that text from elsewhere may become."""

OUR_TAGS = PROSE_TAGS | {"h3", "h4", "strong", "em", "a", "blockquote", "details", "summary", "hr", "br"}
"""The elements of our own texts."""


@dataclass
class Rendered(HTMLParser):
    """One text, rendered with raw HTML let through, so that none can hide."""

    markdown: str
    tags: list[str] = field(default_factory=list)
    hrefs: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    infos: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    text: str = ""
    mentions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._in_code = 0
        html = cmarkgfm.github_flavored_markdown_to_html(self.markdown, options=Options.CMARK_OPT_UNSAFE)
        self.feed(html)
        self.close()
        self.mentions = re.findall(r"(?<![A-Za-z0-9_])@([A-Za-z0-9][A-Za-z0-9/-]*)", self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        if tag == "a":
            self.hrefs.append(named.get("href") or "")
        if tag == "pre":
            self.infos.append(named.get("lang") or "")
        if tag in ("code", "pre"):
            self._in_code += tag == "code"
            self.codes.append("") if tag == "code" else None

    def handle_endtag(self, tag: str) -> None:
        self._in_code -= tag == "code"

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.codes[-1] += data
        else:
            self.text += data

    @property
    def foreign(self) -> list[str]:
        """Links that lead neither into the repository at a commit nor to a page of the allow-list."""
        ours = "https://github.com/octo/shop/blob/"
        return [href for href in self.hrefs if not href.startswith(ours) and not is_reference(href)]

    @property
    def references(self) -> list[str]:
        """What GitHub would make a link of by itself."""
        return [hit for hit in self.acted_on if not hit.startswith("@")]

    @property
    def acted_on(self) -> list[str]:
        """What GitHub would make a mention or a link of."""
        return ACTED_ON.findall(self.text)

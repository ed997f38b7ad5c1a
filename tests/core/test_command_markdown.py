"""Ten thousand comments through the grammar, beside what a markdown parser makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reviewer.core.command import Asked, parse
from reviewer.core.comment_lines import own_lines
from tests.core.comments import PROSE, VERBS, comment

NAMES = ("bot", "octo-reviewer")
COMMENTS = 10_000
PARTS = 4

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")
"""GitHub's blocks; an escaped sign stays a token of its own, as it is no sign of a command."""


def commands(lines: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The lines that are commands."""
    return tuple(line for line in lines if line.startswith("@") and isinstance(_read(line), Asked))


def _read(line: str) -> object:
    return parse(line, NAMES)


def shown_lines(text: str) -> Iterator[str]:
    """The lines of plain text in paragraphs that stand at the top: what a reader sees as such."""
    tokens = PARSER.parse(text)
    for before, token in pairwise(tokens):
        if before.type == "paragraph_open" and before.level == 0 and token.children is not None:
            yield from (line.strip(" \t") for line in _plain(token.children))


def _plain(children: list[Token]) -> Iterator[str]:
    line, inside, is_plain = "", 0, True
    for child in children:
        match child.type:
            case "softbreak" | "hardbreak":
                yield line if is_plain else ""
                line, is_plain = "", inside == 0
            case "text":
                line += child.content
            case "link_open" | "s_open":
                inside, is_plain = inside + 1, False
            case "link_close" | "s_close":
                inside -= 1
            case _:  # code, emphasis, pictures, HTML, escapes: more than what stands on the line
                line += f"[{child.content}]"
                is_plain = is_plain and child.type in ("code_inline", "html_inline", "em_open", "em_close")
    yield line if is_plain else ""


@pytest.mark.parametrize("part", range(PARTS))
def test_no_command_comes_of_quoted_or_code_text_and_none_is_missed(part: int) -> None:
    given = 0
    for seed in range(part, COMMENTS, PARTS):
        made = comment(Random(seed))
        assert commands(own_lines(made.text)) == made.commands, f"seed {seed}:\n{made.text}"
        if "<details>" not in made.text:  # what HTML folds away is a paragraph to the parser
            assert commands(shown_lines(made.text)) == made.commands, f"the generator errs, seed {seed}:\n{made.text}"
        asked = parse(made.text, NAMES)
        assert isinstance(asked, Asked) == bool(made.commands)
        assert not made.commands or asked == parse(made.commands[0], NAMES)
        given += bool(made.commands)
    assert 0.3 < given * PARTS / COMMENTS < 0.9  # else one of the claims is hardly tried


LINES = st.one_of(
    st.sampled_from(PROSE),
    st.sampled_from(VERBS).map("@bot {}".format),
    st.sampled_from(
        ["```", "~~~", "> ", "- ", "1. ", "    ", "# ", "---", "|-|", "`", "<b>", "</b>", "<!--", "-->", "["]
    ),
    st.just(""),
)
ROWS = st.tuples(st.sampled_from(["", "", "", "> ", "- ", "  ", "    ", "`", "<"]), LINES).map("".join)


@settings(max_examples=1_000)
@given(st.lists(ROWS, min_size=1, max_size=8).map("\n".join))
def test_a_command_of_any_markdown_is_a_plain_line_of_a_paragraph_to_the_parser(text: str) -> None:
    read, shown = commands(own_lines(text)), commands(shown_lines(text))
    left = iter(shown)
    assert all(one in left for one in read), f"{read} of {shown}"

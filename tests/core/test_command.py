"""The grammar of commands: a table of exact expectations, and cmark-gfm as the judge of what a paragraph is."""

from __future__ import annotations

import sys
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviewer.core.command import COMMENT_CHARS_MAX, FORMS, WORDS_CHARS_MAX, Asked, Command, Unknown, parse
from reviewer.core.comment_lines import own_lines

NAMES = ("bot", "octo-reviewer")
REVIEW, HELP = Command.REVIEW, Command.HELP

COMMANDS: list[tuple[str, Command]] = [
    ("@bot review", REVIEW),
    ("@bot help", HELP),
    ("@octo-reviewer review", REVIEW),
    ("@BOT review", REVIEW),
    ("@Octo-Reviewer help", HELP),
    ("@bot review\n", REVIEW),
    ("@bot review\r\n", REVIEW),
    ("@bot review \t ", REVIEW),
    ("   @bot review", REVIEW),
    ("\n\n@bot review\n\n", REVIEW),
    ("Thanks for this!\n@bot review", REVIEW),
    ("Thanks for this!\r\n\r\n@bot review\r\n\r\nSee you", REVIEW),
    ("@bot review\nsee `a.ts`", REVIEW),
    ("see `a.ts` and List<String>\n@bot review", REVIEW),
    ("see `a.ts`\n@bot review\nand `b.ts`", REVIEW),
    ("see Map<string, Order>\n@bot review\nand `Promise<Order[]>` of List<Order>", REVIEW),
    ("see [a](https://example.com/a)\n@bot review\nand [b](https://example.com/b)", REVIEW),
    ("a < b\n@bot review\nb > a", REVIEW),
    ("@bot review\n@bot help", REVIEW),
    ("@bot help\n\n@bot review", HELP),
    ("@bot reveiw\n\n@bot review", REVIEW),
    ("> quoted\n\n@bot review", REVIEW),
    ("> quoted\n\n> more\n\n@bot review", REVIEW),
    ("- one\n- two\n\n@bot review", REVIEW),
    ("1. one\n   ```ts\n   code\n   ```\n\n@bot review", REVIEW),
    ("```ts\ncode\n```\n@bot review", REVIEW),
    ("~~~\n```\n~~~\n@bot review", REVIEW),
    ("``` not `a` fence\n@bot review", REVIEW),
    ("# Title\n@bot review", REVIEW),
    ("---\n@bot review", REVIEW),
    ("@bot review\n\n---", REVIEW),
    ("@bot review\n***", REVIEW),
    ("@bot review\n- a list", REVIEW),
    ("@bot review\n```\ncode\n```", REVIEW),
    ("<!-- hidden -->\n@bot review", REVIEW),
    ("<details>\n<summary>x</summary>\n\ntext\n\n</details>\n\n@bot review", REVIEW),
    ("<br>\n\n@bot review", REVIEW),
    ("| a | b |\n|---|---|\n| 1 | 2 |\n\n@bot review", REVIEW),
    ("[link]: https://example.com\n\n@bot review", REVIEW),
    ("**please**\n@bot review", REVIEW),
    ("@bot review\n\n--\nReply to this email directly", REVIEW),
    ("On Monday, X wrote:\n> old text\n\n@bot review", REVIEW),
    ("@alice have a look\n@bot review", REVIEW),
    ("    code\n\n@bot review", REVIEW),
]

SILENCE: list[str] = [
    "",
    "review",
    "bot review",
    "@botty review",
    "@bo review",
    "@bot[bot] review",
    "@octo-reviewer[bot] review",
    "@bot, review",
    "@bot: review",
    "@bot/team review",
    "@@bot review",
    "\\@bot review",
    "&#64;bot review",
    "hey @bot review",
    "please @bot review",
    "/@bot review",
    "> @bot review",
    ">@bot review",
    "> quoted\n@bot review",
    "> a\n> b\n@bot review",
    "- @bot review",
    "* @bot review",
    "1. @bot review",
    "- item\n@bot review",
    "- item\n\n  @bot review",
    "- item\n\n  text\n  @bot review",
    "10. item\n\n    @bot review",
    "-\n  @bot review",
    "- [ ] @bot review",
    "```\n@bot review\n```",
    "```\n@bot review",
    "~~~\n@bot review\n```\n~~~",
    "````\n```\n@bot review\n````",
    "   ```\n@bot review\n   ```",
    "- a\n```\n\n@bot review\n```",
    "> a\n```\n\n@bot review\n```",
    "    @bot review",
    "\t@bot review",
    "text\n    @bot review",
    "`@bot review`",
    "`code\n@bot review\nmore`",
    "<!-- @bot review -->",
    "<!--\n@bot review\n-->",
    "<!--\n\n@bot review\n\n-->",
    "text <!--\n@bot review\n-->",
    "<div>\n@bot review\n</div>",
    "<details>\n\n@bot review\n\n</details>",
    "<blockquote>\n\n@bot review\n\n</blockquote>",
    "<pre>\n\n@bot review\n\n</pre>",
    "<p>\n@bot review",
    "<b>@bot review</b>",
    "<kbd>\n@bot review\n</kbd>",
    "<?php\n\n@bot review\n\n?>",
    "<!DOCTYPE\n\n@bot review\n\n>",
    "[@bot review](https://example.com)",
    "[text\n@bot review\nmore](https://example.com)",
    '[text](https://example.com "\n@bot review\n")',
    "`a` and `b\n@bot review\nmore`",
    "Map<string, Order> and <b title='\n@bot review\n'> that",
    "<kbd>\ntext\n@bot review\n</kbd>",
    "\\`a`\n@bot review\n`",
    '[foo]: /url "\n@bot review\n"',
    "[^1]: note\n@bot review",
    "# @bot review",
    "@bot review\n===",
    "@bot review\n---",
    "@bot review\n-",
    "a\n@bot review\nb\n---",
    "| @bot review |\n|---|",
    "@bot review\n|---|",
    "| a |\n|---|\n@bot review",
    "**@bot review**",
    "~~@bot review~~",
    "~~\n@bot review\n~~",
    "$$\n@bot review\n$$",
    "@bot\u200b review",
    "@\u200bbot review",
    "@bot review\u200b",
    "\u200b@bot review",
    "\ufeff@bot review",
    "@bot\u00a0review",
    "@bot\u2003review",
    "@bot\treview",
    "@bot review\x00",
    "@b\u043et review",  # Cyrillic o
    "@bot r\u0435view",  # Cyrillic e
    "@\uff42\uff4f\uff54 review",  # full-width
    "\uff20bot review",
    "@bot review\u2028",
    "x\u2028@bot review",
    "x\x0b@bot review",
    "x\x0c@bot review",
    "x\x85@bot review",
    "\u202e@bot review",
    "@bot is a nice tool, let us keep it",
    "@bot review this one for me please",
]

ASKED: list[str] = [
    "@bot",
    "@bot  review",
    "@bot Review",
    "@bot REVIEW",
    "@bot reveiw",
    "@bot review.",
    "@bot review please",
    "@bot please review",
    "@bot review --model x",
    "@bot review review",
    "@bot full  review",
    "@bot review full",
    "@bot ask",
    "@bot explain it",
    "@bot explain 4f546",  # five digits
    "@bot explain 4f5461d189b2edd70",  # seventeen
    "@bot explain 4F5461D1",
    "@bot explain #4f5461d1",
    "@bot explain `4f5461d1`",
    "@bot explain  4f5461d1",
    "@bot explain 4f5461d1.",
    "@bot explain 4f5461d1 please",
    "@bot resolve all",
    "@bot dismiss  4f5461d1",
    "@bot dismissed",
    "@bot pause reviews",
    "@octo-reviewer approve",
]

ID = "4f5461d1"
WITH_WORDS: list[tuple[str, Asked]] = [
    ("@bot explain", Asked(Command.EXPLAIN)),
    (f"@bot explain {ID}", Asked(Command.EXPLAIN, ID)),
    ("@bot explain 4f5461", Asked(Command.EXPLAIN, "4f5461")),
    ("@bot explain 4f5461d189b2edd7", Asked(Command.EXPLAIN, "4f5461d189b2edd7")),
    (f"   @BOT explain {ID} \t", Asked(Command.EXPLAIN, ID)),
    ("@bot resolve", Asked(Command.RESOLVE)),
    (f"@bot resolve {ID}", Asked(Command.RESOLVE, ID)),
    ("@bot dismiss", Asked(Command.DISMISS)),
    (f"@bot dismiss {ID}", Asked(Command.DISMISS, ID)),
    (f"@bot dismiss {ID} the gateway does it", Asked(Command.DISMISS, ID, "the gateway does it")),
    ("@bot dismiss the gateway does it", Asked(Command.DISMISS, "", "the gateway does it")),
    ("@bot dismiss it", Asked(Command.DISMISS, "", "it")),
    ("@bot ask why?", Asked(Command.ASK, "", "why?")),
    ("@bot ask  why   so?", Asked(Command.ASK, "", "why so?")),
    (
        "@bot ask Warum hei\u00dft das \u201eOrder\u201c?",
        Asked(Command.ASK, "", "Warum hei\u00dft das \u201eOrder\u201c?"),
    ),
    ("@bot ask what\u202e is\u200b this\x07?", Asked(Command.ASK, "", "what is this ?")),
    ("@bot ask whether `@bot review` is enough", Asked(Command.ASK, "", "whether `@bot review` is enough")),
    ("@bot full review", Asked(Command.FULL_REVIEW)),
]


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_a_command_is_understood(text: str, command: Command) -> None:
    assert parse(text, NAMES) == Asked(command)


@pytest.mark.parametrize("text", SILENCE)
def test_what_is_not_said_to_us_alone_is_no_command(text: str) -> None:
    assert parse(text, NAMES) is None


@pytest.mark.parametrize("text", ASKED)
def test_a_short_request_in_other_words_is_unknown_and_never_a_command(text: str) -> None:
    assert parse(text, NAMES) == Unknown(text)


@pytest.mark.parametrize(("text", "asked"), WITH_WORDS)
def test_an_id_and_words_are_read_as_they_are_written(text: str, asked: Asked) -> None:
    assert parse(text, NAMES) == asked


@pytest.mark.parametrize("command", list(Command))
def test_every_command_has_one_form_whose_example_is_understood(command: Command) -> None:
    (form,) = [form for form in FORMS if form.command is command]
    asked = parse(f"@bot {form.example}", NAMES)
    assert isinstance(asked, Asked)
    assert asked.command is command
    assert form.usage.startswith(command.value)


def test_long_words_are_cut_and_say_so() -> None:
    asked = parse("@bot ask " + "a" * 600, NAMES)
    assert asked == Asked(Command.ASK, words="a" * (WORDS_CHARS_MAX - 1) + "\u2026")


@given(st.text(max_size=600))
def test_what_is_kept_of_a_question_prints_on_one_line_and_is_bounded(text: str) -> None:
    asked = parse(f"@bot ask {text}", NAMES)
    if isinstance(asked, Asked):
        assert asked.words.isprintable()
        assert 0 < len(asked.words) <= WORDS_CHARS_MAX


def test_a_lone_carriage_return_ends_a_line_as_in_commonmark() -> None:
    assert parse("hello\r@bot review\rthanks", NAMES) == Asked(REVIEW)


def test_a_letter_that_lowers_to_an_ascii_one_is_another_letter() -> None:
    assert parse("@\u212aate review", ("kate",)) is None  # KELVIN SIGN


def test_nobody_is_addressed_when_we_have_no_name() -> None:
    assert parse("@ review", ("",)) is None


def test_a_comment_longer_than_github_takes_is_not_read() -> None:
    assert parse("@bot review".ljust(COMMENT_CHARS_MAX + 1), NAMES) is None
    assert parse("@bot review".ljust(COMMENT_CHARS_MAX), NAMES) == Asked(REVIEW)


# ------------------------------------------------------------------------------------------------ cmark-gfm's word

VOID = {"br", "hr", "img", "input", "meta", "link", "wbr"}


class TopParagraphs(HTMLParser):
    """The text lines of paragraphs that are in no other element, with what is in code, links and the like left out."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.lines: list[str] = [""]

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "br":
            self.lines.append("")
        elif tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        self.lines.append("")

    def handle_data(self, data: str) -> None:
        inside = [tag for tag in self.open if tag not in ("em", "strong")]
        shown = data if inside == ["p"] else data.replace("@", "(at)")
        first, *others = shown.split("\n")
        self.lines[-1] += first
        self.lines.extend(others)


def paragraph_lines(text: str) -> list[str]:
    """Raw HTML is left out by cmark, so that only its own elements are seen; the table has the rest."""
    page = TopParagraphs()
    page.feed(cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_FOOTNOTES))
    page.close()
    return [line.strip(" \t") for line in page.lines]


PIECES = st.sampled_from(
    [
        "@bot review",
        "@bot review",
        "@bot review",
        "text",
        ">",
        "> a",
        "- a",
        "-",
        "* a",
        "1. a",
        "2. a",
        "10) a",
        "- - -",
        "---",
        "===",
        "# t",
        "```",
        "~~~",
        "````",
        "``` ts",
        "`",
        "``",
        "<!--",
        "-->",
        "<div>",
        "</div>",
        "<details>",
        "</details>",
        "<x>",
        "<x",
        "</x>",
        "x <y",
        ">",
        "<b>",
        "<br>",
        "<pre>",
        "</pre>",
        "<?",
        "<!X",
        "[",
        "]",
        "](u)",
        "[a]: /u",
        "[^1]: x",
        "'",
        '"',
        "$$",
        "~~",
        "a",
        "b",
        ":-",
        "--- ",
        "---",
        "*",
        "",
        "**",
        "<script>",
        "</script>",
        "+",
        "- ```",
        "> ```",
        "1. ```",
        "-   x",
        ":-:",
        "-",
        "&nbsp;",
        "<textarea>",
        "- <div>",
        "> <!--",
        "- > a",
        "- - a",
        "<p",
        "p>",
    ]
)
INDENTS = st.sampled_from(["", "", "", "", " ", "  ", "   ", "    ", "\t", "     "])
LINES = st.one_of(st.tuples(INDENTS, PIECES).map("".join), st.just(""), st.just("@bot review"))
COMMENTS = st.lists(LINES, min_size=1, max_size=9).map("\n".join)


@settings(max_examples=1500)
@given(COMMENTS)
@example("- ```\nfoo\n  ```\n\n@bot review")
@example("- a\nfoo\n  ```\n@y\n```\n\n@bot review")
@example("-\n\n  ```\n\n@bot review")
@example("foo\n2) a\n   ```\n\n@bot review")
@example("# x\n2) foo\n   ```\n@y\n```\n\n@bot review")
@example("> a\n# h\n2) foo\n   ```\n@y\n```\n\n@bot review")
@example("<x\n```\n\n@bot review")
@example("- a\n<x>\n```\n\n@bot review")
def test_a_command_is_a_line_of_a_top_level_paragraph_to_cmark_too(text: str) -> None:
    if parse(text, NAMES) == Asked(REVIEW):
        assert "@bot review" in paragraph_lines(text)


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_cmark_agrees_with_the_table_of_commands(text: str, command: Command) -> None:
    lines = {line.lower() for line in paragraph_lines(text)}
    assert lines & {f"@bot {command}", f"@octo-reviewer {command}"}


@given(st.lists(st.sampled_from(["Looks good.", "see `a.ts`", "**bold**", "a < b", "[x](y)"]), max_size=4))
def test_prose_in_its_own_paragraphs_never_hides_a_command(prose: list[str]) -> None:
    assert parse("\n\n".join([*prose, "@bot review", *prose]), NAMES) == Asked(REVIEW)


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert "@" in text or parse(text, NAMES) is None
    assert all(line == line.strip(" \t") for line in own_lines(text))


@pytest.mark.parametrize(
    "unit", ["`", "<", "[", "<div>\n", "> ", "- a\n", "@bot x\n", "\t", "<!--", "~~~\n\n", "|-", "*"]
)
def test_work_grows_with_the_length_only(unit: str) -> None:
    """Counted in steps of the interpreter, not in seconds."""
    assert steps(unit * 2000) < 2.5 * steps(unit * 1000) + 1000


def steps(text: str) -> int:
    count = 0

    def trace(frame: object, event: str, argument: object) -> object:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]  # a tracer may return itself
    try:
        parse(text + "\n@nobody", NAMES)
    finally:
        sys.settrace(before)
    return count

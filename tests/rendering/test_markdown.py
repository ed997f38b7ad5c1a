from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reviewer.rendering import markdown
from reviewer.rendering.visible import visible
from tests.rendering.hostile import HOSTILE
from tests.rendering.rendered import PROSE_TAGS, Rendered


@given(HOSTILE)
@example("a\n:-:\n@x")
@example("```suggestion\nx\n```")
@example("````\n```\n@mallory\n````")
@example("1234. x")
@example("1)\n\n2.")
@example("-\n\n+\n\n=\n\n:-")
def test_prose_mentions_nobody_and_holds_no_link_no_image_and_no_html(text: str) -> None:
    seen = Rendered(markdown.prose(text))
    assert set(seen.tags) <= PROSE_TAGS
    assert seen.acted_on == []
    assert seen.comments == []
    assert not {"suggestion", "mermaid"} & set(seen.infos)


@given(HOSTILE)
def test_a_line_stays_one_line_of_text_and_code(text: str) -> None:
    made = markdown.line(text)
    seen = Rendered(f"- x {made}\n- next")
    assert "\n" not in made
    assert set(seen.tags) <= {"ul", "li", "code"}
    assert seen.tags.count("li") == 2
    assert seen.acted_on == []


@given(HOSTILE)
@example("1234. x")
@example("-")
def test_a_line_at_the_start_of_a_text_opens_no_block(text: str) -> None:
    seen = Rendered(markdown.line(text))
    assert set(seen.tags) <= {"p", "code"}


@given(HOSTILE)
@example("/approve")
@example("bors r+\n\n- /lgtm\n\n@bors r+")
def test_no_line_of_ours_commands_another_bot(text: str) -> None:
    for row in (markdown.prose(text) + "\n" + markdown.fence(text, "ts") + "\n" + markdown.line(text)).split("\n"):
        assert not markdown.is_command(row)


@given(st.text() | HOSTILE)
@example("```\nx")
@example("`````")
def test_a_code_block_shows_all_of_its_text_and_nothing_leaves_it(text: str) -> None:
    seen = Rendered(f"before\n\n{markdown.fence(text, 'ts')}\n\nafter")
    shown = visible(text).replace("\u200b", "")
    assert seen.codes[0].replace("\u200b", "") == (shown + "\n" if shown and not shown.endswith("\n") else shown)
    assert [tag for tag in seen.tags if tag != "code"] == ["p", "pre", "p"]


@given(st.text(min_size=1) | HOSTILE.filter(bool))
def test_inline_code_shows_all_of_its_text_and_nothing_leaves_it(text: str) -> None:
    seen = Rendered(f"before {markdown.code(text)} after")
    shown = visible(text).replace("\n", " ")
    assert seen.tags == ["p", "code"]
    assert seen.codes[0].replace("\u200b", "").strip() == shown.replace("\u200b", "").strip()


@given(HOSTILE)
def test_a_suggestion_is_exactly_its_text_or_is_none(text: str) -> None:
    offered = markdown.suggestion(text)
    if offered is None:
        return
    seen = Rendered(offered)
    assert (seen.tags, seen.infos) == (["pre", "code"], ["suggestion"])
    assert seen.codes == [text if text.endswith("\n") or not text else text + "\n"]


@pytest.mark.parametrize(
    "text",
    [
        "a\u202eb",
        "a\r",
        "a\r\nb",
        "/approve",
        "  /lgtm",
        "@dependabot rebase",
        "bors r+",
        "x\n<!-- reviewer:summary -->",
        "\ud800",
    ],
)
def test_a_text_that_hides_something_or_commands_is_not_offered(text: str) -> None:
    assert markdown.suggestion(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@Injectable()",
        "  @Body() body: Dto,",
        "// a comment",
        "/** doc */",
        "/ab+c/.test(x);",
        "a / b",
        "@IsInt()\n  n: number;",
    ],
)
def test_typescript_is_offered_as_it_is(text: str) -> None:
    assert markdown.suggestion(text) is not None


@given(HOSTILE, st.integers(60, 400))
def test_a_cut_text_fits_and_leaves_no_code_block_open(text: str, chars_max: int) -> None:
    whole = "\n\n".join((markdown.prose(text), markdown.indented(markdown.fence(text, "ts"), 2), markdown.prose(text)))
    short = markdown.cut(whole, chars_max)
    assert len(short) <= chars_max
    assert short == whole or "cut here" in Rendered(short).text


@given(HOSTILE, st.integers(60, 400))
def test_a_text_cut_by_bytes_fits(text: str, bytes_max: int) -> None:
    made = markdown.prose(text * 3)
    short = markdown.cut_bytes(made, bytes_max)
    assert len(short.encode()) <= bytes_max


def test_a_cut_closes_the_block_that_is_open() -> None:
    text = "before\n\n````ts\n```\n" + "x = 1;\n" * 50 + "````\nafter"
    short = markdown.cut(text, 160)
    assert Rendered(short).tags == ["p", "pre", "code", "p", "em"]


def test_too_little_room_for_the_note_is_refused() -> None:
    with pytest.raises(ValueError, match="too little"):
        markdown.cut("x" * 99, 10)


def test_inline_code_lists_and_code_blocks_survive() -> None:
    text = "Use `Pipe<T>` here:\n\n- one\n- `two`\n\n```ts\nconst a = `b`;\n```\nDone, see a_b and 3 * 4."
    assert markdown.prose(text) == (
        "Use `Pipe<T>` here:\n\n- one\n- `two`\n\n```ts\nconst a = `b`;\n```\n\nDone, see a\\_b and 3 \\* 4."
    )


def test_a_known_place_becomes_a_link() -> None:
    assert markdown.line("See `a.ts:1` and `b`.", {"a.ts:1": "https://x/y"}) == "See [`a.ts:1`](https://x/y) and `b`."


@pytest.mark.parametrize(
    ("handle", "shown"),
    [
        ("ada-backend", "@ada-backend"),
        ("octo/backend", "@octo/backend"),
        ("a b", "`a b`"),
        ("@x", "`@x`"),
        ("", ""),
        ("a/b/c", "`a/b/c`"),
    ],
)
def test_only_a_handle_is_mentioned(handle: str, shown: str) -> None:
    assert markdown.mention(handle) == shown


@pytest.mark.parametrize(
    "url",
    [
        "http://docs.nestjs.com/", "https://docs.nestjs.com.evil.example/", "https://docs.nestjs.com@evil.example/",
        "https://evil.example/?docs.nestjs.com", "javascript:alert(1)", "https://docs.nestjs.com/)x", "https://docs.nestjs.com:81/",
        "https://docs.nestjs.com/\n", "//docs.nestjs.com/", "",
    ],
)  # fmt: skip
def test_other_hosts_get_no_link(url: str) -> None:
    assert markdown.link("words", url) == "words"


def test_a_page_of_the_list_gets_a_link() -> None:
    assert markdown.link("words", "https://docs.nestjs.com/pipes#a") == "[words](https://docs.nestjs.com/pipes#a)"


SHA = "3f2a91c7d05be4418c6a2f9e7b1d0853a64cf9e2"


@given(st.text(min_size=1))
def test_a_permalink_stays_in_its_repository_and_in_its_brackets(path: str) -> None:
    url = markdown.permalink("https://github.com", "octo/shop", SHA, path, (1, 2))
    if url is None:
        assert any(part in ("", ".", "..") for part in path.split("/"))
        return
    assert url.startswith(f"https://github.com/octo/shop/blob/{SHA}/")
    assert Rendered(markdown.linked_code(path, url)).hrefs == [url]


@pytest.mark.parametrize("path", ["../x", "a/../b", "a//b", "/a", "."])
def test_a_path_that_climbs_has_no_permalink(path: str) -> None:
    assert markdown.permalink("https://github.com", "octo/shop", SHA, path, (1, 1)) is None


def test_uncommitted_work_has_no_permalink() -> None:
    assert markdown.permalink("https://github.com", "octo/shop", "WORKTREE", "a.ts", (1, 1)) is None


def test_a_marker_cannot_be_forged_inside_code() -> None:
    hidden = markdown.marker("summary")
    assert hidden == "<!-- reviewer:summary -->"
    assert hidden not in markdown.fence(f"x\n{hidden}\n")
    assert hidden not in markdown.prose(f"```\n{hidden}\n```\n`{hidden}` {hidden}")


@pytest.mark.parametrize("value", ["a-->", "a--b", "a b\n", "é", "<"])
def test_a_marker_holds_plain_words(value: str) -> None:
    with pytest.raises(ValueError, match="marker"):
        markdown.marker("finding", value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a<U+202E>b"), ("a\u200bb", "a<U+200B>b"), ("a\x1b[31m", "a<U+001B>[31m"),
        ("\U000e0041", "<U+E0041>"),
        ("👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f"), ("क्\u200cष", "क्\u200cष"), ("a\u200db", "a<U+200D>b"),
        ("\ud800", "<U+D800>"), ("a\r\nb\rc", "a\nb<U+000D>c"), ("a\tb\n", "a\tb\n"), ("\u3164", "<U+3164>"),
    ],
)  # fmt: skip
def test_what_the_eye_cannot_see_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


GROWING = (
    "`" * 3,
    "`a",
    "```\n",
    "- x\n",
    "@a#1",
    "\\",
    "[x](y)",
    "<a",
    "``` x",
    "\u200d",
    "é\u200d",
    "www.",
    "/a\nbors\n",
    "*_`",
)


@pytest.mark.parametrize("piece", GROWING)
def test_every_function_is_quick_on_64_kb(piece: str) -> None:
    """Quadratic work on 64 KB would be four billion steps: the suite's time limit, not a clock, tells."""
    text = (piece * 65_536)[:65_536]
    for made in (markdown.prose(text), markdown.line(text), markdown.fence(text), markdown.code(text)):
        markdown.cut(made, 5_000)
        markdown.cut_bytes(made, 5_000)

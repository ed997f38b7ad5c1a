"""Diffs and anchors against what git itself prints, for random files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.core.anchor import Anchor, Span, place, place_changed
from reviewer.core.concern import Side
from reviewer.core.diff import FileDiff, LineKind, UnreadableDiffError, parse_patch, reverse_apply

ODD = [
    "\x0c",
    "\x0b",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "\r",
    "--- a/x",
    "+++ b/x",
    "@@ -1 +1 @@",
    "\\ No newline",
    "",
]
LINE = st.one_of(st.sampled_from(ODD), st.text(st.sampled_from("ab \t\r\u2028é"), max_size=4))
TEXT = st.builds(
    lambda lines, end: "\n".join(lines) + ("\n" if end and lines else ""), st.lists(LINE, max_size=40), st.booleans()
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, str]:
    """Two versions of a file that share most of their lines, or nothing at all."""
    base = draw(TEXT)
    if draw(st.booleans()):
        return base, draw(TEXT)
    lines = base.split("\n")
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(lines)))
        lines[at : at + draw(st.integers(0, 3))] = draw(st.lists(LINE, max_size=3))
    return base, "\n".join(lines)


def git_patch(folder: Path, base: str, head: str) -> str:
    """The hunks that git prints for two texts."""
    (folder / "a").write_bytes(base.encode())
    (folder / "b").write_bytes(head.encode())
    done = subprocess.run(
        ["git", "diff", "--no-index", "--text", "a", "b"], cwd=folder, capture_output=True, check=False
    )
    text = done.stdout.decode()
    at = text.find("\n@@ ")
    return text[at + 1 :] if at >= 0 else ""


RANDOM = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@RANDOM
@given(edits())
def test_every_line_of_a_patch_quotes_the_file_on_its_side(tmp_path: Path, texts: tuple[str, str]) -> None:
    base, head = texts
    for line in (line for hunk in parse_patch(git_patch(tmp_path, base, head)).hunks for line in hunk.lines):
        if line.new is not None:
            assert head.split("\n")[line.new - 1] == line.text
        if line.old is not None:
            assert base.split("\n")[line.old - 1] == line.text


@RANDOM
@given(edits())
def test_the_file_at_base_is_rebuilt_from_head_and_patch(tmp_path: Path, texts: tuple[str, str]) -> None:
    base, head = texts
    assert reverse_apply(head, parse_patch(git_patch(tmp_path, base, head))) == base


@RANDOM
@given(edits(), st.integers(1, 50), st.integers(0, 9), st.sampled_from(Side))
def test_an_anchor_never_leaves_its_hunk(
    tmp_path: Path, texts: tuple[str, str], first: int, length: int, side: Side
) -> None:
    diff = parse_patch(git_patch(tmp_path, *texts))
    anchor = place(diff, Span("f", first, first + length, side))
    holding = [hunk for hunk in diff.hunks if first + length in hunk.numbered(side)]
    if anchor is None:
        assert not holding
        return
    assert anchor.last == first + length
    assert first <= anchor.first <= anchor.last
    assert all(number in holding[0].numbered(side) for number in range(anchor.first, anchor.last + 1))


@RANDOM
@given(edits())
def test_added_and_removed_are_what_git_counts(tmp_path: Path, texts: tuple[str, str]) -> None:
    patch = git_patch(tmp_path, *texts)
    rows = [row for row in patch.removesuffix("\n").split("\n") if not row.startswith("@@ ")] if patch else []
    diff = parse_patch(patch)
    assert len(diff.added) == sum(row.startswith("+") for row in rows)
    assert len(diff.removed) == sum(row.startswith("-") for row in rows)


@given(st.text(max_size=200))
def test_no_text_makes_the_parser_raise_anything_else(text: str) -> None:
    for patch in (text, "@@ -1,2 +1,2 @@\n" + text):
        try:
            parse_patch(patch)
        except UnreadableDiffError:
            continue


@pytest.mark.parametrize(
    ("name", "patch"),
    [
        ("a short hunk", "@@ -1,3 +1,3 @@\n a\n-b\n+c\n"),
        ("a long hunk", "@@ -1 +1 @@\n-a\n+b\n+c\n"),
        ("a combined diff", "@@@ -1,2 -1,2 +1,2 @@@\n  a\n- b\n"),
        ("a number of 5,000 digits", f"@@ -{'9' * 5000} +1 @@\n+a\n"),
        ("no hunk", "Binary files differ\n"),
    ],
)
def test_a_patch_that_lies_is_refused(name: str, patch: str) -> None:
    with pytest.raises(UnreadableDiffError):
        parse_patch(patch)


PATCH = "@@ -1,4 +1,5 @@\n one\n-two\n+TWO\n+more\n three\n four\n@@ -20,2 +21,3 @@\n x\n+y\n z\n"


@pytest.mark.parametrize(
    ("first", "last", "side", "expected"),
    [
        (2, 2, Side.RIGHT, (2, 2)),
        (2, 3, Side.RIGHT, (2, 3)),
        (4, 5, Side.RIGHT, (4, 5)),  # unchanged lines inside a hunk
        (3, 22, Side.RIGHT, (21, 22)),  # starts in another hunk: cut to the last one
        (6, 6, Side.RIGHT, None),  # between the hunks
        (1, 9, Side.RIGHT, None),  # ends outside
        (2, 2, Side.LEFT, (2, 2)),
        (1, 1, Side.LEFT, None),  # an unchanged line has no place on the old side
    ],
)
def test_place(first: int, last: int, side: Side, expected: tuple[int, int] | None) -> None:
    anchor = place(parse_patch(PATCH), Span("f", first, last, side))
    assert (anchor and (anchor.first, anchor.last)) == expected


def test_a_block_larger_than_its_hunk_is_anchored_on_its_first_written_line() -> None:
    anchor = place_changed(parse_patch(PATCH), Span("f", 1, 12))
    assert anchor is not None
    assert (anchor.first, anchor.last) == (2, 2)


def test_a_block_that_the_change_did_not_write_has_no_place() -> None:
    assert place_changed(parse_patch(PATCH), Span("f", 6, 15)) is None


def test_only_place_makes_an_anchor() -> None:
    with pytest.raises(TypeError, match="only place"):
        Anchor("f", 1, 1, Side.RIGHT, object())


def test_an_empty_patch_has_no_hunks() -> None:
    assert parse_patch("") == FileDiff()


def test_lines_after_a_removal_count_as_edited() -> None:
    diff = parse_patch("@@ -1,3 +1,2 @@\n a\n-b\n c\n")
    assert diff.edited == frozenset({2})
    assert [line.kind for line in diff.hunks[0].lines] == [LineKind.CONTEXT, LineKind.REMOVED, LineKind.CONTEXT]

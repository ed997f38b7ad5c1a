"""Hunks between a text and its formatted self: lines, borrowed lines, and shapes that versions disagree about."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.linters.drift import COMPARED_LINES_MAX, Hunk, drift


@pytest.mark.parametrize(
    ("text", "formatted", "hunks"),
    [
        ("a\nb\n", "a\nb\n", ()),
        ("a\nb", "a\nb\n", ()),
        ("a\nb \nc\n", "a\nb\nc\n", (Hunk(2, 2, "b"),)),
        ("a\n\n\nb\n", "a\n\nb\n", (Hunk(1, 3, "a\n"),)),
        ("a\nb\n", "a\nx\nb\n", (Hunk(1, 1, "a\nx"),)),
        ("a\n", "x\na\n", (Hunk(1, 1, "x\na"),)),
        ("\n\na\n", "a\n", (Hunk(1, 3, "a"),)),
        ("a b\nc\nd e\n", "a\nb\nc\nd\ne\n", (Hunk(1, 1, "a\nb"), Hunk(3, 3, "d\ne"))),
    ],
)
def test_hunks(text: str, formatted: str, hunks: tuple[Hunk, ...]) -> None:
    assert drift(text, formatted, may_hug=False).hunks == hunks


UNION = ("type A = 'x' | 'y';\n", "type A =\n  | 'x'\n  | 'y';\n")
NEGATION = ("if (!(\n  a\n)) {\n}\n", "if (\n  !(\n    a\n  )\n) {\n}\n")
CLASS = ("export class A\n  implements B\n{\n}\n", "export class A implements B {\n}\n")


@pytest.mark.parametrize(("text", "formatted"), [UNION, NEGATION])
def test_what_newer_versions_write_differently_is_left_out_for_them(text: str, formatted: str) -> None:
    assert drift(text, formatted, may_hug=True).hunks == ()
    assert drift(text, formatted, may_hug=False).hunks != ()


def test_the_head_of_a_class_is_left_out_for_all() -> None:
    assert drift(*CLASS, may_hug=False).hunks == ()


def test_a_real_fault_beside_such_a_shape_stays() -> None:
    assert drift("type A = 'x' | \"y\";\n", UNION[1], may_hug=True).hunks != ()


def test_a_large_difference_is_one_hunk() -> None:
    text = "".join(f"a{number} \n" for number in range(COMPARED_LINES_MAX + 1))
    found = drift(text, text.replace(" ", ""), may_hug=False)
    assert found.is_large
    assert len(found.hunks) == 1


LINES = st.lists(st.sampled_from(["", "a", "b", "  a", "{", "}"]), min_size=1, max_size=12).map(
    lambda rows: "\n".join([*rows, "end"]) + "\n"
)


@given(LINES, LINES)
def test_any_hunks_together_make_the_formatted_text(text: str, formatted: str) -> None:
    rows = text.removesuffix("\n").split("\n")
    hunks = drift(text, formatted, may_hug=False).hunks
    overlap = any(first.last >= second.first for first, second in pairwise(hunks))
    for hunk in reversed(hunks):
        assert hunk.text
        rows[hunk.first - 1 : hunk.last] = hunk.text.split("\n")
    assert overlap or "\n".join(rows) + "\n" == formatted

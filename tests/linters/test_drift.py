"""Hunks between a text and its formatted self: lines, borrowed lines, and shapes that versions disagree about."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.linters.drift import COMPARED_LINES_MAX, Drift, Hunk, drift
from reviewer.linters.prettier_versions import Versions

EXACT = Versions(is_exact=True, may_hug=False, width=80)
NEWEST = Versions(is_exact=True, may_hug=True, width=80)
OLDER = Versions(is_exact=False, may_hug=False, width=80)


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
    assert drift(text, formatted, EXACT).hunks == hunks


UNION = ("type A = 'x' | 'y';\n", "type A =\n  | 'x'\n  | 'y';\n")
NEGATION = ("if (!(\n  a\n)) {\n}\n", "if (\n  !(\n    a\n  )\n) {\n}\n")
CLASS = ("export class A\n  implements B\n{\n}\n", "export class A implements B {\n}\n")


@pytest.mark.parametrize(("text", "formatted"), [UNION, NEGATION])
def test_what_newer_versions_write_differently_is_left_out_for_them(text: str, formatted: str) -> None:
    assert drift(text, formatted, NEWEST).hunks == ()
    assert drift(text, formatted, EXACT).hunks != ()


def test_the_head_of_a_class_is_left_out_for_all() -> None:
    assert drift(*CLASS, EXACT).hunks == ()


CONSTRUCTOR = ("  constructor(a: A, private b: B) {}\n", "  constructor(\n    a: A,\n    private b: B,\n  ) {}\n")
TERNARY = ("a\n  ? b\n  : c\n  ? d\n  : e;\n", "a\n  ? b\n  : c\n    ? d\n    : e;\n")
QUOTES = ("import a from 'b';\n", 'import a from "b";\n')
TOO_LONG = (f"call({'a' * 50}, {'b' * 50});\n", f"call(\n  {'a' * 50},\n  {'b' * 50},\n);\n")
FALLBACK = ("a = b ? c ?? d : e;\n", "a = b ? (c ?? d) : e;\n")
HEAD = ("interface A\n  extends B<C> {}\n", "interface A extends B<\n  C\n> {}\n")
CHAIN = ("res\n  .status(404)\n  .json({});\n", "res.status(404).json({});\n")


@pytest.mark.parametrize(("text", "formatted"), [CONSTRUCTOR, TERNARY, FALLBACK, HEAD])
def test_what_older_versions_break_otherwise_is_left_out_for_them(text: str, formatted: str) -> None:
    assert drift(text, formatted, OLDER).hunks == ()
    assert drift(text, formatted, EXACT).hunks != ()


@pytest.mark.parametrize(
    ("text", "formatted"), [QUOTES, TOO_LONG, ("  a = 1\n", "a = 1;\n"), ("a\n\n\nb\n", "a\n\nb\n")]
)
def test_what_no_version_writes_is_told_for_older_ones_too(text: str, formatted: str) -> None:
    assert drift(text, formatted, OLDER).hunks != ()


RESULT = ("function make(\n  data: A,\n): Promise<{\n", "function make(data: A): Promise<{\n")
KEY = ("  [key in\n    | 'a'\n    | 'b']?: C;\n", "  [\n    key in 'a' | 'b'\n  ]?: C;\n")


@pytest.mark.parametrize(("text", "formatted"), [CHAIN, RESULT, KEY])
def test_what_only_oxfmt_writes_so_is_left_out_for_all(text: str, formatted: str) -> None:
    assert drift(text, formatted, EXACT).hunks == ()


def test_a_real_fault_beside_such_a_shape_stays() -> None:
    assert drift("type A = 'x' | \"y\";\n", UNION[1], NEWEST).hunks != ()


def test_a_large_difference_is_one_hunk() -> None:
    text = "".join(f"a{number} \n" for number in range(COMPARED_LINES_MAX + 1))
    found = drift(text, text.replace(" ", ""), EXACT)
    assert found.is_large
    assert len(found.hunks) == 1


def test_differences_far_apart_are_told_one_from_the_other() -> None:
    middle = "".join(f"a{number}\n" for number in range(COMPARED_LINES_MAX + 1))
    found = drift("b \n" + middle + "c \n", "b\n" + middle + "c\n", EXACT)
    assert found == Drift((Hunk(1, 1, "b"), Hunk(COMPARED_LINES_MAX + 3, COMPARED_LINES_MAX + 3, "c")))


LINES = st.lists(st.sampled_from(["", "a", "b", "  a", "{", "}"]), min_size=1, max_size=12).map(
    lambda rows: "\n".join([*rows, "end"]) + "\n"
)


@given(LINES, LINES)
def test_any_hunks_together_make_the_formatted_text(text: str, formatted: str) -> None:
    rows = text.removesuffix("\n").split("\n")
    hunks = drift(text, formatted, EXACT).hunks
    overlap = any(first.last >= second.first for first, second in pairwise(hunks))
    for hunk in reversed(hunks):
        assert hunk.text
        rows[hunk.first - 1 : hunk.last] = hunk.text.split("\n")
    assert overlap or "\n".join(rows) + "\n" == formatted

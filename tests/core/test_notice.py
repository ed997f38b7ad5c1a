from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.notice import TOLD_MAX, folded, foreign_team, to_tell
from reviewer.core.team import Member
from reviewer.rendering.told import read_told, told_line

HANDLES = st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,20}(/[a-z0-9](-?[a-z0-9]){0,10})?", fullmatch=True)
CASES = st.sampled_from((str.lower, str.upper, str.title))


def member(handle: str) -> Member:
    return Member("Role", ("role",), (), "Somebody", handle, 1)


def names(*handles: str, author: str = "mona", told: tuple[str, ...] = ()) -> list[str]:
    return [one.handle for one in to_tell([member(handle) for handle in handles], author, told)]


def test_everybody_is_told_once_in_their_order() -> None:
    assert names("lena", "ada", "Lena", "ADA", "octo/backend") == ["lena", "ada", "octo/backend"]


def test_the_author_and_who_was_told_before_are_not_told() -> None:
    assert names("Mona", "lena", "ada", told=("lena",)) == ["ada"]


def test_no_more_than_so_many_are_told_on_one_pull_request() -> None:
    many = tuple(f"p{number}" for number in range(30))
    assert names(*many) == list(many[:TOLD_MAX])
    assert names(*many, told=many[:TOLD_MAX]) == []
    assert names("last", told=many[: TOLD_MAX - 1]) == ["last"]


@given(st.lists(st.tuples(HANDLES, CASES), max_size=30), HANDLES, st.lists(HANDLES, max_size=12))
def test_nobody_is_told_twice_or_as_the_author(people: list[tuple[str, object]], author: str, told: list[str]) -> None:
    written = [case(handle) for handle, case in people if callable(case)]
    new = [folded(one.handle) for one in to_tell([member(one) for one in written], author, told)]
    assert len(set(new)) == len(new)
    assert not {folded(author), *told} & set(new)
    assert len(new) + len(told) <= max(TOLD_MAX, len(told))


@pytest.mark.parametrize(
    ("handle", "is_foreign"),
    [("octo/backend", False), ("Octo/backend", False), ("acme/backend", True), ("octo-2/x", True), ("octo", False)],
)
def test_a_team_is_foreign_when_it_is_of_another_account(handle: str, is_foreign: bool) -> None:
    assert foreign_team(handle, "octo") is is_foreign


@given(st.lists(HANDLES, max_size=TOLD_MAX, unique=True))
def test_who_was_told_is_read_back_from_the_summary(told: list[str]) -> None:
    line = told_line(told)
    assert "@" not in line
    body = f"### Outcome\n\n{line}\n<!-- reviewer:summary -->"
    assert read_told(body) == (tuple(told) if told else None)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("text", None),
        ("text <!-- reviewer:told lena -->", None),
        ("> <!-- reviewer:told lena -->", None),
        ("<!-- reviewer:told lena", None),
        ("<!-- reviewer:told lena -->\r", ("lena",)),
        ("<!-- reviewer:told Lena @ada a--b <b> octo/x lena -->", ("lena", "octo/x")),
        ("<!-- reviewer:told old -->\n\n<!-- reviewer:told new -->", ("new",)),
    ],
)
def test_only_a_line_of_its_own_tells_who_was_told(body: str, told: tuple[str, ...] | None) -> None:
    assert read_told(body) == told


@given(st.text())
def test_any_text_can_be_asked_who_was_told(body: str) -> None:
    assert read_told(body) is None or "reviewer:told" in body

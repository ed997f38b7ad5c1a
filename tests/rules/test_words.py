"""The words of a name: quick for ASCII, and the same as for any other name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.rules._auth import _words_of_any, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resetToken", ("reset", "token")),
        ("RESET_TOKEN", ("reset", "token")),
        ("reset-token", ("reset", "token")),
        ("APIKey", ("api", "key")),
        ("sha1Hash2", ("sha1", "hash2")),
        ("größeÜber", ("größe", "über")),
        ("", ()),
    ],
)
def test_a_name_has_these_words(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


@given(st.text(st.characters(max_codepoint=127), max_size=12))
def test_the_quick_way_finds_the_same_words(name: str) -> None:
    assert words(name) == _words_of_any(name)

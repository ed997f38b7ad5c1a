"""What holds after all that people said about automatic reviews."""

from __future__ import annotations

import pytest

from reviewer.core.automatic import Automatic, in_force_of, said_in

ON, PAUSED, IGNORED = Automatic.ON, Automatic.PAUSED, Automatic.IGNORED

HISTORIES: list[tuple[tuple[Automatic, ...], Automatic]] = [
    ((), ON),
    ((PAUSED,), PAUSED),
    ((PAUSED, ON), ON),
    ((PAUSED, ON, PAUSED), PAUSED),
    ((IGNORED,), IGNORED),
    ((IGNORED, ON), IGNORED),
    ((PAUSED, IGNORED, PAUSED, ON), IGNORED),
]


@pytest.mark.parametrize(("said", "holds"), HISTORIES)
def test_the_last_word_holds_but_the_end_is_the_end(said: tuple[Automatic, ...], holds: Automatic) -> None:
    assert in_force_of(said) is holds


@pytest.mark.parametrize("said", list(Automatic))
def test_a_comment_says_it_by_a_line_of_its_own(said: Automatic) -> None:
    assert said_in(f"Yes.\r\n\r\n{said.marker}\r\n") is said
    assert said_in(f"> {said.marker}") is None
    assert said_in(f"It is `{said.marker}`.") is None
    assert said_in("Yes.") is None

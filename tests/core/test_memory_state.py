"""The summary's hidden state: what is written is read again, what is not ours is not, and it never outgrows."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.memory import Dismissal, Known, State, Tally
from reviewer.core.memory_state import STATE_CHARS_MAX, read_state, state_text
from reviewer.rendering.remembered import state_of, with_state

HEX = st.text("0123456789abcdef", min_size=16, max_size=16)
PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
KNOWN = st.builds(
    Known,
    fingerprint=HEX,
    root=HEX,
    rule=st.sampled_from(["data_a", "lint_b"]),
    path=PLAIN,
    code=HEX.map(lambda text: text[:10]),
    symbol=HEX.map(lambda text: text[:6]),
    hunk=HEX.map(lambda text: text[:12]),
    by_model=st.booleans(),
    is_gone=st.booleans(),
    is_late=st.booleans(),
)
STATES = st.builds(
    State,
    head=HEX,
    ground=HEX,
    hunks=st.none() | st.frozensets(HEX.map(lambda text: text[:12]), max_size=20),
    known=st.lists(KNOWN, max_size=8).map(tuple),
    dismissed=st.lists(st.builds(Dismissal, HEX, PLAIN, PLAIN, st.booleans()), max_size=4).map(tuple),
    tally=st.builds(Tally, HEX, *[st.integers(0, 99)] * 5),
)


@given(STATES)
def test_a_state_is_read_as_it_was_written_out_of_a_summary(state: State) -> None:
    body = with_state("### Summary\n\n<!-- reviewer:summary -->", state)
    assert body.split("\n")[-1] == "<!-- reviewer:summary -->"
    read = state_of(body.replace("\n", "\r\n"))
    assert read is not None
    assert read == state
    assert with_state(with_state(body, state), None) == "### Summary\n\n<!-- reviewer:summary -->"


def known(number: int) -> Known:
    digest = f"{Random(number).getrandbits(64):016x}"
    return Known(
        digest, digest, f"rule_{number}", f"src/some/folder/file{number}.ts", digest[:10], "a" * 6, digest[:12], False
    )


def test_a_state_that_is_too_large_loses_its_hunks_then_findings_and_keeps_what_people_said() -> None:
    hunks = frozenset(f"{Random(number).getrandbits(48):012x}" for number in range(250))
    said = tuple(Dismissal(known(number).fingerprint, "mona", "why") for number in range(20))
    text = state_text(State("a" * 40, "b" * 16, hunks, tuple(map(known, range(120))), said))
    read = read_state(text)
    assert len(text) <= STATE_CHARS_MAX
    assert read is not None
    assert (read.hunks, read.dismissed) == (None, said)
    assert read.known == tuple(map(known, range(len(read.known))))
    assert len(read.known) >= 30


def test_long_reasons_cost_themselves_before_they_cost_a_dismissal_or_what_is_known() -> None:
    reasons = [f"{Random(number).getrandbits(800):0200x}" for number in range(60)]
    said = tuple(Dismissal(known(number).fingerprint, "mona", why) for number, why in enumerate(reasons))
    findings = tuple(map(known, range(60)))
    read = read_state(state_text(State("a" * 40, "b" * 16, None, findings, said)))
    assert read is not None
    assert [one.fingerprint for one in read.dismissed] == [one.fingerprint for one in said]
    assert {one.by for one in read.dismissed} == {"mona"}
    assert len(read.known) >= 30


def test_more_findings_than_can_be_told_apart_are_remembered_all_the_same() -> None:
    state = State("a" * 40, "b" * 16, None, (known(1),), tally=Tally("c" * 40, new=1_200, still_open=1_000))
    read = read_state(state_text(state))
    assert read is not None
    assert (read.known, read.tally.new, read.tally.still_open) == (state.known, 999, 999)


def test_names_that_pack_well_are_read_again() -> None:
    long = "\U0001f600" * 290
    findings = tuple(replace(known(number), path=f"{long}{number}.ts") for number in range(120))
    assert read_state(state_text(State("a" * 40, "b" * 16, None, findings))) is not None


def packed(value: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


GOOD = {
    "v": 1, "head": "a" * 40, "ground": "b" * 16, "hunks": [], "rules": [], "paths": [], "known": [], "gone": [],
    "tally": ["", 0, 0, 0, 0, 0],
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64!",
        "AAAA",
        packed([]),
        packed({**GOOD, "v": 2}),
        packed({**GOOD, "head": "../../etc"}),
        packed({**GOOD, "more": 1}),
        packed({**GOOD, "known": [["a" * 16, "", 3, 0, "", "", "", 0]]}),
        packed({**GOOD, "tally": ["", -1, 0, 0, 0, 0]}),
        base64.b64encode(zlib.compress(b"[" * 10_000_000)).decode()[:STATE_CHARS_MAX],
        base64.b64encode(zlib.compress(b" " * 1_000_000)).decode(),
        "A" * 100_000,
    ],
)
def test_what_we_did_not_write_is_no_state(text: str) -> None:
    assert read_state(packed(GOOD)) is not None
    assert read_state(text) is None
    assert state_of(f"<!-- reviewer:state {text} -->") is None

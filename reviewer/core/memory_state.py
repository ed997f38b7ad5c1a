"""The summary's hidden state as text, and back. It stands in a comment that maintainers may edit: read with care."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reviewer.core.hunk_memory import HUNK_CHARS, HUNKS_MAX
from reviewer.core.memory import Dismissal, Known, State, Tally

STATE_CHARS_MAX: Final = 4_800
"""Characters of the state: what the summary's own limit of 60,000 leaves below GitHub's 65,536, with room to spare."""

KNOWN_MAX: Final = 120
DISMISSED_MAX: Final = 60
WHY_CHARS_MAX: Final = 200
"""Characters of a reason that are kept; the rest of it stands in the comment that gave it."""

NAME_CHARS_MAX: Final = 300
"""Characters of a path, a rule or a reason; a finding in a file with a longer path is not remembered."""

_JSON_BYTES_MAX: Final = 64 * 1024
"""Bytes of the state when it is unpacked; ours have a quarter of that."""

_AT_MAX: Final = 999
"""Largest number in the state; of a tally that counts more, so many are told."""

_Hex = Annotated[str, Field(max_length=16, pattern=r"^[0-9a-f]*$")]
_Sha = Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]*$")]
_Name = Annotated[str, Field(max_length=NAME_CHARS_MAX)]
_At = Annotated[int, Field(ge=0, le=_AT_MAX)]


class _Written(BaseModel):
    """Short keys and tables of names, as each character counts."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    v: Annotated[int, Field(ge=1, le=1)]
    head: _Sha
    ground: _Hex
    hunks: Annotated[list[_Hex], Field(max_length=HUNKS_MAX)] | None
    rules: Annotated[list[_Name], Field(max_length=KNOWN_MAX)]
    paths: Annotated[list[_Name], Field(max_length=KNOWN_MAX)]
    known: Annotated[list[tuple[_Hex, _Hex, _At, _At, _Hex, _Hex, _Hex, _At]], Field(max_length=KNOWN_MAX)]
    gone: Annotated[list[tuple[_Hex, _Name, _Name, bool]], Field(max_length=DISMISSED_MAX)]
    tally: tuple[_Sha, _At, _At, _At, _At, _At]


def state_text(state: State) -> str:
    """The state as letters, digits, "+", "/" and "=", at most STATE_CHARS_MAX; what does not fit is left out.

    Hunks go first (each counts as changed then), then people's reasons, which stand in the comments that gave them,
    then findings told only in the summary: what stands in a comment of its own is remembered there, too.
    """
    known = tuple(one for one in state.known if len(one.path) <= NAME_CHARS_MAX)[:KNOWN_MAX]
    dismissed = state.dismissed[-DISMISSED_MAX:]
    state = replace(state, known=known, dismissed=dismissed)
    text = _packed(state)
    if text is None:
        state = replace(state, hunks=None)
        text = _packed(state)
    if text is None:
        state = replace(state, dismissed=tuple(replace(one, why="") for one in dismissed))
        text = _packed(state)
    while text is None and (state.known or state.dismissed):
        half = (len(state.dismissed) + 1) // 2 if not state.known else 0
        state = replace(state, known=state.known[: len(state.known) // 2], dismissed=state.dismissed[half:])
        text = _packed(state)
    return text or ""


def read_state(text: str) -> State | None:
    """The state by its text; None when it is none of ours, or was tampered with beyond use."""
    if len(text) > STATE_CHARS_MAX:
        return None
    try:
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(base64.b64decode(text, validate=True), _JSON_BYTES_MAX)
        written = _Written.model_validate_json(data)
        return _read(written)
    except (binascii.Error, zlib.error, ValidationError, IndexError, ValueError):
        return None


def _packed(state: State) -> str | None:
    """The state as text; None when it is longer than may be, packed or unpacked."""
    rules = list(dict.fromkeys(one.rule for one in state.known))
    paths = list(dict.fromkeys(one.path for one in state.known))
    tally = state.tally
    counts = (tally.new, tally.fixed, tally.still_open, tally.withdrawn, tally.back)
    value = {
        "v": 1,
        "head": state.head,
        "ground": state.ground,
        "hunks": None if state.hunks is None else sorted(state.hunks),
        "rules": rules,
        "paths": paths,
        "known": [_row(one, rules, paths) for one in state.known],
        "gone": [(one.fingerprint, one.by, one.why[:WHY_CHARS_MAX], one.by_hand) for one in state.dismissed],
        "tally": (tally.since, *(min(one, _AT_MAX) for one in counts)),
    }
    data = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    text = base64.b64encode(zlib.compress(data, 9)).decode("ascii")
    return text if len(text) <= STATE_CHARS_MAX and len(data) < _JSON_BYTES_MAX else None


def _row(one: Known, rules: Sequence[str], paths: Sequence[str]) -> tuple[object, ...]:
    flags = one.by_model + 2 * one.is_gone + 4 * one.is_late
    root = "" if one.root == one.fingerprint else one.root
    places = (rules.index(one.rule), paths.index(one.path))
    return (one.fingerprint, root, *places, one.code, one.symbol, one.hunk[:HUNK_CHARS], flags)


def _read(written: _Written) -> State:
    known = tuple(
        Known(
            fingerprint=fingerprint,
            root=root or fingerprint,
            rule=written.rules[rule],
            path=written.paths[path],
            code=code,
            symbol=symbol,
            hunk=hunk,
            by_model=bool(flags & 1),
            is_gone=bool(flags & 2),
            is_late=bool(flags & 4),
        )
        for fingerprint, root, rule, path, code, symbol, hunk, flags in written.known
    )
    return State(
        head=written.head,
        ground=written.ground,
        hunks=None if written.hunks is None else frozenset(written.hunks),
        known=known,
        dismissed=tuple(Dismissal(*one) for one in written.gone),
        tally=Tally(*written.tally),
    )

"""Where GitHub lets a comment stand: on lines that the diff shows, a range in one hunk, or on a file as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.standin.json_types import JsonObject, as_int
from tests.standin.patch import FileDiff, Hunks, hunks
from tests.standin.state import ReviewComment

NOT_IN_DIFF = (
    "Pull request review thread line must be part of the diff and Pull request review thread diff hunk can't be blank"
)
OTHER_HUNK = "Pull request review thread start line must be part of the same hunk as the line."
NOT_BEFORE = "Pull request review thread start line must precede the end line."
BAD_POSITION = "Pull request review thread position is invalid"
NO_FILE = "Pull request review thread path is invalid"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place that was accepted. `line` is None for a whole file; `hunk` is the diff up to the line."""

    path: str
    side: str
    line: int | None
    start_line: int | None
    start_side: str | None
    subject: str
    hunk: str
    position: int | None

    @staticmethod
    def of_comment(root: ReviewComment) -> Anchor:
        """The place of an existing comment, for its replies."""
        return Anchor(
            root.path,
            root.side,
            root.line,
            root.start_line,
            root.start_side,
            root.subject,
            root.hunk,
            root.position,
        )


def anchor_of(diff: Sequence[FileDiff], body: JsonObject) -> Anchor:
    """Judge `path`, `line`, `side`, … of a comment; raises ValueError with GitHub's text."""
    path = str(body["path"])
    file = next((f for f in diff if f.path == path), None)
    if body.get("subject_type") == "file":
        if file is None:
            raise ValueError(NO_FILE)
        return Anchor(path, "RIGHT", None, None, None, "file", "", None)
    if file is None:
        raise ValueError(NOT_IN_DIFF)
    shown = hunks(file.patch)
    side, line = _end(shown, body)
    lines = shown.side(side)
    if line not in lines:
        raise ValueError(NOT_IN_DIFF)
    start, start_side = _start(shown, body, side, line)
    hunk = _hunk(file, shown, side, line)
    return Anchor(path, side, line, start, start_side, "line", hunk, shown.below[side, line])


def _end(shown: Hunks, body: JsonObject) -> tuple[str, int]:
    if "line" in body:
        side = str(body.get("side", "RIGHT"))
        if side not in ("LEFT", "RIGHT"):
            raise ValueError(f'{side} is not a member of ["LEFT", "RIGHT"]')
        return side, as_int(body["line"])
    if "position" not in body:
        raise ValueError(NOT_IN_DIFF)
    found = shown.positions.get(as_int(body["position"]))
    if found is None:
        raise ValueError(BAD_POSITION)
    return found


def _start(shown: Hunks, body: JsonObject, side: str, line: int) -> tuple[int | None, str | None]:
    if body.get("start_line") is None:
        return None, None
    start, start_side = as_int(body["start_line"]), str(body.get("start_side", side))
    lines = shown.side(start_side)
    if start_side == side and start >= line:
        raise ValueError(NOT_BEFORE)
    if start not in lines:
        raise ValueError(NOT_IN_DIFF)
    if lines[start][0] != shown.side(side)[line][0]:
        raise ValueError(OTHER_HUNK)
    return start, start_side


def _hunk(file: FileDiff, shown: Hunks, side: str, line: int) -> str:
    """`diff_hunk`: from the hunk's header down to the line."""
    number = shown.side(side)[line][0]
    lines = (file.patch or "").split("\n")
    start = lines.index(shown.headers[number])
    return "\n".join(lines[start : shown.below[side, line] + 1])

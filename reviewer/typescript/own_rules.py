"""The rules of a repository's owner over one file: ast-grep's own matcher, in the worker only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from ast_grep_py import SgRoot

from reviewer.core.expr import TEXT_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ast_grep_py import SgNode

MATCHES_MAX: Final = 200
"""Matches of one rule in one file; one with more says nothing about any of them."""

REASON_CHARS_MAX: Final = 160
"""Characters of ast-grep's reason why a rule is none."""


def matches(text: str, bodies: Sequence[str], *, tsx: bool) -> bytes:
    """For each rule (ast-grep's configuration as JSON), as JSON: a list of `[first line, last line, code]`, or the
    reason why it could not be used."""
    root = SgRoot(text, "tsx" if tsx else "typescript").root()
    return json.dumps([_of_one(root, text, body) for body in bodies]).encode()


def _of_one(root: SgNode, text: str, body: str) -> list[list[object]] | str:
    try:
        found = root.find_all(json.loads(body))
    except Exception as error:  # noqa: BLE001 - ast-grep raises bare Exception for a rule that it cannot use
        return _reason(str(error))
    if len(found) > MATCHES_MAX:
        return f"it matches more than {MATCHES_MAX} times in one file"
    return [[*_lines(node), _code(text, node)] for node in found]


def _lines(node: SgNode) -> tuple[int, int]:
    where = node.range()
    return where.start.line + 1, where.end.line + 1


def _code(text: str, node: SgNode) -> str:
    where = node.range()
    start = where.start.index
    return " ".join(text[start : min(where.end.index, start + 2 * TEXT_CHARS_MAX)].split())[:TEXT_CHARS_MAX]


def _reason(said: str) -> str:
    """The innermost cause, without the library's own stack."""
    lines = [line.strip() for line in said.partition("Stack backtrace")[0].split("\n") if line.strip()]
    last = lines[-1] if lines else "ast-grep cannot use it"
    number, colon, rest = last.partition(": ")
    return (rest if colon and number.isdigit() else last)[:REASON_CHARS_MAX]

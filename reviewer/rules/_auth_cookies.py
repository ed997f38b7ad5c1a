"""What the options of a cookie say of its flags: written in place, in a constant, spread over shared ones, imported."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.rules._auth import constant, is_false

if TYPE_CHECKING:
    from reviewer.core.project import Project

FLAGS: Final = ("httpOnly", "secure")
_DEPTH_MAX: Final = 4


class Flag(Enum):
    """What is known of a flag."""

    ON = "on"
    OFF = "off"
    MISSING = "missing"
    UNKNOWN = "unknown"


def cookie_flags(project: Project, path: str, options: Expr, scope: int) -> dict[str, Flag]:
    """Each flag of the options; UNKNOWN where a part of them cannot be seen and nothing after it says the flag."""
    flags = dict.fromkeys(FLAGS, Flag.MISSING)
    for key, value in _written(project, path, options, scope, 0):
        if key is None:
            flags = dict.fromkeys(FLAGS, Flag.UNKNOWN)
        elif key in flags:
            flags[key] = Flag.OFF if is_false(value) else Flag.ON
    return flags


def _written(project: Project, path: str, value: Expr, scope: int, depth: int) -> Iterator[tuple[str | None, Expr]]:
    """The pairs of an object in the order they count, spread ones in place; None as the key of what is not seen."""
    path, value = _meant(project, path, value, scope)
    is_merged = value.kind is ExprKind.CALL and value.text == "Object.assign"
    if depth >= _DEPTH_MAX or not (is_merged or value.kind is ExprKind.OBJECT):
        yield None, value
        return
    for key, part in zip(value.keys or ("",) * len(value.parts), value.parts, strict=False):
        if key:
            yield key, part
        else:
            yield from _written(project, path, part, scope, depth + 1)


def _meant(project: Project, path: str, value: Expr, scope: int) -> tuple[str, Expr]:
    """The object that a name stands for, with its file; through one import."""
    if value.kind is not ExprKind.NAME:
        return path, value
    found = project.head[path].imported(value.text)
    if found is None:
        return path, constant(project.head[path], value, scope)
    target = project.imported_path(path, value.text)
    if target is None or target not in project.head:
        return path, value
    local = project.head[target].index.exported(found.name)
    bound = project.head[target].index.bound(local, NOWHERE)
    return (target, bound[0].value) if len(bound) == 1 else (path, value)

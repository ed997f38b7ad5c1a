"""Whether tests name a route: by its handler, or by the words of its path."""

from __future__ import annotations

import posixpath
from itertools import dropwhile
from typing import TYPE_CHECKING

from reviewer.core.evidence import Evidence
from reviewer.core.expr import ExprKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.project import Project
    from reviewer.core.routes import Route

_GENERIC = frozenset(
    ("create", "findAll", "findOne", "update", "remove", "delete", "get", "list", "index", "find", "save", "post",
     "put", "patch", "handler", "handle", "show", "store", "destroy", "read", "add", "edit")
)  # fmt: skip
"""Names of handlers that do not say which route they answer."""


_PREFIXES = frozenset(("api", "rest", "public"))
"""Steps that tests often have in a base address, as versions (`v1`)."""


def tested(project: Project, path: str, route: Route, url: str) -> Evidence:
    """YES when a test names the handler (a telling name, or with its class) or all words of the path; UNKNOWN when a
    test called like the file was not read."""
    named = project.names_in_tests
    name = route.method.name if route.method else _handler_name(route)
    owner = route.owner.name if route.owner else ""
    if name in named and (name not in _GENERIC or owner in named):
        return Evidence.YES
    for whole in {url, route.path if route.method else url}:
        steps = _steps(whole)
        if any(not _is_open(step) for step in steps) and any(_means(said, steps) for said in project.paths_in_tests):
            return Evidence.YES
    return Evidence.UNKNOWN if test_stem(path) in project.unread_tests else Evidence.NO


def _handler_name(route: Route) -> str:
    handler = route.handler
    is_name = handler is not None and handler.kind in (ExprKind.NAME, ExprKind.MEMBER)
    return handler.text.rpartition(".")[2] if handler is not None and is_name else ""


def test_stem(path: str) -> str:
    """The first word of a file's name, which a test shares with what it tests."""
    return posixpath.basename(path).lower().split(".")[0]


def paths_in_tests(texts: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The steps of every path among the texts of tests, each once, hosts and queries left out."""
    paths = {text.partition("?")[0].partition("#")[0].partition("://")[2 if "://" in text else 0] for text in texts}
    return tuple({tuple(dropwhile(_is_open, _steps(path))) for path in paths if "/" in path})


def _steps(path: str) -> list[str]:
    return [step for step in path.split("/") if step]


def _is_open(step: str) -> bool:
    """Whether a step stands for any text: a parameter, a wildcard, a hole in a template."""
    return step.startswith((":", "*", "{", "$"))


def _is_prefix(step: str) -> bool:
    return step in _PREFIXES or (step.startswith("v") and step[1:].isdecimal())


def _means(said: tuple[str, ...], steps: list[str]) -> bool:
    """Whether a path in a test ends as the route does; the prefix of all routes may stand in a variable."""
    length = min(len(said), len(steps))
    missing = steps[: len(steps) - length]
    if not length or not all(_is_open(step) or _is_prefix(step) for step in missing):
        return False
    pairs = zip(said[-length:], steps[-length:], strict=True)
    fits = all(_is_open(step) or one == step for one, step in pairs)
    return fits and any(not _is_open(step) for step in steps[-length:])

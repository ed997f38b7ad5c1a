"""Files that a GraphQL operation takes (`graphql-upload`) and that nothing looks at before they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reviewer.rules._numbers import names_in

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

_STREAM = "createReadStream"
_LIMITS = ("maxFileSize", "graphqlUploadExpress", "graphqlUploadKoa", "processRequest")
_KINDS = ("mimetype", "filename", "encoding")
_DECIDES = frozenset(("test", "includes", "has", "match", "some", "every", "endsWith", "startsWith", "extname"))


def open_uploads(project: Project) -> Iterator[tuple[str, int, str]]:
    """Path, line and symbol of each place where an operation starts to read such a file without asking for its kind,
    in projects that set no limit where it can be seen."""
    production = {file.path for file, _ in project.production}
    found = {path: routes for path, routes in project.resolvers.items() if path in production}
    if not found or project.once(_has_limit):
        return
    for path, routes in found.items():
        facts = project.head[path]
        for route in routes:
            scope = route.method.scope if route.method else -1
            inside = facts.index.within(scope) if scope >= 0 else ()
            line = _reads_at(facts, inside)
            if line and project.wrote(path, line) and not _decides(facts, inside):
                yield path, line, route.symbol


def _has_limit(project: Project) -> bool:
    return any(name in facts.names for facts in project.head.values() for name in _LIMITS)


def _reads_at(facts: FileFacts, inside: tuple[int, ...]) -> int:
    """The line where a file's stream is taken or opened; 0 for none."""
    for binding in facts.index.bindings(inside):
        if _STREAM in binding.fields:
            return binding.first
    return next((one.first for one in facts.index.calls(inside) if one.callee.endswith(f".{_STREAM}")), 0)


def _decides(facts: FileFacts, inside: tuple[int, ...]) -> bool:
    """Whether a function decides by the kind or name of a file, or hands them to one that may."""
    values = [one.test for one in facts.index.conditions(inside)]
    for call in facts.index.calls(inside):
        if (
            call.callee.rpartition(".")[2] in _DECIDES
            or "valid" in call.callee.lower()
            or "check" in call.callee.lower()
        ):
            return True
        values.extend(call.args)
    named = {name.rpartition(".")[2] for value in values for name in names_in(value)}
    return bool(named & set(_KINDS))

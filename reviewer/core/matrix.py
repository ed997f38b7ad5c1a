"""The evidence matrix: for each endpoint that a change adds or alters, what was seen of what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.evidence import Evidence
from reviewer.core.source_paths import is_production

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.endpoints import Endpoint
    from reviewer.core.project import Project

ROWS_MAX: Final = 100
"""Endpoints of one change that are listed; a change with more moves a whole interface."""

_MIGRATION_FOLDERS: Final = frozenset(("migrations", "migration"))


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One endpoint: verb and whole path, the handler's symbol, where it is declared, and the five cells.

    `migrated` is about the change: an entity that it alters has its migration.
    """

    verb: str
    url: str
    symbol: str
    path: str
    line: int
    validated: Evidence
    guarded: Evidence
    tested: Evidence
    documented: Evidence
    migrated: Evidence


def matrix(project: Project, *, unmigrated: bool) -> tuple[MatrixRow, ...]:
    """The endpoints that the change wrote a line of, handler included, in the order of files and lines.

    `unmigrated` says that a rule found an entity altered without a migration.
    """
    migrated = Evidence.NO if unmigrated else _migrated(project)
    return tuple(_row(endpoint, migrated) for endpoint in _changed(project))[:ROWS_MAX]


def _changed(project: Project) -> Iterator[Endpoint]:
    for path in project.head:
        if not is_production(path):
            continue
        for endpoint in project.endpoints(path):
            if project.wrote(path, endpoint.first, endpoint.last) or _handler_changed(project, endpoint):
                yield endpoint


def _handler_changed(project: Project, endpoint: Endpoint) -> bool:
    if endpoint.handler is None:
        return False
    path, scope = endpoint.handler
    function = project.head[path].functions[scope]
    return project.wrote(path, function.first, function.last)


def _migrated(project: Project) -> Evidence:
    """NOT_NEEDED where no entity was touched; a rule of its own decides what lacks a migration."""
    touched = any(project.wrote(entity.path, entity.first, entity.last) for entity in project.entities.values())
    brings = any(_MIGRATION_FOLDERS & set(file.path.lower().split("/")[:-1]) for file in project.change.files)
    return Evidence.YES if touched and brings else Evidence.NOT_NEEDED


def _row(endpoint: Endpoint, migrated: Evidence) -> MatrixRow:
    return MatrixRow(
        endpoint.verb.upper(),
        endpoint.url,
        endpoint.symbol,
        endpoint.path,
        endpoint.head,
        endpoint.validated,
        endpoint.guarded,
        endpoint.tested,
        endpoint.documented,
        migrated,
    )

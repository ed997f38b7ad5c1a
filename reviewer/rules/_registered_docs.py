"""Routes that a project describes with a call of its own (`openApi.validPath({ … })`), and new ones without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._auth import inside, words
from reviewer.rules._registered_routes import registered_routes
from reviewer.rules._rest import is_technical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.project import Project
    from reviewer.core.routes import Route

_MARKS: Final = frozenset(("openapi", "swagger", "apidoc", "docs", "describe", "documented", "oas"))
_DESCRIBED: Final = frozenset(("operationId", "summary", "responses", "tags"))
_BESIDE_MIN: Final = 2


def undescribed(project: Project) -> Iterator[tuple[str, Route, int]]:
    """New routes without a description, each with how many beside it all have one."""
    for file, _ in project.production:
        every = (*registered_routes(project, file.path), *project.routes.get(file.path, ()))
        routes = {(one.verb, one.path): one for one in every if one.method is None}
        before = {call.args[0].text for call in project.before(file.path).calls if call.args}
        told = [one for one in routes.values() if _is_described(one)]
        fresh = [one for one in routes.values() if one not in told and project.wrote(file.path, one.first, one.last)]
        known = len(routes) - len(fresh)
        if len(told) < _BESIDE_MIN or known != len(told):
            continue
        for one in fresh:
            if not is_technical(one) and one.path not in before:
                yield file.path, one, len(told)


def _is_described(route: Route) -> bool:
    return any(_describes(part) for value in route.middleware for part in inside(value))


def _describes(value: Expr) -> bool:
    if value.kind is not ExprKind.CALL:
        return False
    said = set(words(value.text))
    named = bool(said & _MARKS) or {"open", "api"} <= said or {"valid", "path"} <= said
    return named or any(len(_DESCRIBED & set(arg.keys)) > 1 for arg in value.parts if arg.kind is ExprKind.OBJECT)

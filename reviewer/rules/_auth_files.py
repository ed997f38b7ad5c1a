"""New files of routes without the guard that each file of routes beside them puts in front of all of its own:
`registerAuth(fastify)`, `fastify.register(auth)`, `fastify.addHook('onRequest', auth)`, `router.use(auth)`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from reviewer.core.concern import Severity
from reviewer.core.expr import ExprKind
from reviewer.core.source_paths import is_production
from reviewer.rules._auth import step, words
from reviewer.rules._auth_classes import Lack
from reviewer.rules._auth_entrances import MUTATING
from reviewer.rules._auth_guards import is_middleware_guard, says_who
from reviewer.rules._auth_open import is_open_route
from reviewer.rules._auth_refusing import refusing
from reviewer.rules._auth_routers import gates_of
from reviewer.rules._plugin_routes import all_routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call
    from reviewer.core.project import Project
    from reviewer.rules._auth_routers import Gate

_FILES_MIN: Final = 3
"""Files beside a new one that all ask in the same way, from which on that is how the folder does it."""

_NEAR: Final = 2
"""Last steps of a file's path that say what its routes are for: `auth/login.ts`."""

_ARGS_MAX: Final = 3
"""Arguments of a function that puts a guard in front: the router, what it asks for, and who it tells."""

_PLACES: Final = ("use", "addHook", "register")


def file_lacks(project: Project) -> Iterator[Lack]:
    """New files whose routes anybody can call, in folders where each other file asks who is calling."""
    for file, facts in project.production:
        routes = all_routes(project).get(file.path, ())
        if file.path in project.base or not routes or _fronts(project, file.path):
            continue
        every = gates_of(routes, facts, refusing(project, file.path))
        near = "/".join(file.path.split("/")[-_NEAR:])
        bare = [one for one in every if not _is_closed(one) and not is_open_route(f"{near} {one.route.path}")]
        if not bare or len(bare) < len([one for one in every if not one.is_open]):
            continue
        guard, count = _way(project, file.path)
        if guard:
            worst = next((one for one in bare if one.route.verb in MUTATING), bare[0])
            message = (
                f"Anybody can call `{worst.route.symbol}`: each of the {count} files of routes beside this one puts "
                f"`{guard}` in front of its routes, and this one puts nothing there. Do it here as they do."
            )
            severity = Severity.BLOCKER if worst.route.verb in MUTATING else Severity.WARNING
            symbol = worst.route.symbol
            yield Lack(file.path, worst.route.head, symbol, message, "Nothing asks who is calling", severity)


def _is_closed(gate: Gate) -> bool:
    return gate.is_guarded or gate.is_open


def _way(project: Project, path: str) -> tuple[str, int]:
    """The guard that all other files of a folder put in front of their routes, and how many they are."""
    folder = posixpath.dirname(path)
    beside = [
        other
        for other, routes in all_routes(project).items()
        if other != path and posixpath.dirname(other) == folder and is_production(other)
        if any(route.method is None for route in routes)
    ]
    if len(beside) < _FILES_MIN:
        return "", 0
    shared = frozenset.intersection(*(_fronts(project, other) for other in beside))
    return min((one for one in shared if says_who(one)), default=""), len(beside)


def _fronts(project: Project, path: str) -> frozenset[str]:
    """The guards that a file puts in front of all routes of one of its routers."""
    roots = {route.router for route in all_routes(project).get(path, ()) if route.method is None}
    return frozenset(name for call in project.head[path].calls if (name := _front(call, roots)))


def _front(call: Call, roots: set[str]) -> str:
    owner, _, last = call.callee.rpartition(".")
    if owner in roots and last in _PLACES:
        named = (one for one in call.args if one.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL))
        has_prefix = last == "use" and call.args and call.args[0].kind is ExprKind.STRING
        return "" if has_prefix else next((step(one.text) for one in named if is_middleware_guard(one)), "")
    is_given = bool(call.args) and call.args[0].kind is ExprKind.NAME and call.args[0].text in roots
    guards = is_given and len(call.args) <= _ARGS_MAX and says_who(last)
    return last if guards and not {"route", "routes"} & set(words(last)) else ""

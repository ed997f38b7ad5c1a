"""Where routers hang: the prefixes and middleware that stand in front of a file's routes, through imports."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.express_controllers import APPLICATION, extends_server, hung_controllers
from reviewer.core.router_routes import ROUTER_MODULES, option, starts_at_router
from reviewer.core.routes import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project
    from reviewer.core.routes import Route

_DEPTH_MAX = 5
"""Routers inside routers that are followed; rings exist."""

_USES_MAX = 100
"""Middleware of one router that is looked at; a hand-written one has a dozen."""

_HOOKS = frozenset(("onRequest", "preParsing", "preValidation", "preHandler"))
"""Fastify's hooks that run before a handler."""

_TEXTS = (ExprKind.STRING, ExprKind.TEMPLATE)


@dataclass(frozen=True, slots=True)
class InFront:
    """What stands in front of a route: the whole path, and all middleware with the file each stands in, outermost
    first. `is_rooted`: the way leads up to an application that was read."""

    path: str
    middleware: tuple[tuple[str, Expr], ...]
    is_rooted: bool


@dataclass(frozen=True, slots=True)
class _Mount:
    """`parent.use(prefix, …middleware, router)`, at `line` of the file `path`."""

    path: str
    parent: str
    prefix: str
    middleware: tuple[Expr, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Wiring:
    """How the routers of all files that were read hang together."""

    mounts: Mapping[str, tuple[tuple[str, _Mount], ...]]
    """By the file whose routers are mounted: the router's name there ("" for whatever it exports), and where."""
    uses: Mapping[tuple[str, str], tuple[tuple[int, Expr], ...]]
    """By file and router: middleware it is given for all its routes, with the line."""
    applications: frozenset[tuple[str, str]]
    """File and name of what is an application, not a router that somebody else has yet to mount."""
    named: Mapping[tuple[str, str], tuple[tuple[int, _Mount], ...]]
    """`mounts` by file and name, each with its place there."""

    def mounts_of(self, path: str, router: str) -> list[_Mount]:
        """The first mounts of a router, or of any of the file where it has no name: as many as are followed."""
        if not router:
            return [mount for _, mount in self.mounts.get(path, ())[: _DEPTH_MAX + 1]]
        both = [one for name in ("", router) for one in self.named.get((path, name), ())[: _DEPTH_MAX + 1]]
        return [mount for _, mount in sorted(both, key=itemgetter(0))]


def wiring(project: Project) -> Wiring:
    """Every place of the files that were read where a router is hung on another, or given middleware."""
    mounts: dict[str, list[tuple[str, _Mount]]] = defaultdict(list)
    uses: dict[tuple[str, str], list[tuple[int, Expr]]] = defaultdict(list)
    applications: set[tuple[str, str]] = set()
    for target, name, mount in _controllers(project):
        mounts[target].append((name, mount))
    for path, facts in project.head.items():
        routers = project.router_names(path)
        if not routers and not any(item.module in ROUTER_MODULES for item in facts.imports):
            continue
        applications |= {(path, name) for name in _applications(facts) & routers}
        for call in facts.calls:
            root, _, verb = call.callee.rpartition(".")
            if root not in routers and starts_at_router(facts, call.receiver):
                root = ""
            if (root and root not in routers) or not call.args:
                continue
            if verb in ("use", "register"):
                for target, name, mount in _mounted(project, path, facts, root, call):
                    mounts[target].append((name, mount))
            uses[path, root].extend((call.first, one) for one in _used(project, path, facts, call, verb))
    return Wiring(
        {target: tuple(found) for target, found in mounts.items()},
        {place: tuple(given) for place, given in uses.items()},
        frozenset(applications),
        _by_name(mounts),
    )


def _by_name(
    mounts: Mapping[str, list[tuple[str, _Mount]]],
) -> Mapping[tuple[str, str], tuple[tuple[int, _Mount], ...]]:
    named: dict[tuple[str, str], list[tuple[int, _Mount]]] = defaultdict(list)
    for target, hung in mounts.items():
        for at, (name, mount) in enumerate(hung):
            named[target, name].append((at, mount))
    return {place: tuple(found) for place, found in named.items()}


def _controllers(project: Project) -> Iterator[tuple[str, str, _Mount]]:
    """The controllers that a file hangs on another, or on the application."""
    for path, facts in project.head.items():
        for one in hung_controllers(facts):
            declared = project.declaration(path, one.name)
            if declared is not None:
                mount = _Mount(path, one.parent, one.prefix, one.middleware, one.line)
                yield declared.path, declared.item.name, mount


def _applications(facts: FileFacts) -> set[str]:
    made = ((binding.name, binding.value.text.removesuffix("()")) for binding in facts.bindings)
    found = {name for name, text in made if text.rpartition(".")[2] not in ("Router", "withTypeProvider")}
    return found | {APPLICATION} if extends_server(facts) else found


def _used(project: Project, path: str, facts: FileFacts, call: Call, verb: str) -> Iterator[Expr]:
    """Middleware for all routes of a router: `app.use(auth)`, Fastify's hooks."""
    if verb == "addHook" and call.args[0].text in _HOOKS:
        yield from call.args[1:]
    elif verb == "use" and call.args[0].kind not in _TEXTS:
        flat = [part for arg in call.args for part in (arg.parts if arg.kind is ExprKind.ARRAY else (arg,))]
        yield from (arg for arg in flat if _router_of(project, path, facts, arg) is None)


def _mounted(project: Project, path: str, facts: FileFacts, root: str, call: Call) -> Iterator[tuple[str, str, _Mount]]:
    """What one call hangs on a router: file, name there, and how."""
    prefix, rest = _prefix(call)
    for at, arg in enumerate(rest):
        target = _router_of(project, path, facts, arg)
        if target is not None:
            yield *target, _Mount(path, root, prefix, rest[:at], call.first)


def _prefix(call: Call) -> tuple[str, tuple[Expr, ...]]:
    first = call.args[0]
    if first.kind in _TEXTS:
        return first.text, call.args[1:]
    options = call.args[-1]
    given = option(options, "prefix")
    return (given.text if given is not None and given.kind in _TEXTS else ""), call.args


def _router_of(project: Project, path: str, facts: FileFacts, arg: Expr) -> tuple[str, str] | None:
    """The file and the name of a router that is passed: by name, `makeRouter()`, `orders.router`, `require('./x')`,
    `import('./x')`."""
    if arg.kind is ExprKind.AWAIT and arg.parts:
        arg = arg.parts[0]
    if arg.kind is ExprKind.CALL and arg.text in ("require", "import") and arg.parts:
        target = project.resolver.resolve(path, arg.parts[0].text)
        return (target, "") if target else None
    if arg.kind not in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL, ExprKind.NEW):
        return None
    root = arg.text.partition(".")[0]
    imported = facts.imported(root)
    if imported is None:
        if arg.text in project.router_names(path):
            return path, arg.text
        made = (one.value for one in facts.index.bound(root, -1) if one.value.kind is ExprKind.NEW)
        value = next(made, None)
        return _router_of(project, path, facts, value) if value is not None and value.text != root else None
    target = project.resolver.resolve(path, imported.module)
    there = project.head.get(target) if target else None
    if target is None or there is None:
        return None
    name = there.index.exported(imported.name)
    return target, name if name in project.router_names(target) else ""


def in_front(project: Project, path: str, route: Route) -> InFront:
    """What stands in front of a router's route."""
    wired = project.wiring
    found = [(path, one) for one in route.middleware]
    router, line, whole = route.router, route.head, route.path
    passed: list[_Mount] = []
    for _ in range(_DEPTH_MAX):
        before = [(path, one) for at, one in wired.uses.get((path, router), ())[:_USES_MAX] if at < line]
        found = [*before, *found]
        mount = next((one for one in wired.mounts_of(path, router) if one not in passed), None)
        if mount is None:
            break
        passed.append(mount)
        found = [*((mount.path, one) for one in mount.middleware), *found]
        path, router, line, whole = mount.path, mount.parent, mount.line, f"{mount.prefix}/{whole}"
    return InFront(joined(*whole.split("/")), tuple(found), (path, router) in wired.applications)

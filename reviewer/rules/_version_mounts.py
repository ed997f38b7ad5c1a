"""Routers that are mounted without the version that the others of the same application have in their prefix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding
from reviewer.core.project import Project
from reviewer.rules._rest import option

_MOUNTS_MIN = 2
"""Mounted routers that must be known before a missing version is news."""

_RATE = 0.85
_ASIDE = (
    "health", "metric", "ready", "live", "ping", "webhook", "hook", "callback", "doc", "swagger", "openapi", "graphql",
    "static", "asset", "public", "upload", "admin", "internal", "queue", "oauth", "well-known", "playground", "socket",
)  # fmt: skip
_NAMED = (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL)
_Report = Callable[[str, int, str, str], Finding]


def has_version(path: str) -> bool:
    """Whether a step of a path is a version: `v1`, `v2beta`."""
    return any(step[:1] == "v" and step[1:2].isdigit() for step in path.lower().split("/"))


def mounted_without_version(project: Project, said: _Report) -> Iterator[Finding]:
    """Mounts of a router that the change wrote, beside versioned ones on the same application."""
    for file, facts in project.production:
        groups: dict[str, list[tuple[Call, str, Expr]]] = defaultdict(list)
        for call in facts.calls:
            root, _, verb = call.callee.rpartition(".")
            prefix = _prefix(call) if verb in ("use", "register") and root in project.router_names(file.path) else ""
            if prefix and not any(word in prefix.lower() for word in _ASIDE):
                groups[root].append((call, prefix, call.args[0] if verb == "register" else call.args[-1]))
        for root, mounts in groups.items():
            new: list[tuple[Call, str, Expr]] = []
            known: list[bool] = []
            for one in mounts:
                if project.introduced(file.path, one[0]):
                    new.append(one)
                else:
                    known.append(has_version(one[1]))
            if len(known) < _MOUNTS_MIN or sum(known) / len(known) < _RATE:
                continue
            for call, prefix, router in new:
                if not has_version(prefix) and _is_router(project, file.path, facts, router):
                    others = f"{sum(known)} of {len(known)} other routers on `{root}` have one"
                    yield said(file.path, call.first, prefix, others)


def _prefix(call: Call) -> str:
    """The prefix that a router is mounted at, "" where none is written out."""
    if len(call.args) < 2 or call.args[-1].kind not in (*_NAMED, ExprKind.OBJECT):
        return ""
    given = option(call.args, "prefix") if call.callee.endswith(".register") else call.args[0]
    return given.text if given is not None and given.kind is ExprKind.STRING else ""


def _is_router(project: Project, path: str, facts: FileFacts, value: Expr) -> bool:
    """Whether a router is what is mounted, and none whose own routes carry the version."""
    if value.kind not in _NAMED:
        return False
    found = facts.imported(value.text.partition(".")[0])  # one of this file has routes and mounts that are seen
    target = project.resolver.resolve(path, found.module) if found is not None else None
    routes = project.routes.get(target, ()) if target else ()
    if target is None or any(has_version(route.path) for route in routes):
        return False
    return bool(routes) or "rout" in value.text.lower()

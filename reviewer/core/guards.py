"""Who may call a route: guards on the method, its class, the whole application, or middleware in front."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.decorations import Decoration, Decorations, decorations
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.router_routes import option
from reviewer.core.routes import NEST, original

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reviewer.core.facts import Call
    from reviewer.core.project import Project
    from reviewer.core.routes import Route

_WORDS = (
    "auth", "guard", "jwt", "protect", "login", "loggedin", "permission", "role", "acl", "apikey", "passport",
    "signature", "admin", "restrict", "policy", "token", "ability", "signedin", "currentuser",
)  # fmt: skip
"""Words in the names of middleware that lets only some callers through."""

_OTHERS = (
    "csrf",
    "throttl",
    "ratelimit",
    "frameguard",
    "featurepolicy",
    "permissionspolicy",
    "referrerpolicy",
    "optional",
)
"""Words of middleware and guards that look at something else."""

_PUBLIC = ("public", "anonymous", "skipauth", "noauth", "unprotected", "unauthenticated", "withoutauth", "allowall")
"""Words in the names of decorators that open a route on purpose."""

_HOOK_KEYS = ("preHandler", "onRequest", "preValidation", "auth", "config", "options")
_DEPTH_MAX = 4


@dataclass(frozen=True, slots=True)
class Guarding:
    """What guards a route. `names` are the guards as written, the innermost last; `is_public`: opened on purpose.

    `is_complete`: whatever could guard it was read.
    """

    names: tuple[str, ...]
    is_public: bool
    is_complete: bool


@dataclass(frozen=True, slots=True)
class GlobalGuards:
    """Guards of the whole NestJS application, and middleware that a module applies (guard, where to).

    `is_complete`: the file that starts the application and its module were read.
    """

    names: tuple[str, ...]
    applied: tuple[tuple[str, tuple[Expr, ...]], ...]
    is_complete: bool


def guards_by_name(name: str) -> bool:
    """Whether something lets only some callers through, by what it is called."""
    lower = name.lower().replace("_", "").replace("authors", "").replace("authorid", "")
    return any(word in lower for word in _WORDS) and not any(word in lower for word in _OTHERS)


def global_guards(project: Project) -> GlobalGuards:
    """What guards all routes of a NestJS application: `useGlobalGuards`, APP_GUARD providers, applied middleware."""
    names: list[str] = []
    applied: list[tuple[str, tuple[Expr, ...]]] = []
    roots: list[bool] = []
    for path, facts in project.head.items():
        for call in facts.calls:
            if call.callee.endswith(".useGlobalGuards"):
                names.extend(arg.text for arg in call.args)
            elif call.callee.endswith(".forRoutes"):
                applied.extend((name, call.args) for name in _applied(call))
            elif call.callee.startswith("NestFactory.create") and call.args:
                roots.append(project.declaration(path, call.args[0].text) is not None)
        if original(facts, "APP_GUARD")[1] == "@nestjs/core":
            modules = (arg for item in facts.classes for one in item.decorators for arg in one.args)
            names.extend(_provided((*modules, *(binding.value for binding in facts.bindings))))
    kept = tuple(dict.fromkeys(name for name in names if not any(word in name.lower() for word in _OTHERS)))
    return GlobalGuards(kept, tuple(applied), bool(roots) and all(roots))


def _applied(call: Call) -> Iterator[str]:
    """The middleware of `consumer.apply(Auth).exclude(…).forRoutes(…)`."""
    at = call.receiver
    while at is not None:
        if at.text.rpartition(".")[2] == "apply":
            yield from (part.text for part in at.parts if guards_by_name(part.text))
        at = at.receiver


def _provided(values: Iterable[Expr]) -> Iterator[str]:
    """The guards of `{ provide: APP_GUARD, useClass: … }`, wherever in these values."""
    waiting = [(value, 0) for value in values]
    while waiting:
        at, depth = waiting.pop()
        token = option(at, "provide")
        if token is not None and token.text == "APP_GUARD":
            given = option(at, "useClass", "useExisting", "useValue")
            yield given.text if given is not None else "APP_GUARD"
        elif depth < _DEPTH_MAX:
            waiting.extend((part, depth + 1) for part in at.parts)


def nest_guarding(project: Project, path: str, route: Route) -> Guarding:
    """What guards a controller's or resolver's method."""
    own = decorations(project, path, route.method.decorators if route.method else ())
    outer = decorations(project, path, route.owner.decorators if route.owner else ())
    everywhere = project.global_guards
    owner = route.owner.name if route.owner else ""
    applied = [name for name, places in everywhere.applied if any(_covers(one, owner, route) for one in places)]
    names = [*everywhere.names, *applied, *_used(outer), *_used(own)]
    public = any(one.is_direct and _opens(one) for one in (*own.items, *outer.items))
    complete = everywhere.is_complete and own.is_complete and outer.is_complete
    return Guarding(tuple(dict.fromkeys(names)), public, complete)


def is_applied(project: Project, route: Route) -> bool:
    """Whether middleware that a module applies stands in front of a controller's method."""
    owner = route.owner.name if route.owner else ""
    return any(_covers(one, owner, route) for _, places in project.global_guards.applied for one in places)


def _used(found: Decorations) -> Iterator[str]:
    """The guards of `@UseGuards(…)`, `@Authorized()` and `@UseBefore(…)`, however deep in composites."""
    for one in found.items:
        if one.name == "UseGuards" and one.module == NEST:
            yield from (_guard_name(arg) for arg in one.args if not any(word in arg.text.lower() for word in _OTHERS))
        elif one.name == "Authorized" and one.module in ("type-graphql", "routing-controllers"):
            yield one.name
        elif one.name == "UseBefore" and one.module == "routing-controllers":
            yield from (_guard_name(arg) for arg in one.args if guards_by_name(arg.text))


def _guard_name(arg: Expr) -> str:
    given = [part.text for part in arg.parts if part.kind is ExprKind.STRING]
    return f"{arg.text}({given[0]})" if arg.kind is ExprKind.CALL and given else arg.text


def _opens(one: Decoration) -> bool:
    """Whether a decorator opens a route: `@Public()`, `SetMetadata('isPublic', true)`, `@Auth({ public: true })`."""
    words = [one.name]
    for arg in one.args:
        words.extend(key for key, value in zip(arg.keys, arg.parts, strict=False) if value.text == "true")
    if one.name == "SetMetadata" and one.args:
        words.append(one.args[0].text)
    return any(mark in word.lower().replace("_", "") for word in words for mark in _PUBLIC)


def _covers(place: Expr, owner: str, route: Route) -> bool:
    """Whether what `forRoutes` is given means a route: '*', a controller, a path, `{ path, method }`."""
    if place.kind is ExprKind.NAME:
        return place.text == owner
    path, verb = option(place, "path"), option(place, "method")
    if path is None:
        return place.kind is ExprKind.STRING and (place.text in ("*", "(.*)", "/") or _same(place.text, route.path))
    verbs = (route.verb, "ALL")
    return _same(path.text, route.path) and (verb is None or verb.text.rpartition(".")[2] in verbs)


def _same(pattern: str, path: str) -> bool:
    wanted, found = pattern.strip("/").split("/"), path.strip("/").split("/")
    if wanted[-1:] in (["*"], ["(.*)"]):
        return found[: len(wanted) - 1] == wanted[:-1]
    return len(wanted) == len(found) and all(
        one == two or (one[:1] == ":" and two[:1] == ":") for one, two in zip(wanted, found, strict=True)
    )


def router_guards(middleware: Iterable[tuple[str, Expr]]) -> Iterator[str]:
    """The guards among what stands in front of a router's route, Fastify's hooks in option objects too."""
    for _, value in middleware:
        for one in _hooks(value):
            name = one.text
            if one.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL) and guards_by_name(name):
                yield _guard_name(one)


def _hooks(value: Expr) -> Iterator[Expr]:
    if value.kind is not ExprKind.OBJECT:
        yield value
        return
    for key in _HOOK_KEYS:
        given = option(value, key)
        if given is not None:
            yield from given.parts if given.kind is ExprKind.ARRAY else _hooks(given)


def is_public_by_nature(route: Route, url: str) -> bool:
    """Whether callers cannot be known yet, or are machines: login, registration, health, webhooks, the root page."""
    owner = _words(route.owner.name) if route.owner else set()
    words = _words(url) | owner
    name = route.method.name.lower() if route.method else ""
    is_renewal = "refresh" in words and bool(words & {"auth", "token", "session"})
    return url.strip("/") == "" or name in _OPEN_WORDS or is_renewal or bool(words & _OPEN_WORDS)


def _words(text: str) -> set[str]:
    """The words of a path or name in lower case: `health`, `check` of `/healthCheck` and `health-check`."""
    split = "".join(f" {char}" if char.isupper() else char if char.isalnum() else " " for char in text)
    return set(split.lower().split())


_OPEN_WORDS = frozenset(
    ("login", "signin", "signup", "register", "forgot", "health", "healthz", "healthcheck", "metrics", "readiness",
     "liveness", "livez", "readyz", "ping", "webhook", "webhooks", "callback", "oauth", "oauth2", "favicon", "robots")
)  # fmt: skip

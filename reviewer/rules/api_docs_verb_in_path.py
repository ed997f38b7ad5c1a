"""A path that says what to do: `/getUsers`, `/orders/create`, `/users/delete/:id`.

In REST the path names a thing and the HTTP verb says what happens to it, so clients, caches and permissions can tell
from the verb. Looked for in new routes only, and not in projects that name their routes so anyway. Actions that HTTP
has no verb for (`/orders/:id/cancel`, `/login`, `/search`) are left alone, and so are pages that show a form.

Bad::

    router.post('/users/delete/:id', remove);

Good::

    router.delete('/users/:id', remove);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, nest_name
from reviewer.core.rule import Rule
from reviewer.rules._code import handler
from reviewer.rules._decorated_routes import every_new_route, every_route
from reviewer.rules._report import at, report
from reviewer.rules._rest import is_technical

_VERBS = {
    "get": "GET", "fetch": "GET", "retrieve": "GET", "list": "GET", "create": "POST", "add": "POST", "insert": "POST",
    "update": "PATCH", "edit": "PATCH", "modify": "PATCH", "delete": "DELETE", "remove": "DELETE",
}  # fmt: skip
_ALONE = frozenset(("get", "create", "insert", "update", "edit", "modify", "delete", "remove"))
"""Verbs that are no noun: they count as a step of their own, too."""

_NOUN_BEHIND = frozenset(
    ("history", "log", "logs", "request", "requests", "event", "events", "status", "form", "reason", "reasons", "on",
     "ons", "count", "preview", "policy", "job", "jobs", "check", "password", "email", "token", "otp", "pin", "started",
     "profile", "avatar", "session", "intent")
)  # fmt: skip
"""Words that make a noun or an account's usual action of a verb before them: `update-history`, `update-password`."""

_MANY = frozenset(("bulk", "batch", "rpc", "trpc", "actions", "functions"))
"""Steps of routes that act on many things at once, or are calls by design."""

_LISTS = ("ids", "names", "keys", "uuids", "items", "paths")
"""Ends of the names of lists of things to remove."""

_HOUSE_STYLE_RATE = 0.25
_HOUSE_STYLE_MIN = 4
"""Other routes that must be known before their rate means anything."""

_OWN_MIN = 2
"""Other routes of the same file that say more than all the rest."""

_OWN_CALLS_MIN = 5
_ALONE_MAX = 3
_LISTED_MAX = 6
"""More new routes than that in one file are one decision: one finding that lists them."""

_CALLS_MIN = 10
_CALLS_RATE = 0.9
"""Of so many routes that change something, so large a share of POST is an API of calls, not of resources."""


def inspect(project: Project) -> Iterator[Finding]:
    """New routes with a verb in their path, where few others have one."""
    if _is_house_style(project):
        return
    for file, _ in project.production:
        new = every_new_route(project, file.path)
        fresh = {route.symbol for route in new}
        every = every_route(project).get(file.path, ())
        known = [bool(_verb_step(one)) for one in every if one.symbol not in fresh]
        is_own_style = len(known) >= _OWN_MIN and sum(known) * 2 >= len(known)
        if is_own_style or _is_calls(every):
            continue
        found = [route for route in new if _verb_step(route) and not _is_aside(project, file.path, route)]
        found.sort(key=lambda route: route.head)
        if len(found) > _ALONE_MAX:
            others = ", ".join(f"`{route.verb} {route.path}`" for route in found[1:_LISTED_MAX])
            yield _finding(file.path, found[0], f" So do {others}{' …' if len(found) > _LISTED_MAX else ''}.")
        else:
            yield from (_finding(file.path, route) for route in found)


def _is_calls(routes: tuple[Route, ...]) -> bool:
    """Whether a file's routes are calls by design: several, and all of them POST."""
    return len(routes) >= _OWN_CALLS_MIN and all(route.verb == "POST" for route in routes)


def _finding(path: str, route: Route, others: str = "") -> Finding:
    step = _verb_step(route)
    words = _words(step)
    wanted = _VERBS[words[0]]
    kept = [one for one in route.path.split("/") if one]
    kept[kept.index(step)] = "-".join(words[1:])
    better = "/" + "/".join(one for one in kept if one)
    mend = f"`{wanted} {better}`" if better != "/" else f"{wanted} on the path without it"
    return report(
        RULE,
        at(path, route.head),
        f"`{route.verb} {route.path}` says what to do in its path (`{step}`); clients, caches and permissions read "
        f"that from the HTTP verb.{others} Name the thing and let the verb act: {mend}.",
        symbol=route.symbol,
        quoted=route.path,
    )


def _is_aside(project: Project, path: str, route: Route) -> bool:
    """What machines ask for, and pages that show a form."""
    if is_technical(route) or _removes_many(project, path, route):
        return True
    decorators = route.method.decorators if route.method else ()
    return any(nest_name(project.head[path], one) == "Render" for one in decorators) or _shows_a_page(
        project, path, route
    )


def _removes_many(project: Project, path: str, route: Route) -> bool:
    """`POST /orders/delete` with a list in its body: DELETE carries none that proxies and clients agree on."""
    code = handler(project, path, route) if route.verb == "POST" and ":" not in route.path else None
    if code is None or not route.path.endswith(("/delete", "/remove")):
        return False
    facts = project.head[code.path]
    taken = (name for one in facts.index.bindings(facts.index.within(code.scope)) for name in one.fields)
    reads = facts.index.reads(facts.index.within(code.scope))
    read = (one.name.rpartition(".")[2] for one in reads if ".body." in one.name)
    return any(name.lower().endswith(_LISTS) for name in (*taken, *read))


def _verb_step(route: Route) -> str:
    """The step of a path that is or begins with a verb, "" when there is none."""
    steps = route.path.split("/")
    if _MANY & set(steps):
        return ""
    for step in steps:
        if not step or not step[0].isalpha() or "$" in step:
            continue
        words = _words(step)
        if words[0] not in _VERBS:
            continue
        if len(words) == 1:
            if words[0] in _ALONE:
                return step
        elif words[1] not in _NOUN_BEHIND:
            return step
    return ""


def _words(step: str) -> list[str]:
    """`getUsers`, `get-users` and `get_users` as words in lower case."""
    spaced = "".join(f" {char}" if char.isupper() else " " if char in "-_." else char for char in step)
    return spaced.lower().split() or [""]


def _shows_a_page(project: Project, path: str, route: Route) -> bool:
    """Whether the handler renders a page: `/orders/create` is then the page with the form."""
    code = handler(project, path, route)
    if code is None or route.method is not None:
        return False
    facts = project.head[code.path]
    inside = facts.index.within(code.scope)
    return any(
        call.callee.rpartition(".")[2] in ("render", "sendFile", "redirect") for call in facts.index.calls(inside)
    )


def _is_house_style(project: Project) -> bool:
    """Whether the routes that were there do it too (all, or those that change something), or are POST by design."""
    by_path = every_route(project)
    every = [route for routes in by_path.values() for route in routes if route.verb != "GET"]
    if len(every) >= _CALLS_MIN and sum(one.verb == "POST" for one in every) / len(every) > _CALLS_RATE:
        return True
    known: list[tuple[str, bool]] = []
    for path, routes in by_path.items():
        new = {route.symbol for route in every_new_route(project, path)}
        known.extend((route.verb, bool(_verb_step(route))) for route in routes if route.symbol not in new)
    groups = ([said for _, said in known], [said for verb, said in known if verb != "GET"])
    return any(len(one) >= _HOUSE_STYLE_MIN and sum(one) / len(one) > _HOUSE_STYLE_RATE for one in groups)


RULE = Rule(
    slug="api_docs_verb_in_path",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="The path says what to do",
    inspect=inspect,
    references=(
        Reference("MDN: HTTP request methods", "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Methods"),
    ),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-structure-apis-by-rest",
)

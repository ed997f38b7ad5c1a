"""Where the routes of a router stand in a committed OpenAPI document, told by the routes that both of them have.

No file says it: the document has whole paths (`/orders/{id}/notes`), a router the ends of them (`/:id/notes`). What all
routes of a file that were there have in front of them in the document is where the router hangs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.mounts import in_front
from reviewer.core.nearby_routes import is_contract_of
from reviewer.core.routes import original
from reviewer.rules._auth import words
from reviewer.rules._contract_documents import Document, Documents, braced
from reviewer.rules._plugin_routes import all_routes, new_routes
from reviewer.rules._undeclared_fields import removes_undeclared
from reviewer.rules._validators import mentions_validation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reviewer.core.expr import Expr
    from reviewer.core.project import Project
    from reviewer.core.routes import Route
    from reviewer.rules._client_data import Sent
    from reviewer.rules._handlers import Handler

_KNOWN_MIN: Final = 2
"""Routes that were there, all of them in the document, before a missing one is news."""

_VALIDATOR: Final = "express-openapi-validator"
_NOT_PLAIN: Final = ("*", "(", "?", "+")
"""In a path: it stands for several, and no document writes it so."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A new route that a document lacks, and how many routes beside it are all there."""

    path: str
    route: Route
    document: str
    count: int


def lacking(project: Project) -> Iterator[Lacking]:
    """New routes of routers that a committed document lacks, where it has every other route of their file."""
    documents = project.once(Documents).all
    for file, _ in project.production if documents else ():
        added = (route for route in new_routes(project, file.path) if route.method is None and route.path)
        fresh = [route for route in added if _is_plain(route)]
        old = _old(project, file.path) if fresh else []
        for document in documents:
            places = list(_places(project, document, file.path, old))
            for route in fresh if places else ():
                if not any(document.has(route.verb, at + braced(route.path)) for at in places):
                    yield Lacking(file.path, route, document.path, len(old))


def only_contract(project: Project, path: str, route: Route) -> bool:
    """Whether all that checks a request in front of a route is a validator of the committed OpenAPI document."""
    checks = [
        one for one in in_front(project, path, route).middleware if mentions_validation(project.head[one[0]], one[1])
    ]
    return bool(checks) and all(_is_contract_check(project, *one) for one in checks)


def contract_leaves_more(project: Project, path: str, route: Route) -> bool:
    """Whether a document checks the body in front of a route and lets properties through that it does not name."""
    documents = project.once(Documents).all
    is_open = bool(documents) and not any(one.is_closed for one in documents)
    return is_open and not project.once(removes_undeclared) and only_contract(project, path, route)


def contract_leaves_text(project: Project, handler: Handler, sent: Sent) -> bool:
    """Whether a document checks the request in front of a handler and surely says of a field that any text will do."""
    if not only_contract(project, handler.file, handler.route):
        return False
    known = [route for route in project.routes.get(handler.file, ()) if route.method is None and _is_plain(route)]
    found = [
        texts
        for document in project.once(Documents).all
        for at in _places(project, document, handler.file, known)
        if (texts := document.operations.get((handler.route.verb, at + braced(handler.route.path)))) is not None
    ]
    return bool(found) and all((sent.source, sent.field) in texts for texts in found)


def _is_contract_check(project: Project, path: str, value: Expr) -> bool:
    facts = project.head[path]
    return original(facts, value.text)[1] == _VALIDATOR and is_validation(facts, value.text)


def _old(project: Project, path: str) -> list[Route]:
    new = {route.symbol for route in new_routes(project, path)}
    known = all_routes(project).get(path, ())
    return [one for one in known if one.method is None and one.symbol not in new and one.path]


def _is_plain(route: Route) -> bool:
    return route.verb != "ALL" and not any(mark in route.path for mark in _NOT_PLAIN)


def _places(project: Project, document: Document, path: str, routes: Iterable[Route]) -> Iterator[str]:
    """The paths that a router may hang at: in front of each of its routes in the document, and named after it."""
    common: set[str] | None = None
    for route in (plain := [one for one in routes if _is_plain(one)]):
        end = braced(route.path)
        ways = {
            at.removesuffix(end) for verb, at in document.operations if verb in (route.verb, "*") and at.endswith(end)
        }
        common = ways if common is None else common & ways
    for at in sorted(common or ()) if len(plain) >= _KNOWN_MIN else ():
        if not at or is_contract_of(document.path, path) or _is_named(project, path, at):
            yield at


def _is_named(project: Project, path: str, at: str) -> bool:
    """Whether a file is called after the place, or something hangs a router there."""
    last = next((step for step in reversed(at.split("/")) if step not in ("", "{}")), "")
    own = {word.rstrip("s") for word in words(path)}
    if last and {word.rstrip("s") for word in words(last)} <= own:
        return True
    return bool(last) and any(
        arg.text.rstrip("/").endswith(f"/{last}")
        for facts in project.head.values()
        for call in facts.calls
        if call.callee.rpartition(".")[2] in ("use", "register", "route") and call.args
        for arg in call.args[:1]
    )

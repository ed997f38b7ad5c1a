"""Which unchanged files give the handlers of a change their routes, and which routers and contracts stand beside them.

Express and Fastify say the route in another file than the handler, and only names lead there from the handler's side:
where nothing is imported, paths are all there is to go by.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from reviewer.core.change import is_typescript
from reviewer.core.router_routes import router_names
from reviewer.core.routes import is_controller
from reviewer.core.source_paths import is_production

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reviewer.core.facts import FileFacts, Function

ROUTES_MAX = 8
"""Files that may hold the routes of changed handlers: usually it is one, and one more for each version of the API."""

ROUTERS_MAX = 4
"""Routers beside a changed one: as many show how the project writes them."""

CONTRACTS_MAX = 2
"""Committed OpenAPI documents; a second one where the service has a public and an inner side."""

_FOLDERS = frozenset(("routes", "routers", "route", "router"))
_MARKS = frozenset(("controller", "handler", "api"))
"""Between the dots of a file in a folder of routes; `routes/order/order.mapper.ts` holds none."""

_REQUESTS = frozenset(("req", "request"))
_RESPONSES = frozenset(("res", "response", "reply"))
_TYPES = frozenset(("Request", "FastifyRequest", "Response", "FastifyReply"))
_NO_WORDS = frozenset(
    ("controller", "controllers", "handler", "handlers", "route", "routes", "router", "routers", "index", "main", "app",
     "api", "service", "the", "and", "get", "post", "src", "server")
)  # fmt: skip
"""Words of file names that say what a file is, not what it is about."""

_WORD_CHARS_MIN = 3
_CONTRACTS = ("openapi", "swagger", "oas", "api", "apidoc", "apidocs", "api-docs", "api-spec")
"""How the names of OpenAPI documents end, before `.yaml`: `openapi`, `orders-api`, `v1.swagger`."""

_FULL_NAMES = ("openapi.", "swagger.")

_CONTRACT_FOLDERS = frozenset(("", "docs", "doc", "api", "spec", "specs", "openapi", "swagger", "src", "public"))


def folders_above(path: str) -> list[str]:
    """The folders that a path is in, the nearest first, "" for the root last."""
    folders = [posixpath.dirname(path)]
    while folders[-1]:
        folders.append(posixpath.dirname(folders[-1]))
    return folders


def feature_folders(path: str) -> list[str]:
    """The folders around a file that still belong to its feature: two above it, unless that is all of `src`."""
    found = [folder for folder in folders_above(path)[:3] if "/" in folder]
    return found or folders_above(path)[:1]


def holds_router(facts: FileFacts) -> bool:
    """Whether a file makes an Express or Fastify router, or is given one."""
    return bool(router_names(facts, lambda _: False))


def holds_handlers(path: str, facts: FileFacts) -> bool:
    """Whether a file answers requests whose routes stand elsewhere: it exports handlers (or something, and is called a
    controller), and has neither a router nor a NestJS controller."""
    if "controller" not in posixpath.basename(path).lower() and not any(map(_is_handler, facts.functions)):
        return False
    gives = bool(facts.exports) or any(item.is_exported for item in facts.classes)
    return gives and not holds_router(facts) and not any(is_controller(facts, item) for item in facts.classes)


def _is_handler(function: Function) -> bool:
    """Whether a function takes a request and its response."""
    if len(function.params) < 2:
        return False
    first, second = function.params[:2]
    named = first.name.lstrip("_") in _REQUESTS or second.name.lstrip("_") in _RESPONSES
    return named or bool({first.type.name.rpartition(".")[2], second.type.name.rpartition(".")[2]} & _TYPES)


def routes_of_handlers(tree: Iterable[str], handlers: list[str]) -> Iterator[str]:
    """Files that may hold the routes of these handlers: in their feature's folders, in a `routes` folder beside theirs,
    or called after the same thing; those first."""
    if not handlers:
        return
    ranked: list[tuple[bool, bool, int, str]] = []
    words = {path: _words(path) for path in handlers}
    features = {path: frozenset(feature_folders(path)) for path in handlers}
    for path in filter(_is_routes_file, tree):
        folder, own = posixpath.dirname(path), _words(path)
        is_namesake = any(own & words[handler] for handler in handlers)
        is_near = any(folder in features[handler] or _is_beside(folder, handler) for handler in handlers)
        if is_namesake or is_near:
            ranked.append((not is_namesake, not is_near, -_shared(folder, handlers), path))
    yield from [path for *_, path in sorted(ranked)][:ROUTES_MAX]


def sibling_routers(tree: Iterable[str], routers: list[str]) -> Iterator[str]:
    """A few routers in the folder of a changed one, and in the folders beside it."""
    folders = {posixpath.dirname(path) for path in routers}
    beside = {posixpath.dirname(folder) for folder in folders if "/" in folder}
    ranked: list[tuple[bool, int, str]] = []
    for path in filter(_is_routes_file, tree) if routers else ():
        folder = posixpath.dirname(path)
        if folder in folders or posixpath.dirname(folder) in beside:
            ranked.append((folder not in folders, -_shared(folder, routers), path))
    yield from [path for *_, path in sorted(ranked) if path not in routers][:ROUTERS_MAX]


def contracts(tree: Iterable[str], files: list[str]) -> Iterator[str]:
    """Committed OpenAPI documents at the usual places of the project or package that the files are in."""
    roots = dict.fromkeys(folder for path in files for folder in folders_above(path))
    found = {path for path in tree if is_contract_name(path)} if files else set()
    usual = (path for path in found if any(_at_usual_place(path, root) for root in roots))
    yield from sorted(usual, key=lambda path: (-_shared(posixpath.dirname(path), files), path))[:CONTRACTS_MAX]


def is_contract_of(document: str, path: str) -> bool:
    """Whether an OpenAPI document is that of one file: beside it and called like it, `orders.openapi.json`."""
    if posixpath.dirname(document) != posixpath.dirname(path) or not is_contract_name(document):
        return False
    ours, _, rest = posixpath.basename(document).partition(".")
    stem = posixpath.basename(path).partition(".")[0]
    return rest.startswith(_FULL_NAMES) and ours.removesuffix("s") == stem.removesuffix("s")


def is_contract_name(path: str) -> bool:
    """Whether a file is called like a committed OpenAPI document."""
    stem, ending = posixpath.splitext(posixpath.basename(path).lower())
    if ending not in (".yaml", ".yml", ".json"):
        return False
    stem = f"-{stem}".replace("_", "-").replace(".", "-")
    return any(stem.endswith(f"-{name}") for name in _CONTRACTS)


def of_changed(tree: frozenset[str], head: Mapping[str, FileFacts], files: list[str]) -> Iterator[str]:
    """What the handlers, routers and controllers among the changed files need: their likely routes, then contracts."""
    known = [path for path in files if path in head]
    handlers = [path for path in known if holds_handlers(path, head[path])]
    yield from routes_of_handlers(tree, handlers)
    served = [path for path in known if path not in handlers and _serves(head[path])]
    documents = sorted(filter(is_contract_name, tree))
    yield from (one for one in documents if any(is_contract_of(one, path) for path in known))
    yield from contracts(tree, [*handlers, *served])


def _serves(facts: FileFacts) -> bool:
    return holds_router(facts) or any(is_controller(facts, item) for item in facts.classes)


def _is_routes_file(path: str) -> bool:
    *folders, name = path.lower().split("/")
    is_inside = not _FOLDERS.isdisjoint(folders[-2:]) and _MARKS.issuperset(name.split(".")[1:-1])
    return ("route" in name or is_inside) and is_typescript(path) and is_production(path)


def _is_beside(folder: str, handler: str) -> bool:
    """Whether a folder is `routes`, or in it, beside the one that a handler is in: `src/controllers` → `src/routes`."""
    above = posixpath.dirname(posixpath.dirname(handler))
    steps = folder.removeprefix(above + "/" if above else "").lower().split("/")
    is_inside = not above or folder.startswith(above + "/")
    return is_inside and len(steps) <= 2 and steps[0] in _FOLDERS


def _at_usual_place(path: str, root: str) -> bool:
    folder = posixpath.dirname(path)
    if root and folder != root and not folder.startswith(root + "/"):
        return False
    return folder[len(root) :].strip("/").lower() in _CONTRACT_FOLDERS


def _shared(folder: str, paths: list[str]) -> int:
    """Leading folders that a folder has in common with the nearest of some files."""
    return max(_common(folder.split("/"), path.split("/")[:-1]) for path in paths)


def _common(one: list[str], other: list[str]) -> int:
    count = 0
    for step, wanted in zip(one, other, strict=False):
        if step != wanted:
            break
        count += 1
    return count


def _words(path: str) -> frozenset[str]:
    """What a file is about, by its name: `orderItems.controller.ts` is about order and item. An index is about its
    folder."""
    stem = posixpath.basename(path).partition(".")[0]
    if stem.lower() in ("index", "routes", "router", "controller", "handler"):
        stem = posixpath.basename(posixpath.dirname(path))
    text = "".join(f" {char}" if char.isupper() else char if char.isalnum() else " " for char in stem)
    words = (word.lower() for word in text.split())
    return frozenset(word.rstrip("s") for word in words if len(word) >= _WORD_CHARS_MIN and word not in _NO_WORDS)

"""What @nestjs/swagger's decorators say of a route or class, those inside the project's own composites too."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from reviewer.core.expr import Expr
from reviewer.core.facts import Decorator, FileFacts
from reviewer.core.jsonc import parse_jsonc, table
from reviewer.core.project import Project
from reviewer.core.routes import Route, original

SWAGGER = "@nestjs/swagger"
RATE = 0.6
"""Of those that were there, so many must have a thing for a missing one to be news."""

KNOWN_MIN = 3
"""Others of the project that must be known before their rate says anything."""

_DEPTH_MAX = 4
_SPEAKING = ("api", "doc", "swagger", "openapi", "response", "zod", "typed")
"""Words in the names of decorators, of libraries that were not read, that may document something."""


@dataclass(frozen=True, slots=True)
class Doc:
    """One decorator of @nestjs/swagger: its own name, its arguments, and where it stands (in a composite, there)."""

    name: str
    args: tuple[Expr, ...]
    path: str
    first: int
    is_direct: bool


@dataclass(frozen=True, slots=True)
class Docs:
    """All of them; `is_complete` is False when a decorator comes from a file that was not read."""

    items: tuple[Doc, ...]
    is_complete: bool

    def named(self, *names: str) -> tuple[Doc, ...]:
        """Those with one of these names."""
        return tuple(item for item in self.items if item.name in names)

    @property
    def responses(self) -> tuple[Doc, ...]:
        """Those that describe an answer."""
        return tuple(item for item in self.items if item.name.endswith("Response"))


def siblings_say(own: int, own_lack: int, every: int, every_lack: int) -> str:
    """Whether those beside it (where there are none, those of the whole project) have what is missing here, in words;
    "" where that is no news. The counts: of those that have it, and of those that lack it too."""
    beside, known = own + own_lack, every + every_lack
    if beside:
        return f"{own} of {beside} beside it are" if own / beside >= RATE else ""
    return f"{every} of {known} others are" if known >= KNOWN_MIN and every / known >= RATE else ""


def route_docs(project: Project, path: str, route: Route) -> Docs:
    """What is said of a route by its method's decorators."""
    return docs(project, path, route.method.decorators if route.method else ())


def owner_docs(project: Project, path: str, route: Route) -> Docs:
    """What is said of a route by its controller's decorators."""
    return docs(project, path, route.owner.decorators if route.owner else ())


def docs(project: Project, path: str, decorators: Iterable[Decorator]) -> Docs:
    """What decorators say, composites such as `applyDecorators(ApiOperation(…), …)` taken apart."""
    facts = project.head.get(path, FileFacts())
    items: list[Doc] = []
    complete = True
    for one in decorators:
        name, module = original(facts, one.name)
        if module == SWAGGER:
            items.append(Doc(name, one.args, path, one.first, is_direct=True))
        elif not module.startswith(("@nestjs/", "class-", "typeorm")):
            complete &= _composite(project, path, one.name, items, 0)
    return Docs(tuple(items), complete)


def _composite(project: Project, path: str, local: str, items: list[Doc], depth: int) -> bool:
    """Adds what the function behind a name documents with; whether all of it could be read."""
    facts = project.head[path]
    found = facts.imported(local.partition(".")[0])
    if found is None:
        return _body(project, path, local.rpartition(".")[2], items, depth)
    target = project.resolver.resolve(path, found.module)
    if target is None:
        return not any(word in (local + found.module).lower() for word in _SPEAKING)
    name = local.rpartition(".")[2] if found.name in ("*", "default") else found.name
    return target in project.head and _exported(project, target, name, items, depth)


def _exported(project: Project, path: str, name: str, items: list[Doc], depth: int) -> bool:
    facts = project.head[path]
    if facts.index.functions(name) or depth >= _DEPTH_MAX:
        return depth < _DEPTH_MAX and _body(project, path, name, items, depth)
    complete = True
    for export in facts.exports:
        if export.module and export.name in (name, "*"):
            target = project.resolver.resolve(path, export.module)
            if target is None or target not in project.head:
                complete = False
            elif _exported(project, target, name, items, depth + 1):
                return True
            else:
                complete = False
    return complete and bool(facts.exports) and not any(export.local == name for export in facts.exports)


def _body(project: Project, path: str, name: str, items: list[Doc], depth: int) -> bool:
    facts = project.head[path]
    scopes = facts.index.functions(name)
    if not scopes:
        return False
    complete = True
    for call in facts.index.calls(facts.index.within(scopes[0])):
        callee, module = original(facts, call.callee)
        if module == SWAGGER:
            items.append(Doc(callee, call.args, path, call.first, is_direct=False))
        elif call.callee[:1].isupper() and "." not in call.callee and not call.is_new and not module.startswith("@nes"):
            complete &= depth < _DEPTH_MAX and _composite(project, path, call.callee, items, depth + 1)
    return complete


def plugin_options(project: Project) -> dict[str, object] | None:
    """The options of the swagger plugin in nest-cli.json; None where it is not switched on."""
    for path, text in project.change.neighbours.items():
        if posixpath.basename(path) == "nest-cli.json":
            plugins = table(table(parse_jsonc(text)).get("compilerOptions")).get("plugins")
            for plugin in plugins if isinstance(plugins, list) else []:
                if plugin == SWAGGER:
                    return {}
                if table(plugin).get("name") == SWAGGER:
                    return dict(table(table(plugin).get("options")))
    return None

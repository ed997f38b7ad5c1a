"""Which unchanged files a review should read too: one import away, best first, and never more than a batch."""

from __future__ import annotations

import posixpath
from bisect import bisect
from typing import TYPE_CHECKING

from reviewer.core.behind_index import BehindIndex
from reviewer.core.change import ChangedFile, FileStatus, is_typescript
from reviewer.core.facts import Class, FileFacts
from reviewer.core.nearby_house import house_files
from reviewer.core.nearby_routes import (
    feature_folders,
    folders_above,
    holds_handlers,
    holds_router,
    of_changed,
    sibling_routers,
)
from reviewer.core.request_data import parents
from reviewer.core.resolution import Resolver, resolver
from reviewer.core.router_routes import ROUTER_MODULES
from reviewer.core.routes import is_controller
from reviewer.core.source_paths import is_production, is_test

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewer.core.change import Change

NEIGHBOURS_MAX = 60
"""Files beside the changed ones: three batches of 20 blobs, as many requests as the budget of twelve leaves."""

_CONFIGURATION = ("package.json", "tsconfig.json", "tsconfig.base.json", "nest-cli.json")
_ROOTS = ("main", "app.module", "app", "server", "index", "routes", "router", "routes/index")
"""Files without their ending that start an application or hang its routers together."""

_ROOTS_MAX = 8
_TESTS_MAX = 15
_CONTROLLERS = (".controller.ts", "Controller.ts")
_CONTROLLERS_MAX = 8
_IMPORTS_MAX = 25


def neighbours_wanted(change: Change, head: Mapping[str, FileFacts]) -> tuple[str, ...]:
    """Paths of unchanged files at head that the rules need, at most NEIGHBOURS_MAX, best first.

    `head` has the facts of the changed files; the paths come from `change.tree`. Nothing is guessed that is not in
    the tree.
    """
    changed = {file.path for file in change.files}
    kept = [file for file in change.files if file.status is not FileStatus.REMOVED and is_typescript(file.path)]
    sources = [file for file in kept if is_production(file.path)]
    texts = {file.path: file.head for file in change.files if file.head is not None and file.path.endswith(".json")}
    found, behind = resolver(change.tree, texts), BehindIndex(change.tree)
    routers = [file.path for file in sources if file.path in head and holds_router(head[file.path])]
    wanted: dict[str, None] = {}
    for batch in (
        _configuration(change, kept),
        _types_of_inputs(found, behind, head, sources),
        _roots(change.tree, head, sources),
        of_changed(change.tree, head, [file.path for file in sources]),
        _siblings(change.tree, sources),
        house_files(change.tree, head, [file.path for file in sources]),
        _tests(change.tree, sources),
        _imports(found, behind, head, kept),
        _other_controllers(change, head, sources),
        sibling_routers(change.tree, routers),
    ):
        wanted |= dict.fromkeys(path for path in batch if path in change.tree and path not in changed)
    return tuple(wanted)[:NEIGHBOURS_MAX]


def _configuration(change: Change, files: list[ChangedFile]) -> Iterator[str]:
    """What the project uses and how it names its own folders: the root's, then those nearest to the changed files."""
    yield from _CONFIGURATION
    folders = dict.fromkeys(folder for file in files for folder in folders_above(file.path) if folder)
    names = (f"{folder}/{name}" for name in _CONFIGURATION for folder in folders)
    yield from [name for name in names if name in change.tree][:12]


def _types_of_inputs(
    found: Resolver, behind: BehindIndex, head: Mapping[str, FileFacts], files: list[ChangedFile]
) -> Iterator[str]:
    """Files that declare what changed routes take in, and what changed classes are made from."""
    for file in files:
        facts = head.get(file.path, FileFacts())
        for item in facts.classes:
            names = list(_type_names(item))
            if is_controller(facts, item):
                names += [name for method in item.methods for param in method.params for name in param.type.names]
            for name in dict.fromkeys(names):
                yield from _declaring(found, behind, file.path, facts, name)


def _roots(tree: frozenset[str], head: Mapping[str, FileFacts], files: list[ChangedFile]) -> Iterator[str]:
    """What stands in front of changed routes (global guards and pipes, prefixes, where routers hang), and the Prisma
    schema behind changed queries."""
    found: dict[str, None] = {}
    for file in files:
        facts = head.get(file.path, FileFacts())
        modules = {item.module for item in facts.imports}
        is_controlled = any(is_controller(facts, item) for item in facts.classes)
        if modules & ROUTER_MODULES or is_controlled or holds_handlers(file.path, facts):
            above = (f"{folder}/{name}".lstrip("/") for folder in folders_above(file.path) for name in _ROOTS)
            spelled = (f"{path}.{ending}" for path in above for ending in ("ts", "js"))
            found |= dict.fromkeys(path for path in spelled if path in tree and is_production(path))
    yield from list(found)[:_ROOTS_MAX]
    modules = {item.module for file in files for item in head.get(file.path, FileFacts()).imports}
    if any("prisma" in module.lower() for module in modules):
        yield from sorted(path for path in tree if posixpath.basename(path) == "schema.prisma")[:1]


def _type_names(item: Class) -> Iterator[str]:
    if item.extends is not None:
        yield from parents(item.extends)
    for field in item.properties:
        yield from field.type.names if field.decorators else ()


def _declaring(found: Resolver, behind: BehindIndex, path: str, facts: FileFacts, name: str) -> Iterator[str]:
    """The file a name is imported from; when that is a folder's index, also the file there that is called like the
    name."""
    item = facts.imported(name)
    target = found.resolve(path, item.module) if item else None
    if item is None or target is None:
        return
    yield target
    yield from behind.files(target, item.name)


def _siblings(tree: frozenset[str], files: list[ChangedFile]) -> Iterator[str]:
    """The controller beside a changed DTO, which says whether requests reach it."""
    folders = {folder for file in files if _is_dto(file.path) for folder in feature_folders(file.path)}
    for path in sorted(tree) if folders else ():
        if "controller" in posixpath.basename(path) and is_production(path):
            folder = posixpath.dirname(path)
            if folder in folders or posixpath.dirname(folder) in folders:
                yield path


def _is_dto(path: str) -> bool:
    return any(word in path.lower() for word in ("dto", "request", "input", "query", "params", "command"))


def _tests(tree: frozenset[str], files: list[ChangedFile]) -> Iterator[str]:
    """Tests called like a changed file, then end-to-end tests that share a word with one."""
    tests = sorted(path for path in tree if is_typescript(path) and is_test(path)) if files else []
    stems = dict.fromkeys(posixpath.basename(file.path).lower().split(".")[0] for file in files)
    exact = [path for path in tests if posixpath.basename(path).lower().split(".")[0] in stems]
    words = {stem.rstrip("s") for stem in stems if len(stem) > 3} - {"index", "main", "app", "type"}
    resources = words | {folder.rstrip("s") for file in files for folder in file.path.lower().split("/")[-3:-1]} - {
        "src",
        "dto",
        "",
    }
    near = [path for path in tests if any(word in posixpath.basename(path).lower() for word in resources)]
    yield from list(dict.fromkeys([*exact, *near]))[:_TESTS_MAX]


def _imports(
    found: Resolver, behind: BehindIndex, head: Mapping[str, FileFacts], files: list[ChangedFile]
) -> Iterator[str]:
    """What the changed files import from the project: first what their classes are given and what they call."""
    targets: dict[str, None] = {}
    rest: dict[str, None] = {}
    for file in files:
        facts = head.get(file.path, FileFacts())
        used = _collaborators(facts) if is_production(file.path) else frozenset()
        for item in facts.imports:
            target = found.resolve(file.path, item.module)
            if target is not None and is_typescript(target):
                is_used = item.local in used
                (targets if is_used else rest).update(dict.fromkeys((target, *behind.files(target, item.name))))
    yield from list(targets | rest)[:_IMPORTS_MAX]


def _collaborators(facts: FileFacts) -> frozenset[str]:
    """The names whose code a file runs: what its constructors take, and what it calls or makes."""
    constructors = (item.constructor for item in facts.classes)
    given = (name for one in constructors if one is not None for param in one.params for name in param.type.names)
    return frozenset(given) | {call.callee.partition(".")[0] for call in facts.calls}


def _other_controllers(change: Change, head: Mapping[str, FileFacts], files: list[ChangedFile]) -> Iterator[str]:
    """A few controllers that did not change: how the project usually documents and guards its routes."""
    has_controller = any(
        is_controller(head[file.path], item) for file in files if file.path in head for item in head[file.path].classes
    )
    if has_controller:
        names = [path for path in change.tree if path.endswith(_CONTROLLERS) and is_production(path)]
        near = sorted({posixpath.dirname(file.path) for file in files})
        names.sort(key=lambda path: (-_in_common(path, near), path))
        yield from names[:_CONTROLLERS_MAX]
        yield from _modules_of(change.tree, [*(file.path for file in files), *names[:_CONTROLLERS_MAX]])


def _in_common(path: str, folders: list[str]) -> int:
    """How much of its beginning a path has in common with one of the sorted folders: most with its neighbours."""
    place = bisect(folders, path)
    return max(len(posixpath.commonprefix([path, folder])) for folder in folders[max(0, place - 1) : place + 1])


def _modules_of(tree: frozenset[str], controllers: list[str]) -> Iterator[str]:
    """The modules of controllers, which may put middleware in front of them."""
    for path in controllers:
        folder, name = posixpath.split(path)
        stem = name.removesuffix(".controller.ts") if name.endswith(".controller.ts") else ""
        for place in (folder, posixpath.dirname(folder)) if stem else ():
            spelled = (f"{place}/{one}.module.ts" for one in dict.fromkeys((stem, posixpath.basename(place))))
            yield from [one for one in spelled if one in tree][:1]

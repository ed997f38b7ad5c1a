"""In which order a change is shown, and which of its files are shown together. Deterministic, from paths and facts.

Files belong together when one imports the other, when one is the other's test, or when they lie in the same feature's
folder. The group with the riskiest file goes first: a ceiling that stops a review stops it at the harmless end.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from reviewer.core.source_paths import is_off, is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reviewer.core.change import ChangedFile
    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

RISKS: Final = (
    (50, ("auth", "guard", "permission", "policy", "polici", "role", "session", "token", "jwt", "password", "login")),
    (45, ("pay", "billing", "invoice", "money", "price", "checkout", "refund", "wallet", "subscription", "stripe")),
    (40, ("migration", "schema.prisma")),
    (30, ("controller", "resolver", "router", "route", "handler", "middleware", "gateway", "webhook", "endpoint")),
    (25, ("service", "repositor", "usecase", "use-case", "command", "model", "entit", "dao", "store", "queue", "job")),
    (15, ("dto", "schema", "config", "env", "validator", "pipe", "interceptor")),
)
"""Points for words of a path; of each row the first that fits counts once. Who may do what comes first, then money,
then what cannot be undone, then what strangers reach, then what writes."""

WRITES: Final = frozenset(
    ("save", "insert", "update", "upsert", "delete", "remove", "create", "destroy", "updateMany", "deleteMany",
     "createMany", "bulkWrite", "insertMany", "updateOne", "deleteOne", "transaction", "$transaction", "query")
)  # fmt: skip
"""Methods that write data; 20 points for a file that calls one on a line that the change wrote."""

_TEST_WORDS: Final = frozenset(("spec", "test", "e2e", "e2e-spec", "int-spec"))
_GROUP_FILES_MAX: Final = 40
"""Files of one group; a change of a whole tree is not one thought."""


def risk(file: ChangedFile, facts: FileFacts | None) -> int:
    """How much a mistake in a file may cost, in points."""
    if not file.is_typescript and not file.path.endswith((".prisma", ".sql")):
        return 1
    low = file.path.lower()
    points = 5 + sum(worth for worth, words in RISKS if any(word in low for word in words))
    added = file.diff.added
    if facts is not None and any(
        call.callee.rpartition(".")[2] in WRITES and call.first in added for call in facts.calls
    ):
        points += 20
    if is_test(file.path):
        return points // 10
    return points // 4 if is_off(file.path) and "migration" not in low else points


def groups(project: Project, files: Sequence[ChangedFile]) -> tuple[tuple[str, ...], ...]:
    """The paths of a change in groups, riskiest group first; in a group the riskiest file, right after it its tests."""
    risks = {file.path: risk(file, project.head.get(file.path)) for file in files}
    parent = {file.path: file.path for file in files}
    sizes = dict.fromkeys(parent, 1)

    def root(path: str) -> str:
        while parent[path] != path:
            parent[path] = parent[parent[path]]
            path = parent[path]
        return path

    for one, other in _ties(project, files):
        left, right = sorted((root(one), root(other)))
        if left != right and sizes[left] + sizes[right] <= _GROUP_FILES_MAX:
            parent[right] = left
            sizes[left] += sizes[right]
    gathered: dict[str, list[str]] = {}
    for file in files:
        gathered.setdefault(root(file.path), []).append(file.path)
    ordered = [_in_order(paths, risks) for paths in gathered.values()]
    ordered.sort(key=lambda paths: (-max(risks[path] for path in paths), paths[0]))
    return tuple(ordered)


def _ties(project: Project, files: Iterable[ChangedFile]) -> list[tuple[str, str]]:
    """Pairs of changed files that belong together, the closest ties first."""
    there = {file.path for file in files}
    stems: dict[str, str] = {}
    for path in sorted(there, key=is_test):
        stems.setdefault(_stem(path), path)
    tests = [(path, stems[_stem(path)]) for path in sorted(there) if is_test(path)]
    imports = []
    for path in sorted(there):
        facts = project.head.get(path)
        for module in sorted(facts.index.modules) if facts is not None else ():
            target = project.resolver.resolve(path, module)
            if target is not None and target in there and target != path:
                imports.append((path, target))
    folders: dict[str, str] = {}
    near = [(path, folders.setdefault(_feature(path), path)) for path in sorted(there)]
    return [*tests, *near, *imports]


def _stem(path: str) -> str:
    """What a test and its source are both called: `orders.service` of `orders.service.spec.ts`."""
    words = posixpath.basename(path).lower().split(".")[:-1]
    name = ".".join(word for word in words if word not in _TEST_WORDS)
    return name.removesuffix("_test").removesuffix("-test").removesuffix("-spec")


def _feature(path: str) -> str:
    """The folder of a feature: that of the file, or the one above for `orders/dto/…`."""
    folder = posixpath.dirname(path)
    name = posixpath.basename(folder)
    return posixpath.dirname(folder) if name in ("dto", "dtos", "entities", "tests", "__tests__", "test") else folder


def _in_order(paths: Iterable[str], risks: dict[str, int]) -> tuple[str, ...]:
    """The sources by risk, each with its tests behind it; tests without a source at the end."""
    sources = sorted((path for path in paths if not is_test(path)), key=lambda path: (-risks[path], path))
    tests = sorted(path for path in paths if is_test(path))
    placed: dict[str, None] = {}
    for source in sources:
        placed[source] = None
        placed |= dict.fromkeys(test for test in tests if _stem(test) == _stem(source))
    placed |= dict.fromkeys(tests)
    return tuple(placed)

"""Files that import each other in a ring, closed by this change.

Whichever is loaded first sees the others half made: a class is `undefined` in a decorator or in `extends`, and NestJS
cannot resolve a constructor. Only what stays in JavaScript counts: values, and types that decorators keep. Imports of
types, entities that refer to each other and modules that say `forwardRef` are left alone; a name imported through a
barrel leads to the file that declares it.

Bad::

    // orders.service.ts imports mailer.service.ts, which now imports orders.service.ts

Good::

    // both import what they share from a third file, or one emits an event
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._report import at, report
from reviewer.rules._solid_imports import Edge, Imports

_RING_MAX = 6
"""Files of a ring that is still worth saying; a longer one is nobody's single mistake."""
_TRIES_MAX = 300
"""New imports between suspects that are followed; each is a walk over the graph."""
_RINGS_MAX = 5
"""Rings said of one change; whoever closes more has one cause for all."""
_SHARED_MIN = 2
"""Files that two rings have in common when they are one cause: mending one mends the other."""
_USUAL_RATE = 0.1
_USUAL_MIN = 5
"""Unchanged files in rings, and their share of all, above which a project has learned to live with them."""
_SHARED_SHAPES = frozenset(("entity", "entities", "model", "models", "schema", "schemas", "relations"))


def inspect(project: Project) -> Iterator[Finding]:
    """Rings that an import the change added closes; each once."""
    imports = Imports(project)
    graph = {path: {edge.target for edge in imports.of(path)} for path in project.head if is_production(path)}
    found = _rings(project, imports, graph, _straight)
    if not found:
        graph = {path: set(imports.loaded(path)) for path in graph}
        found = _rings(project, imports, graph, _through_barrel)
    for path, edge, ring in found:
        finding = _finding(path, edge, ring)
        # Through a barrel the ring is real, and often without harm: what is imported itself leads nowhere back.
        yield finding if edge.target in ring else replace(finding, severity=Severity.NOTE)


def _straight(_: str, edge: Edge) -> str:
    """Where an edge leads: to the file that declares what is imported."""
    return edge.target


def _through_barrel(path: str, edge: Edge) -> str:
    """The barrel of another folder that an edge names; "" for any other edge. A file that imports from the barrel above
    it is a matter of its own folder."""
    is_barrel = edge.named != edge.target
    return edge.named if is_barrel and PurePosixPath(edge.named).parent not in PurePosixPath(path).parents else ""


def _rings(
    project: Project, imports: Imports, graph: Mapping[str, set[str]], leads: Callable[[str, Edge], str]
) -> list[tuple[str, Edge, list[str]]]:
    """The rings of a graph that new edges close, with the file and the edge; none where rings are usual."""
    suspects = _without_ends(graph)
    found: list[tuple[str, Edge, list[str]]] = []
    tried = 0
    for file, facts in project.production:
        if file.path not in suspects or len(found) >= _RINGS_MAX:
            continue
        old = imports.targets_before(file.path)
        for edge in imports.of(file.path, facts):
            target = leads(file.path, edge)
            if edge.target in old or target not in suspects or not project.wrote(file.path, edge.line):
                continue
            tried += 1
            ring = _ring(suspects, file.path, target) if tried <= _TRIES_MAX else []
            if not ring or old & frozenset(ring[1:]) or _is_fine(ring):
                continue
            if any(len(frozenset(one) & frozenset(ring)) >= _SHARED_MIN for _, _, one in found):
                continue
            if not found and _is_usual(project, graph):
                return []
            found.append((file.path, edge, ring))
    return found


def _ring(graph: Mapping[str, set[str]], start: str, target: str) -> list[str]:
    """The shortest way from `target` back to `start`, as the ring that begins at `start`; empty if there is none."""
    came: dict[str, str] = {target: start}
    waiting = [target]
    for path in waiting:
        if start in graph.get(path, ()):
            ring = [path]
            while ring[-1] != target:
                ring.append(came[ring[-1]])
            return [start, *reversed(ring)] if len(ring) < _RING_MAX else []
        for there in sorted(one for one in graph.get(path, ()) if one not in came):
            came[there] = path
            waiting.append(there)
    return []


def _without_ends(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The files that may stand in a ring: without those that nothing loads, or that load nothing, again and again."""
    edges = {path: targets & graph.keys() for path, targets in graph.items()}
    loaders: dict[str, set[str]] = {path: set() for path in edges}
    for path, targets in edges.items():
        for target in targets:
            loaders[target].add(path)
    waiting = [path for path in edges if not edges[path] or not loaders[path]]
    while waiting:
        path = waiting.pop()
        if path not in edges:
            continue
        for target in edges.pop(path):
            loaders[target].discard(path)
            if target in edges and not loaders[target]:
                waiting.append(target)
        for loader in loaders.pop(path):
            edges[loader].discard(path)
            if not edges[loader]:
                waiting.append(loader)
    return edges


def _is_usual(project: Project, graph: Mapping[str, set[str]]) -> bool:
    """Whether many of the files that did not change stand in rings without the change's help."""
    unchanged = {path: targets for path, targets in graph.items() if project.change.file(path) is None}
    return len(_without_ends(unchanged)) >= max(_USUAL_MIN, _USUAL_RATE * len(unchanged))


def _is_fine(ring: list[str]) -> bool:
    """Whether all of the ring are entities, whose relations are told by functions and so resolved late."""
    return all(not _SHARED_SHAPES.isdisjoint((*path.lower().split("."), *path.lower().split("/"))) for path in ring)


def _finding(path: str, edge: Edge, ring: list[str]) -> Finding:
    names = " → ".join(PurePosixPath(one).name for one in (*ring, ring[0]))
    return report(
        RULE,
        at(path, edge.line),
        f"This import closes a ring: {names}. Whichever file is loaded first sees the next one half made, and a value "
        "read while loading is `undefined`. Move what they share into a file of its own, or turn one of the "
        "dependencies around.",
        symbol=edge.local,
        quoted=" ".join(sorted(ring)),
    )


RULE = Rule(
    slug="solid_import_cycle",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="An import closes a ring of files",
    inspect=inspect,
    references=(
        Reference("Node.js: modules, cycles", "https://nodejs.org/api/modules.html#cycles"),
        Reference("NestJS: circular dependency", "https://docs.nestjs.com/fundamentals/circular-dependency"),
    ),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-keep-the-architecture-modular",
)

"""Which unchanged files tell how the project takes its settings and writes its log.

A change that reads a variable or prints says nothing of the place where its siblings do that, and nothing need be
imported that leads there.
"""

from __future__ import annotations

import posixpath
from itertools import islice
from typing import TYPE_CHECKING

from reviewer.core.change import is_typescript
from reviewer.core.expr import ExprKind
from reviewer.core.nearby_routes import folders_above
from reviewer.core.source_paths import is_production

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewer.core.facts import FileFacts

SETTINGS_MAX = 4
"""Files of settings: one, its folder's index, and that of a package above."""

LOGGERS_MAX = 2
"""Files that make the logger; a second one where the framework has its own."""

CONTAINERS_MAX = 2
"""Files that tell a container what to hand out; a second one where a package has its own."""

COMPANIONS_MAX = 6
"""Files of the same folder: as many show whether one logs and who reads variables."""

_SETTINGS = frozenset(
    ("config", "configuration", "configs", "env", "envs", "environment", "settings", "secrets", "app-config",
     "app.config", "env.config", "config.service", "app-config.service", "env.service", "api-config.service")
)  # fmt: skip
_CONTAINERS = frozenset(
    ("container", "ioc", "di", "inversify.config", "ioc.config", "awilix", "dependencies", "composition-root",
     "dependency-container", "inversify", "ioc-container", "di-container")
)  # fmt: skip
_LOGGERS = frozenset(("logger", "log", "logging", "logger.service", "logger.util", "app-logger", "pino", "winston"))


def house_files(tree: frozenset[str], head: Mapping[str, FileFacts], sources: list[str]) -> Iterator[str]:
    """The files of settings near a changed file that reads variables, the loggers near one that prints, and what
    stands beside either in its folder; the containers near a class that makes what others may be given."""
    reading = [path for path in sources if path in head and _reads_variables(head[path])]
    printing = [path for path in sources if path in head and _prints(head[path])]
    making = [path for path in sources if path in head and _makes(head[path])]
    if not reading and not printing and not making:
        return
    code = sorted(path for path in tree if is_typescript(path) and is_production(path))
    yield from _nearest(code, reading, _SETTINGS)[:SETTINGS_MAX]
    yield from _nearest(code, printing, _LOGGERS)[:LOGGERS_MAX]
    yield from _nearest(code, making, _CONTAINERS)[:CONTAINERS_MAX]
    folders = frozenset(posixpath.dirname(path) for path in (*reading, *printing))
    changed = frozenset(sources)
    beside = (path for path in code if posixpath.dirname(path) in folders and path not in changed)
    yield from islice(beside, COMPANIONS_MAX)


def _reads_variables(facts: FileFacts) -> bool:
    if any(item.name == "env" and item.module in ("process", "node:process") for item in facts.imports):
        return True
    taken = (binding.value.text for binding in facts.bindings)
    names = (read.name for read in facts.reads)
    return any(name.startswith("process.env") for name in (*names, *taken))


def _makes(facts: FileFacts) -> bool:
    """Whether a class keeps something in a field that it makes itself."""
    fields = [field.value for item in facts.classes for field in item.properties]
    kept = (*fields, *(one.value for one in facts.bindings if one.name.startswith("this.")))
    return any(one is not None and one.kind is ExprKind.NEW and facts.imported(one.text) for one in kept)


def _prints(facts: FileFacts) -> bool:
    return any(call.callee.startswith("console.") for call in facts.calls)


def _nearest(code: list[str], changed: list[str], called: frozenset[str]) -> list[str]:
    """The files called like that, by the name or by the folder of an index, the nearest to a changed one first."""
    found = [path for path in code if _is_called(path, called)] if changed else []
    around = frozenset(folder for path in changed for folder in folders_above(path))

    def apart(path: str) -> tuple[int, int, str]:
        above = folders_above(path)
        shared = next((len(folder) for folder in above if folder in around), 0)
        return -shared, len(above), path

    return sorted(found, key=apart)


def _is_called(path: str, called: frozenset[str]) -> bool:
    folder, name = posixpath.split(path.lower())
    stem = name.rpartition(".")[0]
    return stem in called or (stem == "index" and posixpath.basename(folder) in called)

"""Where a project keeps its settings: the file or service that its code takes them from, and who reads variables."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator

from reviewer.core.checks import is_validation
from reviewer.core.expr import NOWHERE
from reviewer.core.facts import FileFacts, Read
from reviewer.core.project import Project
from reviewer.core.source_paths import is_production

HARMLESS = frozenset(("NODE_ENV", "TZ", "CI", "JEST_WORKER_ID", "npm_package_version", "npm_package_name", "PATH"))
"""Set by the runtime or its tools, not by who configures the service."""
STAGES = frozenset(("NODE_ENV",))
"""Where the class is given its settings, even this belongs to them: what it switches cannot be tested otherwise."""

_WORDS = ("config", "env", "settings", "constants", "secrets")
_STARTS = frozenset(("main", "bootstrap", "instrument", "instrumentation", "tracing", "tracer", "telemetry", "cli",
                     "data-source", "datasource", "ormconfig", "knexfile", "server", "sentry", "newrelic",
                     "app"))  # fmt: skip
_PACKAGES = ("@nestjs/config", "envalid", "env-var", "convict", "@t3-oss/env-core", "nest-typed-config", "znv")
_PLACES = frozenset(
    ("config", "configuration", "env", "environment", "settings", "app-config", "api-config", "secrets",
     "envs", "config-service", "env-config", "environments")
)  # fmt: skip
_FOLDERS = ("config", "env", "settings")
_VARIABLES_MIN = 2
_CONSTANTS_MIN = 3
_USERS_PER_READER = 2
"""Files that take their configuration from one place, for each that reads variables itself: then it is the rule."""


def is_configuration(path: str) -> bool:
    """Whether a file is where variables belong: configuration, or what runs before there is any."""
    *folders, name = path.lower().split("/")
    words = name.split(".")[:-1]
    if _STARTS & set(words) or words[0].endswith("-main") or any(folder.startswith(_FOLDERS) for folder in folders):
        return True
    return any(word in part and not part.startswith("envelope") for part in words for word in _WORDS)


def is_given(path: str, facts: FileFacts) -> bool:
    """Whether a file, for all its name says, is given its settings: its class takes Nest's ConfigService, and the file
    is not the place that wraps it."""
    *folders, name = path.lower().split("/")
    if name.partition(".")[0] in _PLACES or any(folder.startswith(_FOLDERS) for folder in folders):
        return False
    params = (param for item in facts.classes if item.constructor is not None for param in item.constructor.params)
    return any(facts.index.original(param.type.name) == ("ConfigService", "@nestjs/config") for param in params)


def variables(facts: FileFacts) -> Iterator[tuple[str, Read]]:
    """The variables that a file reads, with their reads, whatever it calls `process.env` itself."""
    names = {"process.env"}
    names |= {one.local for one in facts.imports if one.name == "env" and one.module in ("process", "node:process")}
    names |= {one.name for one in facts.bindings if one.name and one.value.text == "process.env"}
    for read in facts.reads:
        owner, _, name = read.name.rpartition(".")
        if owner in names and name.replace("_", "").isalnum():
            yield name, read


def _reads_variables(facts: FileFacts) -> bool:
    """Whether a file reads variables that configure the service, not only those of the runtime."""
    return any(name not in HARMLESS for name, _ in variables(facts))


def own_place(project: Project, path: str) -> str:
    """What the file itself takes its configuration from, in words, where more files do so than read variables; ""
    when nothing, or when it read variables before the change."""
    sources = list(_sources(project, path, project.head[path]))
    if not sources or _reads_variables(project.before(path)):
        return ""
    using, reading = 1, 0
    for there, facts in _others(project):
        using += there != path and any(True for _ in _sources(project, there, facts))
        reading += _reads_variables(facts)
    return sources[0] if using > reading else ""


def _others(project: Project) -> Iterator[tuple[str, FileFacts]]:
    """The files of code as they were before the change, configuration left out."""
    for path, facts in project.head.items():
        if is_production(path) and not is_configuration(path):
            yield path, facts if project.change.file(path) is None else project.before(path)


def usual_place(project: Project) -> str:
    """Where the project keeps its configuration, in words: what most files that need it use; "" when there is none."""
    uses: Counter[str] = Counter()
    reading = 0
    for path, facts in _others(project):
        uses.update(set(_sources(project, path, facts)))
        reading += _reads_variables(facts)
    name, count = uses.most_common(1)[0] if uses else ("", 0)
    return name if count > _USERS_PER_READER * reading else ""


def declaring_place(project: Project, name: str) -> str:
    """The file of configuration that declares a variable already, in words; "" when none does, or when nobody takes
    the configuration from there."""
    for path, facts in project.head.items():
        words = posixpath.basename(path).lower().partition(".")[0]
        if words not in _PLACES or not is_production(path) or not _declares(facts, name):
            continue
        if _is_read_there(project, path) and _is_kept(project, path):
            return _called(path)
    return ""


def _called(path: str) -> str:
    """A file in words: its name, with the folder for an index."""
    folder, name = posixpath.split(path)
    return f"`{posixpath.basename(folder)}/{name}`" if name.startswith("index.") else f"`{name}`"


def only_place(project: Project) -> str:
    """The one file of configuration that declares several variables by a schema, in words; "" where there are more, or
    where any other file that was there reads variables itself."""
    if any(_reads_variables(facts) for _, facts in _others(project)):
        return ""
    found = [path for path, facts in project.head.items() if is_production(path) and _has_variables(path, facts)]
    return _called(found[0]) if len(found) == 1 else ""


def _has_variables(path: str, facts: FileFacts) -> bool:
    words = posixpath.basename(path).lower().partition(".")[0]
    given = (arg.keys for call in facts.calls for arg in call.args if is_validation(facts, call.callee))
    return words in _PLACES and any(sum(key.isupper() for key in keys) >= _VARIABLES_MIN for keys in given)


def _declares(facts: FileFacts, name: str) -> bool:
    is_key = any(binding.name == name for binding in facts.bindings)
    return is_key or any(name in arg.keys for call in facts.calls for arg in call.args)


def _is_kept(project: Project, place: str) -> bool:
    """Whether more of the files that were read take their configuration from a place than read variables."""
    using = reading = 0
    for path, facts in project.head.items():
        if is_production(path) and path != place:
            using += any(project.resolver.resolve(path, item.module) == place for item in facts.imports)
            is_own = project.change.file(path) is not None or is_configuration(path)
            reading += not is_own and _reads_variables(facts)
    return using > reading


def _sources(project: Project, path: str, facts: FileFacts) -> Iterator[str]:
    """What a file takes its configuration from."""
    for item in facts.imports:
        if item.is_type and item.name != "ConfigService":
            continue
        if item.name in ("ConfigService", "ConfigType") and item.module == "@nestjs/config":
            yield "`ConfigService`"
        elif not _PLACES.isdisjoint(item.module.lower().replace(".", "/").split("/")):
            target = project.resolver.resolve(path, item.module)
            if target is not None and _is_read_there(project, target):
                yield _called(target)
        elif item.name.isupper() and is_production(path):
            target = project.resolver.resolve(path, item.module)
            if target is not None and target in project.head and project.head[target].index.once(_is_of_settings):
                yield _called(target)


def _is_of_settings(facts: FileFacts) -> bool:
    """Whether a file, whatever it is called, makes constants of variables by their names:
    `export const JWT_SECRET = required('JWT_SECRET')`, `export const PORT = process.env.PORT`."""
    named = 0
    for binding in facts.bindings:
        if binding.scope == NOWHERE and binding.name.isupper():
            said = {binding.value.text, *(part.text for part in binding.value.parts)}
            named += not said.isdisjoint((binding.name, f"process.env.{binding.name}"))
    return named >= _CONSTANTS_MIN and any(read.name.startswith("process.env") for read in facts.reads)


def _is_read_there(project: Project, path: str) -> bool:
    """Whether a file reads variables, or has a package do it."""
    facts = project.head.get(path, FileFacts())
    reads = any(read.name.startswith("process.env") for read in facts.reads)
    return reads or any(item.module in _PACKAGES for item in facts.imports) or "env" in facts.names

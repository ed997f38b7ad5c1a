"""`process.env` read in the middle of the code, where the project has one place for its configuration.

There a missing variable stops the start; here it is `undefined` at the first request, unchecked and untyped, and
nobody who sets up the service finds its name.

Bad::

    const url = process.env.PAYMENT_URL;

Good::

    const url = this.config.getOrThrow<string>('PAYMENT_URL');
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts, Read
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._report import at, report
from reviewer.rules._validators import is_validation

_PREFIX = "process.env."
_HARMLESS = frozenset(("NODE_ENV", "TZ", "CI", "JEST_WORKER_ID", "npm_package_version", "npm_package_name", "PATH"))
"""Set by the runtime or its tools, not by who configures the service."""

_WORDS = ("config", "env", "settings", "constants", "secrets")
_STARTS = frozenset(("main", "bootstrap", "instrument", "instrumentation", "tracing", "tracer", "telemetry", "cli",
                     "data-source", "datasource", "ormconfig", "knexfile", "server", "sentry", "newrelic",
                     "app"))  # fmt: skip
_PACKAGES = ("@nestjs/config", "envalid", "env-var", "convict", "@t3-oss/env-core", "nest-typed-config", "znv")
_PLACES = frozenset(
    ("config", "configuration", "env", "environment", "settings", "app-config", "api-config", "secrets",
     "envs", "config-service", "env-config", "environments")
)  # fmt: skip
_VARIABLES_MIN = 2
_USERS_PER_READER = 2
"""Files that take their configuration from one place, for each that reads variables itself: then it is the rule."""


def inspect(project: Project) -> Iterator[Finding]:
    """The first variable that each file reads newly, past the project's configuration."""
    found = [
        (file.path, read)
        for file, facts in project.production
        if not _is_configuration(file.path) and facts.exports
        if (read := _first(project, file.path, facts)) is not None
    ]
    if not found:
        return
    usual = _place(project)
    for path, read in found:
        name = read.name.removeprefix(_PREFIX)
        place = usual or _declaring(project, name) or project.once(_only_place)
        if not place:
            continue
        yield report(
            RULE,
            at(path, read.line),
            f"`{read.name}` is read here, past {place}: nothing checks that it is set, and a missing one shows as "
            f"`undefined` at run time. Declare `{name}` there and take it from there.",
            symbol=read.symbol,
            quoted=read.name,
        )


def _first(project: Project, path: str, facts: FileFacts) -> Read | None:
    fixed = set() if path.endswith(".module.ts") else set(_decorated(facts))
    for read in facts.reads:
        if read.line in fixed:
            continue
        name = read.name.removeprefix(_PREFIX)
        is_variable = read.name.startswith(_PREFIX) and name not in _HARMLESS and name.replace("_", "").isalnum()
        if is_variable and project.wrote(path, read.line) and not _was_read(project, path, read.name):
            return read
    return None


def _decorated(facts: FileFacts) -> Iterator[int]:
    """Lines of decorators: what they are given is fixed before anything can be injected."""
    for item in facts.classes:
        for one in (*item.decorators, *(one for method in item.methods for one in method.decorators)):
            yield from range(one.first, one.last + 1)


def _was_read(project: Project, path: str, name: str) -> bool:
    return any(read.name == name for read in project.before(path).reads)


def _is_configuration(path: str) -> bool:
    """Whether a file is where variables belong: configuration, or what runs before there is any."""
    *folders, name = path.lower().split("/")
    words = name.split(".")[:-1]
    if (
        _STARTS & set(words)
        or words[0].endswith("-main")
        or any(folder.startswith(("config", "env", "settings")) for folder in folders)
    ):
        return True
    return any(word in part for part in words for word in _WORDS)


def _others(project: Project) -> Iterator[tuple[str, FileFacts]]:
    """The files of code as they were before the change, configuration left out."""
    for path, facts in project.head.items():
        if is_production(path) and not _is_configuration(path):
            yield path, facts if project.change.file(path) is None else project.before(path)


def _place(project: Project) -> str:
    """Where the project keeps its configuration, in words: what most files that need it use; "" when there is none."""
    uses: Counter[str] = Counter()
    reading = 0
    for path, facts in _others(project):
        uses.update(set(_sources(project, path, facts)))
        reading += any(read.name.startswith(_PREFIX) for read in facts.reads)
    name, count = uses.most_common(1)[0] if uses else ("", 0)
    return name if count > _USERS_PER_READER * reading else ""


def _declaring(project: Project, name: str) -> str:
    """The file of configuration that declares a variable already, in words; "" when none does, or when nobody takes
    the configuration from there."""
    for path, facts in project.head.items():
        words = posixpath.basename(path).lower().partition(".")[0]
        if words not in _PLACES or not is_production(path) or not _declares(facts, name):
            continue
        if _is_read_there(project, path) and _is_kept(project, path):
            return f"`{posixpath.basename(path)}`"
    return ""


def _only_place(project: Project) -> str:
    """The one file of configuration that declares several variables by a schema, in words; "" where there are more, or
    where any other file that was there reads variables itself."""
    if any(read.name.startswith(_PREFIX) for _, facts in _others(project) for read in facts.reads):
        return ""
    found = [path for path, facts in project.head.items() if is_production(path) and _has_variables(path, facts)]
    return f"`{posixpath.basename(found[0])}`" if len(found) == 1 else ""


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
            is_own = project.change.file(path) is not None or _is_configuration(path)
            reading += not is_own and any(read.name.startswith(_PREFIX) for read in facts.reads)
    return using > reading


def _sources(project: Project, path: str, facts: FileFacts) -> Iterator[str]:
    """What a file takes its configuration from."""
    for item in facts.imports:
        if item.is_type and item.name != "ConfigService":
            continue
        if item.name in ("ConfigService", "ConfigType") and item.module == "@nestjs/config":
            yield "`ConfigService`"
        elif posixpath.basename(item.module).partition(".")[0].lower() in _PLACES:
            target = project.resolver.resolve(path, item.module)
            if target is not None and _is_read_there(project, target):
                yield f"`{posixpath.basename(target)}`"


def _is_read_there(project: Project, path: str) -> bool:
    """Whether a file reads variables, or has a package do it."""
    facts = project.head.get(path, FileFacts())
    reads = any(read.name.startswith("process.env") for read in facts.reads)
    return reads or any(item.module in _PACKAGES for item in facts.imports) or "env" in facts.names


RULE = Rule(
    slug="lint_env_outside_configuration",
    concern=Concern.LINT,
    severity=Severity.NOTE,
    title="A variable is read past the configuration",
    inspect=inspect,
    references=(Reference("NestJS: configuration", "https://docs.nestjs.com/techniques/configuration"),),
    confidence=0.8,
    page=__doc__ or "",
)

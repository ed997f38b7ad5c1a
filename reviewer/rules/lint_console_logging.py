"""`console.*` where the project has a logger: the line has no level, no time, no request, and cannot be switched off.

Only where the logger is used: by the same file or by files that were read; a note where a logging package is only
installed. Left alone: how a program starts, command lines, scripts, pages, the logger itself, and projects that print
everywhere.

Bad::

    console.log('order created', order.id);

Good::

    this.logger.log(`order ${order.id} created`);
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.jsonc import parse_jsonc, table
from reviewer.core.packages import package_of
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._lint_logger import LOGGING_PACKAGES, logs, made_here
from reviewer.rules._packages import package_folder
from reviewer.rules._report import at, report
from reviewer.rules._test_files import TestFiles

_PRINTS = frozenset(f"console.{level}" for level in ("log", "info", "warn", "error", "debug", "trace", "dir", "table"))
_STARTS = frozenset(
    ("main", "bootstrap", "cli", "instrument", "instrumentation", "tracing", "tracer", "telemetry", "env", "config",
     "configuration", "repl", "polyfill", "logger", "logging", "log", "logs", "console", "setup", "data-source", "seed",
     "server", "app", "worker", "cluster", "newrelic", "migrate", "command", "commands")
)  # fmt: skip
"""Words of a file's name: it runs before there is a logger, for a terminal, or is the logger."""

_FOLDERS = frozenset(("cli", "commands", "bin", "tools", "logger", "logging", "log", "logs", "scripts", "config"))
_TERMINALS = ("commander", "yargs", "inquirer", "nest-commander", "ora", "chalk", "@inquirer/prompts", "oclif")
_BROWSERS = frozenset(("vue", "react", "react-dom", "preact", "svelte", "solid-js", "@angular/core", "pinia",
                       "vue-router", "next", "nuxt", "@tauri-apps/api", "electron"))  # fmt: skip
_SERVERS = frozenset(("express", "fastify", "koa", "hono", "typeorm", "mongoose", "@prisma/client", "typedi",
                      "inversify", "tsyringe", "bullmq", "ioredis", "pg", "knex", "type-graphql"))  # fmt: skip
_SERVING = frozenset(("server", "backend", "back-end", "api"))
"""Folders of a repository that has one package.json for its pages and its service."""


_PRINTING_SHARE = 0.2
"""Share of the project's other files that may print before it counts as its way."""


def inspect(project: Project) -> Iterator[Finding]:
    """The first print that the change wrote in each file that should log."""
    written = [
        (file.path, facts, call)
        for file, facts in project.production
        if not _is_for_terminals(file.path, facts) and not _is_for_pages(project, file.path, facts)
        if (call := _first_print(project, file.path, facts)) is not None
    ]
    packages: dict[str, _Package] = {}
    for path, facts, call in written:
        folder = package_folder(project.change.tree, path)
        if folder not in packages:
            packages[folder] = _known(project, folder)
        package = packages[folder]
        is_own = logs(facts) and not (package.prints and _printed(project.before(path)))
        if is_own or (package.logger and not package.prints):
            finding = report(
                RULE,
                at(path, call.first),
                f"`{_said(call)}` goes past the project's logger{f' ({package.logger})' if package.logger else ''}: no "
                "level, no context, and nobody can filter or silence it. Log it through the logger that the other "
                "files use.",
                symbol=call.symbol,
                quoted=call.code,
            )
            is_usual = package.logs or is_own
            yield finding if is_usual else replace(finding, severity=Severity.NOTE)


@dataclass(frozen=True, slots=True)
class _Package:
    """How a package writes its log: its `logger` in words, "" when unknown; whether files of it were read that use
    one (`logs`), and whether printing is usual there (`prints`)."""

    logger: str
    logs: bool
    prints: bool


def _known(project: Project, folder: str) -> _Package:
    others = list(_others(project, folder))
    return _Package(_logger(project, folder, others), any(map(logs, others)), _prints_everywhere(others))


def _is_for_pages(project: Project, path: str, facts: FileFacts) -> bool:
    """Whether a file runs in a browser, whose console is where its messages belong."""
    if any(package_of(item.module) in _SERVERS or item.module.startswith("@nestjs/") for item in facts.imports):
        return False
    is_page = project.once(TestFiles).is_page(path) and _SERVING.isdisjoint(path.lower().split("/")[:-1])
    return is_page or any(package_of(item.module) in _BROWSERS for item in facts.imports)


def _is_for_terminals(path: str, facts: FileFacts) -> bool:
    """Whether a file starts the program, reads its environment, is run by hand (it exports nothing) or logs itself."""
    *folders, name = path.lower().split("/")
    words = set(name.split(".")[:-1])
    if words & _STARTS or _FOLDERS & set(folders) or name.startswith("env") or "console" in name or "logger" in name:
        return True
    return not facts.exports or any(item.module in _TERMINALS for item in facts.imports)


def _first_print(project: Project, path: str, facts: FileFacts) -> Call | None:
    written = (call for call in project.new_calls(path) if _is_print(call))
    found = (call for call in written if not project.edited(path, call))
    return next((call for call in found if call.scope >= 0 and not _is_start(facts, call)), None)


def _said(call: Call) -> str:
    return next((arg.text for arg in call.args if arg.text in _PRINTS), call.callee)


def _is_print(call: Call) -> bool:
    """Whether a call prints, or has a promise print why it failed: `.catch(console.error)`."""
    return call.callee in _PRINTS or any(arg.text in _PRINTS for arg in call.args if arg.kind is ExprKind.MEMBER)


def _is_start(facts: FileFacts, call: Call) -> bool:
    """Whether a print says that the program starts or stops."""
    around = [facts.functions[scope] for scope in facts.index.around(call.scope) if scope >= 0]
    passed = {one.passed_to.rpartition(".")[2] for one in around}
    return bool({"listen", "on", "once"} & passed) or any(one.name in ("bootstrap", "main", "start") for one in around)


def _others(project: Project, package: str) -> Iterator[FileFacts]:
    """The files of a package as they were: those that the change did not touch, and the changed ones at base."""
    for path, facts in project.head.items():
        file = project.change.file(path)
        if (
            is_production(path)
            and package_folder(project.change.tree, path) == package
            and not _is_for_terminals(path, facts)
        ):
            yield facts if file is None else project.before(path)


def _prints_everywhere(known: list[FileFacts]) -> bool:
    """Whether printing is usual: more files print than log, and more than a fifth of all."""
    printing = sum(map(_printed, known))
    logging = sum(map(logs, known))
    return printing > max(1, logging) and printing > _PRINTING_SHARE * len(known)


def _printed(facts: FileFacts) -> bool:
    return any(call.callee in _PRINTS for call in facts.calls)


def _logger(project: Project, package: str, known: list[FileFacts]) -> str:
    """The logger that a package has: an installed one, or what an untouched file uses; "" when unknown."""
    name = posixpath.join(package, "package.json")
    file = project.change.file(name)
    data = table(parse_jsonc(project.change.neighbours.get(name) or (file.head if file else None) or "{}"))
    wanted = {**table(data.get("dependencies")), **table(data.get("devDependencies"))}
    installed = next((one for one in LOGGING_PACKAGES if one in wanted), "")
    if installed:
        return f"`{installed}`"
    return "`Logger`" if any(map(logs, known)) else made_here(project, package)


RULE = Rule(
    slug="lint_console_logging",
    concern=Concern.LINT,
    severity=Severity.WARNING,
    title="Printed past the logger",
    inspect=inspect,
    references=(Reference("NestJS: logger", "https://docs.nestjs.com/techniques/logger"),),
    confidence=0.9,
    page=__doc__ or "",
)

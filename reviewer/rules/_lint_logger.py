"""Which files log, and what a package's logger is: Nest's, an installed package, or a file of its own."""

from __future__ import annotations

import posixpath

from reviewer.core.facts import FileFacts
from reviewer.core.project import Project
from reviewer.core.source_paths import is_production

LOGGING_PACKAGES = ("pino", "winston", "nestjs-pino", "nest-winston", "bunyan", "log4js", "tslog", "consola", "signale",
             "loglevel", "roarr", "pino-http", "@logtape/logtape")  # fmt: skip
_BROWSING = frozenset(("frontend", "front-end", "client", "web", "webapp", "ui"))
_NAMES = frozenset(("logger", "log", "_logger", "loggerservice", "#logger"))
_CALLED = ("logger.", "this.logger.", "this.log.", "req.log.", "request.log.", "fastify.log.", "app.log.", "ctx.log.")


def logs(facts: FileFacts) -> bool:
    """Whether a file logs: through Nest's logger, a logging package, a module of the project's called so, or a logger
    that its class or its request holds."""
    for item in facts.imports:
        is_nest = item.name in ("Logger", "LoggerService") and item.module == "@nestjs/common"
        last = posixpath.basename(item.module).lower()
        if is_nest or item.module in LOGGING_PACKAGES or "logger" in last or last in ("log", "logging"):
            return True
    if any(call.callee.startswith(_CALLED) for call in facts.calls):
        return True
    names = [one.name for item in facts.classes if item.constructor for one in item.constructor.params]
    names += [one.name for item in facts.classes for one in item.properties]
    return any(name.lower() in _NAMES for name in names)


def made_here(project: Project, package: str) -> str:
    """The file of the package that is its logger by its name, in words; "" when there is none."""
    inside = (path for path in project.change.tree if path.startswith(package + "/" if package else ""))
    found = sorted(path for path in inside if path.endswith(".ts") and is_production(path) and _is_logger(path))
    return f"`{posixpath.basename(found[0])}`" if found else ""


def _is_logger(path: str) -> bool:
    stem = posixpath.basename(path).lower().partition(".")[0]
    return (
        stem.endswith("logger") and "middleware" not in path.lower() and _BROWSING.isdisjoint(path.lower().split("/"))
    )

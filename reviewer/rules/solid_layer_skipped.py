"""An import that reaches past a layer: the domain knows the infrastructure, or a service knows HTTP.

What was to be exchangeable no longer is: the domain cannot be tested without the database, and a service that takes
`Request` or throws its answer at a `Response` works for no job and no message. Learned from the project: where files
of the same layer already do it, nothing is said; types of settings, loggers and errors are left alone.

Bad::

    // src/orders/domain/order.ts
    import { OrderOrmEntity } from '../infrastructure/order.orm-entity';

Good::

    // src/orders/domain/order.repository.ts declares what it needs; src/orders/infrastructure implements it
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts, Function
from reviewer.core.finding import Finding, Reference
from reviewer.core.imports import Import
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._report import at, report
from reviewer.rules._solid_handlers import words

_INNER = ("domain",)
_OUTER = ("infrastructure", "infra", "persistence", "presentation", "controllers", "database", "interface-adapters")
_SHARED = ("shared", "common", "core", "libs", "lib", "utils", "config", "logger", "errors", "exceptions", "types")
_HTTP_MODULES = ("express", "fastify", "express-serve-static-core")
_HTTP_TYPES = ("Request", "Response", "FastifyRequest", "FastifyReply", "NextFunction")
_HTTP_SERVICES = frozenset(
    ("auth", "authentication", "session", "sessions", "cookie", "cookies", "csrf", "http", "oauth", "oauth2", "sso",
     "stream", "streaming", "request", "response", "upload", "uploads", "proxy", "webhook", "webhooks", "tracing",
     "log", "logger", "logging", "i18n", "throttler", "captcha", "saml", "ip", "download", "downloads", "sse")
)  # fmt: skip
"""Services whose job is HTTP itself."""
_USUAL_MIN = 2
"""Unchanged files of a layer that do it too before it is the project's way."""


def inspect(project: Project) -> Iterator[Finding]:
    """Imports the change added that point from an inner layer to an outer one."""
    for file, facts in project.production:
        before = {(item.module, item.name) for item in project.before(file.path).imports}
        for item in facts.imports:
            if (item.module, item.name) in before or not project.wrote(file.path, item.line):
                continue
            finding = _outward(project, file.path, item) or _knows_http(project, file.path, facts, item)
            if finding is not None:
                yield finding
                break


def _outward(project: Project, path: str, item: Import) -> Finding | None:
    """The domain imports an outer layer, or a service imports a controller."""
    layer, is_service = _inner_layer(path), _is_service(path)
    target = project.resolver.resolve(path, item.module) if layer or is_service else None
    if target is None or not is_production(target):
        return None
    outer = _outer_layer(target)
    if layer and outer and not _inner_layer(target) and not _is_usual(project, layer):
        return _finding(
            path,
            item,
            f"The {layer} imports `{item.local or item.module}` from `{outer}`, which depends on it: the rules of the "
            "business cannot be tested or moved without that technology. Declare what the "
            f"{layer} needs as an interface there, and let `{outer}` implement it.",
        )
    if is_service and _is_controller(target) and item.local.endswith("Controller"):
        return _finding(
            path,
            item,
            f"This service imports `{item.local}`: the layer below depends on the one above it, and the two can no "
            "longer be loaded or tested apart. Move what it needs into a service that both use.",
        )
    return None


def _finding(path: str, item: Import, message: str) -> Finding:
    return report(RULE, at(path, item.line), message, item.local, f"import {item.name} from {item.module}")


def _inner_layer(path: str) -> str:
    return next((part for part in path.lower().split("/")[:-1] if part in _INNER), "")


def _outer_layer(path: str) -> str:
    """The outer layer a file lies in, "" when it is shared by all layers."""
    parts = path.lower().split("/")[:-1]
    found = next((part for part in parts if part in _OUTER), "")
    after = parts[parts.index(found) + 1 :] if found else []
    return "" if any(part in _SHARED for part in after) else found


def _is_usual(project: Project, layer: str) -> bool:
    """Whether unchanged files of that layer import an outer one."""
    files = (
        path
        for path, facts in project.head.items()
        if _inner_layer(path) == layer and project.change.file(path) is None and _reaches_out(project, path, facts)
    )
    return sum(1 for _ in files) >= _USUAL_MIN


def _reaches_out(project: Project, path: str, facts: FileFacts) -> bool:
    targets = (project.resolver.resolve(path, item.module) for item in facts.imports)
    return any(target and _outer_layer(target) and not _inner_layer(target) for target in targets)


def _is_service(path: str) -> bool:
    name = PurePosixPath(path).name.lower()
    return name.endswith((".service.ts", "service.ts", ".usecase.ts", ".use-case.ts", ".repository.ts"))


def _is_controller(path: str) -> bool:
    return PurePosixPath(path).name.lower().endswith(("controller.ts", ".resolver.ts"))


def _knows_http(project: Project, path: str, facts: FileFacts, item: Import) -> Finding | None:
    """A service whose methods take the request or the response of the HTTP framework."""
    if item.module not in _HTTP_MODULES or item.name not in _HTTP_TYPES or not _is_service(path):
        return None
    if not words(path).isdisjoint(_HTTP_SERVICES):
        return None
    taking = next((one for one in facts.functions if _takes(facts, one)), None)
    if taking is None or _services_know_http(project):
        return None
    return _finding(
        path,
        item,
        f"`{taking.symbol}` takes the `{item.name}` of {item.module}: this service can be called by an HTTP request "
        "only, and its tests have to build one. Take the values it needs, and leave reading the request and writing "
        "the answer to the controller.",
    )


def _takes(facts: FileFacts, function: Function) -> bool:
    return any(_is_http(facts, name) for param in function.params for name in param.type.names)


def _is_http(facts: FileFacts, name: str) -> bool:
    there, module = original(facts, name)
    return module in _HTTP_MODULES and there in _HTTP_TYPES


def _services_know_http(project: Project) -> bool:
    files = (
        path
        for path, facts in project.head.items()
        if _is_service(path)
        and project.change.file(path) is None
        and any(item.module in _HTTP_MODULES and item.name in _HTTP_TYPES for item in facts.imports)
    )
    return sum(1 for _ in files) >= _USUAL_MIN


RULE = Rule(
    slug="solid_layer_skipped",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="An import reaches past a layer",
    inspect=inspect,
    references=(Reference("NestJS: providers", "https://docs.nestjs.com/providers"),),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-keep-the-architecture-modular",
)

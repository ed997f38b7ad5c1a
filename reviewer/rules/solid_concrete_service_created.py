"""A class that creates its own service, repository, gateway or provider instead of being given it.

It cannot be tested without the real one, and whoever configures the application cannot put another in its place.
Factories, modules, default parameters and tests are where creating belongs, and left alone; so are the clients of
a library.

Bad::

    export class OrdersService {
      private readonly mailer = new MailerService();
    }

Good::

    export class OrdersService {
      constructor(private readonly mailer: MailerService) {}
    }
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import nest_name
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_SERVICES = ("Service", "Repository", "Gateway", "Provider")
_WIRING_FILES = (
    "main",
    "module",
    "factory",
    "factories",
    "bootstrap",
    "container",
    "ioc",
    "di",
    "app",
    "server",
    "index",
)
_WIRING_CLASSES = ("Factory", "Module", "Builder", "Container", "Registry", "Application", "App", "Server")
_WIRING_METHODS = ("create", "build", "make", "register", "forRoot", "forFeature", "getInstance", "configure")


def inspect(project: Project) -> Iterator[Finding]:
    """`new XxxService()` inside a class, written by the change; once per class and thing created."""
    for file, facts in project.production:
        if _is_wiring(file.path):
            continue
        said: set[tuple[str, str]] = set()
        for call in facts.calls:
            owner = _owner(facts, call)
            if owner is None or not call.is_new or (owner.name, call.callee) in said:
                continue
            if _is_service(project, file.path, facts, call, owner) and project.introduced(file.path, call):
                said.add((owner.name, call.callee))
                yield report(
                    RULE,
                    at(file.path, call.first),
                    f"`{owner.name}` creates its own `{call.callee}`: it cannot be tested or configured with another. "
                    "Take it in the constructor and let the module provide it.",
                    symbol=owner.name,
                    quoted=f"new {call.callee}",
                )


def _is_wiring(path: str) -> bool:
    stem = posixpath.basename(path).lower().split(".")
    return any(part in _WIRING_FILES for part in stem) or any(part in _WIRING_FILES for part in stem[0].split("-")[-1:])


def _owner(facts: FileFacts, call: Call) -> Class | None:
    item = facts.index.declared(call.symbol.partition(".")[0])
    return item if isinstance(item, Class) and item.first <= call.first <= item.last else None


def _is_service(project: Project, path: str, facts: FileFacts, call: Call, owner: Class) -> bool:
    if not call.callee.endswith(_SERVICES) or call.in_default or call.callee == owner.name or "." in call.callee:
        return False
    if call.awaited:
        return False  # `return new …`: a method that hands out new ones is a factory, whatever it is called
    if call.scope >= 0 and call.callee in facts.functions[call.scope].return_type.names:
        return False
    method = call.symbol.partition(".")[2]
    if method.startswith(_WIRING_METHODS) or owner.name.endswith(_WIRING_CLASSES):
        return False
    if any(nest_name(facts, decorator) == "Module" for decorator in owner.decorators):
        return False
    declared = project.declaration(path, call.callee)
    return declared is not None or project.imported_path(path, call.callee) is not None


RULE = Rule(
    slug="solid_concrete_service_created",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="A class creates its own collaborator",
    inspect=inspect,
    references=(Reference("NestJS: custom providers", "https://docs.nestjs.com/fundamentals/custom-providers"),),
    confidence=0.87,
    page=__doc__ or "",
)

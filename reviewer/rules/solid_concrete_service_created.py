"""A class or handler that creates its own service, repository, client or mailer instead of being given it.

It cannot be tested without the real one, and whoever configures the application cannot put another in its place.
Left alone: factories, modules, default parameters and tests, where creating belongs; services that only compute; the
clients of a library, except a database client, as each `new PrismaClient()` opens a pool of its own.
Where the classes around do it the same way, nothing is said.

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

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE
from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._report import at, report
from reviewer.rules._solid_handlers import handlers
from reviewer.rules._solid_provided import Provided
from reviewer.rules._solid_wiring import is_wiring, may_create, owner_of

_SERVICES = (
    "Service", "Repository", "Gateway", "Provider", "Client", "Mailer", "Dao", "UseCase", "Notifier", "Publisher",
    "Sender", "Producer",
)  # fmt: skip
_MARKS = frozenset(
    (("Injectable", "@nestjs/common"), ("Service", "typedi"), ("injectable", "tsyringe"), ("singleton", "tsyringe"),
     ("scoped", "tsyringe"), ("injectable", "inversify"), ("Injectable", "@tsed/di"), ("Service", "@tsed/di"))
)  # fmt: skip
_LENT = ("Pipe", "Guard", "Interceptor", "Filter", "Middleware")
"""Handed to the framework with options of their own: `@UsePipes(new TrimPipe())`."""

_USUAL_MIN = 3
"""Other classes that create theirs before it is the project's way."""


def inspect(project: Project) -> Iterator[Finding]:
    """`new XxxService()` inside a class or a handler, written by the change; once per owner and thing created."""
    usual = _Usual(project)
    for file, facts in project.production:
        if is_wiring(file.path):
            continue
        said: set[tuple[str, str]] = set()
        scopes = _handler_scopes(project, file.path, facts)
        for call in project.new_calls(file.path):
            if not call.is_new:
                continue
            is_provided = project.once(Provided).holds(file.path, facts, call)
            is_given = is_provided or _is_given_elsewhere(project, file.path, call.callee)
            if not is_given and not call.callee.endswith(_SERVICES):
                continue
            owner = owner_of(facts, call)
            name = owner.name if owner else scopes.get(call.scope) or _beside(facts, call, is_given)
            if name is None or (name, call.callee) in said or may_create(facts, call, owner):
                continue
            is_ours = is_provided or _is_ours(project, file.path, facts, call)
            if is_ours:
                said.add((name, call.callee))
                if not usual.holds(file.path, call.callee):
                    yield _finding(file.path, call, name)


def _is_given_elsewhere(project: Project, path: str, callee: str) -> bool:
    """Whether what is created is marked for a container to create: `@Injectable()`, `@Service()`, `@singleton()`."""
    is_named = callee[:1].isupper() and "." not in callee and not callee.endswith(_LENT)
    declared = project.declaration(path, callee) if is_named else None
    if declared is None or not isinstance(declared.item, Class):
        return False
    there = project.head[declared.path]
    return any(original(there, one.name) in _MARKS for one in declared.item.decorators)


def _beside(facts: FileFacts, call: Call, is_given: bool) -> str | None:
    """The class of a file that keeps what a container should make in a constant beside it."""
    if not is_given or call.scope != NOWHERE:
        return None
    return next((item.name for item in facts.classes if item.decorators), None)


def _finding(path: str, call: Call, name: str) -> Finding:
    return report(
        RULE,
        at(path, call.first),
        f"{f'`{name}`' if name else 'This handler'} creates its own `{call.callee}`: it cannot be tested or configured "
        "with another. Take it in the constructor (or as a parameter) and create it where the application is put "
        "together.",
        symbol=name,
        quoted=f"new {call.callee}",
    )


def _handler_scopes(project: Project, path: str, facts: FileFacts) -> dict[int, str]:
    """The handlers outside of classes, by scope, with what they are called."""
    found: dict[int, str] = {}
    for handler in handlers(project, path, facts):
        for scope in facts.index.within(handler.scope):
            found.setdefault(scope, handler.symbol)
    return found


def _is_ours(project: Project, path: str, facts: FileFacts, call: Call) -> bool:
    """Whether what is created is a class of the project, or a client that opens a pool of connections."""
    if original(facts, call.callee) == ("PrismaClient", "@prisma/client"):
        return True
    if "." in call.callee:
        return False
    declared = project.declaration(path, call.callee)
    if declared is None:
        return project.imported_path(path, call.callee) is not None
    return isinstance(declared.item, Class) and not _is_pure(declared.item)


def _is_pure(item: Class) -> bool:
    """Whether a service only computes: given nothing, extending nothing, injected nowhere, waiting for nothing."""
    if not item.name.endswith(("Service", "Provider")) or item.decorators or item.extends or not item.methods:
        return False
    if item.constructor is not None and item.constructor.params:
        return False
    waits = any("async" in one.modifiers or one.return_type.name == "Promise" for one in item.methods)
    return not waits and not any(field.value or "static" not in field.modifiers for field in item.properties)


class _Usual:
    """Whether the classes around create theirs too; counted only when there is something to say."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._creators: dict[str, set[str]] | None = None
        self._givens: set[str] = set()

    def holds(self, path: str, callee: str) -> bool:
        """Whether several others create the same thing, or more classes create than are given their collaborators."""
        if self._creators is None:
            self._creators = self._count()
        same = self._creators.get(callee, set()) - {path}
        creating = {there for paths in self._creators.values() for there in paths} - {path}
        return len(same) >= _USUAL_MIN or len(creating) >= max(_USUAL_MIN, len(self._givens - {path}) + 1)

    def _count(self) -> dict[str, set[str]]:
        """Which unchanged files create what; notes the files whose classes are given something."""
        found: dict[str, set[str]] = {}
        for path, facts in self._project.head.items():
            if self._project.change.file(path) is not None or not is_production(path) or is_wiring(path):
                continue
            for call in facts.calls:
                if not call.is_new or not call.callee.endswith(_SERVICES):
                    continue
                owner = owner_of(facts, call)
                if owner is not None and not may_create(facts, call, owner):
                    found.setdefault(call.callee, set()).add(path)
            if any(_is_given(item) for item in facts.classes):
                self._givens.add(path)
        return found


def _is_given(item: Class) -> bool:
    constructor = item.constructor
    return constructor is not None and any(param.type.name.endswith(_SERVICES) for param in constructor.params)


RULE = Rule(
    slug="solid_concrete_service_created",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="A class creates its own collaborator",
    inspect=inspect,
    references=(Reference("NestJS: custom providers", "https://docs.nestjs.com/fundamentals/custom-providers"),),
    confidence=0.9,
    page=__doc__ or "",
)

"""A controller that talks to the database itself: requests, business rules and storage in one place.

It cannot be reused from a job or a resolver, and its tests need a database. Controllers are NestJS controllers and
resolvers, and whatever answers `(req, res)`; the database is a client, a repository, a model or an entity manager,
injected, made there or imported. Health checks and middleware are left alone. A project without services, or one
where most controllers do it, has decided so.

Bad::

    @Controller('orders')
    export class OrdersController {
      constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}
    }

Good::

    @Controller('orders')
    export class OrdersController {
      constructor(private readonly orders: OrdersService) {}
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._raw_sql import statement
from reviewer.rules._report import at, report
from reviewer.rules._solid_handlers import Handler, handlers, handlers_before, is_health, lacks_services
from reviewer.rules._solid_holders import Held, held_by, is_api_class, passes_on
from reviewer.rules._solid_persistence import database_names, is_database_call

_HOUSE_STYLE_RATE = 0.5
_HOUSE_STYLE_MIN = 3
"""Controllers that must be known before "most of them do it" means anything."""

_NOWHERE_MIN = 4
"""Files of handlers that never ask the database, from which on the project keeps its queries somewhere else."""


def inspect(project: Project) -> Iterator[Finding]:
    """Controllers and handlers that the change gave a way to the database."""
    style = _Style(project)
    for file, facts in project.production:
        if is_health(file.path):
            continue
        said: set[str] = set()
        for item in facts.classes:
            if is_api_class(facts, item) and not is_health("", item.name):
                for finding in _injected(project, file.path, facts, item):
                    said.add(item.name)
                    if not style.is_usual(of_classes=True):
                        yield finding
        for finding in _asked(project, file.path, facts):
            if finding.symbol.partition(".")[0] not in said and not style.is_usual(of_classes=False):
                yield finding
                break


def _injected(project: Project, path: str, facts: FileFacts, item: Class) -> Iterator[Finding]:
    """The first database object that the change gave a controller's class, and the first query that asks it: one
    finding where both stand together, else one at each, as neither is seen from the other."""
    old = project.before(path)
    before = {held.code for there in old.classes if there.name == item.name for held in held_by(old, there)}
    for held in held_by(facts, item):
        if not project.wrote(path, held.first, held.last) or held.code in before:
            continue
        given = _finding(path, held.first, item.name, held.name, held.code)
        query = next(_queries(project, path, facts, item, held), None)
        if query is None and passes_on(facts, item, held):
            continue
        if query is None:
            yield given
        elif project.added(path).issuperset(range(held.first, query.first + 1)):
            yield replace(given, span=at(path, held.first, query.first))
        else:
            yield from (given, _finding(path, query.first, query.symbol, held.key, query.code))
        return


def _queries(project: Project, path: str, facts: FileFacts, item: Class, held: Held) -> Iterator[Call]:
    """The calls of a class, written by the change, that ask the database object which it holds."""
    start = held.key + "."
    inside = (call for call in facts.calls if item.first <= call.first <= item.last)
    asking = (call for call in inside if call.callee.startswith(start) and project.wrote(path, call.first))
    yield from sorted(asking, key=lambda call: call.first)


def _asked(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """The handlers that the change made ask the database, unless most handlers of the file did so before."""
    ours = handlers(project, path, facts)
    if not ours:
        return
    names = database_names(project, path, facts)
    asking = [(handler, call) for handler in ours for call in _first_query(facts, handler, names)]
    if not asking or _did_before(project, path):
        return
    for handler, call in asking:
        is_new = project.introduced(path, call) and not project.edited(path, call)
        if is_new and not is_health("", handler.symbol):
            yield _finding(path, call.first, handler.symbol, _said(call), call.code)


def _first_query(facts: FileFacts, handler: Handler, names: frozenset[str]) -> Iterator[Call]:
    """The first query of a handler, or of a function beside it in the file that it calls."""
    inside = facts.index.within(handler.scope)
    called = {call.callee for call in facts.index.calls(inside) if "." not in call.callee and not call.is_new}
    helpers = {scope for name in called for scope in facts.index.functions(name)}
    scopes = frozenset(there for scope in helpers for there in facts.index.within(scope)) | frozenset(inside)
    found = sorted(
        (call for call in facts.index.calls(scopes) if is_database_call(call.callee, names) or statement(call)),
        key=lambda call: call.first,
    )
    yield from found[:1]


def _did_before(project: Project, path: str) -> bool:
    """Whether most handlers of the file asked the database at base: then one more is how the file is written."""
    old = project.before(path)
    ours = handlers_before(project, path)
    names = database_names(project, path, old)
    asking = sum(1 for handler in ours for _ in _first_query(old, handler, names))
    return bool(ours) and asking > len(ours) * _HOUSE_STYLE_RATE


def _said(call: Call) -> str:
    steps = call.callee.replace("()", "").split(".")
    if any(step.lower().startswith("prisma") for step in steps):
        return next(step for step in steps if step.lower().startswith("prisma"))
    return steps[1] if steps[0] == "this" and len(steps) > 1 else steps[0]


def _finding(path: str, line: int, symbol: str, name: str, code: str) -> Finding:
    return report(
        RULE,
        at(path, line),
        f"{f'`{symbol}`' if symbol else 'This handler'} uses `{name}` directly, so business rules and storage end up "
        "in the HTTP layer, and can neither be reused nor tested without a database. Move the query into a service and "
        "call that.",
        symbol=symbol,
        quoted=code,
    )


class _Style:
    """How the controllers that did not change are written; looked at only when there is something to say."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._usual: dict[bool, bool] = {}

    def is_usual(self, *, of_classes: bool) -> bool:
        """Whether the project lets its controllers (classes, or files of handlers) ask the database."""
        if of_classes not in self._usual:
            known = self._known(of_classes)
            most_do = len(known) >= _HOUSE_STYLE_MIN and sum(known) / len(known) > _HOUSE_STYLE_RATE
            # Where no handler does it, what they call instead is the service, whatever it is called.
            has_others = not of_classes and len(known) >= _NOWHERE_MIN and not any(known)
            is_thin = not has_others and lacks_services(self._project, _HOUSE_STYLE_MIN)
            self._usual[of_classes] = most_do or is_thin
        return self._usual[of_classes]

    def _known(self, of_classes: bool) -> list[bool]:
        """Whether each controller that did not change asks the database."""
        return [
            does
            for path, facts in self._project.head.items()
            if self._project.change.file(path) is None and is_production(path)
            for does in (self._classes(facts) if of_classes else self._files(path, facts))
        ]

    @staticmethod
    def _classes(facts: FileFacts) -> Iterator[bool]:
        yield from (any(True for _ in held_by(facts, item)) for item in facts.classes if is_api_class(facts, item))

    def _files(self, path: str, facts: FileFacts) -> Iterator[bool]:
        ours = handlers(self._project, path, facts)
        if ours:
            names = database_names(self._project, path, facts)
            yield any(True for handler in ours for _ in _first_query(facts, handler, names))


RULE = Rule(
    slug="solid_controller_persistence",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="A controller talks to the database",
    inspect=inspect,
    references=(Reference("NestJS: controllers", "https://docs.nestjs.com/controllers"),),
    confidence=0.9,
    page=__doc__ or "",
)

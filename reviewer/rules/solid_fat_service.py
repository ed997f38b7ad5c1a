"""A class that this change made too big: more public methods, or more lines, than one job needs.

Reported when the change takes a class over the line (20 public methods or 500 lines), writes a new one beyond it, or
gives one that was beyond it another job: three methods at once, two about another topic (a word that none of its
methods had in its name), or one such method and a collaborator for it. Other changes to such a class are left alone.
Below the line, a class is reported that gets methods together with several collaborators that only they need: it takes
on the jobs of others. The lines are those of Sonar's S1448 and ESLint's
`max-lines`, made wider: over 24 backends, readers agreed with 75 to 88 % of such classes.

Bad::

    export class OrdersService { create() {} pay() {} ship() {} refund() {} invoice() {} mail() {} /* … 21 methods */ }

Good::

    export class OrdersService { … }   export class InvoicesService { … }   export class ShippingService { … }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._words import words_of

METHODS_MAX = 20
LINES_MAX = 500
_METHODS_MIN = 5
"""Public methods of a class that can be split; fewer are one long algorithm, which is another matter."""
_ADDED_MIN = 3
"""New public methods at once that are worth a word, whatever they are about."""
_TOPIC_MIN = 2
"""Of a topic that the class had not; a single one may be a step of what it did before."""

_JOB_METHODS_MIN = 5
"""Public methods that a change adds before they can be several jobs."""
_JOBS_MIN = 3
"""New collaborators, each with methods that use no other new one; one or two may belong to the class's own job."""

_MEANS = frozenset(("transaction", "transactions", "prisma", "database", "connection", "logger", "config"))
_STORES = frozenset(("DataSource", "EntityManager", "UnitOfWork", "Knex", "Kysely", "ClsService"))

_ROUTING = ("Controller", "Resolver", "Gateway")
"""A method for each route is one job, as is what an interface lays down: of these only the lines count."""
_SETTINGS = ("ConfigService", "EnvironmentService", "Config", "Configuration", "Settings", "Environment")
"""A getter for each setting is one job."""


@dataclass(frozen=True, slots=True)
class _Size:
    methods: int = 0
    lines: int = 0

    @property
    def is_fat(self) -> bool:
        return self.methods > METHODS_MAX or self.lines > LINES_MAX


def inspect(project: Project) -> Iterator[Finding]:
    """Classes that crossed the line by this change, or went further beyond it."""
    for file, facts in project.production:
        yield from _jobs(project, file.path, facts)
        large = [item for item in facts.classes if _size(item).is_fat]
        if not large:
            continue
        before = {item.name: _size(item) for item in project.before(file.path).classes}
        for item in large:
            size, was = _size(item), before.get(item.name, _Size())
            written = _first_written(project, file.path, item)
            grew = _gains_topic(project, file.path, item) if was.is_fat else size != was
            if grew and written:
                yield _finding(file.path, item, size, was, written)


def _jobs(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """Classes that took on several jobs at once: public methods, each with collaborators of its own."""
    before = {item.name: item for item in project.before(path).classes}
    for item in facts.classes:
        old = before.get(item.name)
        if old is None or _size(item).is_fat or item.name.endswith(_ROUTING) or item.implements:
            continue
        had, known = {one.name for one in old.methods}, _collaborators(old)
        added = [one for one in item.methods if _is_public(one) and one.name not in had]
        fresh = _collaborators(item) - known
        if len(added) < _JOB_METHODS_MIN or len(fresh) < _JOBS_MIN or not had & {one.name for one in item.methods}:
            continue
        used = [_used(facts, one) & fresh for one in added]
        jobs = {name for names in used if len(names) == 1 for name in names}
        line = _first_written(project, path, item)
        if len(jobs) >= _JOBS_MIN and line:
            yield _jobs_finding(path, item, len(added), sorted(jobs), line)


def _collaborators(item: Class) -> set[str]:
    params = item.constructor.params if item.constructor else ()
    return {param.name for param in params if param.is_property and param.name}


def _means(item: Class) -> set[str]:
    """The collaborators that any class may have to do its own job: a transaction, a logger, settings."""
    params = item.constructor.params if item.constructor else ()
    return {one.name for one in params if one.type.name in _STORES or _MEANS & set(words_of(one.type.name))}


def _used(facts: FileFacts, method: Method) -> set[str]:
    """The fields that a method calls."""
    calls = facts.index.calls(facts.index.within(method.scope))
    return {call.callee.split(".")[1] for call in calls if call.callee.startswith("this.")}


def _jobs_finding(path: str, item: Class, added: int, jobs: list[str], line: int) -> Finding:
    names = ", ".join(f"`{name}`" for name in jobs)
    return report(
        RULE,
        at(path, line),
        f"`{item.name}` gets {added} public methods that need {names}, which nothing else in it needs: these are jobs "
        "of their own, and everybody who wants one of them depends on all. Give each a class of its own.",
        symbol=item.name,
        quoted=f"{item.name} takes on other jobs",
    )


def _gains_topic(project: Project, path: str, item: Class) -> bool:
    """Whether a class that was too big is given another job."""
    if not _size(item).methods:
        return False
    old = next((one for one in project.before(path).classes if one.name == item.name), None)
    had = {method.name for method in old.methods} if old else set()
    added = [method.name for method in item.methods if _is_public(method) and method.name not in had]
    known = {_one(word) for name in had for word in words_of(name)}
    others = [name for name in added if {_one(word) for word in words_of(name)[1:]} - known]
    is_helped = old is not None and bool(_collaborators(item) - _collaborators(old) - _means(item))
    is_topic = bool(others) and (is_helped or len(others) >= _TOPIC_MIN)
    return len(item.methods) > len(had) and (is_topic or len(added) >= _ADDED_MIN)


def _one(word: str) -> str:
    """One of what a word names: methods about `member` and `members` are about the same."""
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _size(item: Class) -> _Size:
    public = [method for method in item.methods if _is_public(method)]
    if len(public) < _METHODS_MIN or item.name.endswith(_SETTINGS):
        return _Size()
    is_given = bool(item.implements) or item.name.endswith(_ROUTING)
    return _Size(0 if is_given else len(public), item.last - item.head + 1)


def _is_public(method: Method) -> bool:
    if method.scope < 0 or method.name == "constructor" or method.name.startswith(("#", "_")):
        return False
    return {"private", "protected", "get", "set"}.isdisjoint(method.modifiers)


def _first_written(project: Project, path: str, item: Class) -> int:
    """The first method that the change wrote, or the class itself when all of it is new; 0 for neither."""
    if project.wrote(path, item.head):
        return item.head
    added = project.added(path)
    written = [one for one in item.methods if one.head in added]
    return next((one.head for one in written if one.name != "constructor"), written[0].head if written else 0)


def _finding(path: str, item: Class, size: _Size, was: _Size, line: int) -> Finding:
    grown = f" (before: {was.lines})" if was.lines else ""
    many = f"{size.methods} public methods on " if size.methods else ""
    return report(
        RULE,
        at(path, line),
        f"`{item.name}` now has {many}{size.lines} lines{grown}: it has more than one "
        "reason to change, and everybody who needs one part of it depends on all. Move the methods that share a "
        "collaborator into a class of their own.",
        symbol=item.name,
        quoted=f"{item.name} is large",
    )


RULE = Rule(
    slug="solid_fat_service",
    concern=Concern.SOLID,
    severity=Severity.NOTE,
    title="A class grew too big for one job",
    inspect=inspect,
    references=(Reference("ESLint: max-lines", "https://eslint.org/docs/latest/rules/max-lines"),),
    confidence=0.86,
    page=__doc__ or "",
    serves="standards-keep-the-architecture-modular",
)

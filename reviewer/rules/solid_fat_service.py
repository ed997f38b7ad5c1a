"""A class that this change made too big: more public methods, or more lines, than one job needs.

Reported when the change takes a class over the line (20 public methods or 500 lines), or writes a new one beyond it; a
class that always was so is left alone. The lines are those of Sonar's S1448 and ESLint's `max-lines`, made wider: over
24 backends, readers agreed with 75 to 88 % of such classes.

Bad::

    export class OrdersService { create() {} pay() {} ship() {} refund() {} invoice() {} mail() {} /* … 21 methods */ }

Good::

    export class OrdersService { … }   export class InvoicesService { … }   export class ShippingService { … }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

METHODS_MAX = 20
LINES_MAX = 500
_METHODS_MIN = 5
"""Public methods of a class that can be split; fewer are one long algorithm, which is another matter."""
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
    """Classes that crossed the line by this change."""
    for file, facts in project.production:
        large = [item for item in facts.classes if _size(item).is_fat]
        if not large:
            continue
        before = {item.name: _size(item) for item in project.before(file.path).classes}
        for item in large:
            size, was = _size(item), before.get(item.name, _Size())
            written = _first_written(project, file.path, item)
            if not was.is_fat and size != was and written:
                yield _finding(file.path, item, size, was, written)


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
    return next((one.head for one in item.methods if one.head in added), 0)


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

"""An interface that this change made too wide: whoever implements it must write methods that its users do not call.

Reported when the change takes an interface over 15 methods or writes a new one beyond it. Props, options and other
shapes of data are left alone: only methods count.

Bad::

    export interface OrderStore { find(): …; save(): …; report(): …; export(): …; /* … 16 methods */ }

Good::

    export interface OrderReader { find(): … }   export interface OrderWriter { save(): … }
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

METHODS_MAX = 15
"""Methods of an interface: past it, all 10 hits on 24 backends were true."""


def inspect(project: Project) -> Iterator[Finding]:
    """Interfaces and abstract classes that crossed the line by this change."""
    for file, facts in project.production:
        wide = {name: row for name, row in _widths(facts).items() if row[0] > METHODS_MAX}
        if not wide:
            continue
        before = {name: row[0] for name, row in _widths(project.before(file.path)).items()}
        added = project.added(file.path)
        for name, (count, lines) in wide.items():
            written = next((line for line in lines if line in added), 0)
            if before.get(name, 0) <= METHODS_MAX and written:
                yield report(
                    RULE,
                    at(file.path, written),
                    f"`{name}` now asks for {count} methods: whoever implements it or stands in for it in a test has "
                    "to write all of them, for users that call a few. Split it by who calls what.",
                    symbol=name,
                    quoted=f"{name} is wide",
                )


def _widths(facts: FileFacts) -> dict[str, tuple[int, tuple[int, ...]]]:
    """How many methods each interface and wholly abstract class asks for, and the lines of its head and methods."""
    found: dict[str, tuple[int, tuple[int, ...]]] = {}
    for item in facts.types:
        methods = [member for member in item.members if member.is_method]
        if item.keyword == "interface":
            found[item.name] = (len(methods), (item.first, *(member.first for member in methods)))
    for one in facts.classes:
        asked = [method for method in one.methods if "abstract" in method.modifiers]
        if _is_interface(one):
            found[one.name] = (len(asked), (one.head, *(method.head for method in asked)))
    return found


def _is_interface(item: Class) -> bool:
    return item.is_abstract and all(method.scope < 0 for method in item.methods if method.name != "constructor")


RULE = Rule(
    slug="solid_fat_interface",
    concern=Concern.SOLID,
    severity=Severity.NOTE,
    title="An interface asks for too much",
    inspect=inspect,
    references=(Reference("TypeScript: object types", "https://www.typescriptlang.org/docs/handbook/2/objects.html"),),
    confidence=0.9,
    page=__doc__ or "",
)

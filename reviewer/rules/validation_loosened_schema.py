"""A schema that checks less than it did: unknown fields pass, or a field may be anything.

`.passthrough()`, `.unknown(true)`, `additionalProperties: true` and `z.any()` switch off what the schema is there for,
often to silence one failing request. Whoever reads the result trusts it as before.

Bad::

    const CreateOrder = z.object({ items: z.any() }).passthrough();

Good::

    const CreateOrder = z.object({ items: z.array(OrderItem) }).strict();
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Binding, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._schema_marks import marks, roots, tops_of
from reviewer.rules._schema_words import lost_demands

_REQUEST_WORDS = (
    "body",
    "create",
    "update",
    "request",
    "input",
    "query",
    "payload",
    "params",
    "dto",
    "login",
    "register",
)


def inspect(project: Project) -> Iterator[Finding]:
    """Schemas that the change opened, and those it closes no longer."""
    for file, facts in project.production:
        base = project.before(file.path)
        before = Counter((mark.owner, mark.word) for mark in marks(base))
        owners = {binding.name for binding in tops_of(base)} | {function.symbol for function in base.functions}
        now = list(marks(facts))
        counts = Counter((mark.owner, mark.word) for mark in now)
        said: set[str] = set()
        for mark in now:
            key = (mark.owner, mark.word)
            fresh = mark.opens and counts[key] > before[key] and project.wrote(file.path, mark.first, mark.last)
            if not fresh or mark.owner in said:
                continue
            was_there = mark.owner in owners
            if not was_there and not any(word in mark.owner.lower() for word in _REQUEST_WORDS):
                continue
            said.add(mark.owner)
            finding = _finding(file.path, mark.first, mark.owner, mark.word, f"now says `{mark.word}`")
            yield finding if was_there else replace(finding, severity=Severity.NOTE)
        yield from _closed_no_longer(project, file.path, facts, said)
        yield from _demands_less(file.path, facts, base)


def _demands_less(path: str, facts: FileFacts, base: FileFacts) -> Iterator[Finding]:
    """Fields of schemas that lost a check: a pattern, a length, a list of values."""
    for field, lost in lost_demands(facts, base):
        words = ", ".join(f"`{word}`" for word in lost)
        yield report(
            RULE,
            at(path, field.first, field.last),
            f"`{field.key}` of `{field.owner}` lost {words}: values that were refused before now pass, and the code "
            "behind it still trusts them. Widen the check to what is wanted instead of dropping it.",
            symbol=f"{field.owner}.{field.key}",
            quoted=" ".join(lost),
        )


def _closed_no_longer(project: Project, path: str, facts: FileFacts, said: set[str]) -> Iterator[Finding]:
    before = [mark for mark in marks(project.before(path)) if not mark.opens]
    counts = Counter(mark.owner for mark in before)
    now = Counter(mark.owner for mark in marks(facts) if not mark.opens)
    tops = {binding.name: binding for binding in tops_of(facts)}
    for mark in before:
        top = tops.get(mark.owner)
        if top is not None and mark.owner not in said and now[mark.owner] < counts[mark.owner]:
            if _builds_on_closed(project, path, facts, top, now):
                continue
            said.add(mark.owner)
            yield _finding(path, top.first, mark.owner, mark.word, f"no longer says `{mark.word}`")


def _builds_on_closed(project: Project, path: str, facts: FileFacts, top: Binding, now: Counter[str]) -> bool:
    """Whether a schema is made of another one that is closed: `base.extend({ … })` keeps what `base` forbids. True
    also where that one was not read."""
    for name in roots(top.value):
        found = facts.imported(name)
        if found is None:
            if name != top.name and now[name]:
                return True
            continue
        target = project.resolver.resolve(path, found.module)
        there = project.head.get(target) if target else None
        if target is None:
            continue  # a library
        if there is None:
            return True
        wanted = there.index.exported(found.name)
        if any(mark.owner == wanted and not mark.opens for mark in marks(there)):
            return True
    return False


def _finding(path: str, line: int, owner: str, word: str, what: str) -> Finding:
    name = f"`{owner}`" if owner else "This schema"
    return report(
        RULE,
        at(path, line),
        f"{name} {what}, so it lets through what it refused or dropped before, and the code behind it still trusts "
        "the result. Declare the fields that are needed, and keep the rest out.",
        symbol=owner,
        quoted=word,
    )


RULE = Rule(
    slug="validation_loosened_schema",
    concern=Concern.VALIDATION,
    severity=Severity.WARNING,
    title="A schema checks less than before",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: input validation",
            "https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

"""A schema that checks less than it did: unknown fields pass, or a field may be anything.

`.passthrough()`, `.unknown(true)`, `additionalProperties: true` and `z.any()` switch off what the schema is there for,
often to silence one failing request. Whoever reads the result trusts it as before.

Bad::

    const CreateOrder = z.object({ items: z.any() }).passthrough();

Good::

    const CreateOrder = z.object({ items: z.array(OrderItem) }).strict();
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_LIBRARIES = frozenset(
    ("zod", "zod/v4", "zod/v3", "zod/mini", "nestjs-zod", "joi", "@hapi/joi", "celebrate", "yup", "valibot",
     "@sinclair/typebox", "fluent-json-schema")
)  # fmt: skip
_ANYTHING = frozenset(("any", "Any", "unknown", "Unknown", "mixed"))
_OPEN_CHAINS = frozenset(("passthrough", "loose", "nonstrict", "unknown"))
_OPEN_MAKERS = frozenset(("looseObject",))
_OPEN_OPTIONS = {"additionalProperties": "true", "allowUnknown": "true", "unevaluatedProperties": "true"}
_STRICT_CHAINS = frozenset(("strict", "noUnknown"))
_STRICT_MAKERS = frozenset(("strictObject",))
_STRICT_OPTIONS = {"additionalProperties": "false", "stripUnknown": "true", "unevaluatedProperties": "false"}
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


@dataclass(frozen=True, slots=True)
class _Mark:
    """A word of a schema that opens or closes it, and the constant it stands in."""

    owner: str
    word: str
    opens: bool
    first: int
    last: int


def inspect(project: Project) -> Iterator[Finding]:
    """Schemas that the change opened, and those it closes no longer."""
    for file, facts in project.production:
        base = project.before(file.path)
        before = Counter((mark.owner, mark.word) for mark in _marks(base))
        owners = {binding.name for binding in _tops(base)} | {function.symbol for function in base.functions}
        now = list(_marks(facts))
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


def _closed_no_longer(project: Project, path: str, facts: FileFacts, said: set[str]) -> Iterator[Finding]:
    before = [mark for mark in _marks(project.before(path)) if not mark.opens]
    counts = Counter(mark.owner for mark in before)
    now = Counter(mark.owner for mark in _marks(facts) if not mark.opens)
    tops = {binding.name: binding for binding in _tops(facts)}
    for mark in before:
        top = tops.get(mark.owner)
        if top is not None and mark.owner not in said and now[mark.owner] < counts[mark.owner]:
            said.add(mark.owner)
            yield _finding(path, top.first, mark.owner, mark.word, f"no longer says `{mark.word}`")


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


def _tops(facts: FileFacts) -> list[Binding]:
    """The constants and fields at the top of a file, in source order."""
    kinds = (BindingKind.CONST, BindingKind.LET, BindingKind.PROPERTY)
    return [binding for binding in facts.bindings if binding.scope < 0 and binding.kind in kinds and binding.name]


def _marks(facts: FileFacts) -> Iterator[_Mark]:
    modules = {item.module for item in facts.imports}
    has_library = bool(modules & _LIBRARIES) or any("ajv" in one or "fastify" in one for one in modules)
    if not has_library and not {"additionalProperties", "allowUnknown", "stripUnknown"} & set(facts.names):
        return
    tops = _tops(facts)
    starts = [binding.first for binding in tops]

    def owner(line: int, symbol: str) -> str:
        index = bisect_right(starts, line) - 1
        return tops[index].name if index >= 0 and line <= tops[index].last else symbol

    for call in facts.calls:
        word = call.callee.rpartition(".")[2]
        made = _made(facts, call.callee, word, chained=call.receiver is not None, args=call.args)
        if made is not None:
            yield _Mark(
                owner(call.last, call.symbol),
                f".{word}()" if call.receiver else call.callee + "()",
                made,
                call.last if call.receiver else call.first,
                call.last,
            )
        for arg in call.args:
            for part, opens, text in _options(arg):
                yield _Mark(owner(part.first, call.symbol), text, opens, part.first, part.last)
    for binding in tops:
        for part, opens, text in _options(binding.value):
            yield _Mark(binding.name, text, opens, part.first, part.last)


def _made(facts: FileFacts, callee: str, word: str, *, chained: bool, args: tuple[Expr, ...]) -> bool | None:
    """True for a call that opens a schema, False for one that closes it, None for another."""
    if original(facts, callee)[1] not in _LIBRARIES:
        return None
    if chained or callee.count(".") > 1:
        closed = bool(args) and args[0].text == "false"
        if word in _OPEN_CHAINS:
            return None if closed else True
        return False if word in _STRICT_CHAINS and not closed else None
    if word in _OPEN_MAKERS:
        return True
    if word in _STRICT_MAKERS:
        return False
    return True if word in _ANYTHING and not args else None


def _options(value: Expr) -> Iterator[tuple[Expr, bool, str]]:
    """The options inside an expression that open or close a schema."""
    waiting = [value]
    while waiting:
        at_hand = waiting.pop()
        if at_hand.kind is ExprKind.OBJECT:
            for key, part in zip(at_hand.keys, at_hand.parts, strict=False):
                if _OPEN_OPTIONS.get(key) == part.text:
                    yield part, True, f"{key}: {part.text}"
                elif _STRICT_OPTIONS.get(key) == part.text:
                    yield part, False, f"{key}: {part.text}"
        if at_hand.kind in (ExprKind.OBJECT, ExprKind.ARRAY):
            waiting.extend(at_hand.parts)


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

"""A path or query parameter that is not what its type says.

Everything in a URL is text. NestJS turns it into a number, a boolean, a list or a member of an enum only where a pipe
does; the annotation alone changes nothing, so that `id === 1` is never true, `'false'` is true, and `ids.map` throws.
A project whose pipe transforms, or that never uses pipes for parameters, is left alone for numbers and enums.

Bad::

    @Get(':id') one(@Param('id') id: number) {}

Good::

    @Get(':id') one(@Param('id', ParseIntPipe) id: number) {}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.decorated_frameworks import converts_by_type
from reviewer.core.expr import ExprKind, TypeKind
from reviewer.core.facts import TypeDeclaration
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import Input, inputs
from reviewer.core.rule import Rule
from reviewer.rules._handlers import handlers, passes_on
from reviewer.rules._object_ids import answers_cast_errors, raw_ids
from reviewer.rules._pipes import option_objects, pipes
from reviewer.rules._report import at, report
from reviewer.rules._unchecked_type import is_pipe_elsewhere, new_inputs

_RAW_MIN = 4
"""Raw parameters of one kind in unchanged routes, with no piped one, from which on it is the house's way."""

_PIPED_MIN = 3
"""Ids with a pipe from which on that is the way of the house, if it is also this share of all:"""
_PIPED_SHARE = 0.9


def inspect(project: Project) -> Iterator[Finding]:
    """Parameters that the change declared as something that text is not."""
    transforms = _transforms(project)
    known = list(inputs(project))
    house_ways = _house_ways(project, known)
    for source in ("Param", "Query"):
        for item in new_inputs(project, source):
            wrong = _wrong(project, item)
            if not item.field or not wrong or is_pipe_elsewhere(project.head[item.path], item.route):
                continue
            kind, arrives, pipe = wrong
            if converts_by_type(project.head[item.path]):
                continue
            if (transforms and kind in ("number", "boolean")) or (source, kind) in house_ways:
                continue
            finding = report(
                RULE,
                at(item.path, item.param.first, item.param.last),
                f"`{item.param.name}` is declared as {arrives}. The annotation converts nothing; use `{pipe}`.",
                symbol=item.route.symbol,
                quoted=item.param.code,
            )
            # `?ids[]=a` is a list even for one value, so whether it hurts is up to the clients.
            yield replace(finding, severity=Severity.NOTE) if kind == "array" else finding
    yield from _unlike_siblings(project, known)
    yield from _raw_ids(project)


def _raw_ids(project: Project) -> Iterator[Finding]:
    """Ids of the path that Mongoose has to cast, where the project does not leave it at that everywhere."""
    if not project.uses("mongoose"):
        return
    production = {file.path for file, _ in project.production}
    known = handlers(project)
    old = [one for one in known if not one.is_new and not one.is_checked and any(raw_ids(project, one))]
    if len(old) >= _RAW_MIN or answers_cast_errors(project):
        return
    for handler in known:
        if handler.path not in production or handler.is_checked or passes_on(project.head[handler.path], handler.scope):
            continue
        for call, value, part in raw_ids(project, handler):
            if handler.is_new or project.introduced(handler.path, call):
                name = value.text if value.kind is ExprKind.NAME else part.field
                finding = report(
                    RULE,
                    at(handler.path, value.first, value.last),
                    f"`{name}` of {handler.symbol} goes to `{call.callee}()` unchecked: for a text that is no id "
                    "Mongoose throws a `CastError`, and the client gets a 500 instead of a 400. Check it first, such "
                    "as with `isValidObjectId()`.",
                    symbol=handler.symbol,
                    quoted=f"{call.callee} {part.field}",
                )
                yield replace(finding, severity=Severity.NOTE)
                break


def _transforms(project: Project) -> bool:
    """Whether a pipe that was read converts parameters (`transform: true`), or may."""
    for facts in project.head.values():
        found = [options for _, options in pipes(facts)] + list(option_objects(facts))
        if any(not options.known or options.values.get("transform") == "true" for options in found):
            return True
    return False


def _wrong(project: Project, item: Input) -> tuple[str, str, str] | None:
    """The kind of fault, what the value is really, and the pipe that mends it."""
    kind, name = item.param.type.kind, item.param.type.name
    if kind is TypeKind.PRIMITIVE and name == "number":
        return "number", "a number and arrives as text (or as NaN where a pipe transforms it)", "ParseIntPipe"
    if kind is TypeKind.PRIMITIVE and name == "boolean":
        return "boolean", "a boolean and arrives as text, of which even `'false'` is true", "ParseBoolPipe"
    if kind is TypeKind.ARRAY and item.source == "Query" and "|" not in item.param.type.text:
        return "array", "a list, but a parameter that comes once is a text, so its methods throw", "ParseArrayPipe"
    if kind is TypeKind.NAMED and name == "Date":
        return "date", "a `Date` and arrives as text, so `getTime()` throws", "ParseDatePipe"
    if kind is TypeKind.NAMED:
        declared = project.declaration(item.path, name)
        found = declared.item if declared else None
        if isinstance(found, TypeDeclaration) and found.keyword == "enum":
            return "enum", f"`{name}` and may be any text", f"new ParseEnumPipe({name})"
    return None


def _house_ways(project: Project, known: list[Input]) -> frozenset[tuple[str, str]]:
    """The kinds of values that the routes which did not change take raw from a source, and none with a pipe."""
    raw: Counter[tuple[str, str]] = Counter()
    piped: set[str] = set()
    changed = {file.path for file in project.change.files}
    for one in known:
        if not one.field or one.path in changed:
            continue
        if one.has_pipe:
            piped.add(one.source)
        else:
            raw[one.source, (_wrong(project, one) or ("",))[0]] += 1
    return frozenset(
        (source, kind)
        for (source, kind), count in raw.items()
        if kind in ("number", "enum") and count >= _RAW_MIN and source not in piped
    )


def _unlike_siblings(project: Project, known: list[Input]) -> Iterator[Finding]:
    """`@Param('id') id: string` without the pipe that the same parameter of the same controller has elsewhere."""
    piped: dict[tuple[str, str, str], int] = {}
    for item in known:
        if item.has_pipe and item.source == "Param" and item.route.owner and item.field:
            key = (item.path, item.route.owner.name, item.field)
            piped[key] = piped.get(key, 0) + 1
    house = _piped_ids(project, known)
    for item in new_inputs(project, "Param"):
        owner = item.route.owner.name if item.route.owner else ""
        is_text = item.param.type.kind is TypeKind.PRIMITIVE and item.param.type.name == "string"
        count, where = piped.get((item.path, owner, item.field), 0), f"of `{owner}` check it"
        if not count and _is_id(item):
            count, where = house, "of other controllers check such ids"
        if is_text and count and not is_pipe_elsewhere(project.head[item.path], item.route):
            yield report(
                RULE,
                at(item.path, item.param.first, item.param.last),
                f"`{item.param.name}` goes on unchecked, while {count} other route(s) {where} with a "
                "pipe: a value that is none reaches the database and ends as a 500. Use the same pipe.",
                symbol=item.route.symbol,
                quoted=item.param.code,
            )


def _piped_ids(project: Project, known: list[Input]) -> int:
    """How many ids in paths have a pipe, if next to all that the change did not write have one; else 0."""
    old = [
        one
        for one in known
        if one.source == "Param" and _is_id(one) and not project.wrote(one.path, one.param.first, one.param.last)
    ]
    piped = sum(1 for one in old if one.has_pipe)
    return piped if piped >= _PIPED_MIN and piped >= _PIPED_SHARE * len(old) else 0


def _is_id(item: Input) -> bool:
    return item.field.lower().endswith(("id", "uuid"))


RULE = Rule(
    slug="validation_raw_parameter",
    concern=Concern.VALIDATION,
    severity=Severity.WARNING,
    title="A parameter is not what its type says",
    inspect=inspect,
    references=(
        Reference("NestJS: pipes", "https://docs.nestjs.com/pipes#binding-pipes"),
        Reference("NestJS: validation", "https://docs.nestjs.com/techniques/validation#explicit-conversion"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

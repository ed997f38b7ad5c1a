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

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import TypeKind
from reviewer.core.facts import TypeDeclaration
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import Input, inputs
from reviewer.core.rule import Rule
from reviewer.rules._pipes import option_objects, pipes
from reviewer.rules._report import at, report
from reviewer.rules._unchecked_type import is_pipe_elsewhere, new_inputs

_RAW_MIN = 4
"""Raw parameters of one kind in unchanged routes, with no piped one, from which on it is the house's way."""


def inspect(project: Project) -> Iterator[Finding]:
    """Parameters that the change declared as something that text is not."""
    transforms = _transforms(project)
    known = list(inputs(project))
    for source in ("Param", "Query"):
        for item in new_inputs(project, source):
            wrong = _wrong(project, item)
            if not item.field or not wrong or is_pipe_elsewhere(project.head[item.path], item.route):
                continue
            kind, arrives, pipe = wrong
            if (transforms and kind in ("number", "boolean")) or _is_house_way(project, known, item, kind):
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


def _is_house_way(project: Project, known: list[Input], item: Input, kind: str) -> bool:
    """Whether the routes that did not change do it too, and none has a pipe."""
    if kind not in ("number", "enum"):
        return False
    others = [one for one in known if one.field and one.source == item.source and project.change.file(one.path) is None]
    piped = any(one.has_pipe for one in others)
    raw = sum((_wrong(project, one) or ("",))[0] == kind for one in others if not one.has_pipe)
    return raw >= _RAW_MIN and not piped


def _unlike_siblings(project: Project, known: list[Input]) -> Iterator[Finding]:
    """`@Param('id') id: string` without the pipe that the same parameter of the same controller has elsewhere."""
    piped: dict[tuple[str, str, str], int] = {}
    for item in known:
        if item.has_pipe and item.source == "Param" and item.route.owner and item.field:
            key = (item.path, item.route.owner.name, item.field)
            piped[key] = piped.get(key, 0) + 1
    for item in new_inputs(project, "Param"):
        owner = item.route.owner.name if item.route.owner else ""
        is_text = item.param.type.kind is TypeKind.PRIMITIVE and item.param.type.name == "string"
        count = piped.get((item.path, owner, item.field), 0)
        if is_text and count and not is_pipe_elsewhere(project.head[item.path], item.route):
            yield report(
                RULE,
                at(item.path, item.param.first, item.param.last),
                f"`{item.param.name}` goes on unchecked, while {count} other route(s) of `{owner}` check it with a "
                "pipe: a value that is none reaches the database and ends as a 500. Use the same pipe.",
                symbol=item.route.symbol,
                quoted=item.param.code,
            )


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

"""A field of a request or answer without `@ApiProperty`, while its siblings have one: the document does not show it.

Looked for in classes that routes take in or give out, or that are named so (`…Dto`), where at least two siblings and
nearly all of them are documented. Left alone where the swagger plugin of the Nest CLI (or its metadata) documents
fields by itself, and fields that are hidden on purpose.

Bad::

    export class CreateOrderDto {
      @ApiProperty() @IsUUID() customerId: string;
      @IsInt() quantity: number;
    }

Good::

      @ApiProperty() @IsInt() quantity: number;
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Class, FileFacts, Property
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.request_data import reached_classes
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._contract import answered_types
from reviewer.rules._report import at, report
from reviewer.rules._swagger import SWAGGER, docs, plugin_options
from reviewer.rules._validators import validated

_HIDING = frozenset(("Exclude", "ApiHideProperty", "HideField"))
_SILENT_LIBRARIES = ("class-validator", "class-transformer", "typeorm", "@nestjs/mongoose", "@nestjs/graphql")
_SIBLINGS_MIN = 2
_RATE = 0.8
_NAMES = ("dto", "input", "request", "response", "body", "payload", "query", "params")
"""Ends of the names of classes that are made to go over the wire."""


def inspect(project: Project) -> Iterator[Finding]:
    """Undocumented fields that the change wrote among documented ones."""
    if not project.uses(SWAGGER) or _plugin_documents(project):
        return
    files = {file.path: facts for file, facts in project.production}
    classes: dict[tuple[str, str], tuple[Class, str]] = {}
    for one in reached_classes(project):
        classes[one.path, one.item.name] = (one.item, one.route)
    for contract in answered_types(project):
        if isinstance(contract.item, Class):
            classes.setdefault((contract.path, contract.item.name), (contract.item, contract.route))
    for path, facts in files.items():  # the route is in a file that the change left alone
        for item in facts.classes:
            if item.name.lower().endswith(_NAMES):
                classes.setdefault((path, item.name), (item, ""))
    for (path, _), (item, route) in classes.items():
        if path in files:
            yield from _fields(project, path, item, route)


def _fields(project: Project, path: str, item: Class, route: str) -> Iterator[Finding]:
    facts = project.head[path]
    shown = [field for field in item.properties if not _is_meant(facts, field)]
    bare = [field for field in shown if not _is_documented(project, path, facts, field)]
    fresh = [field for field in bare if project.wrote(path, field.first, field.last)]
    fresh_ids, bare_ids = set(map(id, fresh)), set(map(id, bare))  # comparing whole fields with each other is too slow
    siblings = [field for field in shown if id(field) not in fresh_ids]
    documented = sum(id(field) not in bare_ids for field in siblings)
    if documented < _SIBLINGS_MIN or documented / len(siblings) < _RATE:
        return
    before = _bare_before(project, path, item.name)
    is_checked = validated(facts, item)
    for field in fresh:
        # Without validator and documentation a field of a request is no part of it: another rule's, or on purpose.
        if field.name not in before and (field.decorators or not is_checked):
            mark = "@ApiPropertyOptional()" if field.is_optional else "@ApiProperty()"
            part = f"`{route}`" if route else "what clients send or get"
            yield report(
                RULE,
                at(path, field.last),
                f"`{item.name}.{field.name}` is part of {part} and not of its OpenAPI document: clients made from it "
                f"do not know the field. Add `{mark}`, as {documented} of its siblings have it.",
                symbol=f"{item.name}.{field.name}",
                quoted=field.code,
            )


def _bare_before(project: Project, path: str, name: str) -> frozenset[str]:
    facts = project.before(path)
    fields = (field for item in facts.classes if item.name == name for field in item.properties)
    return frozenset(
        field.name for field in fields if not any(original(facts, d.name)[1] == SWAGGER for d in field.decorators)
    )


def _is_meant(facts: FileFacts, field: Property) -> bool:
    if {"static", "declare", "private", "protected"} & set(field.modifiers) or field.name.startswith(("_", "#", "[")):
        return True
    return any(original(facts, decorator.name)[0] in _HIDING for decorator in field.decorators)


def _is_documented(project: Project, path: str, facts: FileFacts, field: Property) -> bool:
    """True also where a decorator comes from a file or library that may document."""
    strange = [one for one in field.decorators if not original(facts, one.name)[1].startswith(_SILENT_LIBRARIES)]
    said = docs(project, path, strange)
    return bool(said.items) or not said.is_complete


def _plugin_documents(project: Project) -> bool:
    """Whether the CLI plugin, or the metadata it wrote for SWC, documents fields without decorators."""
    if plugin_options(project) is not None or any(
        "loadPluginMetadata" in facts.names for facts in project.head.values()
    ):
        return True
    builds = ("project.json", "webpack.config.js", "nest-cli.json", "rspack.config.js", "tsup.config.ts")
    texts = {**project.change.neighbours, **{one.path: one.head for one in project.change.files if one.head}}
    named = (text for path, text in texts.items() if posixpath.basename(path) in builds)
    return any(f"{SWAGGER}/plugin" in text or f'"{SWAGGER}"' in text for text in named if text)


RULE = Rule(
    slug="api_docs_undocumented_property",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="A field is missing in the OpenAPI document",
    inspect=inspect,
    references=(Reference("NestJS: OpenAPI types", "https://docs.nestjs.com/openapi/types-and-parameters"),),
    confidence=0.9,
    page=__doc__ or "",
)

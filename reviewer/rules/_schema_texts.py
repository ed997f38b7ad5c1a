"""Whether a schema that looks at a field of the request leaves it a text of any content: then `Number()` of it may be
NaN although something was checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.expr import NOWHERE, Expr, ExprKind, TypeKind
from reviewer.core.mounts import in_front
from reviewer.core.request_data import input_class
from reviewer.core.router_routes import option
from reviewer.core.routes import original
from reviewer.rules._sent_parts import constant
from reviewer.rules._taint_schema import Left, dto_field, schema_field

if TYPE_CHECKING:
    from reviewer.core.facts import Class, FileFacts, Method
    from reviewer.core.project import Project
    from reviewer.rules._client_data import Sent
    from reviewer.rules._handlers import Handler

_SOURCES: Final = {"query": ("query", "querystring"), "params": ("params",), "body": ("body",)}
_DEPTH_MAX: Final = 6


def left_a_text(project: Project, handler: Handler, sent: Sent) -> bool:
    """Whether the schemas in front of a router's handler surely say of a field that it is a text, and no more."""
    if not sent.field or "." in sent.field or "[" in sent.field:
        return False
    found = [
        said
        for path, value in in_front(project, handler.file, handler.route).middleware
        for said in _said(project, path, value, sent, 0)
    ]
    return bool(found) and all(one is Left.TEXT for one in found)


def _said(project: Project, path: str, value: Expr, sent: Sent, depth: int) -> Iterator[Left]:
    """What the checks inside one middleware leave of a field."""
    if depth > _DEPTH_MAX or value.kind is ExprKind.FUNCTION:
        return
    keys = _SOURCES.get(sent.source, ())
    if value.kind is ExprKind.OBJECT:
        schema = option(value, *keys)
        if schema is not None:
            yield schema_field(project, path, schema, NOWHERE, sent.field)
            return
        parameters = option(value, "parameters")
        if parameters is not None:
            yield from _declared(parameters, sent)
            return
    if value.kind is ExprKind.CALL and is_validation(project.head[path], value.text):
        texts = {part.text for part in value.parts if part.kind is ExprKind.STRING}
        named = any(key in value.text.rpartition(".")[2].lower() for key in keys)
        if texts & set(keys) or named:
            schemas = [part for part in value.parts if part.kind is not ExprKind.STRING]
            yield from (schema_field(project, path, one, NOWHERE, sent.field) for one in schemas[:1])
            return
    # A call in the middle of a deep expression is cut short there; as a fact of its own it is whole.
    whole = project.head[path].index.once(_arguments).get((value.text, value.first), value.parts)
    for part in whole if value.kind is ExprKind.CALL else value.parts:
        yield from _said(project, path, part, sent, depth + 1)


def _arguments(facts: FileFacts) -> dict[tuple[str, int], tuple[Expr, ...]]:
    return {(call.callee, call.first): call.args for call in facts.calls}


def _declared(parameters: Expr, sent: Sent) -> Iterator[Left]:
    """What the parameters of an OpenAPI operation say of a field."""
    for one in parameters.parts:
        name, schema = option(one, "name"), option(one, "schema")
        if name is not None and name.text == sent.field and schema is not None:
            kind = option(schema, "type")
            free = not {"enum", "pattern", "format", "const", ""} & set(schema.keys)
            yield Left.TEXT if kind is not None and kind.text == "string" and free else Left.HARMLESS


def plain_texts(facts: FileFacts, method: Method) -> Iterator[str]:
    """The parameters of a NestJS route that arrive as text: one name of the URL each, no pipe, no class."""
    for param in method.params:
        piped = any(arg.kind not in (ExprKind.STRING, ExprKind.OBJECT) for one in param.decorators for arg in one.args)
        text = param.type.kind in (TypeKind.PRIMITIVE, TypeKind.NONE) and param.type.name in ("", "string")
        from_url = any(original(facts, one.name)[0] in ("Param", "Query") and one.args for one in param.decorators)
        if from_url and text and not piped:
            yield param.name


def texts_of_classes(project: Project, path: str, method: Method) -> frozenset[tuple[str, str]]:
    """The fields, as (source, name), that the classes of a NestJS method's query and path leave as texts."""
    return frozenset(_texts(project, path, method))


def _texts(project: Project, path: str, method: Method) -> Iterator[tuple[str, str]]:
    facts = project.head[path]
    for param in method.params:
        sources = {original(facts, one.name)[0] for one in param.decorators if not _piped(one.args)}
        source = "query" if "Query" in sources else "params" if "Param" in sources else ""
        if not source or param.type.kind is not TypeKind.NAMED:
            continue
        declared = input_class(project, path, param.type.name)
        if declared is None:
            continue
        at, item = declared
        schema = _schema_of(item)
        for name in _names(project, at, item, schema):
            if schema is not None:
                left = schema_field(project, at, schema, NOWHERE, name)
            else:
                left = dto_field(project, at, item.name, (name,))
            if left is Left.TEXT:
                yield source, name


def _piped(args: tuple[Expr, ...]) -> bool:
    """Whether a decorator picks one field, which is no class."""
    return any(arg.kind is ExprKind.STRING for arg in args)


def _schema_of(item: Class) -> Expr | None:
    """The schema of `class ListDto extends createZodDto(listSchema) {}`."""
    made = item.extends
    if made is None or made.kind is not ExprKind.CALL or "dto" not in made.text.lower():
        return None
    return made.parts[0] if made.parts else None


def _names(project: Project, path: str, item: Class, schema: Expr | None) -> Iterator[str]:
    if schema is None:
        yield from (field.name for field in item.properties if field.type.name == "string")
        return
    waiting = [constant(project, path, schema.text) if schema.kind is ExprKind.NAME else schema]
    for _ in range(_DEPTH_MAX):
        at = waiting.pop() if waiting else None
        if at is None:
            return
        if at.kind is ExprKind.OBJECT:
            yield from at.keys
            return
        waiting.extend(one for one in (at.receiver, *at.parts) if one is not None)

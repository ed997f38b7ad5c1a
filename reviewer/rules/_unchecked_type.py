"""Whether NestJS's `ValidationPipe` has anything to check a parameter by: the type that is left of it at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import TypeKind
from reviewer.core.facts import Class, FileFacts
from reviewer.core.request_data import Input, inputs, parents
from reviewer.core.routes import NEST, Route, nest_name, original
from reviewer.rules._checked_later import is_checked_later
from reviewer.rules._handlers import is_webhook
from reviewer.rules._stored import is_stored_class
from reviewer.rules._validators import is_silent, is_validation, validated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.project import Project

_EMPTY_TYPES = frozenset(("Record", "Partial", "Pick", "Omit", "Readonly", "Required", "Map"))
_OTHER_WAYS = ("@nestia/core", "@ts-rest/nest", "@anatine/zod-nestjs", "nestjs-joi")
"""Packages that check NestJS requests without class-validator and without our seeing where."""
_INFERRED = frozenset(("infer", "Static", "output", "input", "InferType", "TypeOf", "InferOutput", "InferInput"))
_DEPTH_MAX = 4
"""Parents followed; deeper is taken as unknown."""


def new_inputs(project: Project, source: str) -> Iterator[Input]:
    """The inputs of one source that the change wrote and that neither a pipe of their own nor a command checks."""
    if any(project.uses(package) for package in _OTHER_WAYS):
        return
    production = {file.path for file, _ in project.production}
    for item in inputs(project):
        if item.source != source or item.path not in production or item.has_pipe:
            continue
        fresh = project.wrote(item.path, item.param.first, item.param.last) and not _was_there(project, item)
        if fresh and not is_checked_later(project, item):
            yield item


def _was_there(project: Project, item: Input) -> bool:
    before = (method for old in project.before(item.path).classes for method in old.methods if item.route.owner)
    same = (method for method in before if item.route.method and method.name == item.route.method.name)
    return any(param.code == item.param.code for method in same for param in method.params)


def is_pipe_elsewhere(facts: FileFacts, route: Route) -> bool:
    """A pipe on the method or class, a check in the method, or a webhook, whose sender signs what it sends."""
    method, owner = route.method, route.owner
    if method is None or owner is None:
        return True
    decorators = (*method.decorators, *owner.decorators)
    if any(nest_name(facts, decorator) == "UsePipes" for decorator in decorators):
        return True
    if is_webhook(route):
        return True
    inside = facts.index.within(method.scope) if method.scope >= 0 else ()
    calls = (call.callee for call in facts.index.calls(inside))
    return any(is_validation(facts, name) and original(facts, name)[1] != NEST for name in calls)  # a parameter's pipe


def why_unchecked(project: Project, item: Input) -> str:
    """What is wrong with the type of an input, "" when nothing is or one cannot tell."""
    what = {"Body": "body", "Query": "query"}.get(item.source, "input")
    kind, name = item.param.type.kind, item.param.type.name
    if kind is TypeKind.NONE:
        return f"The {what} has no type"
    if kind is TypeKind.ANY:
        return f"The {what} is typed `{name}`"
    if kind is TypeKind.INLINE:
        return f"The {what}'s type is written in place and is gone at run time"
    if kind is TypeKind.ARRAY and not item.field and project.uses("class-validator"):
        return f"The elements of an array {what} are not checked without `ParseArrayPipe`"
    return _why_class_unchecked(project, item.path, name) if kind is TypeKind.NAMED else ""


def _why_class_unchecked(project: Project, path: str, name: str) -> str:
    if name in _EMPTY_TYPES:
        return f"`{name}<…>` is gone at run time"
    declared = project.declaration(path, name)
    if declared is None:
        return ""
    if not isinstance(declared.item, Class):
        gone = declared.item.keyword in ("interface", "type") and not _INFERRED & set(declared.item.names)
        a_what = "an interface" if declared.item.keyword == "interface" else "a type"
        return f"`{name}` is {a_what} and is gone at run time" if gone else ""
    silent = _checks_nothing(project, declared.path, declared.item, 0)
    return f"`{name}` has no field with a validator" if silent else ""


def _checks_nothing(project: Project, path: str, item: Class, depth: int) -> bool:
    """Whether a class with fields surely checks none of them; False as soon as something about it is unknown."""
    facts = project.head[path]
    if depth > _DEPTH_MAX or validated(facts, item) or not (item.properties or item.extends):
        return False
    if is_stored_class(facts, item):
        return False  # another rule's: the client writes the entity itself
    if any(not is_silent(facts, decorator) for field in item.properties for decorator in field.decorators):
        return False
    if any(not is_silent(facts, decorator) for decorator in item.decorators):
        return False
    if item.extends is None:
        return True
    names = list(parents(item.extends))
    found = [project.declaration(path, name) for name in names]
    classes = [(one.path, one.item) for one in found if one is not None and isinstance(one.item, Class)]
    return (
        bool(names)
        and len(classes) == len(names)
        and all(_checks_nothing(project, p, c, depth + 1) for p, c in classes)
    )

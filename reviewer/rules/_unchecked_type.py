"""Whether NestJS's `ValidationPipe` has anything to check a parameter by: the type that is left of it at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.anchor import Span
from reviewer.core.checks import is_validation
from reviewer.core.decorated_frameworks import converts_by_type
from reviewer.core.expr import Expr, ExprKind, TypeKind
from reviewer.core.facts import Class, Decorator, FileFacts, Method
from reviewer.core.request_data import Input, inputs, parents
from reviewer.core.routes import NEST, Route, nest_name, original
from reviewer.rules._checked_later import is_checked_later
from reviewer.rules._receivers import is_receiver
from reviewer.rules._stored import is_stored_class
from reviewer.rules._validators import is_silent, validated

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
        if item.source != source or item.path not in production:
            continue
        if item.has_pipe and (source == "Param" or not only_reads_types(project, item.path, item.param.decorators)):
            continue
        fresh = project.wrote(item.path, item.param.first, item.param.last) and not _was_there(project, item)
        if fresh and not is_checked_later(project, item):
            yield item


def _was_there(project: Project, item: Input) -> bool:
    before = (method for old in project.before(item.path).classes for method in old.methods if item.route.owner)
    same = (method for method in before if item.route.method and method.name == item.route.method.name)
    return any(param.code == item.param.code for method in same for param in method.params)


def only_reads_types(project: Project, path: str, decorators: tuple[Decorator, ...]) -> bool:
    """Whether all pipes among the arguments of decorators are those that ask class-validator about the declared type:
    `ValidationPipe`, NestJS's or one of the project's own. Without validators there they check nothing."""
    given = [arg for one in decorators for arg in one.args if arg.kind is not ExprKind.STRING]
    return bool(given) and all(_asks_type(project, path, arg) for arg in given)


def _asks_type(project: Project, path: str, pipe: Expr) -> bool:
    if original(project.head[path], pipe.text) == ("ValidationPipe", NEST):
        return not {"expectedType", ""} & {key for arg in pipe.parts for key in arg.keys}
    declared = project.declaration(path, pipe.text) if pipe.kind in (ExprKind.NEW, ExprKind.NAME) else None
    if declared is None or not isinstance(declared.item, Class) or pipe.parts:
        return False
    there = project.head[declared.path]
    if "metatype" not in there.names:
        return False
    inside = {scope for one in declared.item.methods if one.scope >= 0 for scope in there.index.within(one.scope)}
    asked = {original(there, call.callee) for call in there.index.calls(tuple(inside))}
    return any(name.startswith("validate") and module == "class-validator" for name, module in asked)


def is_body_checked(project: Project, item: Input) -> bool:
    """The same for a body or query: pipes that only ask for the validators of its type leave it to the type."""
    method, owner = item.route.method, item.route.owner
    facts = project.head[item.path]
    around = (*(method.decorators if method else ()), *(owner.decorators if owner else ()))
    used = tuple(one for one in around if nest_name(facts, one) == "UsePipes")
    if used and only_reads_types(project, item.path, used):
        return is_receiver(item.route) or (method is not None and _checks_inside(facts, method))
    return is_pipe_elsewhere(facts, item.route)


def is_pipe_elsewhere(facts: FileFacts, route: Route) -> bool:
    """A pipe on the method or class, a check in the method, or a webhook, whose sender signs what it sends."""
    method, owner = route.method, route.owner
    if method is None or owner is None:
        return True
    decorators = (*method.decorators, *owner.decorators)
    if any(nest_name(facts, decorator) == "UsePipes" for decorator in decorators):
        return True
    if is_receiver(route):
        return True
    return _checks_inside(facts, method)


def _checks_inside(facts: FileFacts, method: Method) -> bool:
    inside = facts.index.within(method.scope) if method.scope >= 0 else ()
    calls = (call.callee for call in facts.index.calls(inside))
    return any(is_validation(facts, name) and not name.endswith("Pipe") for name in calls)  # a parameter's pipe


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
    is_list = kind is TypeKind.ARRAY and not converts_by_type(project.head[item.path])
    if is_list and not item.field and project.uses("class-validator"):
        return f"The elements of an array {what} are not checked without `ParseArrayPipe`"
    return _why_class_unchecked(project, item.path, name) if kind is TypeKind.NAMED else ""


def checker(project: Project, item: Input) -> str:
    """What looks at inputs in the framework of a route, as a message names it."""
    return "class-validator" if converts_by_type(project.head[item.path]) else "`ValidationPipe`"


def bare_class(project: Project, item: Input) -> Span | None:
    """The head of the class without validators that an input is, where the change wrote it too, in another file: that
    is what lacks them."""
    declared = project.declaration(item.path, item.param.type.name) if item.param.type.kind is TypeKind.NAMED else None
    if declared is None or declared.path == item.path or not isinstance(declared.item, Class):
        return None
    is_new = project.wrote(declared.path, declared.item.head)
    return Span(declared.path, declared.item.head, declared.item.head) if is_new else None


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

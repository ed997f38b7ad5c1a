"""What becomes of a NestJS input behind the pipe: a method that only compares it, or hands it to a command that checks
its own fields when it is made, needs no class with validators in front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Class
from reviewer.core.request_data import Input, input_class, inputs_of_type, parents
from reviewer.core.routes import original
from reviewer.rules._stored import is_stored_class
from reviewer.rules._validators import is_validator, validated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project

_EQUALS = frozenset(("===", "!==", "==", "!="))
_PRESENCE = frozenset(
    ("Allow", "IsOptional", "IsDefined", "IsNotEmpty", "ValidateIf", "IsArray", "ArrayNotEmpty", "ArrayMinSize",
     "ArrayMaxSize", "ArrayUnique", "IsObject", "IsNotEmptyObject")
)  # fmt: skip
"""Validators that look at whether a value is there, or at its shell, not at what is in it."""

_DEPTH_MAX = 4
"""Parents followed; deeper is taken as unknown."""
_HOPS = 3
"""Constants followed from an input: `const mark = body.mark; const marks = [mark];`."""
_STEPS = 2
"""Steps of the longest name that is followed: `body.mark`."""


def is_checked_later(project: Project, item: Input) -> bool:
    """Whether a method only compares an input, or hands on its parts only to commands that check them."""
    method, facts = item.route.method, project.head[item.path]
    if method is None or method.scope < 0:
        return False
    inside = facts.index.within(method.scope)
    sent = frozenset((item.param.name,) if item.param.name else item.param.locals)
    checked = _by_commands(project, item.path, inside, sent)
    return checked is True or (checked is None and _is_only_compared(facts, inside, sent))


def is_field_checked_later(project: Project, owner: Class, path: str, field: str) -> bool:
    """Whether the methods that take a class as an input hand one field of it on only to commands that check it."""
    found: set[bool | None] = set()
    for item in inputs_of_type(project, owner.name):
        method, name = item.route.method, item.param.name
        if method is None or method.scope < 0 or item.field:
            continue
        if input_class(project, item.path, owner.name) != (path, owner):
            continue
        inside = project.head[item.path].index.within(method.scope)
        is_known = bool(name)  # a destructured one is left to the rule
        found.add(
            _by_commands(project, item.path, inside, frozenset((f"{name}.{field}",)), name) if is_known else False
        )
    return True in found and False not in found


def _by_commands(
    project: Project, path: str, inside: tuple[int, ...], sent: frozenset[str], whole: str = ""
) -> bool | None:
    """True where parts of an input go only into fields that commands check, False where they, or the `whole` of it, go
    elsewhere, None where no call takes them."""
    facts = project.head[path]
    names = _aliases(facts, inside, sent, whole)
    if names is None:
        return False
    is_handed_on = False
    for call in facts.index.calls(inside):
        if call.callee == "Array.isArray":
            continue
        remaining = left_open(project, path, call)
        if any(_touches(value, names, whole) for value in remaining):
            return False
        is_handed_on |= remaining != call.args and any(_touches(value, names) for value in call.args)
    return True if is_handed_on else None


def left_open(project: Project, path: str, call: Call) -> tuple[Expr, ...]:
    """The arguments of a call; of `Command.create({ … })` only the values whose fields the command does not check."""
    owner, _, name = call.callee.rpartition(".")
    if name != "create" or len(call.args) != 1 or call.args[0].kind is not ExprKind.OBJECT or "." in owner:
        return call.args
    declared = project.declaration(path, owner) if owner else None
    if declared is None or not isinstance(declared.item, Class):
        return call.args
    line = list(_line(project, declared.path, declared.item, 0))
    if not any(validated(facts, one) for facts, one in line) or not _checks_itself(line):
        return call.args
    checked = {field for facts, one in line for field in _checked_fields(facts, one)}
    values = zip(call.args[0].keys, call.args[0].parts, strict=False)
    return tuple(value for key, value in values if key not in checked)


def _line(project: Project, path: str, item: Class, depth: int) -> Iterator[tuple[FileFacts, Class]]:
    """A class and those above it that were read, with their files."""
    yield project.head[path], item
    if item.extends is None or depth >= _DEPTH_MAX:
        return
    for name in parents(item.extends):
        found = project.declaration(path, name)
        if found is not None and isinstance(found.item, Class):
            yield from _line(project, found.path, found.item, depth + 1)


def _checks_itself(line: list[tuple[FileFacts, Class]]) -> bool:
    """Whether `create` of a class calls class-validator; True as well where it stands in a class that was not read."""
    if any(is_stored_class(facts, item) for facts, item in line):
        return False
    for facts, item in line:
        for method in item.methods:
            if method.name == "create" and "static" in method.modifiers:
                inside = facts.index.within(method.scope) if method.scope >= 0 else ()
                return any(original(facts, call.callee)[1] == "class-validator" for call in facts.index.calls(inside))
    return line[-1][1].extends is not None


def _checked_fields(facts: FileFacts, item: Class) -> Iterator[str]:
    for field in item.properties:
        if any(is_validator(facts, one) and original(facts, one.name)[0] not in _PRESENCE for one in field.decorators):
            yield field.name


def _is_only_compared(facts: FileFacts, inside: tuple[int, ...], sent: frozenset[str]) -> bool:
    """Whether each name of an input, which no call takes, is compared, and neither kept nor given back."""
    sides = {
        (side.text, side.first)
        for one in facts.index.operations(inside)
        if one.operator in _EQUALS
        for side in (one.left, one.right)
    }
    reads = {(one.name, one.line) for one in facts.index.reads(inside) if _is_part(one.name, sent)}
    is_kept = any(_touches(binding.value, sent) for binding in facts.index.bindings(inside))
    return not is_kept and reads <= sides and all(any(_is_part(name, {one}) for name, _ in sides) for one in sent)


def _aliases(facts: FileFacts, inside: tuple[int, ...], sent: frozenset[str], whole: str) -> frozenset[str] | None:
    """The names that stand for parts of an input; None where one is written into an object, or all are taken out."""
    names = set(sent)
    for _ in range(_HOPS):
        for binding in facts.index.bindings(inside):
            if binding.kind in (BindingKind.PAIR, BindingKind.RETURN) or not _touches(binding.value, names, whole):
                continue
            if not _touches(binding.value, names) or ("." in binding.name and not _is_part(binding.name, names)):
                return None
            names |= {name for name in (binding.name, *binding.locals) if name and "." not in name}
    return frozenset(names)


def _touches(value: Expr, names: set[str] | frozenset[str], whole: str = "") -> bool:
    """Whether an expression hands on one of the names itself; what stands in the arguments of another call is that
    call's."""
    if value.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL) and _is_part(value.text, names):
        return not value.text.endswith(".length")
    if whole and value.kind is ExprKind.NAME and value.text == whole:
        return True
    if value.receiver is not None and _touches(value.receiver, names, whole):
        return True
    if value.kind in (ExprKind.CALL, ExprKind.NEW, ExprKind.FUNCTION) or _is_comparison(value):
        return False
    return any(_touches(part, names, whole) for part in value.parts)


def _is_comparison(value: Expr) -> bool:
    sides = " ".join(part.text for part in value.parts)
    return value.kind is ExprKind.OTHER and any(value.text.replace(f" {one} ", " ") == sides for one in _EQUALS)


def _is_part(text: str, names: set[str] | frozenset[str]) -> bool:
    """Whether a dotted name is one of the names or a part of it."""
    steps = text.partition("[")[0].split(".")
    return any(".".join(steps[:count]) in names for count in range(1, min(len(steps), _STEPS) + 1))

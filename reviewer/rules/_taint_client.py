"""What of a parameter's fields a client chose freely, after DTOs, pipes and the checks in front of a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind, TypeKind
from reviewer.core.facts import Class, FileFacts, Param
from reviewer.rules._auth import inside
from reviewer.rules._front_checks import checks_sent
from reviewer.rules._taint_calls import Callers, Place
from reviewer.rules._taint_origin import At, Origin, Steps
from reviewer.rules._taint_roles import ADDRESS_FIELDS, Role, is_piped, sent
from reviewer.rules._taint_schema import Left, dto_field, schema_field
from reviewer.rules._validators import validated

if TYPE_CHECKING:
    from reviewer.core.project import Project

_OF_TEXTS: Final = frozenset(("Param", "Headers", "Args", "Arg"))
"""Decorators whose values are surely of their type: pieces of a path, headers, and what GraphQL's schema checked."""


_NAMED_MAX: Final = 20
"""Names in what stands in front of a handler that are looked at."""


class ClientFields:
    """Asked for a parameter that requests fill."""

    def __init__(self, project: Project, callers: Callers) -> None:
        self._project = project
        self._callers = callers

    def origin(self, param: Param, what: Role, root: str, steps: Steps, at: At) -> Origin | None:
        """What a client sent in these fields of the parameter, None where it has no free choice."""
        left = sent(what, steps)
        if left is None or is_piped(param):
            return None
        text = ".".join((root, *steps[len(steps) - len(left) if param.fields else 0 :])).replace(".[]", "[]")
        text = root if param.fields and not left else text
        if what is Role.DATA:
            return self._from_dto(param, text, left, at)
        if what is Role.ARGUMENTS:  # GraphQL's schema says their types, and free texts are strings
            return Origin(text, at.hops, is_text=True) if left else None
        if what is Role.PROCEDURE:
            kind = self._input_of(at, left)
            return Origin(text, at.hops, is_text=kind is Left.TEXT) if kind in (Left.TEXT, Left.ANYTHING) else None
        if what is Role.FILE:
            return Origin(text, at.hops, is_text=True)
        if left[:1] and left[0] in ADDRESS_FIELDS and steps in (left, ("request", *left)):
            return Origin(text, at.hops, is_text=True, is_own_address=True)
        by_schema = self._left_by_middleware(left, at)
        if by_schema in (Left.HARMLESS, Left.UNKNOWN):
            return None
        is_path = "params" in steps[:2] or "headers" in steps[:2] or "cookies" in steps[:2]
        is_text = by_schema is Left.TEXT or (bool(left) and is_path)
        return Origin(text, at.hops, is_text, is_whole=not left)

    def _input_of(self, at: At, left: Steps) -> Left:
        """What the `.input(schema)` of a tRPC procedure leaves of a field."""
        facts = self._project.head[at.path]
        made = facts.index.once(_procedures).get(at.scope)
        while made is not None:
            if made.text.rpartition(".")[2] == "input" and made.parts and left:
                return schema_field(self._project, at.path, made.parts[0], NOWHERE, left[-1])
            made = made.receiver
        return Left.UNKNOWN

    def _left_by_middleware(self, left: Steps, at: At) -> Left:
        """What the checks in front of a handler leave of a field; ANYTHING where there are none."""
        checks = [
            (path, value)
            for path, value in self._callers.middleware.get(Place(at.path, at.scope), ())
            if checks_sent(self._project, path, value)
        ]
        if not checks or not left:
            return Left.UNKNOWN if checks else Left.ANYTHING
        for path, value in checks:
            named = [part for part in inside(value) if part.kind in (ExprKind.NAME, ExprKind.MEMBER)][:_NAMED_MAX]
            for schema in (value, *value.parts, *named):
                kind = schema_field(self._project, path, schema, NOWHERE, left[-1])
                if kind is not Left.UNKNOWN:
                    return kind
        return Left.UNKNOWN

    def _from_dto(self, param: Param, text: str, left: Steps, at: At) -> Origin | None:
        is_open = param.type.name == "Record"  # of a scalar such as JSON
        picked = any(arg.kind is ExprKind.STRING for decorator in param.decorators for arg in decorator.args)
        is_id = any(decorator.name.rpartition(".")[2] in _OF_TEXTS for decorator in param.decorators) and not is_open
        kind = param.type.kind
        if kind is TypeKind.PRIMITIVE:
            return Origin(text, at.hops, is_text=is_id) if param.type.name == "string" else None
        if kind is TypeKind.NAMED and not left and self._is_validated(at.path, param.type.name):
            return None
        if kind in (TypeKind.NONE, TypeKind.ANY, TypeKind.INLINE) or not left:
            return Origin(text, at.hops, is_text=is_id, is_whole=not left and (is_open or not picked))
        if is_id:
            return Origin(text, at.hops, is_text=True)
        if kind is TypeKind.NAMED and "." not in param.type.name:
            if param.type.name in ("Record", "Partial"):
                return Origin(text, at.hops)
            said = dto_field(self._project, at.path, param.type.name, left)
            if said in (Left.TEXT, Left.ANYTHING):
                return Origin(text, at.hops, is_text=said is Left.TEXT)
        return None

    def _is_validated(self, path: str, name: str) -> bool:
        """Whether a whole DTO is checked, or is not known to be unchecked."""
        declared = self._project.declaration(path, name)
        if declared is None:
            return name not in ("Record", "Partial")
        is_class = isinstance(declared.item, Class)
        return (
            isinstance(declared.item, Class)
            and is_class
            and validated(self._project.head[declared.path], declared.item)
        )


def _procedures(facts: FileFacts) -> dict[int, Expr]:
    """What stands before each function that a call ends with, by its scope: `procedure.input(…)` of a tRPC router."""
    return {
        call.args[-1].scope: call.receiver
        for call in facts.calls
        if call.args and call.args[-1].kind is ExprKind.FUNCTION and call.receiver is not None
    }

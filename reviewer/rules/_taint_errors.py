"""Which values of a file are errors or tell of one: a stack trace, a whole error, a message.

Followed through destructuring, renames, constants, objects, properties that are set, and one call of a function of
the file. What only a condition about something else lets through is not followed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._auth import constant, step
from reviewer.rules._request import request_name
from reviewer.rules._taint_passing import receiver_of

if TYPE_CHECKING:
    from reviewer.core.facts import Binding, FileFacts, Function

_ERRORS: Final = frozenset(("err", "error", "e", "ex", "exception", "exc", "caught", "failure"))
_REQUESTS: Final = frozenset(("req", "request", "_req", "_request", "_"))
_ANSWERS: Final = frozenset(("res", "response", "reply", "_res"))
_SAME_TEXT: Final = frozenset(("split", "slice", "join", "map", "toString", "trim", "replace", "filter", "replaceAll"))
_NO_VARIABLES: Final = (BindingKind.PAIR, BindingKind.PROPERTY, BindingKind.RETURN, BindingKind.DEFAULT)
_DEPTH_MAX: Final = 5
"""Objects in objects followed; answers are flat."""

_BOUND_MAX: Final = 20
"""Values of one name that are looked at."""

_CONDITIONS_MAX: Final = 200
"""Conditions of one function that are looked at: far more than any written by hand has."""


class ErrorParts:
    """Made once for a file."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._rejected: dict[int, bool] = {}
        for call in facts.calls:
            last = step(call.callee)
            for index, arg in enumerate(call.args if last in ("catch", "then") else ()):
                if arg.kind is ExprKind.FUNCTION:
                    self._rejected[arg.scope] = last == "catch" or index == 1
        self._caught = {(catch.scope, catch.param) for catch in facts.catches if catch.param}
        self._taken: dict[tuple[int, str], tuple[str, str]] = {}
        self._set: dict[tuple[int, str], list[Binding]] = defaultdict(list)
        for binding in facts.bindings:
            for field, local in zip(binding.fields, binding.locals, strict=False):
                if field in ("stack", "message") and binding.value.kind in (ExprKind.NAME, ExprKind.MEMBER):
                    self._taken[binding.scope, local] = (field, binding.value.text)
            root, dot, _ = binding.name.partition(".")
            if dot and binding.kind is BindingKind.ASSIGNMENT:
                self._set[binding.scope, root].append(binding)

    def of(self, value: Expr, scope: int, depth: int = 0) -> str:
        """The part of a value that tells too much (`error.stack`, `error`, `error.message`), "" for none."""
        if depth > _DEPTH_MAX:
            return ""
        if value.kind is ExprKind.MEMBER:
            return self._member(value.text, scope)
        if value.kind is ExprKind.NAME:
            return self._name(value, scope, depth)
        if value.kind is ExprKind.CALL:
            return self._call(value, scope, depth)
        parts: tuple[Expr, ...] = ()
        if value.kind in (ExprKind.OBJECT, ExprKind.TEMPLATE, ExprKind.CONCAT):
            parts = value.parts
        elif value.kind is ExprKind.CHOICE:
            parts = self._alternatives(value, scope)
        return _worst(self.of(part, scope, depth + 1) for part in parts)

    def _member(self, text: str, scope: int) -> str:
        owner, _, field = text.rpartition(".")
        if field == "stack":
            return text if self._is_error(owner.partition(".")[0], scope) else ""
        return text if field == "message" and self._is_error(owner, scope) else ""

    def _name(self, value: Expr, scope: int, depth: int) -> str:
        if self._is_error(value.text, scope):
            return value.text
        for around in self._facts.index.around(scope):
            taken = self._taken.get((around, value.text))
            if taken is not None:
                return f"{taken[1]}.{taken[0]}" if taken[0] == "stack" and self._is_error(taken[1], around) else ""
            put = [one for one in self._set.get((around, value.text), ())[:_BOUND_MAX] if not self._is_asked(one)]
            found = _worst(self.of(one.value, one.scope, depth + 1) for one in put)
            if found.endswith("stack"):
                return found
        made = constant(self._facts, value, scope)
        found = self.of(made, scope, depth + 1) if made is not value else ""
        return found if made.kind is ExprKind.OBJECT or found.endswith("stack") else ""

    def _call(self, value: Expr, scope: int, depth: int) -> str:
        last = step(value.text)
        if last in ("stringify", "String") or (last == "toString" and value.parts):
            return _worst(self.of(part, scope, depth + 1) for part in value.parts)
        owner = receiver_of(value)
        if last in _SAME_TEXT and owner is not None:
            found = self.of(owner, scope, depth + 1)
            return found if found.endswith("stack") else ""
        if "." not in value.text:
            return self._made(value, scope)
        return ""

    def _made(self, value: Expr, scope: int) -> str:
        """`toBody(error)`, a function of the file that puts the stack of what it is given into an object."""
        scopes = self._facts.index.functions(value.text)
        if len(scopes) != 1:
            return ""
        given = zip(self._facts.functions[scopes[0]].params, value.parts, strict=False)
        names = {param.name for param, arg in given if param.name and self._is_error(arg.text, scope)}
        returned = (one for one in self._facts.index.bound("", scopes[0]) if one.kind is BindingKind.RETURN)
        parts = (part for one in returned if one.value.kind is ExprKind.OBJECT for part in one.value.parts)
        stacks = (part.text for part in parts if part.kind is ExprKind.MEMBER and part.text.endswith(".stack"))
        return next((text for text in stacks if text.rpartition(".")[0] in names), "")

    def _alternatives(self, value: Expr, scope: int) -> tuple[Expr, ...]:
        """What a choice may be, where it is not something else than the error that decides."""
        if value.text in ("??", "||"):
            return value.parts[:1]
        if value.text == "&&":
            return value.parts[1:] if self._is_error(value.parts[0].text, scope) else ()
        every = islice(self._facts.index.conditions((scope,)), _CONDITIONS_MAX)
        asked = [one for one in every if one.is_ternary and one.first == value.first]
        return value.parts if any(self._is_about_error(one.test, scope) for one in asked) else ()

    def _is_about_error(self, test: Expr, scope: int) -> bool:
        text = test.text.lstrip("!( ")
        root = text.partition(" ")[0].partition(".")[0]
        return self._is_error(root, scope) and ("instanceof" in text or text.endswith("stack") or text == root)

    def _is_asked(self, binding: Binding) -> bool:
        """Whether a condition decides about an assignment."""
        return any(
            one.first <= binding.first <= one.last and not self._is_about_error(one.test, binding.scope)
            for one in islice(self._facts.index.conditions((binding.scope,)), _CONDITIONS_MAX)
        )

    def _is_error(self, name: str, scope: int) -> bool:
        """Whether a name is the error of a catch, a rejected promise or an error handler in the functions around."""
        if not name or "." in name:
            return False
        for around in self._facts.index.around(scope):
            if (around, name) in self._caught:
                return True
            if around < 0 or any(one.kind not in _NO_VARIABLES for one in self._facts.index.bound(name, around)):
                return False
            function = self._facts.functions[around]
            if any(param.name == name for param in function.params):
                return self._is_error_parameter(function, around, name)
        return False

    def _is_error_parameter(self, function: Function, scope: int, name: str) -> bool:
        if function.params[0].name != name:
            return False
        if scope in self._rejected:
            return self._rejected[scope] or name in _ERRORS
        if name in _ERRORS and (len(function.params) > 2 or function.name == "catch"):
            return True
        if len(function.params) == 2 and function.params[1].type.name == "ArgumentsHost":
            return True  # `catch` of NestJS's filters
        if len(function.params) == 4:
            return request_name(function) is not None
        is_handler = len(function.params) == 3 and function.params[1].name in _REQUESTS
        return is_handler and function.params[2].name in _ANSWERS


def _worst(found: Iterator[str]) -> str:
    """The stack among what was found, else the first of it."""
    every = [one for one in found if one]
    return next((one for one in every if one.endswith("stack")), next(iter(every), ""))

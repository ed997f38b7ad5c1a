"""Where a value comes from: whether a client chose it, and whether something on its way made it harmless.

Flow is followed inside a file through names, destructuring, templates and calls that keep a text a text, and over one
call into another function of the project. Any other call, a lookup in a map, a number, a check of the name
(`_taint_checks`) and a schema that leaves no free text (`_taint_schema`) end it: what is not understood is harmless.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, FileFacts
from reviewer.rules._taint_calls import Callers, Place
from reviewer.rules._taint_client import ClientFields
from reviewer.rules._taint_leading import parts_of
from reviewer.rules._taint_names import Names
from reviewer.rules._taint_origin import At, Given, Origin, Steps, Via
from reviewer.rules._taint_passing import CHECKED_BY, RESULTS, each_of, passed, remakes, returned_by, schema_of
from reviewer.rules._taint_pattern import given
from reviewer.rules._taint_roles import role
from reviewer.rules._taint_schema import Left, schema_field

if TYPE_CHECKING:
    from reviewer.core.project import Project

_DEPTH_MAX: Final = 14
_HOPS_MAX: Final = 3  # calls between functions that are followed
_BOUND_MAX: Final = 20  # values of one name that are looked at
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)
_ANY_PART: Final = (ExprKind.TEMPLATE, ExprKind.CONCAT, ExprKind.CHOICE, ExprKind.ARRAY, ExprKind.AWAIT,
                    ExprKind.SPREAD, ExprKind.ASSIGN)  # fmt: skip
_MAKES_TEXT: Final = (ExprKind.TEMPLATE, ExprKind.CONCAT)
_NO_VARIABLES: Final = (BindingKind.PAIR, BindingKind.PROPERTY, BindingKind.RETURN, BindingKind.DEFAULT)


class Taint:
    """Answers for the files of one project; made once by each rule that asks."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._callers = Callers(project)
        self._client = ClientFields(project, self._callers)
        self._names = Names(project)
        self._seen: set[tuple[str, int, str]] = set()

    def origin(
        self, path: str, value: Expr, scope: int, is_address: bool = False, is_raw: bool = False
    ) -> Origin | None:
        """What of a client's reaches this value, or the start of this address; `is_raw`: whatever is checked."""
        self._seen = set()
        return self._of(value, (), At(path, scope, value.first, is_address=is_address, is_parsed=is_raw))

    def is_new(self, path: str, origin: Origin) -> bool:
        """Whether the change wrote a binding that the data comes through."""
        return any(self._project.introduced(path, binding) for binding in origin.made_by)

    def is_checked(self, path: str, value: Expr, scope: int) -> bool:
        """Whether the function around checks a name before it uses it."""
        steps = tuple(value.text.split(".")[1:])
        return value.kind in _NAMED and self._names.is_checked(value.text, steps, At(path, scope, value.first))

    def _of(self, value: Expr, steps: Steps, at: At) -> Origin | None:
        """The origin of `value.step.step…`."""
        at = replace(at, depth=at.depth + 1)
        if at.depth > _DEPTH_MAX or steps[-1:] in (("length",), ("size",)):
            return None
        if value.kind in _NAMED:
            return self._member(value, steps, at)
        if value.kind in (ExprKind.CALL, ExprKind.NEW):
            return self._call(value, steps, at)
        if value.kind is ExprKind.OBJECT:
            pairs = list(zip(value.keys, value.parts, strict=True))
            named = [part for key, part in pairs if steps and key == steps[0]]
            if named:
                return self._first(tuple(named), steps[1:], at)
            if steps:
                return self._first(tuple(part for key, part in pairs if not key), steps, at)
            every = [one for part in value.parts if (one := self._of(part, (), at)) is not None]
            loose = next((one for one in every if not one.is_text), every[0] if every else None)
            return replace(loose, is_whole=True) if loose is not None else None
        if value.kind in _ANY_PART:
            found = self._first(parts_of(value, at.is_address), steps, at)
            return replace(found, is_text=True, is_whole=False) if found and value.kind in _MAKES_TEXT else found
        return None

    def _first(self, parts: tuple[Expr, ...], steps: Steps, at: At) -> Origin | None:
        return next((found for part in parts if (found := self._of(part, steps, at)) is not None), None)

    def _member(self, value: Expr, steps: Steps, at: At) -> Origin | None:
        if "()" in value.text:
            tail = tuple(value.text.rpartition("()")[2].replace("[]", ".[]").split("."))
            inner = tuple(step for step in tail if step)
            return self._of(value.receiver, (*inner, *steps), at) if value.receiver is not None else None
        root, *rest = value.text.replace("[]", ".[]").split(".")
        return self._name(root, (*rest, *steps), at)

    def _call(self, value: Expr, steps: Steps, at: At) -> Origin | None:
        facts = self._project.head[at.path]
        if value.parts and self._names.is_header(value, at):
            return Origin(f"{value.text}('{value.parts[0].text}')", at.hops, is_text=True)
        if "." in value.text and not at.is_parsed and self._names.is_checked(value.text, (), at):
            return None
        handed = passed(facts, value)
        if handed is not None:
            found = self._first(handed.values, steps if handed.keeps_steps else (), at)
            return replace(found, is_text=True, is_whole=False) if found and handed.is_text else found
        if value.text.rpartition(".")[2] in CHECKED_BY and value.parts and is_validation(facts, value.text):
            return self._validated(value, steps, at)
        return self._returned(facts, value, steps, at) if at.given is None else None

    def _returned(self, facts: FileFacts, value: Expr, steps: Steps, at: At) -> Origin | None:
        """What a small function of the same file makes of a client's text: `pathOf(req.params.name)`."""
        for one in returned_by(facts, value):
            given = Given(one.scope, value.parts, at)
            found = self._of(one.value, steps, replace(at, scope=one.scope, line=one.first, given=given))
            if found is not None:
                return replace(found, made_by=())
        return None

    def _validated(self, value: Expr, steps: Steps, at: At) -> Origin | None:
        """A field of what a schema let through: still a text if the schema says no more than that."""
        steps = steps[1:] if steps[:1] in RESULTS and (len(steps) > 1 or "safe" in value.text) else steps
        found = self._first(value.parts, steps, replace(at, depth=at.depth + 2, is_parsed=True))
        schema = schema_of(value)
        if found is None or schema is None:
            return None
        left = schema_field(self._project, at.path, schema, at.scope, steps[-1] if steps else "")
        if left not in (Left.ANYTHING, Left.TEXT):
            return None
        return replace(found, is_text=found.is_text or left is Left.TEXT)

    def _name(self, root: str, steps: Steps, at: At) -> Origin | None:
        facts = self._project.head[at.path]
        text = ".".join((root, *steps)).replace(".[]", "[]")
        key = (at.path, at.scope, text)
        if key in self._seen or (not at.is_parsed and self._names.is_checked(text, steps, at)):
            return None
        self._seen.add(key)
        found = self._looked_up(facts, root, steps, at)
        if found is not None and self._names.is_text(text, at):
            return replace(found, is_text=True, is_whole=False)
        return found

    def _looked_up(self, facts: FileFacts, root: str, steps: Steps, at: At) -> Origin | None:
        """What the innermost function that knows a name knows of it."""
        for scope in facts.index.around(at.scope):
            here = replace(at, scope=scope)
            bound = [item for item in facts.index.bound(root, scope)[:_BOUND_MAX] if item.kind not in _NO_VARIABLES]
            pairs = [*((item, ()) for item in bound), *self._names.patterns(at.path).get((scope, root), [])]
            if pairs:
                return self._bound(root, pairs, steps, here)
            if scope != NOWHERE and (found := self._as_param(facts, root, steps, here)) is not None:
                return found[0]
        return None

    def _bound(self, root: str, pairs: list[tuple[Binding, Steps]], steps: Steps, at: At) -> Origin | None:
        if any(item.kind is BindingKind.ASSIGNMENT and remakes(item.value, root) for item, _ in pairs):
            return None
        every = ((item, self._of(item.value, (*inner, *steps), at)) for item, inner in pairs)
        item, found = next(((item, one) for item, one in every if one is not None), (None, None))
        return replace(found, made_by=(*found.made_by, item)) if found and item and at.hops == 0 else found

    def _as_param(self, facts: FileFacts, root: str, steps: Steps, at: At) -> tuple[Origin | None] | None:
        """The origin of a name that is a parameter of this function; None when it is not one."""
        function = facts.functions[at.scope]
        for index, param in enumerate(function.params):
            inner: Steps | None = () if param.name == root else None
            if param.fields:
                inner = next((found for local, found in given(param.code, param.fields) if local == root), None)
            if inner is None:
                continue
            what = role(facts, function, index)
            if what is not None:
                return (self._client.origin(param, what, root, (*inner, *steps), at),)
            if param.type.text in ("number", "boolean", "bigint", "Date"):
                return (None,)
            return (self._from_caller(index, (*inner, *steps), at),)
        return None

    def _from_caller(self, index: int, steps: Steps, at: At) -> Origin | None:
        if at.given is not None:
            is_ours = at.given.scope == at.scope and index < len(at.given.args)
            return self._of(at.given.args[index], steps, replace(at.given.at, depth=at.depth)) if is_ours else None
        given_to = self._names.callback_of(at.path, at.scope)
        if given_to is not None:
            items = each_of(given_to) if index == 0 else None  # `req.body.urls.map((url) => …)`
            return self._of(items, steps, replace(at, scope=given_to.scope)) if items else None
        if at.hops >= _HOPS_MAX:
            return None
        first: Origin | None = None
        for path, call in self._callers.of(Place(at.path, at.scope)):
            if index < len(call.args):
                there = replace(at, path=path, scope=call.scope, line=call.first, hops=at.hops + 1, is_parsed=False)
                found = self._of(call.args[index], steps, there)
                if found is not None and (first is None or self._project.introduced(path, call)):
                    first = replace(found, made_by=(), via=Via(path, call, call.args[index]))
        return first

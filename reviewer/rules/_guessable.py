"""What a value is made of when secrets are asked about: of a source that can be guessed, or of a better one, too.

Followed through names, callbacks (`Array.from({ length }, pick)`), picks from an alphabet and the project's own
functions, some calls deep; any other call may add what makes a value hard to guess, and ends the question.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import BindingKind, FileFacts
from reviewer.core.routes import original
from reviewer.rules._auth import constant, step, words
from reviewer.rules._code import Code, function_named
from reviewer.rules._taint_passing import receiver_of

if TYPE_CHECKING:
    from reviewer.core.project import Project

_SHAPES: Final = frozenset(
    ("toString", "slice", "substring", "substr", "padStart", "padEnd", "toFixed", "String", "Number", "parseInt",
     "floor", "round", "ceil", "trunc", "abs", "toUpperCase", "toLowerCase", "replace", "replaceAll", "from", "btoa",
     "join", "map", "charAt", "at", "createHash", "update", "digest", "getTime", "valueOf", "Date", "Array", "repeat",
     "split", "concat", "fill", "keys", "md5", "sha1", "sha256", "pow", "toISOString", "times", "range", "reduce",
     "charCodeAt", "fromCharCode", "reverse", "trim", "max", "min", "BigInt", "toPrecision", "flatMap", "generate")
)  # fmt: skip
"""Calls that only bring a value into shape: any other may add what makes it hard to guess."""

_LISTED: Final = frozenset(
    (
        "alphabet",
        "alphabets",
        "chars",
        "characters",
        "charset",
        "letters",
        "digits",
        "symbols",
        "numbers",
        "possible",
        "alphanumeric",
        "alphanum",
        "uppercase",
        "lowercase",
        "pool",
        "hex",
        "consonants",
        "vowels",
    )
)
"""Words of lists whose elements are characters; what is picked from any other list may be good itself."""

_TIMES: Final = ("Date.now()", "new Date()", "performance.now()")
_LODASH: Final = frozenset(("lodash", "lodash-es", "underscore", "radash"))
_PICKS: Final = frozenset(("random", "sample", "sampleSize", "shuffle", "draw"))
_VARIABLES: Final = (BindingKind.CONST, BindingKind.LET, BindingKind.ASSIGNMENT)
_DEPTH_MAX: Final = 12
_CALLS_MAX: Final = 3
_BOUND_MAX: Final = 12
"""Values of one name, or ways out of one function, that are looked at."""


@dataclass(frozen=True, slots=True)
class Source:
    """Something guessable: what it is called, and where it stands."""

    text: str
    path: str
    line: int

    @property
    def is_time(self) -> bool:
        """Whether it is the clock."""
        return self.text in _TIMES


@dataclass(frozen=True, slots=True)
class _At:
    path: str
    scope: int
    depth: int = 0
    calls: int = 0


class _GoodSourceError(Exception):
    """Something in the value may be hard to guess."""


class Guessable:
    """Answers for the files of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen: set[tuple[str, int, str]] = set()

    def source(self, path: str, value: Expr, scope: int) -> Source | None:
        """The guessable source that a value is made of, None when it has none or may have a better one, too."""
        self._seen = set()
        try:
            return self._of(value, _At(path, scope))
        except _GoodSourceError:
            return None

    def _of(self, value: Expr, at: _At) -> Source | None:
        if at.depth > _DEPTH_MAX:
            return None
        at = replace(at, depth=at.depth + 1)
        if value.kind is ExprKind.FUNCTION:
            return self._first(value.parts, at) or (self._returned(value.scope, at) if value.scope >= 0 else None)
        if value.kind is ExprKind.NAME:
            return self._name(value.text, at)
        if value.kind is ExprKind.MEMBER:
            return self._member(value, at)
        if value.kind is ExprKind.OBJECT and value.keys != ("length",):
            raise _GoodSourceError
        if value.kind in (ExprKind.CALL, ExprKind.NEW, ExprKind.TAGGED):
            return self._call(value, at)
        return self._first(value.parts, at)

    def _first(self, parts: tuple[Expr, ...], at: _At) -> Source | None:
        """The first source in some parts; all are asked, for one of them may be a good one."""
        return next((found for found in [self._of(part, at) for part in parts] if found is not None), None)

    def _member(self, value: Expr, at: _At) -> Source | None:
        """`CHARS[Math.floor(…)]`; an element of another list may be hard to guess itself."""
        owner = value.text.partition("[")[0]
        if value.text.endswith("[]") and is_alphabet(self._project.head[at.path], owner, at.scope):
            return self._first(value.parts, at)
        return self._of(value.receiver, at) if value.receiver is not None and value.text.endswith("()[]") else None

    def _call(self, value: Expr, at: _At) -> Source | None:
        facts = self._project.head[at.path]
        named = source_named(facts, value.text, value.parts)
        if named:
            return Source(named, at.path, value.first)
        if step(value.text) in _SHAPES:
            owner = receiver_of(value)
            return self._first((owner, *value.parts) if owner is not None else value.parts, at)
        made = function_named(self._project, at.path, value.text) if at.calls < _CALLS_MAX else None
        if made is None:
            raise _GoodSourceError
        return self._inside(made, at)

    def _inside(self, made: Code, at: _At) -> Source | None:
        return self._returned(made.scope, _At(made.path, made.scope, at.depth, at.calls + 1))

    def _returned(self, scope: int, at: _At) -> Source | None:
        facts = self._project.head[at.path]
        key = (at.path, scope, "return")
        if key in self._seen:
            return None
        self._seen.add(key)
        returned = [one.value for one in facts.index.bound("", scope) if one.kind is BindingKind.RETURN][:_BOUND_MAX]
        return self._first(tuple(returned), replace(at, scope=scope))

    def _name(self, name: str, at: _At) -> Source | None:
        facts = self._project.head[at.path]
        for around in facts.index.around(at.scope):
            bound = [one for one in facts.index.bound(name, around)[:_BOUND_MAX] if one.kind in _VARIABLES]
            if not bound:
                if around != NOWHERE and any(param.name == name for param in facts.functions[around].params):
                    return None
                continue
            if (at.path, around, name) in self._seen:
                return None
            self._seen.add((at.path, around, name))
            inner = (one for place in facts.index.within(around) for one in facts.index.bound(name, place)[:_BOUND_MAX])
            every = inner if around != NOWHERE else iter(bound)
            values = [(one.value, one.scope) for one in every if one.kind in _VARIABLES][:_BOUND_MAX]
            found = [self._of(value, _At(at.path, scope, at.depth, at.calls)) for value, scope in values]
            return next((one for one in found if one is not None), None)
        made = function_named(self._project, at.path, name) if at.calls < _CALLS_MAX else None
        return self._inside(made, at) if made is not None else None


def is_alphabet(facts: FileFacts, name: str, scope: int) -> bool:
    """Whether a name holds characters: by its name, or by the text it is given."""
    last = step(name)
    value = constant(facts, Expr(ExprKind.NAME, last, 0, 0), scope)
    return bool(_LISTED & set(words(last))) or (value.kind is ExprKind.STRING and " " not in value.text)


def source_named(facts: FileFacts, callee: str, args: tuple[Expr, ...]) -> str:
    """What a call is called when its result can be guessed, "" for other calls."""
    if callee in ("Math.random", "Date.now", "performance.now"):
        return f"{callee}()"
    if callee == "Date" and not args:
        return "new Date()"
    name, module = original(facts, callee)
    last = step(name)
    if module in _LODASH and last in _PICKS:
        return f"{callee}()"
    if module.partition("/")[0] in _LODASH and module.rpartition("/")[2] in _PICKS:
        return f"{callee}()"
    if module == "nanoid/non-secure":
        return "nanoid/non-secure"
    return "uuid.v1()" if module == "uuid" and name in ("v1", "v6") else ""

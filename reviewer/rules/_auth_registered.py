"""Routes that are described by objects (`{ method: 'delete', path, permission, handler }`): the ones that ask for no
permission where those beside them do. Controllers that register with `this.route(…)`, route tables, Hapi."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._auth import entry, objects, step
from reviewer.rules._auth_classes import Lack, is_own
from reviewer.rules._auth_entrances import MUTATING
from reviewer.rules._auth_open import is_open_route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

_KEYS: Final = (
    "permission", "permissions", "requiredPermission", "requiredPermissions", "auth", "authorize", "authorization",
    "role", "roles", "allowedRoles", "access", "scope", "scopes", "policy", "policies", "guard", "guards", "security",
    "requiresAuth", "authRequired", "authenticated",
)  # fmt: skip
_AROUND: Final = ("config", "options", "meta")
_PATHS: Final = ("path", "url", "route")
_NOTHING: Final = frozenset(
    ("none", "false", "null", "undefined", "", "public", "anonymous", "open", "anyone", "guest")
)
_BESIDE_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class _Described:
    verb: str
    path: str
    whole: Expr
    key: str
    value: Expr | None

    @property
    def asks(self) -> bool:
        """Whether it asks for anything."""
        if self.value is None:
            return False
        if self.value.kind is ExprKind.ARRAY:
            return any(not _is_nothing(one) for one in self.value.parts)
        return not _is_nothing(self.value)


def registered_lacks(project: Project) -> Iterator[Lack]:
    """New described routes that change something and ask for nothing."""
    for file, facts in project.production:
        every = facts.index.once(_described)
        if len(every) <= _BESIDE_MIN:
            continue
        before = {(one.verb, one.path) for one in _described(project.before(file.path))}
        fresh = [one for one in every if (one.verb, one.path) not in before]
        old = [one for one in every if (one.verb, one.path) in before]
        beside = [one for one in old or every if one.asks or (old and not is_open_route(one.path))]
        changing = [one for one in beside if one.verb in MUTATING]
        beside = changing if len(changing) >= _BESIDE_MIN else beside
        if len(beside) < _BESIDE_MIN or not all(one.asks for one in beside):
            continue
        for one in fresh:
            is_meant = one.asks or one.verb not in MUTATING or _is_open(one, beside) or is_own(one.path)
            if not is_meant and project.wrote(file.path, one.whole.first, one.whole.last):
                yield _lack(file.path, one, beside[0].key, len(beside))


def _is_open(one: _Described, beside: list[_Described]) -> bool:
    """Whether a route is open by its path; one that changes a thing is not where others ask at the same place."""
    if one.verb != "POST" and any(other.path == one.path for other in beside):
        return False
    return is_open_route(one.path)


def _lack(path: str, one: _Described, key: str, count: int) -> Lack:
    line = one.value.first if one.value is not None else one.whole.first
    message = (
        f"`{one.verb} {one.path}` changes data and asks for no `{key}`, while each of {count} routes beside it does: "
        "whoever finds the address can call it. Ask for it here too."
    )
    return Lack(path, line, f"{one.verb} {one.path}", message, "Nothing says who may do this")


def _described(facts: FileFacts) -> tuple[_Described, ...]:
    values = [arg for call in facts.calls for arg in call.args]
    values.extend(binding.value for binding in facts.bindings)
    seen: dict[tuple[str, str, int], _Described] = {}
    for value in values:
        for whole, _ in objects(value):
            method, path = entry(whole, "method"), _first(whole, _PATHS)
            if method is None or path is None or path.kind not in (ExprKind.STRING, ExprKind.TEMPLATE):
                continue
            if "" in whole.keys:  # what is spread into it is not written here
                continue
            verb = step(method.text).upper()
            key, given = _asked(whole)
            seen.setdefault((verb, path.text, whole.first), _Described(verb, path.text, whole, key, given))
    return tuple(seen.values())


def _asked(whole: Expr) -> tuple[str, Expr | None]:
    for place in (whole, *(inner for key in _AROUND if (inner := entry(whole, key)) is not None)):
        for key in _KEYS:
            given = entry(place, key)
            if given is not None:
                return key, given
    return "", None


def _first(whole: Expr, keys: tuple[str, ...]) -> Expr | None:
    return next((found for key in keys if (found := entry(whole, key)) is not None), None)


def _is_nothing(value: Expr) -> bool:
    return step(value.text).lower() in _NOTHING if value.kind is not ExprKind.OBJECT else not value.parts

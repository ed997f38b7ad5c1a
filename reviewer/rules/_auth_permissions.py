"""Ways into controllers and resolvers that do not say who may use them, where each one beside them does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.concern import Severity
from reviewer.core.expr import TypeKind
from reviewer.core.routes import NEST, original
from reviewer.rules._auth import step, words
from reviewer.rules._auth_classes import Group, Lack, groups, is_for_all, is_own, knows_caller
from reviewer.rules._auth_entrances import MUTATING, Entrance
from reviewer.rules._auth_guards import is_guard, says_what
from reviewer.rules._auth_open import asked_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewer.core.facts import Decorator, FileFacts
    from reviewer.core.project import Project

_OTHERS_MIN: Final = 2
"""Others that all say it, before one that does not is news."""

_ALL_MIN: Final = 3
"""The same where those beside it do something else (read, where this one writes)."""

_WORDS: Final = frozenset(("Request", "Response", "User", "string", "String", "Date"))
"""Types of arguments that name no thing."""

_RIGHTS: Final = frozenset(
    ("role", "roles", "permission", "permissions", "admin", "admins", "privilege", "privileges", "grant", "promote",
     "demote", "impersonate", "ban", "unban", "suspend", "ability", "abilities")
)  # fmt: skip
"""Words of what changes who may do what: nobody leaves that to every caller where so much as one thing beside it is
not."""


def permission_lacks(project: Project) -> Iterator[Lack]:
    """New ways in without the permission that each of the others has."""
    for group in groups(project):
        if any(_says_who_may(group.facts, one) for one in group.fresh[0].owner.decorators):
            continue
        marks = {one.symbol: _mark(group.facts, one) for one in group.every}
        for item in group.fresh:
            if is_own(f"{item.method.name} {item.route}") or knows_caller(item) or is_for_all(item):
                continue
            lack = _lack(group, item, marks)
            if lack is not None:
                yield lack


def _lack(group: Group, item: Entrance, marks: Mapping[str, str]) -> Lack | None:
    facts = group.facts
    if any(is_guard(facts, one) for one in item.method.decorators):
        return None
    writes = item.verb in MUTATING
    if not writes and not any("id" in words(text) for text in asked_for(item.route, item.method)):
        return None  # a list is often made of what the caller may see
    beside = [one for one in group.beside(item) if marks[one.symbol] or not is_own(f"{one.method.name} {one.route}")]
    alike = [one for one in beside if (one.verb in MUTATING) == writes]
    counted = alike if len(alike) >= _OTHERS_MIN else beside
    said = [marks[one.symbol] for one in counted]
    if writes and _RIGHTS & set(words(f"{item.method.name} {item.route}")):
        marked = next((marks[one.symbol] for one in alike if marks[one.symbol]), "")
        return _rights(group, item, marked) if marked else None
    if not all(said) or len(counted) < (_OTHERS_MIN if counted is alike else _ALL_MIN):
        counted = _same_things(group, item, marks) if writes else []
        said = [marks[one.symbol] for one in counted]
    if not counted:
        return None
    does = "changes data" if writes else "reads data"
    message = (
        f"`{item.symbol}` {does} and does not say who may do that, while each of {len(counted)} methods beside it "
        f"does (`@{said[0]}`): whoever gets as far as the application may. Say it here too."
    )
    severity = Severity.WARNING if writes else Severity.NOTE
    return Lack(group.path, item.method.head, item.symbol, message, "Nothing says who may do this", severity)


def _same_things(group: Group, item: Entrance, marks: Mapping[str, str]) -> list[Entrance]:
    """The methods beside one that are given the same thing to name what they are about, whether they read it or write,
    and all others that write; none where they do not all say the same."""
    named = _names_given(item)
    if item.verb == "POST" or not named:
        return []  # what is added to a thing is often another matter than the thing
    others = (one for one in group.old or group.every if one is not item)
    beside = [one for one in others if marks[one.symbol] or not one.is_open]
    same = [one for one in beside if named & _names_given(one)]
    counted = [one for one in beside if one in same or one.verb in MUTATING]
    is_said = len({marks[one.symbol] for one in counted}) == 1 and bool(marks[counted[0].symbol])
    return counted if same and is_said and len(counted) >= _OTHERS_MIN else []


def _names_given(item: Entrance) -> frozenset[str]:
    """What a method is given to know a thing by: `:id`, `@Args('id')`, or the class of its arguments."""
    ids = {text for text in asked_for(item.route, item.method) if "id" in words(text)}
    classes = {
        one.type.name for one in item.method.params if one.decorators and one.type.kind is TypeKind.NAMED
    } - _WORDS
    return frozenset(ids | classes) if item.verb not in ("MUTATION", "QUERY") or not classes else frozenset(classes)


def _rights(group: Group, item: Entrance, mark: str) -> Lack:
    message = (
        f"`{item.symbol}` changes what others may do and asks nothing but who is calling, while a method beside it "
        f"asks for more (`@{mark}`): every caller may give rights, the own ones too. Ask for a permission here too."
    )
    return Lack(group.path, item.method.head, item.symbol, message, "Nothing says who may do this")


def _mark(facts: FileFacts, item: Entrance) -> str:
    return next((step(one.name) for one in item.method.decorators if _says_who_may(facts, one)), "")


def _says_who_may(facts: FileFacts, decorator: Decorator) -> bool:
    """A decorator of the project's own (`@Allow(Permission.X)`), or `@UseGuards(RolesGuard)`."""
    if not is_guard(facts, decorator):
        return False
    if original(facts, decorator.name)[1] == NEST:
        return any(says_what(arg.text) for arg in decorator.args)
    return True

"""Changed controllers and resolvers: their methods, which of them are new, and what is beside those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.concern import Severity
from reviewer.core.expr import TypeKind
from reviewer.rules._auth import words
from reviewer.rules._auth_composed import may_guard
from reviewer.rules._auth_entrances import Entrance, entrances
from reviewer.rules._auth_routers import checks_itself
from reviewer.rules._auth_siblings import hands_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that the others have in front of them and one way in has not; `message` is for the finding."""

    path: str
    line: int
    symbol: str
    message: str
    title: str
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True)
class Group:
    """The ways into one class: those that the change added with nothing to be seen of who calls in them (`fresh`),
    those that were there, and all."""

    path: str
    facts: FileFacts
    fresh: tuple[Entrance, ...]
    old: tuple[Entrance, ...]
    every: tuple[Entrance, ...]

    def beside(self, item: Entrance) -> list[Entrance]:
        """What to compare a way in with: what was there, in a new class the rest; not what is open on purpose."""
        return [one for one in self.old or self.every if one is not item and not one.is_open]


def groups(project: Project) -> Iterator[Group]:
    """The changed classes that have new ways in."""
    for file, facts in project.production:
        before = {item.symbol for item in entrances(project.before(file.path), file.path)}
        by_class: dict[str, list[Entrance]] = {}
        for item in entrances(facts, file.path):
            by_class.setdefault(item.owner.name, []).append(item)
        for every in by_class.values():
            fresh = tuple(one for one in every if one.symbol not in before and _is_plain(project, facts, one))
            if fresh:
                old = tuple(one for one in every if one.symbol in before)
                yield Group(file.path, facts, fresh, old, tuple(every))


def _is_plain(project: Project, facts: FileFacts, item: Entrance) -> bool:
    """Written by the change, not open on purpose, checking nothing itself and handing nothing on."""
    if item.is_open or not project.wrote(item.path, item.method.first, item.method.last):
        return False
    if any(may_guard(project, item.path, one) for one in (*item.method.decorators, *item.owner.decorators)):
        return False
    return not checks_itself(facts, item.method.scope) and not hands_on(facts, item)


def is_own(name: str) -> bool:
    """Whether a name or path is about the caller alone: `me`, `/my/orders`, `ownProfile`."""
    return bool(_OWN & set(words(name)))


def knows_caller(item: Entrance) -> bool:
    """Whether a method is handed the one who calls: `@CurrentUser() user`; it may then ask whose a thing is."""
    return any(_PEOPLE & set(words(one.name)) for param in item.method.params for one in param.decorators)


def is_for_all(item: Entrance) -> bool:
    """Whether a way in is about what each reader of a thing does to it, and takes nothing but its id: a view is
    counted, a like given. Who may write the thing says nothing about that."""
    last = item.route.rpartition("/")[2]
    said = {*words(item.method.name), *(words(last) if not last.startswith(":") else ())}
    if not _COUNTS & set(words(item.method.name)[:1]):
        said -= _THINGS  # `deleteView`: a view of a table is a thing like any other
    given = (one.name.rpartition(".")[2] for param in item.method.params for one in param.decorators)
    is_simple = all(param.type.kind is not TypeKind.NAMED or param.type.name == "ID" for param in item.method.params)
    return bool(_READERS & said) and not _BODIES & set(given) and (item.verb != "MUTATION" or is_simple)


_READERS: Final = frozenset(
    ("view", "views", "viewed", "seen", "impression", "impressions", "click", "clicks", "visit", "visits", "hit",
     "hits", "like", "likes", "unlike", "dislike", "vote", "votes", "upvote", "downvote", "unvote", "react", "reaction",
     "reactions", "favorite", "unfavorite", "favourite", "unfavourite", "bookmark", "unbookmark", "follow", "unfollow")
)  # fmt: skip
_THINGS: Final = frozenset(("view", "views", "visit", "visits", "hit", "hits"))
_COUNTS: Final = frozenset(
    ("add", "count", "increment", "inc", "record", "register", "track", "log", "mark", "view", "visit", "hit", "bump")
)
_BODIES: Final = frozenset(("Body", "BodyParam", "UploadedFile", "UploadedFiles"))
_OWN: Final = frozenset(("me", "my", "mine", "own", "self", "profile", "preferences"))
_PEOPLE: Final = frozenset(("user", "me", "account", "principal", "identity", "caller", "session", "actor", "viewer"))

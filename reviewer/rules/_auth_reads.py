"""New ways to read that anybody can use, beside ways in that all ask who is calling, or of what is not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.concern import Severity
from reviewer.core.source_paths import is_production
from reviewer.rules._auth import entries, is_false, words
from reviewer.rules._auth_classes import Group, Lack, groups
from reviewer.rules._auth_entrances import MUTATING, Entrance, entrances
from reviewer.rules._auth_open import asked_for
from reviewer.rules._auth_things import thing_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import FileFacts
    from reviewer.core.project import Project

_READS_MIN: Final = 2
_ALL_MIN: Final = 3
"""Others that all ask who is calling: of those that read, and of all."""

_HIDDEN: Final = frozenset(
    ("draft", "drafts", "unpublished", "private", "hidden", "deleted", "confidential", "admin", "mine", "my", "me")
)
"""Words of what is not for everybody."""

_IDS: Final = frozenset(("id", "uuid", "userid", "ownerid", "accountid"))

_SHARED: Final = frozenset(
    ("code", "token", "slug", "key", "hash", "url", "config", "configuration", "settings", "info", "logo", "avatar",
     "image", "icon", "file", "asset", "favicon", "flags", "enabled", "providers", "locales", "languages", "countries",
     "currencies", "plans", "pricing", "features", "categories", "shared", "share", "embed")
)  # fmt: skip
"""Words of what is often shown to everybody, or to whoever knows a name that cannot be guessed."""

_SHOWN: Final = frozenset(("published", "public", "visible", "approved", "released"))


def read_lacks(project: Project) -> Iterator[Lack]:
    """New reading methods of controllers and resolvers without the guard of the others."""
    for group in groups(project):
        whole = _class_lack(project, group)
        if whole is not None:
            yield whole
            continue
        for item in group.fresh:
            if item.verb in MUTATING or item.is_guarded or not _touches_data(group.facts, item):
                continue
            why = _why(group, item)
            if why:
                message = f"Anybody can call `{item.symbol}`: {why}. Add the same `@UseGuards(…)`, or `@Public()` "
                yield Lack(
                    group.path,
                    item.method.head,
                    item.symbol,
                    f"{message}if it is meant to be open.",
                    "Nothing asks who is reading",
                    Severity.WARNING if _is_hidden(group.facts, item) else Severity.NOTE,
                )


def _guarded_classes(project: Project) -> dict[tuple[str, str], bool]:
    """The controllers that were read, and whether each way into one that is not open on purpose asks who is calling."""
    found: dict[tuple[str, str], bool] = {}
    for path in sorted(project.head):
        for one in entrances(project.head[path], path) if is_production(path) else ():
            key = (path, one.owner.name)
            if not one.is_open and one.verb not in ("QUERY", "MUTATION"):
                found[key] = found.get(key, True) and one.asks_who
    return found


def _class_lack(project: Project, group: Group) -> Lack | None:
    """A new controller that reads what an id names and asks nobody, where all others ask who is calling."""
    if group.old or len(group.fresh) < len(group.every):
        return None
    if any(one.verb in MUTATING or one.verb == "QUERY" or one.is_guarded or one.is_open for one in group.every):
        return None
    asking = [
        one for one in group.fresh if _IDS & {*words(one.route), *_given(one)} and _touches_data(group.facts, one)
    ]
    if not asking or any(_SHARED & {*words(one.method.name), *words(one.route)} for one in group.every):
        return None
    owner = group.fresh[0].owner
    guarded = project.once(_guarded_classes)
    others = [asks for key, asks in guarded.items() if key != (group.path, owner.name)]
    if len(others) < _READS_MIN or not all(others):
        return None
    message = (
        f"Anybody can call `{owner.name}`, which reads what belongs to somebody (`{asking[0].method.name}`): each of "
        f"{len(others)} other controllers asks who is calling. Put the same guard on it, or mark it as open."
    )
    return Lack(group.path, owner.head, owner.name, message, "Nothing asks who is reading", Severity.NOTE)


def _why(group: Group, item: Entrance) -> str:
    beside = group.beside(item)
    if any(one.asks_who for one in beside) and _is_hidden(group.facts, item):
        return "what it reads is not for everybody, others beside it ask for a guard, and this one does not"
    thing = thing_of(f"/{item.route.strip('/')}")
    known = [one for one in group.old or group.every if one is not item and (one.asks_who or not one.is_open)]
    alike = [one for one in known if thing and thing_of(f"/{one.route.strip('/')}") == thing]
    if len(alike) >= _READS_MIN and all(one.asks_who for one in alike) and any(one.verb == "GET" for one in alike):
        return f"each of {len(alike)} methods beside it that are about one of the same asks for a guard"
    if _SHARED & {*words(item.method.name), *words(item.route), *_given(item)}:
        return ""
    reads = [one for one in beside if one.verb not in MUTATING]
    for some, least in ((reads, _READS_MIN), (beside, _ALL_MIN)):
        if len(some) >= least and all(one.is_guarded for one in some) and any(one.asks_who for one in some):
            return f"each of {len(some)} methods beside it asks for a guard, and this one does not"
    return ""


def _given(item: Entrance) -> set[str]:
    return {word for text in asked_for(item.route, item.method) for word in words(text)}


def _is_hidden(facts: FileFacts, item: Entrance) -> bool:
    """Whether a method reads what is not public yet: by its name, or because it asks for `published: false`."""
    if _HIDDEN & set(words(f"{item.method.name} {item.route}")):
        return True
    if item.method.scope < 0:
        return False
    inside = frozenset(facts.index.within(item.method.scope))
    return any(
        _SHOWN & set(words(one.key)) and is_false(one.value) and one.fact.scope in inside for one in entries(facts)
    )


def _touches_data(facts: FileFacts, item: Entrance) -> bool:
    """Whether a method asks something that its class holds; what it makes up itself is no secret."""
    if item.method.scope < 0:
        return False
    return any(call.callee.startswith("this.") for call in facts.index.calls(facts.index.within(item.method.scope)))

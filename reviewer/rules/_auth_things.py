"""Words that open a way in by themselves (`webhook`, `tracking`), and whether they do where one manages such things.

`POST /webhooks/stripe` takes what others send and is open on purpose. `PUT /webhooks/:id`, beside routes about
webhooks that all have a guard, is about settings like any other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.rules._auth import words

if TYPE_CHECKING:
    from collections.abc import Iterable

THINGS: Final = frozenset(
    ("webhook", "webhooks", "hook", "hooks", "contact", "newsletter", "metrics", "signature", "tracking", "track",
     "internal", "setup", "onboarding", "passkey", "totp", "mfa", "2fa", "demo", "install", "inbound", "callbacks",
     "oidc", "saml", "sso")
)  # fmt: skip
"""Of the words of what is open on purpose, those that name a thing that is managed elsewhere."""

_GUARDED_MIN: Final = 2
_TIMES: Final = 2
"""As many with a guard as without, at least, before a word opens nothing any more."""

_RECEIVES: Final = frozenset(
    ("incoming", "receive", "receiver", "event", "events", "trigger", "inbound", "notify", "callback", "handle",
     "ingest", "unsubscribe", "confirm", "verify", "open", "click", "pixel", "complete", "acs", "authorize", "token")
)  # fmt: skip
_MANAGES: Final = frozenset(
    ("create", "new", "add", "update", "edit", "delete", "remove", "enable", "disable", "bulk", "import", "regenerate",
     "rotate", "archive", "pause", "resume", "test", "settings", "config")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """A way in as far as its words go: `said` all of them, in lower case."""

    said: frozenset[str]
    verb: str
    path: str
    is_guarded: bool


def closed_words(every: Iterable[Way]) -> frozenset[str]:
    """The words that open nothing among these ways in: nearly all that have them ask for a guard."""
    guarded, bare = Counter[str](), Counter[str]()
    for one in every:
        if one.is_guarded or _manages(one, THINGS):  # what takes in what others send is bare anyhow
            (guarded if one.is_guarded else bare).update({_one(word) for word in one.said & THINGS})
    closed = {word for word, count in guarded.items() if count >= _GUARDED_MIN and count >= _TIMES * bare[word]}
    return frozenset(word for word in THINGS if _one(word) in closed)


def _one(word: str) -> str:
    """One of them: `webhook` and `webhooks` are the same thing."""
    return word.removesuffix("s")


def opens_nothing(way: Way, closed: frozenset[str]) -> frozenset[str]:
    """The words of a way in that do not open it: of an administrator's, or where it manages such things."""
    path = frozenset(words(way.path))
    if "admin" in path:
        return way.said & THINGS
    return closed & way.said if _manages(way, closed) else frozenset()


def _manages(way: Way, closed: frozenset[str]) -> bool:
    if way.verb not in ("POST", "GET", "ALL"):
        return not _RECEIVES & set(words(way.path.rpartition("/")[2]))
    steps = [one for one in way.path.split("/") if one]
    last = max((place for place, one in enumerate(steps) if closed & set(words(one))), default=-1)
    tail = steps[last + 1 :]
    said = {word for one in tail for word in words(one)}
    if said & _RECEIVES:
        return False
    if not tail or said & _MANAGES:
        return True
    return tail[0].startswith((":", "{")) and (len(tail) > 1 or way.verb == "GET")


def thing_of(path: str) -> str:
    """A path up to its first parameter, which goes without its name: `/orders/:` of `/orders/:id/notes`."""
    steps = path.split("/")
    end = next((index for index, step in enumerate(steps) if step.startswith(":")), 0)
    return "/".join((*steps[:end], ":")) if end else ""

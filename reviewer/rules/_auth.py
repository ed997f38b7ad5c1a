"""Names that stand for secrets, and where the objects and values of a file are: what the rules about identity share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind

if TYPE_CHECKING:
    from reviewer.core.facts import Binding, Call, FileFacts

PASSWORDS = frozenset(("password", "passwd", "pwd", "passphrase", "passcode", "pass", "pw"))
_SINGLE = PASSWORDS | {"token", "secret", "otp", "totp", "jwt", "apikey", "credential", "credentials"}
_PAIRS = frozenset(
    (("api", "key"), ("access", "key"), ("private", "key"), ("secret", "key"), ("signing", "key"),
     ("encryption", "key"), ("session", "id"), ("session", "token"), ("session", "key"), ("master", "key"),
     ("reset", "code"), ("verification", "code"), ("verify", "code"), ("confirmation", "code"), ("login", "code"),
     ("auth", "code"), ("security", "code"), ("recovery", "code"), ("backup", "code"), ("activation", "code"),
     ("invite", "code"), ("invitation", "code"), ("access", "code"), ("time", "code"), ("time", "password"),
     ("pin", "code"), ("otp", "code"))
)  # fmt: skip
_OTHER_TOKENS = frozenset(
    ("page", "next", "prev", "previous", "cursor", "cancel", "cancellation", "abort", "continuation", "syntax",
     "lexer", "design", "injection", "provider", "di", "module", "entity", "chain", "erc20", "max", "min", "total",
     "prompt", "completion", "input", "output", "has", "is", "no", "missing", "invalid", "masked", "redacted",
     "hashed", "encrypted", "fake", "mock", "csrf", "xsrf", "sync", "first", "last", "queue", "device", "push")
)  # fmt: skip
"""Words that make a token something else than a key to an account, or a secret something that may be shown."""


_ASCII_WORDS = re.compile("[A-Z]+(?![a-z])[a-z0-9]*|[A-Z]?[a-z0-9]+")
"""The words of a name in ASCII. Linear: a run of capitals gives back at most its last one."""


def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: `resetToken`, `RESET_TOKEN` and `reset-token` give ("reset", "token")."""
    if name.isascii():
        return tuple([word.lower() for word in _ASCII_WORDS.findall(name)])
    return _words_of_any(name)


def _words_of_any(name: str) -> tuple[str, ...]:
    found: list[str] = []
    before = ""
    for place, char in enumerate(name):
        after = name[place + 1 : place + 2]
        starts = char.isupper() and (before.islower() or before.isdigit() or (before.isupper() and after.islower()))
        if not char.isalnum():
            before = ""
            continue
        if not before or starts:
            found.append("")
        found[-1] += char.lower()
        before = char
    return tuple(found)


def step(name: str) -> str:
    """The last step of a dotted name."""
    return name.removesuffix("()").rpartition(".")[2]


def secret_kind(name: str) -> str:
    """Which secret a name (dotted or not) holds: its last word or two (`token`, `api key`), "" for anything else."""
    parts = words(step(name))
    if not parts or _OTHER_TOKENS & set(parts):
        return ""
    if parts[-1] in _SINGLE:
        return parts[-1]
    return " ".join(parts[-2:]) if parts[-2:] in _PAIRS else ""


def is_password(name: str) -> bool:
    """Whether a name holds a password in the clear."""
    return secret_kind(name) in PASSWORDS


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of an object, with the object, and the fact (call or binding) it was found in."""

    key: str
    value: Expr
    whole: Expr
    fact: Call | Binding
    is_chosen: bool = False
    """It is one of two: a condition picks it (`ask ? a : b`, `ask && a`)."""


def entries(facts: FileFacts) -> tuple[Entry, ...]:
    """Every entry of every object in arguments and values, each once."""
    return facts.index.once(_all_entries)


def _all_entries(facts: FileFacts) -> tuple[Entry, ...]:
    return tuple(_entries(facts))


def _entries(facts: FileFacts) -> Iterator[Entry]:
    seen: set[tuple[str, int, str]] = set()
    for fact, value in _values(facts):
        for whole, is_chosen in objects(value):
            for key, part in zip(whole.keys, whole.parts, strict=False):
                mark = (key, part.first, f"{part.text} {whole.text}")
                if key and mark not in seen:
                    seen.add(mark)
                    yield Entry(key, part, whole, fact, is_chosen)


def named_values(facts: FileFacts) -> Iterator[Entry]:
    """Every value that is given a name: `entries`, and what constants, fields and assignments are given."""
    for binding in facts.bindings:
        if binding.name and binding.kind is not BindingKind.PAIR:
            yield Entry(binding.name, binding.value, binding.value, binding)
    yield from entries(facts)


def named_function(facts: FileFacts, scope: int) -> str:
    """The name of the nearest function around that has one, "" at the top of the file."""
    names = (facts.functions[around].name for around in facts.index.around(scope) if around >= 0)
    return next((name for name in names if name), "")


def outermost(facts: FileFacts, scope: int) -> int:
    """The outermost function around a place, -1 at the top of the file."""
    while scope >= 0 and facts.functions[scope].parent >= 0:
        scope = facts.functions[scope].parent
    return scope


def _values(facts: FileFacts) -> Iterator[tuple[Call | Binding, Expr]]:
    for call in facts.calls:
        for arg in call.args:
            yield call, arg
    for binding in facts.bindings:
        yield binding, binding.value


def objects(value: Expr) -> Iterator[tuple[Expr, bool]]:
    """The objects inside a value and whether a condition picks them; not inside calls, which are asked themselves."""
    waiting = [(value, False)]
    while waiting:
        here, is_chosen = waiting.pop()
        if here.kind is ExprKind.OBJECT:
            yield here, is_chosen
        if here.kind not in (ExprKind.CALL, ExprKind.NEW, ExprKind.TAGGED):
            chosen = is_chosen or (here.kind is ExprKind.CHOICE and here.text in ("?:", "&&"))
            waiting.extend((part, chosen) for part in here.parts)


def entry(whole: Expr, key: str) -> Expr | None:
    """The value of a key in an object, None where it has none (or is no object)."""
    if whole.kind is not ExprKind.OBJECT:
        return None
    return next((part for name, part in zip(whole.keys, whole.parts, strict=False) if name == key), None)


def inside(value: Expr) -> Iterator[Expr]:
    """An expression and all that is in it."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(here.parts)
        if here.receiver is not None:
            waiting.append(here.receiver)


def constant(facts: FileFacts, value: Expr, scope: int) -> Expr:
    """What a name was given where that is plain: the only binding of it around; else the expression itself."""
    if value.kind not in (ExprKind.NAME, ExprKind.MEMBER):
        return value
    name = value.text.removeprefix("this.")
    for around in facts.index.around(scope):
        found = facts.index.bound(name, around)
        if found:
            return found[0].value if len(found) == 1 else value
    return value


def is_true(value: Expr | None) -> bool:
    """Whether a value is the word true."""
    return value is not None and value.kind is ExprKind.CONSTANT and value.text == "true"


def is_false(value: Expr | None) -> bool:
    """Whether a value is the word false."""
    return value is not None and value.kind is ExprKind.CONSTANT and value.text == "false"

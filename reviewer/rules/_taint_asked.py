"""What a call, a comparison or a condition asks about, as dotted names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind

if TYPE_CHECKING:
    from reviewer.core.facts import Call, FileFacts

_ASKED: Final = frozenset(("includes", "has", "indexOf", "test", "hasOwnProperty", "hasOwn", "isValid", "contains"))
"""Methods that are asked about their argument: `ALLOWED.includes(x)`, `/…/.test(x)`."""

_ASKS_ITSELF: Final = frozenset(("startsWith", "endsWith", "includes", "match", "search", "indexOf"))
"""Methods of the text that is asked about: `full.startsWith(root)`."""

_CHECKERS: Final = (
    "valid", "allow", "safe", "check", "assert", "ensure", "verify", "whitelist", "trusted", "permitted", "guard",
    "authorize", "restrict", "blocked", "refuse", "deny", "forbid",
)  # fmt: skip
"""Words in the name of a function that decides about what it is given."""

_NO_CHECKERS: Final = ("unsafe", "invalid", "checksum", "checkout")

_SHAPES: Final = frozenset(
    (
        "isempty",
        "isnil",
        "isnull",
        "isundefined",
        "isdefined",
        "isstring",
        "isobject",
        "ispresent",
        "isnotempty",
        "isurl",
        "isuri",
        "isvalidurl",
        "isvaliduri",
        "isvalidhttpurl",
        "isarray",
        "isabsolute",
    )
)
"""Questions about presence or shape: a well-formed address may still lead anywhere."""

URL_PARTS: Final = frozenset(("hostname", "host", "origin", "pathname"))
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)
_SAME_VALUE: Final = frozenset(("URL", "parse", "String", "resolve", "normalize", "relative", "trim", "toLowerCase"))
EQUALS: Final = frozenset(("===", "!==", "==", "!=", "in"))
_NOTHING: Final = ("", "undefined", "null", "string", "object", "[object Object]", "0")
_FIXED: Final = (ExprKind.STRING, ExprKind.NUMBER, ExprKind.TEMPLATE)


def looked_up(test: Expr, depth: int) -> Iterator[str]:
    """Keys that a condition looks up: `if (!HOSTS[name])`; the operand of `!` is source, so its text is not asked."""
    if test.kind is ExprKind.MEMBER and test.text.endswith("[]"):
        yield from (part.text for part in test.parts if part.kind in _NAMED)
    elif depth < 3:
        for part in test.parts:
            yield from looked_up(part, depth + 1)


def asked_about(call: Call) -> Iterator[str]:
    """The names that a call asks about: `ALLOWED.includes(x)`, `isSafe(x)`, `full.startsWith(root)`."""
    owner, _, name = call.callee.rpartition(".")
    lower = name.lower()
    says_so = lower not in _SHAPES and (
        (any(word in lower for word in _CHECKERS) and not any(word in lower for word in _NO_CHECKERS))
        or (len(name) > 2 and name.startswith("is") and name[2].isupper())
    )
    if name in _ASKED or says_so:
        yield from names(call.args, 0)
    if name in _ASKS_ITSELF and owner and not _is_of_shape(call, owner, name):
        yield owner
        if call.receiver is not None:
            yield from names((call.receiver,), 0)


_SCHEMES: Final = frozenset(("http", "https", "http:", "https:", "http://", "https://", "//", "data:", "ftp://"))
_ENDING_CHARS_MAX: Final = 6


def _is_of_shape(call: Call, owner: str, name: str) -> bool:
    """Whether a text is only asked for its scheme or the ending of its name: neither says where it leads."""
    asked = call.args[0].text if call.args and call.args[0].kind is ExprKind.STRING else ""
    if name in ("startsWith", "indexOf", "includes") and asked.lower() in _SCHEMES:
        return True
    is_ending = asked.startswith(".") and asked[1:].isalnum() and len(asked) <= _ENDING_CHARS_MAX
    return name == "endsWith" and is_ending and owner.rpartition(".")[2] not in URL_PARTS


def names(values: Iterable[Expr], depth: int) -> Iterator[str]:
    """The dotted names in arguments, inside calls such as `x.toLowerCase()` too."""
    for value in values:
        if value.kind in _NAMED:
            yield value.text.rpartition("()")[2].lstrip(".") if "()" in value.text else value.text
        elif value.kind in (ExprKind.CALL, ExprKind.NEW) and depth < 2:
            owner, _, last = value.text.rpartition(".")
            if last == "extname":
                continue  # the ending of a name says nothing about its folder
            if owner and "()" not in owner:
                yield owner
            if "()" in owner:
                yield value.text  # the same call may stand where it is used: `LIST.includes(last(x)) ? last(x) : …`
            yield from names(value.parts, depth + 1)
        elif value.kind in (ExprKind.TEMPLATE, ExprKind.CHOICE, ExprKind.AWAIT) and depth < 2:
            yield from names(value.parts, depth + 1)
        if value.receiver is not None and depth < 2:
            yield from names((value.receiver,), depth + 1)


def compared(left: Expr, right: Expr, is_in: bool) -> Iterator[str]:
    """A name that is compared with a text that is not empty, or with a configured value; `x in MAP`."""
    if is_in:
        yield from names((left,), 0)
        return
    for one, other in ((left, right), (right, left)):
        is_fixed = other.kind in _FIXED and other.text not in _NOTHING
        is_constant = other.kind in _NAMED and other.text.rpartition(".")[2].isupper()
        if is_fixed or is_constant or (one.kind in _NAMED and _is_url_part(one) and other.kind in _NAMED):
            yield from names((one,), 0)


def _is_url_part(value: Expr) -> bool:
    return value.text.rpartition(".")[2] in URL_PARTS


def came_from(facts: FileFacts, scopes: tuple[int, ...], checked: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Checked names, each with a name it was made of: checking `new URL(link).host`, bound to a name, checks `link`."""
    for binding in facts.index.bindings(scopes):
        if binding.name in checked and binding.value.kind in (*_NAMED, ExprKind.CALL, ExprKind.NEW, ExprKind.CHOICE):
            is_made = binding.value.kind in (ExprKind.CALL, ExprKind.NEW)
            if not is_made or binding.value.text.rpartition(".")[2] in _SAME_VALUE:
                yield from ((binding.name, name) for name in names((binding.value,), 0) if name != binding.name)

"""The paths that tests ask for, with the verb where it is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.rules._web_tests import VERBS, clients

_TEXTS = (ExprKind.STRING, ExprKind.TEMPLATE, ExprKind.NAME, ExprKind.CONCAT, ExprKind.CALL)
_PATHS = (ExprKind.STRING, ExprKind.TEMPLATE)
_FILLING = (ExprKind.NAME, ExprKind.CALL, ExprKind.STRING)
_SENDING = frozenset(("fetch", "request", "inject", "got", "ofetch", "axios"))
"""Functions that send a request whose verb stands in their options, or is GET."""


@dataclass(frozen=True, slots=True)
class AskedPath:
    """A path that a test mentions; `verb` is "" where it stands by itself."""

    verb: str
    steps: frozenset[str]
    count: int


def paths_of(facts: FileFacts) -> Iterator[AskedPath]:
    """The paths in a test file: those of requests and in titles with their verb, all others without."""
    sent: set[tuple[str, int]] = set()
    known = constants(facts)
    for call in facts.calls:
        verb, value = request_of(call, known)
        if value is not None:
            sent.add((value.text, value.first))
            yield asked_path(verb, said(value, known))
    for text in facts.strings:
        if "/" in text.text and (text.text, text.first) not in sent:
            yield from _told(text.text)


def _told(text: str) -> Iterator[AskedPath]:
    """The paths in a text: the whole of one word, else the words that are paths, with the verb in front of each
    (`refuses: PUT /labels/:id answers 404`)."""
    words = [word.strip("()[]<>\"'`,;.!?") for word in text.split()]
    for before, word in zip(["", *words], words, strict=False):
        verb = before.rpartition(":")[2].lower()
        if "/" in word and (len(words) == 1 or verb in VERBS or word.startswith(("/", "http"))):
            yield asked_path(_verb(verb) if verb in VERBS else "", word.rstrip(":"))


def constants(facts: FileFacts) -> Mapping[str, str]:
    """The texts that names of a file stand for: `const BASE = '/orders'`, what is made of those, and functions that
    give such a text (`const url = (id: string) => `${BASE}/${id}``)."""
    return facts.index.once(_constants)


def _constants(facts: FileFacts) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for item in facts.bindings:
        is_function = item.value.kind is ExprKind.FUNCTION and item.value.parts
        value = item.value.parts[0] if is_function else item.value
        if item.name and value.kind in _TEXTS and value.kind is not ExprKind.NAME:
            found.setdefault(item.name, said(value, found))
    return found


def said(value: Expr, known: Mapping[str, str]) -> str:
    """A path as text, with the constants in it put in; `${}` for what is not known."""
    if value.kind is ExprKind.CALL:
        made = known.get(value.text, "${}")
        given = "".join(part.text for part in value.parts if part.kind in _PATHS and part.text.startswith("/"))
        return (made.removesuffix("${}") if given and value.text in known else made) + given
    if value.kind is ExprKind.CONCAT:
        return "".join(said(part, known) or "${}" for part in value.parts)
    if value.kind is not ExprKind.TEMPLATE:
        return value.text if value.kind is ExprKind.STRING else known.get(value.text, "")
    pieces = value.text.split("${}")
    filled = [said(part, known) or "${}" if part.kind in _FILLING else "${}" for part in value.parts]
    return "".join(piece + hole for piece, hole in zip(pieces, [*filled, ""], strict=False))


def is_path(value: Expr) -> bool:
    """Whether an expression is a path, or an address, that stands in place."""
    return value.kind in _PATHS and value.text.startswith(("/", "http", "${}/"))


def request_of(call: Call, known: Mapping[str, str]) -> tuple[str, Expr | None]:
    """The verb ("" for unknown) and path that a call sends a request with; the path is None for any other call."""
    if not call.args:
        return "", None
    first = call.args[0]
    if first.kind is ExprKind.OBJECT:
        url = next((part for key, part in zip(first.keys, first.parts, strict=False) if key in ("url", "path")), None)
        return (_method(first), url) if url is not None and "/" in said(url, known) else ("", None)
    verb = last_step(call).lower()
    if first.kind not in _TEXTS or "/" not in said(first, known):
        return "", None
    if verb in VERBS:
        return _verb(verb), first
    options = call.args[1] if len(call.args) > 1 else None
    method = _method(options) if options is not None and options.kind is ExprKind.OBJECT else ""
    return (method, first) if method or verb in _SENDING else ("", None)


def _method(options: Expr) -> str:
    """The verb in the options of a request, "" for none: `{ method: 'PUT' }`."""
    given = dict(zip(options.keys, options.parts, strict=False)).get("method")
    return given.text.upper() if given is not None and given.kind is ExprKind.STRING else ""


def _verb(name: str) -> str:
    return "DELETE" if name == "del" else name.upper()


def says_its_paths(facts: FileFacts) -> bool:
    """Whether a test file sends requests, and each to a path that stands in it: then what it does not say is not
    tested by it."""
    names, known = clients(facts), constants(facts)
    sent = 0
    for call in facts.calls:
        steps = call.callee.replace("()", "").split(".")
        verb, value = request_of(call, known)
        if value is not None and verb:
            sent += 1
            if said(value, known).startswith("${}"):
                return False
        elif value is None and steps[0] in names and steps[-1] in VERBS and call.args:
            return False
    return sent > 0


def asked_path(verb: str, text: str) -> AskedPath:
    """A path as text, without its query, in steps."""
    steps = [step for step in text.partition("?")[0].split("/") if step]
    return AskedPath(verb, frozenset(steps), len(steps))


def last_step(call: Call) -> str:
    """The name at the end of what is called: `get` of `request(app).get`."""
    return call.callee.replace("()", "").rpartition(".")[2]

"""The paths that tests ask for, with the verb where it is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.rules._web_tests import VERBS, clients


@dataclass(frozen=True, slots=True)
class AskedPath:
    """A path that a test mentions; `verb` is "" where it stands by itself."""

    verb: str
    steps: frozenset[str]
    count: int


def paths_of(facts: FileFacts) -> Iterator[AskedPath]:
    """The paths in a test file: those of requests with their verb, all others without."""
    sent: set[tuple[str, int]] = set()
    known = constants(facts)
    for call in facts.calls:
        verb, value = request_of(call, known)
        if value is not None:
            sent.add((value.text, value.first))
            yield asked_path(verb, said(value, known))
    for text in facts.strings:
        if "/" in text.text and (text.text, text.first) not in sent:
            yield asked_path("", text.text)


def constants(facts: FileFacts) -> Mapping[str, str]:
    """The texts that names of a file stand for: `const BASE = '/orders'`."""
    return {item.name: item.value.text for item in facts.bindings if item.value.kind is ExprKind.STRING and item.name}


def said(value: Expr, known: Mapping[str, str]) -> str:
    """A path as text, with the constants in it put in; `${}` for what is not known."""
    if value.kind is not ExprKind.TEMPLATE:
        return known.get(value.text, "") if value.kind is ExprKind.NAME else value.text
    pieces = value.text.split("${}")
    filled = [known.get(part.text, "${}") if part.kind is ExprKind.NAME else "${}" for part in value.parts]
    return "".join(piece + hole for piece, hole in zip(pieces, [*filled, ""], strict=False))


def request_of(call: Call, known: Mapping[str, str]) -> tuple[str, Expr | None]:
    """The verb and path that a call sends a request with; the path is None for any other call."""
    if not call.args:
        return "", None
    first = call.args[0]
    if first.kind is ExprKind.OBJECT:
        given = dict(zip(first.keys, first.parts, strict=False))
        url, method = given.get("url"), given.get("method")
        verb = method.text.upper() if method is not None and method.kind is ExprKind.STRING else ""
        return (verb, url) if url is not None and "/" in said(url, known) else ("", None)
    verb = last_step(call).lower()
    is_text = first.kind in (ExprKind.STRING, ExprKind.TEMPLATE, ExprKind.NAME) and "/" in said(first, known)
    return ("DELETE" if verb == "del" else verb.upper(), first) if verb in VERBS and is_text else ("", None)


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

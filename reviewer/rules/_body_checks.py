"""Whether a handler's body is checked as its siblings' are, and whether what a schema made of it is what goes on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._client_data import ClientData
from reviewer.rules._sent_parts import constant

if TYPE_CHECKING:
    from reviewer.core.facts import Binding, Call, FileFacts
    from reviewer.core.project import Project
    from reviewer.rules._flow import Flow
    from reviewer.rules._handlers import Handler

_SIBLINGS_MIN: Final = 2
"""Routes of the same file with a schema for the body from which on that is the house's way."""

_WRITING: Final = frozenset(("POST", "PUT", "PATCH"))

_KIND_CALLS: Final = frozenset(
    ("isArray", "isInteger", "isSafeInteger", "isFinite", "isNaN", "test", "match", "matches", "includes", "has",
     "Number", "parseInt", "parseFloat", "every", "some", "isValid", "isValidObjectId", "values")
)  # fmt: skip
"""Calls that look at what a value is, not only at whether there is one."""

_STRIPPING: Final = frozenset(("parse", "safeParse", "parseAsync", "safeParseAsync"))
"""zod's and valibot's methods: they drop what the schema does not name from their result, not from what they are
given."""

_STRICT: Final = ("strict()", "strictObject", "looseObject", "passthrough()")
_PLAIN_OWNERS: Final = frozenset(("res", "response", "reply", "console", "logger", "log", "JSON", "Object", "metrics"))


def schema_files(known: tuple[Handler, ...]) -> frozenset[str]:
    """The files whose routes check their bodies by schemas: at least two, and at least as many as do not."""
    writing = [one for one in known if one.route.verb in _WRITING]
    checked = Counter(one.file for one in writing if one.has_schema and "body" in one.parts)
    others = Counter(one.file for one in writing if not (one.has_schema and "body" in one.parts))
    return frozenset(file for file, count in checked.items() if count >= max(_SIBLINGS_MIN, others[file]))


def is_body_open(facts: FileFacts, flow: Flow, handler: Handler, files: frozenset[str]) -> bool:
    """Whether nothing checks the body. Beside siblings with a schema it takes more than asking whether it is there."""
    if handler.is_open("body"):
        return True
    if handler.has_schema and "body" in handler.parts:
        return False
    return handler.file in files and not _looks_at_kind(facts, flow, handler.scope)


def takes_more(project: Project, handler: Handler, name: str) -> bool:
    """Whether a handler that was there takes a field out of the body that none of its symbol took before."""
    facts = project.head[handler.path]
    inside = facts.index.within(handler.scope)
    symbol = facts.functions[handler.scope].symbol
    old = project.before(handler.path)
    had = old.index.once(_taken_or_read).get(symbol, set())
    taken = {field for one in facts.index.bindings(inside) for field in _fields(one, name)}
    return any(f"{name}.{field}" not in had for field in taken - {"", "..."})


def _taken_or_read(facts: FileFacts) -> dict[str, set[str]]:
    """The dotted names that each symbol of a file reads, those of what it takes apart too."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in facts.bindings:
        found[one.symbol] |= {f"{one.value.text}.{field}" for field in one.fields}
    for read in facts.reads:
        found[read.symbol].add(read.name)
    return found


def _fields(binding: Binding, name: str) -> tuple[str, ...]:
    return binding.fields if binding.value.text == name else ()


def _looks_at_kind(facts: FileFacts, flow: Flow, scope: int) -> bool:
    inside = facts.index.within(scope)
    for call in facts.index.calls(inside):
        last = call.callee.rpartition(".")[2]
        if last in _KIND_CALLS or last.startswith("is") or is_validation(facts, call.callee):
            return True
    for operation in flow.operations(inside):
        sides = (operation.left, operation.right)
        if any(one.text.startswith("typeof") or one.text.endswith(".length") for one in sides):
            return True
        if operation.operator in ("in", "instanceof", "<", ">", "<=", ">="):
            return True
    return any(True for _ in flow.switches(inside))


def raw_after_parse(project: Project, path: str, scope: int) -> Iterator[tuple[Call, Expr]]:
    """Calls that are given the body whole, as it came, after a schema made something of it: what the schema drops and
    converts is in its result only."""
    facts = project.head[path]
    data = ClientData(facts, scope)
    inside = facts.index.within(scope)
    calls = sorted(facts.index.calls(inside), key=lambda call: call.first)
    parsed = [call for call in calls if data.names and _strips(project, path, data, call)]
    if not parsed or any(_replaces(one.name) for one in facts.index.bindings(inside) if _is_set(one.kind)):
        return
    for call in calls:
        if call.first <= parsed[0].first or _is_plain(facts, call):
            continue
        for sent, value in (pair for arg in call.args for pair in data.inside(arg)):
            if sent.source == "body" and not sent.field and not sent.is_text:
                yield call, value


def _strips(project: Project, path: str, data: ClientData, call: Call) -> bool:
    owner, _, name = call.callee.rpartition(".")
    if name not in _STRIPPING or not call.args:
        return False
    sent = data.sent(call.args[0])
    if sent is None or sent.source != "body" or sent.field or owner.endswith(("JSON", "qs")):
        return False
    schema = constant(project, path, owner)
    return schema is not None and not any(word in _words(schema) for word in _STRICT)


def _words(schema: Expr) -> str:
    return f"{schema.text} {schema.receiver.text if schema.receiver else ''}().{schema.text}()"


def _is_set(kind: BindingKind) -> bool:
    return kind is BindingKind.ASSIGNMENT


def _replaces(name: str) -> bool:
    return name == "body" or name.endswith(".body")


def _is_plain(facts: FileFacts, call: Call) -> bool:
    root = call.callee.partition(".")[0]
    named = call.args and call.args[0].kind is ExprKind.SPREAD
    return root in _PLAIN_OWNERS or is_validation(facts, call.callee) or bool(named)

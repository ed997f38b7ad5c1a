"""Statements that a driver is given as text: `pool.query('SELECT … FROM orders WHERE …', [id])`."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call
from reviewer.rules._database_methods import Effect

_METHODS = frozenset(("query", "execute", "one", "oneOrNone", "many", "manyOrNone", "any", "none", "unsafe"))
_EFFECTS = {"SELECT": Effect.MANY, "INSERT": Effect.WRITE, "UPDATE": Effect.WRITE, "DELETE": Effect.REMOVE}
_TEXTS = (ExprKind.STRING, ExprKind.TEMPLATE, ExprKind.TAGGED)
_BEGINS = ("BEGIN", "START TRANSACTION")


def statement(call: Call) -> tuple[Effect, str] | None:
    """What the statement of a call does and to which table; None where that cannot be told, and for callbacks."""
    if call.callee.rpartition(".")[2] not in _METHODS or not call.args:
        return None
    if any(arg.kind is ExprKind.FUNCTION for arg in call.args):
        return None
    words = "".join(" " if letter in '("`\\' else letter for letter in text_of(call.args[0])).split()
    verb = words[0].upper() if words else ""
    if verb not in _EFFECTS:
        return None
    marks = ("UPDATE",) if verb == "UPDATE" else ("INTO", "FROM")
    table = next((words[at + 1] for at, word in enumerate(words[:-1]) if word.upper() in marks), "")
    return _EFFECTS[verb], table.rpartition(".")[2].lower()


def begins(call: Call) -> bool:
    """Whether a call begins a transaction by a statement: `client.query('BEGIN')`."""
    return bool(call.args) and text_of(call.args[0]).strip().upper().startswith(_BEGINS)


def text_of(value: Expr) -> str:
    """The SQL in an argument, "" where it is none."""
    if value.kind is ExprKind.CONCAT:
        return " ".join(part.text for part in value.parts if part.kind in _TEXTS)
    if value.kind is ExprKind.OBJECT and "text" in value.keys:
        return text_of(value.parts[value.keys.index("text")])
    return value.text if value.kind in _TEXTS else ""

"""Columns with a moment that are declared by calls: the tables of Drizzle, the migrations of Knex and Kysely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.routes import original

_DRIZZLE = "drizzle-orm/pg-core"
_KNEX = frozenset(("timestamp", "dateTime", "datetime"))
_ZONED = ("timestamptz", "timestamp with time zone")
_LOCAL = ("timestamp", "timestamp without time zone")


@dataclass(frozen=True, slots=True)
class Moment:
    """A column that keeps a moment, by the call that declares it."""

    name: str
    call: Call
    is_zoned: bool


def moments(facts: FileFacts) -> Iterator[Moment]:
    """The columns with a moment that calls of a file declare."""
    for call in facts.calls:
        name = call.args[0].text if call.args and call.args[0].kind is ExprKind.STRING else ""
        if original(facts, call.callee) == ("timestamp", _DRIZZLE):
            yield Moment(name or "timestamp", call, _says(call.args, "withTimezone") == "true")
        elif not name:
            continue
        elif call.callee.rpartition(".")[2] == "addColumn" and len(call.args) > 1:
            kind = call.args[1].text.lower()
            if call.args[1].kind is ExprKind.STRING and kind in (*_ZONED, *_LOCAL):
                yield Moment(name, call, kind in _ZONED)
        elif call.callee.count(".") == 1 and call.callee.rpartition(".")[2] in _KNEX and _is_knex(facts, call):
            yield Moment(name, call, _says(call.args, "useTz") != "false")


def _says(args: tuple[Expr, ...], key: str) -> str:
    """What an object among the arguments says under a key, "" where it says nothing."""
    for arg in args:
        if arg.kind is ExprKind.OBJECT and key in arg.keys:
            return arg.parts[arg.keys.index(key)].text
    return ""


def _is_knex(facts: FileFacts, call: Call) -> bool:
    """Whether a call stands in the callback of a table of a migration."""
    passed_to = facts.functions[call.scope].passed_to if call.scope >= 0 else ""
    return passed_to.rpartition(".")[2] in ("alterTable", "createTable", "table")

"""Which calls write to a log, what of their arguments ends up in the text, and functions of a file that only hand on to
the log what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._auth import constant, step, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call, FileFacts

_LEVELS: Final = frozenset(
    ("log", "info", "warn", "error", "debug", "trace", "verbose", "fatal", "silly", "http", "warning", "notice")
)
_LOGGERS: Final = frozenset(("console", "logger", "log", "winston", "pino", "loggerservice", "bunyan", "log4js"))
_WRAPS: Final = frozenset(
    ("log", "logs", "logged", "trace", "debug", "dump", "audit", "report", "print", "info", "warn", "record")
)
"""Words of functions that hand on to the log what they are given."""

THROUGH: Final = frozenset(("stringify", "inspect", "format", "String", "toString", "trim", "join"))
"""Calls that give back what they are given, as text; any other may mask it."""

_WHOLE: Final = (ExprKind.TEMPLATE, ExprKind.CONCAT, ExprKind.ARRAY, ExprKind.SPREAD)
_MASKED: Final = frozenset(("authorization", "cookie", "password", "token"))


def is_log(call: Call) -> bool:
    """Whether a call writes to a log: `this.logger.info(…)`, `console.log(…)`."""
    root, _, level = call.callee.rpartition(".")
    return level in _LEVELS and bool(_LOGGERS & ({step(root).lower()} | set(words(step(root)))))


def handed_on(facts: FileFacts, call: Call) -> Iterator[Expr]:
    """The arguments of a call that a function of the file writes to the log: `this.logCreated(options)`."""
    shown: frozenset[str] | None = None
    for name, arg in _parameters(facts, call):
        shown = _logs(facts, _wrapped(facts, call)) if shown is None else shown
        if name in shown:
            yield arg


def _logs(facts: FileFacts, scope: int) -> frozenset[str]:
    """The names that a function writes to the log, as they are or as text; those that texts are made of too."""
    found: set[str] = set()
    waiting = [arg for one in facts.index.calls((scope,)) if is_log(one) for arg in one.args]
    seen: set[str] = set()
    while waiting:
        here = waiting.pop()
        if here.kind is not ExprKind.NAME:
            waiting.extend(printed(here))
        elif here.text not in seen:
            seen.add(here.text)
            made = constant(facts, here, scope)
            if made is here:
                found.add(here.text)
            else:
                waiting.append(made)
    return frozenset(found)


def printed(value: Expr) -> tuple[Expr, ...]:
    """The parts of an expression that end up in the text; none of a call that may mask what it is given."""
    if value.kind is ExprKind.OBJECT:
        is_masked = bool(_MASKED & {key.lower() for key in value.keys})  # `{ ...headers, authorization: '***' }`
        kept = (part for key, part in zip(value.keys, value.parts, strict=False) if key or not is_masked)
        return tuple(part for part in kept if _is_shown(part))
    if value.kind is ExprKind.CHOICE:
        return value.parts[-1:] if value.text == "&&" else value.parts
    if value.kind is ExprKind.CALL:
        name = step(value.text)
        return () if name not in THROUGH else value.parts[:1] if name in ("stringify", "inspect") else value.parts
    return value.parts if value.kind in _WHOLE else ()


def _is_shown(part: Expr) -> bool:
    is_text = part.kind is ExprKind.CALL and step(part.text) in ("stringify", "inspect")
    return is_text or part.kind not in (ExprKind.CALL, ExprKind.OTHER)


def _parameters(facts: FileFacts, call: Call) -> Iterator[tuple[str, Expr]]:
    """Parameter and argument of a call of a function of the file that is called like one that writes to a log."""
    name = call.callee.removeprefix("this.")
    if "." in name or not _WRAPS & set(words(name)):
        return
    scopes = facts.index.functions(name)
    if len(scopes) == 1:
        for param, arg in zip(facts.functions[scopes[0]].params, call.args, strict=False):
            if param.name and arg.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.OBJECT):
                yield param.name, arg


def _wrapped(facts: FileFacts, call: Call) -> int:
    """The function of the file that such a call runs, -1 for none."""
    scopes = facts.index.functions(call.callee.removeprefix("this."))
    return scopes[0] if len(scopes) == 1 else -1

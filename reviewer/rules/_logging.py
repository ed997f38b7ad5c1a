"""Calls that only write to a log, and functions that do nothing at all."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts

_LOGS = ("log", "error", "warn", "debug", "info", "trace", "verbose", "fatal", "captureException", "captureMessage")
_FIXED = frozenset((ExprKind.CONSTANT, ExprKind.NUMBER, ExprKind.STRING, ExprKind.OBJECT, ExprKind.ARRAY))
_LOGGERS = ("console", "logger", "log", "sentry", "winston", "pino")


def is_log(call: Call) -> bool:
    """Whether a call writes to a log, and does nothing else."""
    steps = call.callee.split(".")
    is_logger = any(word in step.lower() for step in steps[:-1] for word in _LOGGERS)
    return steps[-1] in _LOGS and is_logger


def just_logs(callback: Expr) -> bool:
    """`(error) => console.error(error)` or `console.error`, behind a promise that is awaited as if it worked."""
    body = callback.parts[0] if callback.kind is ExprKind.FUNCTION and callback.parts else callback
    steps = body.text.split(".")
    is_logger = any(word in step.lower() for step in steps[:-1] for word in _LOGGERS)
    return body.kind in (ExprKind.CALL, ExprKind.MEMBER) and steps[-1] in _LOGS and is_logger


def does_nothing(facts: FileFacts, callback: Expr, code: str) -> bool:
    """Whether a function is empty, or returns something fixed (`0`, `null`, `[]`), whatever it is given. `code` is
    the source of the call that it is handed to."""
    if callback.kind is not ExprKind.FUNCTION or callback.scope < 0:
        return callback.kind is ExprKind.NAME and callback.text == "noop"
    if callback.parts:
        return callback.parts[0].kind in _FIXED and not callback.parts[0].parts
    statements = facts.functions[callback.scope].statements
    return statements == 0 or (statements == 1 and "return" in code and _is_idle(facts, callback.scope))


def _is_idle(facts: FileFacts, scope: int) -> bool:
    """Whether nothing is called, set, read, thrown or asked in a function: it can only return a literal."""
    index = facts.index
    found = (
        index.calls((scope,)), index.bindings((scope,)), index.reads((scope,)), index.throws((scope,)),
        index.conditions((scope,)),
    )  # fmt: skip
    return not any(True for facts_of_kind in found for _ in facts_of_kind)

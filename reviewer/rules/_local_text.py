"""Texts of a moment that name no time zone, as `new Date(…)` is given them."""

from __future__ import annotations

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call

_TIMES = ("time", "hour", "clock")
"""How the names of what holds a time of day end."""


def local_text(call: Call) -> str:
    """The text of a moment with a time and without a zone, "" for any other."""
    if len(call.args) != 1:
        return ""
    arg = call.args[0]
    if arg.kind is ExprKind.STRING:
        return arg.text if _is_local(arg.text) and arg.text[:4].isdigit() else ""
    if arg.kind is ExprKind.TEMPLATE:
        tail = arg.text.rpartition("${}")[2]
        if _is_joined(arg):
            return arg.text
        return arg.text if _is_local(tail) and tail[:1] in ("T", " ") else ""
    last = arg.parts[-1] if arg.kind is ExprKind.CONCAT and arg.parts else None
    if last is not None and last.kind is ExprKind.STRING:
        return last.text if _is_local(last.text) and last.text[:1] in ("T", " ") else ""
    return ""


def _is_joined(arg: Expr) -> bool:
    """Whether a template puts a day and a time of day together, with nothing behind the time: `${day}T${hour}:00`."""
    day, sign, time = arg.text.partition("T")
    if not sign:
        day, _, time = arg.text.partition(" ")
    if not day.replace("${}", "00").replace("-", "").isdigit() or "${}" not in time:
        return False
    if _is_local(time.replace("${}", "00")):
        return ":" in time and not time.endswith("00${}")
    holds = arg.parts[-1].text.rpartition(".")[2].lower() if time == "${}" and arg.parts else ""
    return holds.endswith(_TIMES)


def _is_local(text: str) -> bool:
    """Whether a text ends in a time of day: `10:00`, `T23:59:59.999`."""
    clock = text.replace("T", " ").rpartition(" ")[2]
    return clock.count(":") in (1, 2) and clock.replace(":", "").replace(".", "").isdigit()

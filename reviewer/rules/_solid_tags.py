"""Decisions over tags: a switch, or a chain of ifs that compare one thing with fixed values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts

_PARTS_MAX = 3
"""Levels of `a || b` looked into for more comparisons."""

_INSTANCE = "instanceof "
"""Put before the subject of a chain that asks for classes, so that it is no chain of the same subject's values."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: what is asked (`order.type`), the values it knows, where it stands."""

    subject: str
    labels: frozenset[str]
    symbol: str
    scope: int
    first: int
    last: int
    places: tuple[tuple[str, int], ...]
    """Each label with the line it stands on, in order."""
    is_of_classes: bool = False
    """Whether it asks what something is an instance of."""


def decisions(facts: FileFacts) -> Iterator[Decision]:
    """The switches of a file, then its if chains, each once for a function and a subject."""
    for one in facts.switches:
        said = tuple((_tag(label), label.first) for label in one.labels if _tag(label))
        if len(said) == len(one.labels) and one.subject.kind in (ExprKind.NAME, ExprKind.MEMBER):
            labels = frozenset(tag for tag, _ in said)
            yield Decision(one.subject.text, labels, one.symbol, one.scope, one.first, one.last, said)
    chains: dict[tuple[int, str], list[tuple[str, int, str, int]]] = {}
    for condition in facts.conditions:
        for subject, tag in _compared(condition.test):
            row = (tag, condition.first, condition.symbol, condition.last)
            chains.setdefault((condition.scope, subject), []).append(row)
    for (scope, subject), rows in chains.items():
        labels = frozenset(row[0] for row in rows)
        places = tuple((row[0], row[1]) for row in rows)
        last = max(row[3] for row in rows)
        is_of_classes = subject.startswith(_INSTANCE)
        yield Decision(
            subject.removeprefix(_INSTANCE), labels, rows[0][2], scope, rows[0][1], last, places, is_of_classes
        )


def _compared(test: Expr) -> Iterator[tuple[str, str]]:
    """The (subject, tag) pairs of `a.type === 'x'`, on its own or between `||`."""
    waiting = [(test, 0)]
    while waiting:
        at, depth = waiting.pop()
        if at.kind is ExprKind.CHOICE and at.text == "||" and depth < _PARTS_MAX:
            waiting.extend((part, depth + 1) for part in at.parts)
        elif at.kind is ExprKind.OTHER and len(at.parts) == 2 and " instanceof " in at.text:
            left, right = at.parts
            if left.kind in (ExprKind.NAME, ExprKind.MEMBER) and right.kind in (ExprKind.NAME, ExprKind.MEMBER):
                yield _INSTANCE + left.text, right.text
        elif at.kind is ExprKind.OTHER and len(at.parts) == 2 and "==" in at.text and "!=" not in at.text:
            left, right = at.parts
            if _tag(left) and not _tag(right):
                left, right = right, left
            if left.kind in (ExprKind.NAME, ExprKind.MEMBER) and _tag(right):
                yield left.text, _tag(right)


def _tag(value: Expr) -> str:
    """A fixed value as one would say it: a text, or a member of an enum; "" for anything else."""
    if value.kind is ExprKind.STRING:
        return value.text
    if value.kind is ExprKind.MEMBER and value.text[:1].isupper() and value.text.count(".") == 1:
        return value.text
    return ""

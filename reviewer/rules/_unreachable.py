"""Branches that are never reached, because an earlier decision on the same values took the case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reviewer.core.control_flow import Condition
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, FileFacts
from reviewer.rules._assertions import rendered
from reviewer.rules._implied import Case, cases_of, is_taken

_DEPTH_MAX = 8
"""Levels that facts keep of an expression."""

_CHAIN_MAX = 40
"""Decisions of one chain, and cases of them, that a later one is compared with."""

_DISTANCE_MAX = 80
"""Lines between two decisions that are compared: about a screen, and it bounds the work."""

_PURE = frozenset(
    ("startsWith", "endsWith", "includes", "has", "isArray", "isInteger", "isSafeInteger", "isFinite", "isNaN",
     "Boolean", "Number", "String", "toLowerCase", "toUpperCase", "trim", "hasOwn", "hasOwnProperty")
)  # fmt: skip
"""Calls that answer the same twice in a row."""

_TAKEN = "An earlier branch already took this case, so this one is never reached"
_LEFT = "The condition above is the same and leaves, so this branch is never reached"


def unreachable(facts: FileFacts, text: str) -> dict[int, str]:
    """The decisions of a file that are never reached, by their index, with why in words. `text` is the file's."""
    lines = text.split("\n")
    found: dict[int, str] = {}
    open_chains: list[list[Condition]] = []
    taken: list[list[Case]] = []  # by the chains that are open
    left: dict[tuple[int, str], Condition] = {}
    for index, item in enumerate(facts.conditions):
        if item.is_ternary:
            continue
        while open_chains and open_chains[-1][-1].last < item.first:
            open_chains.pop()
            taken.pop()
        cases = cases_of(item.test)
        if open_chains and _continues(open_chains[-1][-1], item, lines):
            if is_taken(cases, taken[-1]) and _is_asked_again(item.test, open_chains[-1]):
                found[index] = _TAKEN
            open_chains[-1] = [*open_chains[-1][1 - _CHAIN_MAX :], item]
            taken[-1] = [*taken[-1][-_CHAIN_MAX:], *cases]
            continue
        open_chains.append([item])
        taken.append(cases)
        same = item.scope, rendered(item.test)
        first = left.get(same)
        if first is not None and not _acts(item.test, 0) and _still_holds(facts, lines, first, item):
            found[index] = _LEFT
        if item.ends and not item.otherwise:
            left[same] = item
    return found


def _continues(first: Condition, second: Condition, lines: list[str]) -> bool:
    """Whether a decision is the `else if` of another: it ends where that one ends."""
    if first.scope != second.scope or second.last != first.last or second.first <= first.first:
        return False
    words = lines[second.first - 1].split() if second.first <= len(lines) else []
    return words[:2] in (["else", "if"], ["}", "else"]) or "}else" in words[:1]


def _is_asked_again(test: Expr, before: list[Condition]) -> bool:
    """Whether what a condition asks is still what those before it asked: they only call what cannot change it."""
    if _acts(test, 0):
        return False
    acting = [one.test for one in before if _acts(one.test, 0)]
    is_plain = all(name.isidentifier() for name in _leaves(test, 0))
    return not acting or (is_plain and not any(_writes(one, 0) for one in acting))


def _writes(test: Expr, depth: int) -> bool:
    if test.kind is ExprKind.ASSIGN or (test.kind is ExprKind.OTHER and ("++" in test.text or "--" in test.text)):
        return True
    return depth < _DEPTH_MAX and any(_writes(part, depth + 1) for part in test.parts)


def _still_holds(facts: FileFacts, lines: list[str], first: Condition, second: Condition) -> bool:
    """Whether a decision repeats one that left before, in the same block, with nothing between that changes what
    both ask."""
    distance = second.first - first.last
    if not 0 < distance <= _DISTANCE_MAX or not _same_block(lines, first, second):
        return False
    between = lines[first.last : second.first - 1]
    if not any(line.strip() for line in between):
        return True
    asked = list(_leaves(first.test, 0))
    if not asked or not all(name.isidentifier() and facts.imported(name) is None for name in asked):
        return False
    steps = [f"{name}{sign}" for name in asked for sign in ("++", "--")]
    steps += [f"{sign}{name}" for name in asked for sign in ("++", "--")]
    is_stepped = any(step in line for line in between for step in steps)
    return not is_stepped and facts.index.once(_settled).issuperset(asked)


def _settled(facts: FileFacts) -> frozenset[str]:
    """The names of a file that mean one thing and are given a value once."""
    given: Counter[str] = Counter()
    for binding in facts.bindings:
        names = {binding.name, *binding.locals, *(() if binding.locals else binding.fields)}
        is_again = binding.kind is BindingKind.ASSIGNMENT
        if is_again or binding.kind in (BindingKind.CONST, BindingKind.LET, BindingKind.LOOP):
            given.update(dict.fromkeys(names, 2 if is_again else 1))
    given.update(name for one in facts.functions for param in one.params for name in (param.name, *param.locals))
    return frozenset(name for name, count in given.items() if count == 1)


def _same_block(lines: list[str], first: Condition, second: Condition) -> bool:
    """Whether no line between stands further out than the first decision, and no other case of a switch begins."""
    rows = [row for row in lines[first.first - 1 : second.first] if row.strip()]
    depth = _depth(lines[first.first - 1]) if first.first <= len(lines) else 0
    labels = any(_depth(row) == depth and row.strip().startswith(("case ", "default:")) for row in rows)
    return not labels and all(_depth(row) >= depth for row in rows)


def _depth(row: str) -> int:
    return len(row) - len(row.lstrip())


def _leaves(test: Expr, depth: int) -> Iterator[str]:
    """The names that a condition asks, "()" for what it calls."""
    if test.kind in (ExprKind.NAME, ExprKind.MEMBER):
        yield test.text
    elif test.kind is ExprKind.CALL or (test.kind is ExprKind.OTHER and not test.parts):
        yield "()"
    for part in test.parts if depth < _DEPTH_MAX else ():
        yield from _leaves(part, depth + 1)


def _acts(test: Expr, depth: int) -> bool:
    """Whether asking changes something, so that the second answer may be another: `queue.next()`, `left--`."""
    if test.kind is ExprKind.CALL and test.text.replace("()", "").rpartition(".")[2] not in _PURE:
        return True
    if test.kind in (ExprKind.NEW, ExprKind.AWAIT, ExprKind.ASSIGN, ExprKind.TAGGED):
        return True
    is_leaf = test.kind is ExprKind.OTHER and not test.parts
    acts = test.kind is ExprKind.OTHER and any(mark in test.text for mark in ("++", "--"))
    return (
        acts
        or (is_leaf and "(" in test.text)
        or (depth < _DEPTH_MAX and any(_acts(part, depth + 1) for part in test.parts))
    )

"""A controller that decides and computes: business rules that can be reached by HTTP only.

A job, a message or another endpoint that needs the same rule has to copy it, and each test of it needs a request.
Counted are comparisons, cases and arithmetic inside one handler; guards that refuse the request at once are the
controller's own work and count only beyond ten, paging and asking whether something was given not at all. What the
handler had before the change is left alone.

Bad::

    @Post() create(@Body() order: OrderDto) {
      let total = 0;
      for (const item of order.items) { total += item.price * item.count; if (item.count > 10) total -= item.price; }
      if (order.customer.tier === 'gold') total *= 0.9;
      return this.orders.save(order, total);
    }

Good::

    @Post() create(@Body() order: OrderDto) { return this.orders.place(order); }
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._solid_handlers import Handler, handlers, handlers_before, is_health

_DECISIONS_MAX = 10
"""Decisions in one handler, guards among them: past a cyclomatic complexity of ten, readers agreed with 11 of 11 hits
on 24 backends."""
_RULES_ALONE_MIN = 3
"""Comparisons that decide and are no guards; three or more were in 9 of 1,500 handlers of 8 backends."""
_RULES_MIN = 2
_COMPUTED_MIN = 2
"""With this much arithmetic, two are enough: a rule about money, stock or time."""
_SUMS = ("+=", "-=", "*=", "/=")
_ARITHMETIC = ("-", "*", "/", "%", "**")
_PAGING = (
    "page",
    "limit",
    "skip",
    "offset",
    "take",
    "perpage",
    "pagesize",
    "size",
    "now",
    "start",
    "elapsed",
    "length",
)


@dataclass(frozen=True, slots=True)
class _Weight:
    decisions: int = 0
    rules: int = 0
    choices: int = 0
    computed: int = 0

    @property
    def is_too_much(self) -> bool:
        if self.decisions > _DECISIONS_MAX:
            return True
        if self.rules >= _RULES_ALONE_MIN:
            return True
        return self.rules + self.choices >= _RULES_MIN and self.computed >= _COMPUTED_MIN


def inspect(project: Project) -> Iterator[Finding]:
    """Handlers that the change made decide or compute too much."""
    for file, facts in project.production:
        if is_health(file.path):
            continue
        weights = _Weights(facts)
        ours = [(one, weights.of(one)) for one in handlers(project, file.path, facts)]
        heavy = [(one, weight) for one, weight in ours if weight.is_too_much]
        if not heavy:
            continue
        old = _Weights(project.before(file.path))
        before = {one.symbol: old.of(one) for one in handlers_before(project, file.path)}
        for one, weight in heavy:
            was = before.get(one.symbol, _Weight())
            grew = weight.decisions > was.decisions or weight.computed > was.computed
            if grew and not was.is_too_much and project.wrote(file.path, one.first, one.last):
                yield _finding(file.path, one, weight, weights.starts(one, project.added(file.path)))


class _Weights:
    """Conditions, cases and arithmetic of one file by the function they stand in, so that each is looked at once."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._by_scope: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self._lines: dict[int, list[int]] = defaultdict(list)
        for one in facts.conditions:
            if _asks_presence(one.test):
                continue
            row = self._by_scope[one.scope]
            if one.is_ternary:
                row[2] += _compares(one.test)
            else:
                row[0] += 1
                is_rule = _compares(one.test) and not (one.ends and not one.otherwise)
                row[1] += is_rule
                self._lines[one.scope].extend((one.first,) if is_rule else ())
        for switch in facts.switches:
            self._by_scope[switch.scope][0] += len(switch.labels)
            self._by_scope[switch.scope][1] += len(switch.labels)
        for operation in facts.operations:
            if operation.operator in _ARITHMETIC and not _is_paging(operation.code):
                self._by_scope[operation.scope][3] += 1
                self._lines[operation.scope].append(operation.first)
        for binding in facts.bindings:
            if binding.operator in _SUMS and not _is_paging(binding.name):
                self._by_scope[binding.scope][3] += 1
                self._lines[binding.scope].append(binding.first)

    def of(self, handler: Handler) -> _Weight:
        """What stands inside a handler, nested functions too."""
        rows = [self._by_scope[scope] for scope in self._facts.index.within(handler.scope) if scope in self._by_scope]
        decisions, rules, choices, computed = (sum(row[column] for row in rows) for column in range(4))
        return _Weight(decisions, rules, choices, computed)

    def starts(self, handler: Handler, added: Collection[int]) -> tuple[int, int]:
        """From the head of a handler to the first of its rules that the change wrote; of an old handler that rule."""
        lines = [line for scope in self._facts.index.within(handler.scope) for line in self._lines.get(scope, ())]
        first = min((line for line in lines if line in added), default=handler.first)
        is_new = all(line in added for line in range(handler.first, first))
        return (handler.first if is_new else first), first


def _asks_presence(test: Expr) -> bool:
    """Whether a test only asks if something was given: `x`, `!x`, `x !== undefined`."""
    return test.text.endswith(("undefined", "null", "'undefined'")) or "typeof" in test.text


def _compares(test: Expr) -> bool:
    """Whether a test compares something with a value, which is where a rule of the business shows."""
    if test.kind is ExprKind.CHOICE:
        return any(_compares(part) for part in test.parts)
    return len(test.parts) == 2 and any(sign in test.text for sign in ("===", "!==", "==", "!=", "<", ">"))


def _is_paging(code: str) -> bool:
    return any(word in code.lower() for word in _PAGING)


def _finding(path: str, one: Handler, weight: _Weight, lines: tuple[int, int]) -> Finding:
    name = f"`{one.symbol}`" if one.symbol else "This handler"
    return report(
        RULE,
        at(path, *lines),
        f"{name} now holds business rules ({weight.decisions} decisions, {weight.computed} computations): nothing but "
        "an HTTP request can reach them, and no test without one. Move the decision into a service, and leave reading "
        "the request and answering it here.",
        symbol=one.symbol,
        quoted=f"{one.symbol} decides",
    )


RULE = Rule(
    slug="solid_controller_logic",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="A controller holds business rules",
    inspect=inspect,
    references=(Reference("NestJS: controllers", "https://docs.nestjs.com/controllers"),),
    confidence=0.9,
    page=__doc__ or "",
)

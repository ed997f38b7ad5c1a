"""A test that sleeps: too short on a busy machine, and lost time on every other one.

Waiting in a loop for a state, fake timers, and a mock that answers late are left alone.

Bad::

    await queue.add(order);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(mailer.sent).toHaveLength(1);

Good::

    await queue.add(order);
    await waitFor(() => expect(mailer.sent).toHaveLength(1));
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_off, is_test
from reviewer.core.wording import also_on
from reviewer.rules._report import at, report
from reviewer.rules._testing import is_browser_test, tests_of

_SLEEPERS = frozenset(
    ("sleep", "delay", "wait", "pause", "sleepMs", "delayMs", "waitMs", "snooze", "timeout", "usleep")
)
_TIMER_MODULES = frozenset(("timers/promises", "node:timers/promises", "delay", "sleep-promise"))
_WAIT_MS_MIN = 10
"""Shorter waits only let pending callbacks run: `setTimeout(resolve, 0)`."""

_LOOPS = ("for", "while")


def inspect(project: Project) -> Iterator[Finding]:
    """The first sleep in each test, or hook, that the change wrote: one finding for a file."""
    for file, facts in project.changed:
        if not is_test(file.path) or is_off(file.path) or is_browser_test(facts) or _has_fake_timers(facts):
            continue
        found: dict[int, tuple[Call, str]] = {}
        owners = dict.fromkeys(_hooks(facts), "") | {test.scope: test.title for test in tests_of(facts)}
        for call in facts.calls:  # in a function inside, it may be what a mock or a slow caller does
            owner = call.scope
            is_one = owner in owners and owner not in found and call.loop not in _LOOPS
            if is_one and project.introduced(file.path, call) and (waited := _sleeps(facts, call)):
                found[owner] = call, waited
        if found:
            (owner, (call, waited)), *others = sorted(found.items(), key=lambda one: one[1][0].first)
            yield report(
                RULE,
                at(file.path, call.first),
                f"The test waits {waited} and hopes that this is enough: it fails on a busy machine and is slow "
                "on all others. Wait for the state itself (poll it, await the event), or use fake timers."
                + also_on([other.first for _, (other, _) in others]),
                symbol=owners[owner],
                quoted=call.code,
            )


def _has_fake_timers(facts: FileFacts) -> bool:
    return "useFakeTimers" in facts.names or "FakeTimers" in facts.names


def _hooks(facts: FileFacts) -> Iterator[int]:
    """The functions that run before and after tests."""
    for scope, function in enumerate(facts.functions):
        if function.passed_to in ("beforeEach", "beforeAll", "afterEach", "afterAll", "before", "after"):
            yield scope


def _sleeps(facts: FileFacts, call: Call) -> str:
    """How long a call sleeps, in words; "" when it does not."""
    if not call.awaited:
        return ""
    if call.is_new:
        return _in_promise(facts, call) if call.callee == "Promise" else ""
    name, module = original(facts, call.callee)
    last = name.rpartition(".")[2]
    is_sleeper = last in _SLEEPERS and "." not in name
    is_timer = module in _TIMER_MODULES and last in ("setTimeout", "default", "delay", "*")
    return _duration(call.args[0]) if (is_sleeper or is_timer) and 0 < len(call.args) < 3 else ""


def _in_promise(facts: FileFacts, call: Call) -> str:
    """The time in `new Promise((resolve) => setTimeout(resolve, time))`, where nothing else happens."""
    made = call.args[0] if call.args else None
    if made is None or made.kind is not ExprKind.FUNCTION or made.scope < 0:
        return ""
    inside = list(facts.index.calls(facts.index.within(made.scope)))
    timers = [one for one in inside if one.callee.rpartition(".")[2] == "setTimeout" and len(one.args) > 1]
    resolve = next((param.name for param in facts.functions[made.scope].params[:1]), "")
    others = [one for one in inside if one not in timers and one.callee != resolve]
    return _duration(timers[0].args[1]) if len(timers) == 1 and not others else ""


def _duration(value: Expr) -> str:
    if value.kind is ExprKind.NUMBER:
        digits = value.text.replace("_", "")
        return f"{digits} ms" if digits.isdigit() and int(digits) >= _WAIT_MS_MIN else ""
    if value.kind in (ExprKind.NAME, ExprKind.MEMBER):
        return f"`{value.text}`"
    return f"`{value.text[:40]}`" if value.kind is ExprKind.OTHER else ""


RULE = Rule(
    slug="tests_sleep",
    concern=Concern.TESTS,
    severity=Severity.WARNING,
    title="A test sleeps for a fixed time",
    inspect=inspect,
    references=(Reference("Jest: timer mocks", "https://jestjs.io/docs/timer-mocks"),),
    confidence=0.9,
    page=__doc__ or "",
)

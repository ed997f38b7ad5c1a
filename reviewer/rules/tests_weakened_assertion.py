"""An assertion that the change took out of a test, or replaced by one that more answers pass.

The test stays green and is still counted, and the fault it was written against can come back. Left alone: assertions
about something that the change took out of the code itself, and a test that was written anew. A note where the code
under test changed too. Also flagged: a test that asked for a refusal and asks for a pass now, where its title still
says the refusal, where that was about who may get in, or where a schema that it is about checks less than before.

Bad::

    - expect(await service.total(order)).toEqual({ net: 100, tax: 19 });
    + expect(await service.total(order)).toBeDefined();

Good::

    - expect(await service.total(order)).toEqual({ net: 100, tax: 19 });
    + expect(await service.total(order)).toEqual({ net: 100, tax: 7 });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._assertions import Asserting, Assertion, last_of
from reviewer.rules._looser import says_less
from reviewer.rules._report import at, report
from reviewer.rules._test_changes import (
    Difference,
    Kept,
    Production,
    acts,
    difference,
    has_other_input,
    is_moved,
    kept_tests,
)
from reviewer.rules._testing import Test
from reviewer.rules._turned_tests import turned
from reviewer.rules._vaguer import VAGUE, is_any_refusal, is_looser_status, is_vaguer
from reviewer.rules._web_tests import VERBS


def inspect(project: Project) -> Iterator[Finding]:
    """Tests that the change kept and that now say less; one finding for each."""
    production = project.once(Production)
    asserting = project.once(Asserting)
    for kept in kept_tests(project):
        changes = difference(kept)
        if not changes.removed or _has_new_help(asserting, kept) or is_moved(kept, changes):
            continue
        weaker = next(_weaker(changes, production), None)
        if weaker is not None:
            was, now = weaker
            yield report(
                RULE,
                at(kept.file.path, now.first, now.last),
                f"`{_said(was)}` became `{_said(now)}`, which passes for answers that the test refused until now. "
                "Keep the exact assertion, or say in the test what may vary.",
                symbol=kept.new.title,
                quoted=now.matcher + now.args,
            )
        elif (opposite := turned(project, kept, changes)) is not None:
            was, now = opposite
            found = report(
                RULE,
                at(kept.file.path, min(_place(kept), now.first), now.last),
                f"`{_said(was)}` became `{_said(now)}` for the same input: what this test made sure is refused passes "
                "now. If that is meant, say why in the change, and keep a test of what is refused still; else the code "
                "lost a check, and the test follows it.",
                symbol=kept.new.title,
                quoted=now.matcher + now.args,
            )
            yield replace(found, title="A test asserts the opposite of before")
        elif _only_removed(kept, changes, production):
            what = ", ".join(f"`{name}`" for name in dict.fromkeys(map(_said, changes.removed)))
            yield report(
                RULE,
                at(kept.file.path, _place(kept)),
                f"The test `{kept.new.call.args[0].text}` no longer asserts {what}, though it still does the same. "
                "Put the assertion back, or change what it expects to what the code now promises.",
                symbol=kept.new.title,
                quoted=what,
            )


def _has_new_help(asserting: Asserting, kept: Kept) -> bool:
    """Whether a test calls a helper that asserts and that it did not call before: that one may say as much."""
    old = {call.callee for call in kept.before.index.calls(kept.old.within)}
    calls = (call for call in kept.facts.index.calls(kept.new.within) if call.callee not in old)
    return any(asserting.helps(kept.file.path, kept.facts, call) for call in calls)


def _said(item: Assertion) -> str:
    matcher = item.matcher.replace("()", "")
    if matcher.startswith("assert") or item.call is None:
        return matcher
    if matcher == "expect":
        return f"expect({item.args[:40]})"
    few = item.args if len(item.args) <= 30 and "(" not in item.args and "[" not in item.args else "…"
    return f"{matcher}({few})"


def _place(kept: Kept) -> int:
    """The first line of the test at which the change is felt."""
    test = kept.new.call
    return min(number for number in kept.file.diff.edited if test.first <= number <= test.last)


def _weaker(changes: Difference, production: Production) -> Iterator[tuple[Assertion, Assertion]]:
    for was in changes.removed:
        for now in changes.added:
            same = was.subject == now.subject and bool(was.subject)
            about_it = bool(was.subject) and was.subject in now.args
            if (
                (same and (is_vaguer(was, now) or is_any_refusal(was, now)))
                or ((same or about_it or now.subject.endswith(".ok")) and is_looser_status(was, now))
                or (_is_about_whole(was, now, changes) and is_vaguer(was, now))
                or _is_open(was, now, changes, production)
            ):
                yield was, now
    yield from _of_one_call(changes)


def _of_one_call(changes: Difference) -> Iterator[tuple[Assertion, Assertion]]:
    """Assertions about the answer of one call, whatever it is given now, where no new one is exact."""
    if changes.added and all(_passes_anything(item) for item in changes.added):
        for was in changes.removed:
            for now in changes.added:
                if _called(was) and _called(now) == _called(was) and is_vaguer(was, now):
                    yield was, now


def _passes_anything(item: Assertion) -> bool:
    return last_of(item) in VAGUE and "not" not in item.matcher.split(".")


def _called(item: Assertion) -> str:
    """What an assertion is about, if it is the answer of a call, whatever that is given: `service.create`."""
    at: Expr | None = item.call.receiver if item.call is not None else None
    while at is not None and at.receiver is not None:
        at = at.receiver
    value = at.parts[0] if at is not None and at.text == "expect" and at.parts else None
    while value is not None and value.kind is ExprKind.AWAIT and value.parts:
        value = value.parts[0]
    return value.text if value is not None and value.kind is ExprKind.CALL else ""


def _is_open(was: Assertion, now: Assertion, changes: Difference, production: Production) -> bool:
    """Whether an assertion leaves open what it fixed, and the code still has it."""
    opened = says_less(was, now, changes.added)
    return opened is not None and not production.explains(*opened)


def _is_about_whole(was: Assertion, now: Assertion, changes: Difference) -> bool:
    """Whether an assertion about a field became one about all of the object, and no other of them is still exact."""
    if not now.subject or not was.subject.startswith((now.subject + ".", now.subject + "[")):
        return False
    return all(last_of(one) in VAGUE for one in changes.added if one.subject.startswith(now.subject))


def _only_removed(kept: Kept, changes: Difference, production: Production) -> bool:
    """Whether assertions went and nothing else: the test still does what it did, and the code still has it all."""
    if not changes.removed or changes.added:
        return False
    if _are_requests(changes):
        if not _requests(kept.before, kept.old) <= _requests(kept.facts, kept.new):
            return False
    elif not {call.code for call in acts(kept.before, kept.old)} <= _codes(kept.facts, kept.new):
        return False
    if has_other_input(kept):
        return False
    return not any(production.explains(item.subject, item.args, item.matcher) for item in changes.removed)


def _codes(facts: FileFacts, test: Test) -> set[str]:
    return {call.code for call in facts.index.calls(test.within)}


def _are_requests(changes: Difference) -> bool:
    """Supertest's assertions are part of the request itself, which reads differently without one."""
    return all(item.matcher == "expect" for item in changes.removed)


def _requests(facts: FileFacts, test: Test) -> set[str]:
    """The requests of a test up to their verb, which no assertion behind it changes."""
    calls = facts.index.calls(test.within)
    return {call.code for call in calls if call.callee.rpartition(".")[2] in VERBS}


RULE = Rule(
    slug="tests_weakened_assertion",
    concern=Concern.TESTS,
    severity=Severity.NOTE,
    title="A test asserts less than before",
    inspect=inspect,
    references=(Reference("Jest: expect", "https://jestjs.io/docs/expect"),),
    confidence=0.85,
    page=__doc__ or "",
)

"""Whether an assertion became one that nearly anything passes: a mere existence, any error, any status of a range."""

from __future__ import annotations

from reviewer.rules._assertions import Assertion, last_of

_EXACT = frozenset(
    ("toEqual", "toStrictEqual", "toBe", "toMatchObject", "toHaveLength", "toContain", "toContainEqual", "toMatch",
     "toHaveProperty", "toBeCloseTo", "toHaveBeenCalledWith", "toHaveBeenLastCalledWith", "toHaveBeenNthCalledWith",
     "toBeCalledWith", "toHaveBeenCalledTimes", "toBeCalledTimes", "toBeInstanceOf", "equal", "equals", "eql", "eq",
     "include", "members", "calledWith", "calledOnceWith", "property", "lengthOf", "toMatchInlineSnapshot")
)  # fmt: skip
VAGUE = frozenset(
    ("toBeDefined", "toBeTruthy", "toHaveBeenCalled", "toBeCalled", "exist", "ok", "called", "toExist", "isOk")
)
"""Words that any value passes, or nearly any."""

_VAGUE_WHEN_NOT = frozenset(("toBeNull", "toBeUndefined", "toBe", "toEqual", "null", "undefined", "toBeFalsy"))
_REFUSALS = frozenset(("toThrow", "toThrowError", "throw", "throws", "rejectedWith", "rejects"))
_RANGES = frozenset(
    ("toBeLessThan", "toBeGreaterThan", "toBeLessThanOrEqual", "toBeGreaterThanOrEqual", "toContain", "below", "above",
     "least", "most", "oneOf", "include", "toBeOneOf")
)  # fmt: skip
_VAGUE_ASSERT = frozenset(
    ("assert", "assert.ok", "assert.exists", "assert.isOk", "assert.notEqual", "assert.notStrictEqual",
     "assert.isDefined", "assert.isNotNull")
)  # fmt: skip
_EXACT_ASSERT = frozenset(("equal", "strictEqual", "deepEqual", "deepStrictEqual", "match"))


def is_vaguer(was: Assertion, now: Assertion) -> bool:
    """Whether an exact assertion became one of a value's existence or type, about the same thing."""
    old, new = last_of(was), last_of(now)
    if was.matcher.startswith("assert"):
        return old in _EXACT_ASSERT and now.matcher in _VAGUE_ASSERT
    if was.matcher == now.matcher == "expect":
        return was.args.startswith(now.args + ", ")  # supertest's status and body became the status alone
    if old not in _EXACT or was.args in ("true", "undefined", "null") or "not" in was.matcher.split("."):
        return False
    negated = "not" in now.matcher.split(".")
    if new in VAGUE and not negated:
        return True
    if negated and new in _VAGUE_WHEN_NOT:
        return True
    anything = now.args.startswith(("expect|expect.any", "expect.any"))
    return old == new and anything and not was.args.startswith("expect.any")


def is_any_refusal(was: Assertion, now: Assertion) -> bool:
    """Whether a certain error became any error."""
    is_any = (last_of(now) in _REFUSALS and not now.args) or (last_of(now) in VAGUE and "rejects" in now.matcher)
    return last_of(was) in _REFUSALS and bool(was.args) and is_any


def is_looser_status(was: Assertion, now: Assertion) -> bool:
    """Whether a certain status became one of several."""
    is_status = "status" in was.subject.lower() and (was.args.isdigit() or "HttpStatus" in was.args)
    if is_status and now.subject == was.subject.rpartition(".")[0] + ".ok":
        return True
    return is_status and (last_of(now) in _RANGES or "not" in now.matcher.split("."))

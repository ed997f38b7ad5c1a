"""Whether an assertion that something is refused became one that the same is accepted."""

from __future__ import annotations

from typing import Final

from reviewer.rules._assertions import Assertion, last_of
from reviewer.rules._auth import step, words

_EQUALS: Final = frozenset(
    ("toBe", "toEqual", "toStrictEqual", "equal", "eq", "eql", "equals", "strictEqual", "deepEqual", "deepStrictEqual")
)
_FALSE: Final = frozenset(("toBeFalsy", "toBeFalse", "false", "isFalse", "isNotOk"))
_TRUE: Final = frozenset(("toBeTruthy", "toBeTrue", "true", "isTrue", "isOk", "ok"))
_VERDICTS: Final = frozenset(
    ("success", "succeeded", "valid", "ok", "allowed", "allow", "allows", "permitted", "authorized", "authorised",
     "accepted", "can", "may", "verified", "verify", "validate", "check", "safe", "passes", "permission", "access")
)  # fmt: skip
"""Words of values that say whether something was let through."""

_THROWS: Final = frozenset(("toThrow", "toThrowError", "throw", "throws", "rejectedWith", "rejected"))
_FAULTS: Final = frozenset(("error", "errors", "issues", "violations"))


def is_opposite(was: Assertion, now: Assertion) -> bool:
    """Whether the refusal that an assertion asked for became a pass, of what reads as the same subject."""
    if not was.subject or _plain(was.subject) != _plain(now.subject):
        return False
    return (
        (_is_said(was, "false", _FALSE) and _is_said(now, "true", _TRUE) and _is_verdict(was.subject))
        or (_throws(was) and (_throws_not(now) or "resolves" in now.matcher.split(".")))
        or (_refuses(was) and _accepts(now))
        or (_is_faulty(was) and _has_no_faults(now))
    )


def lets_anybody_in(was: Assertion, now: Assertion) -> bool:
    """Whether the refusal was one of who is calling or of what they may do: 401, 403, `ForbiddenException`."""
    is_status = _refuses(was) and _accepts(now) and was.args in ("401", "403")
    return is_status or (_throws(was) and any(word in was.args.lower() for word in ("forbidden", "unauthorized")))


def tells_validity(was: Assertion) -> bool:
    """Whether a refusal is a status that says that the input was wrong."""
    return _refuses(was) and was.args in ("400", "422")


def _plain(subject: str) -> str:
    """A subject without the wait for it: `expect(await f())` and `expect(f()).rejects` are about the same."""
    return subject.removeprefix("await[").removesuffix("]") if subject.startswith("await[") else subject


def _is_said(item: Assertion, value: str, words_for_it: frozenset[str]) -> bool:
    if "not" in item.matcher.split("."):
        return False
    return (last_of(item) in _EQUALS and item.args == value) or (not item.args and last_of(item) in words_for_it)


def _is_verdict(subject: str) -> bool:
    return bool(_VERDICTS & {word for part in subject.replace("|", ".").split("(") for word in words(step(part))})


def _throws(item: Assertion) -> bool:
    steps = item.matcher.replace("()", "").split(".")
    return "not" not in steps and (last_of(item) in _THROWS or "rejects" in steps)


def _throws_not(item: Assertion) -> bool:
    return "not" in item.matcher.split(".") and last_of(item) in _THROWS


def _refuses(item: Assertion) -> bool:
    return _is_status(item) and item.args[:1] == "4" and item.args != "404"


def _accepts(item: Assertion) -> bool:
    return _is_status(item) and item.args[:1] == "2"


def _is_status(item: Assertion) -> bool:
    is_asked = item.matcher == "expect" or (last_of(item) in _EQUALS and "status" in step(item.subject).lower())
    return is_asked and len(item.args) == 3 and item.args.isdigit()


def _is_faulty(item: Assertion) -> bool:
    is_some = (last_of(item) == "toHaveLength" and item.args.isdigit()) or (
        last_of(item) == "toBeGreaterThan" and item.subject.endswith(".length")
    )
    return is_some and (item.args != "0" or last_of(item) != "toHaveLength") and _is_about_faults(item)


def _has_no_faults(item: Assertion) -> bool:
    return item.args == "0" and last_of(item) in {"toHaveLength", *_EQUALS} and _is_about_faults(item)


def _is_about_faults(item: Assertion) -> bool:
    return bool(_FAULTS & set(words(step(item.subject.removesuffix(".length")))))

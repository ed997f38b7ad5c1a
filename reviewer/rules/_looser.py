"""Whether one assertion about a value says less than another about the same value: part of it, or a range."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._assertions import Assertion, last_of, rendered

_WHOLE = frozenset(("toEqual", "toStrictEqual", "toBe", "equal", "equals", "eql", "eq", "deepEqual", "strictEqual",
                    "deepStrictEqual", "toMatchObject", "toHaveBeenCalledWith", "toHaveBeenLastCalledWith",
                    "toBeCalledWith", "calledWith"))  # fmt: skip
_PARTIAL = frozenset(("toMatchObject", "containSubset"))
_SOME = frozenset(("toHaveProperty", "property", "keys", "toContain", "toContainEqual", "include"))
_COUNTS = frozenset(("toHaveLength", "lengthOf"))
_BOUNDS = frozenset(("toBeGreaterThan", "toBeGreaterThanOrEqual", "toBeLessThan", "toBeLessThanOrEqual", "above",
                     "least", "below", "most", "gt", "gte"))  # fmt: skip
_PARTS_OF_TEXT = frozenset(("toContain", "toMatch", "include", "match", "contain", "contains"))
_CONTAINING = ("expect.objectContaining", "expect.arrayContaining")
_ANY = ("expect.any", "expect.anything")
_LITERALS = (ExprKind.STRING, ExprKind.NUMBER, ExprKind.CONSTANT)
_MADE_KEYS = ("id", "uuid", "token", "at", "date", "time", "hash", "key", "code", "url", "version")
"""How names of values end that may be another one each time."""


def says_less(was: Assertion, now: Assertion, added: tuple[Assertion, ...]) -> tuple[str, ...] | None:
    """What the old assertion fixed and the new one leaves open: names of keys, or a text; () where it has no name, None
    where it leaves nothing open. `added` are all new assertions of the test."""
    if not was.subject or was.call is None or now.call is None:
        return None
    if was.subject == now.subject and _is_less_text(was, now):
        return (was.args,)
    if _is_bound(was, now) or _is_type_alone(was, now):
        return ()
    if was.subject != now.subject or last_of(was) not in _WHOLE:
        return None
    if was.matcher == now.matcher and last_of(was).endswith(("CalledWith", "calledWith")):
        return _opened_call(was, now)
    old = _value(was)
    if old is None:
        return None
    if last_of(now) in _COUNTS and old.kind is ExprKind.ARRAY and old.parts:
        return () if not _says_rest(old, now, added) else None
    if last_of(now) in _SOME and old.kind is ExprKind.OBJECT:
        open_keys = tuple(key for key in old.keys if not any(_names(item, key) for item in added))
        return open_keys or None
    return _opened(old, now)


def _opened_call(was: Assertion, now: Assertion) -> tuple[str, ...] | None:
    """What the arguments of a call may be now, of those that were fixed."""
    old, new = was.call.args if was.call else (), now.call.args if now.call else ()
    if len(old) != len(new):
        return None
    pairs = zip(old, new, strict=True)
    found = [key for one, two in pairs for key in _open_keys(one, two, "[]", is_partial=False)]
    return None if not found or "" in found else tuple(found)


def _is_type_alone(was: Assertion, now: Assertion) -> bool:
    """Whether an exact value became its type: `typeof total`, `Array.isArray(rows)`."""
    is_exact = last_of(was) in _WHOLE | _COUNTS and was.args not in ("true", "undefined", "null")
    return is_exact and was.subject in now.subject and now.subject.startswith(("typeof ", "Array.isArray("))


def _value(item: Assertion) -> Expr | None:
    args = item.call.args if item.call is not None else ()
    if item.matcher.startswith("assert"):
        args = args[1:]
    return args[0] if len(args) == 1 else None


def _opened(old: Expr, now: Assertion) -> tuple[str, ...] | None:
    new = _value(now)
    if new is None or last_of(now) not in _WHOLE | _PARTIAL:
        return None
    found = tuple(_open_keys(old, new, "", is_partial=last_of(now) in _PARTIAL))
    return None if not found or "" in found else found


def _open_keys(old: Expr, new: Expr, key: str, *, is_partial: bool) -> Iterator[str]:
    """Names of the keys that are fixed no more; "" where the values are not the same but for that."""
    if new.kind is ExprKind.CALL and new.text in _CONTAINING and len(new.parts) == 1 and old.kind is new.parts[0].kind:
        yield from _open_keys(old, new.parts[0], key, is_partial=True)
    elif new.kind is ExprKind.CALL and new.text in _ANY:
        yield key if key and old.kind in _LITERALS and not _is_made(key) else ""
    elif old.kind is ExprKind.OBJECT and new.kind is ExprKind.OBJECT:
        yield from _open_members(old, new, is_partial=is_partial)
    elif old.kind is ExprKind.ARRAY and new.kind is ExprKind.ARRAY and len(old.parts) == len(new.parts):
        for was, now in zip(old.parts, new.parts, strict=True):
            yield from _open_keys(was, now, key, is_partial=is_partial)
    elif old.kind is ExprKind.ARRAY and new.kind is ExprKind.ARRAY and is_partial:
        kept = {rendered(part) for part in old.parts}
        yield (key or "[]") if all(rendered(part) in kept for part in new.parts) else ""
    elif rendered(old) != rendered(new):
        yield ""


def _open_members(old: Expr, new: Expr, *, is_partial: bool) -> Iterator[str]:
    before = dict(zip(old.keys, old.parts, strict=False))
    after = dict(zip(new.keys, new.parts, strict=False))
    if after.keys() - before.keys():
        yield ""
    for key, value in before.items():
        if key in after:
            yield from _open_keys(value, after[key], key, is_partial=is_partial)
        else:
            yield key if is_partial else ""


def _is_made(key: str) -> bool:
    return key.lower().endswith(_MADE_KEYS)


def _is_less_text(was: Assertion, now: Assertion) -> bool:
    """Whether an exact text became a part of it."""
    old, new = _value(was), _value(now)
    if old is None or new is None or last_of(was) not in _WHOLE or last_of(now) not in _PARTS_OF_TEXT:
        return False
    is_text = old.kind is ExprKind.STRING and old.text and "not" not in now.matcher.split(".")
    return bool(is_text) and (new.kind is not ExprKind.STRING or (new.text in old.text and new.text != old.text))


def _is_bound(was: Assertion, now: Assertion) -> bool:
    """Whether an exact number became a bound, of the value or of its length."""
    old = _value(was)
    if old is None or old.kind is not ExprKind.NUMBER or last_of(now) not in _BOUNDS:
        return False
    if last_of(was) in _COUNTS:
        return now.subject in (was.subject, was.subject + ".length")
    return last_of(was) in _WHOLE | {"toHaveBeenCalledTimes", "toBeCalledTimes"} and now.subject == was.subject


def _names(item: Assertion, key: str) -> bool:
    """Whether an assertion says something of a key."""
    return key in item.args or f".{key}" in item.subject


def _says_rest(old: Expr, now: Assertion, added: tuple[Assertion, ...]) -> bool:
    """Whether other new assertions look into the list."""
    return any(item is not now and item.subject.startswith(now.subject) for item in added)

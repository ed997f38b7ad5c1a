"""Names inside archives: whoever packed one chose them, so that `../` in one leads out of the folder it is unpacked to
("zip slip"). Which expressions are such names, and which functions ask where they lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import BindingKind
from reviewer.rules._auth import outermost, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.facts import Call, FileFacts

_FIELDS: Final = {
    "adm-zip": ("entryName",), "unzipper": ("path",), "yauzl": ("fileName",), "yauzl-promise": ("filename",),
    "tar": ("path",), "tar-stream": ("name",), "tar-fs": ("name",), "jszip": ("name",), "node-stream-zip": ("name",),
    "unzip-stream": ("path",), "node-unzip-2": ("path",), "unzip": ("path",),
}  # fmt: skip
"""Modules that read archives, and the fields that hold the name of an entry."""

_ROOTS: Final = frozenset(
    ("entry", "header", "file", "item", "member", "record", "zipentry", "zipfile", "e", "f", "each", "one", "part")
)
"""What an entry is called; a field called `path` or `name` of anything else is something else."""

_ASKS: Final = frozenset(("startsWith", "basename", "relative", "isAbsolute"))
_FINDS: Final = frozenset(("includes", "indexOf", "test", "match", "search", "replace"))
_WORDS: Final = frozenset(("safe", "inside", "within", "sanitize", "contained", "traversal", "escapes", "slip"))
_BOUND_MAX: Final = 3
"""Values of one name that are looked at."""

_DEPTH_MAX: Final = 6
"""Steps from the file that is written to the name of an entry: constants, and calls inside each other."""


def entry_in(facts: FileFacts, value: Expr, scope: int) -> Expr | None:
    """The name of an archive's entry that a path is put together from; None where there is none, or where the function
    asks where it leads."""
    fields = frozenset(field for module in _FIELDS if module in facts.index.modules for field in _FIELDS[module])
    if not fields:
        return None
    found = next(_entries(facts, value, scope, fields, 0), None)
    return found if found is not None and not _asks(facts, scope) else None


def _entries(facts: FileFacts, value: Expr, scope: int, fields: frozenset[str], depth: int) -> Iterator[Expr]:
    if depth > _DEPTH_MAX:
        return
    if value.kind is ExprKind.MEMBER and _is_entry(value.text, fields):
        yield value
    elif value.kind is ExprKind.NAME:
        if _is_listed(facts, value.text, scope):
            yield value
        for made in _made(facts, value.text, scope):
            yield from _entries(facts, made, scope, fields, depth + 1)
    elif value.kind in (ExprKind.CALL, ExprKind.TEMPLATE, ExprKind.CONCAT):
        is_path = value.kind is not ExprKind.CALL or value.text.rpartition(".")[2] in ("join", "resolve", "normalize")
        for part in value.parts if is_path else ():
            yield from _entries(facts, part, scope, fields, depth + 1)


def _is_entry(text: str, fields: frozenset[str]) -> bool:
    root, _, field = text.rpartition(".")
    return field in fields and (field == "entryName" or root.lower() in _ROOTS)


def _is_listed(facts: FileFacts, name: str, scope: int) -> bool:
    """Whether a name is that of an entry by itself: `{ entryName }`, or a key of JSZip's `files`."""
    for around in facts.index.around(scope):
        for one in facts.index.bindings((around,)) if around != NOWHERE else ():
            taken = {local: field for field, local in zip(one.fields, one.locals, strict=False)}
            if taken.get(name) in ("entryName", "fileName") or (one.name == name and _lists(one.value)):
                return one.kind is not BindingKind.RETURN
        function = facts.functions[around] if around != NOWHERE else None
        if function is not None and "jszip" in facts.index.modules and function.passed_to.endswith(".forEach"):
            first = function.params[0].name if len(function.params) > 1 else ""
            if first == name and name.lower().endswith("path"):
                return True
    return False


def _lists(value: Expr) -> bool:
    is_keys = value.kind is ExprKind.CALL and value.text in ("Object.keys", "Object.entries")
    return is_keys and any(part.text.endswith(".files") for part in value.parts)


def _made(facts: FileFacts, name: str, scope: int) -> Iterator[Expr]:
    for around in facts.index.around(scope):
        bound = facts.index.bound(name, around)
        if bound:
            yield from (one.value for one in bound[:_BOUND_MAX] if one.kind in (BindingKind.CONST, BindingKind.LET))
            return


def _asks(facts: FileFacts, scope: int) -> bool:
    """Whether the function around looks at where a name leads."""
    return any(_is_question(call) for call in facts.index.calls(facts.index.within(outermost(facts, scope))))


def _is_question(call: Call) -> bool:
    last = call.callee.rpartition(".")[2]
    if last in _ASKS or _WORDS & set(words(last)):
        return True
    return last in _FINDS and (any(".." in arg.text for arg in call.args) or "\\.\\." in call.code)

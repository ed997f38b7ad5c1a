"""Ids of MongoDB that an Express handler takes from the path and hands to a Mongoose model as they are.

Mongoose casts them, and throws a `CastError` for a text that is no id: a 500 instead of a 400 or 404.
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._client_data import ClientData, Sent
from reviewer.rules._flow import Flow
from reviewer.rules._handlers import Handler
from reviewer.rules._numbers import tested

_BY_ID = frozenset(("findById", "findByIdAndUpdate", "findByIdAndDelete", "findByIdAndRemove", "findByIdAndReplace"))
_BY_FILTER = frozenset(
    ("findOne", "exists", "findOneAndUpdate", "findOneAndDelete", "findOneAndReplace", "deleteOne", "updateOne", "find",
     "deleteMany", "updateMany", "countDocuments", "replaceOne")
)  # fmt: skip


def raw_ids(project: Project, handler: Handler) -> Iterator[tuple[Call, Expr, Sent]]:
    """The calls of a handler that take an unchecked part of the path as an id: the call, the value, and the part."""
    facts = project.head[handler.path]
    data = ClientData(facts, handler.scope)
    inside = facts.index.within(handler.scope)
    if not data.names:
        return
    said = {data.part(name) for name in tested(facts, facts.index.once(Flow), inside)}
    for call in facts.index.calls(inside):
        value = _id_of(call)
        part = data.sent(value) if value is not None else None
        if value is None or part is None or part.source != "params" or part in said or call.in_try:
            continue
        if _is_model(project, handler.path, facts, call.callee.rpartition(".")[0]):
            yield call, value, part


def answers_cast_errors(project: Project) -> bool:
    """Whether code that was read knows Mongoose's error for a wrong id, or checks ids for all routes (`param`)."""
    for facts in project.head.values():
        if "CastError" in facts.names or any("CastError" in text.text for text in facts.strings):
            return True
        if any(call.callee.endswith(".param") and len(call.args) > 1 for call in facts.calls):
            return True
    return False


def _id_of(call: Call) -> Expr | None:
    name = call.callee.rpartition(".")[2]
    if not call.args:
        return None
    if name in _BY_ID:
        return call.args[0]
    given = call.args[0]
    if name in _BY_FILTER and given.kind is ExprKind.OBJECT and "_id" in given.keys:
        return given.parts[given.keys.index("_id")]
    return None


def _is_model(project: Project, path: str, facts: FileFacts, name: str) -> bool:
    """Whether a name is a Mongoose model whose ids are MongoDB's own: its file was read and declares no `_id`."""
    if not name or "." in name:
        return False
    found = facts.imported(name)
    target = project.resolver.resolve(path, found.module) if found is not None else path
    there = project.head.get(target) if target else None
    if there is None or "mongoose" not in there.index.modules or "_id" in there.names:
        return False
    return target != path or any(one.name == name for one in there.bindings)

"""Calls that reach a database: which table, and whether they read one row, many, or write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.project import Project
from reviewer.rules._database import holder_of
from reviewer.rules._database_methods import (
    BUILDER_ONES,
    BUILDER_REMOVES,
    BUILDER_ROOTS,
    BUILDER_WRITES,
    CUSTOM_PREFIXES,
    MODEL,
    PRISMA,
    ROW_WRITES,
    TEXTS,
    TYPEORM,
    Effect,
)
from reviewer.rules._database_types import GETS_REPOSITORY, Holder, Library
from reviewer.rules._prisma_shape import behind_wrapper, prisma_call
from reviewer.rules._raw_sql import statement

_COLLECTIONS = ("collection()", "getCollection()")


@dataclass(frozen=True, slots=True)
class Access:
    """A call that runs a query. `table` is the best name there is of what it touches, "" if none."""

    call: Call
    effect: Effect
    holder: Holder
    table: str
    method: str

    @property
    def is_write(self) -> bool:
        """Whether rows are different afterwards."""
        return self.effect in (Effect.WRITE, Effect.REMOVE)


def accesses(project: Project, path: str, facts: FileFacts) -> tuple[Access, ...]:
    """The queries of a file as it is at head, in source order; a chain counts once, at its query method."""
    known = project.once(_Known).by_path
    if path not in known:
        known[path] = tuple(_accesses(project, path, facts))
    return known[path]


class _Known:
    """The queries of the files that were asked about: a dozen rules ask."""

    def __init__(self, _: Project) -> None:
        self.by_path: dict[str, tuple[Access, ...]] = {}


def _accesses(project: Project, path: str, facts: FileFacts) -> Iterator[Access]:
    inner = {(call.receiver.text, call.receiver.first, call.receiver.last) for call in facts.calls if call.receiver}
    for call in facts.calls:
        if "." not in call.callee or call.is_new:
            continue
        found = _access(project, path, call, (call.callee, call.first, call.last) in inner)
        if found is not None:
            yield found


def _access(project: Project, path: str, call: Call, is_inner: bool) -> Access | None:
    steps = call.callee.split(".")
    plain = next((index for index, step in enumerate(steps) if step.endswith("()")), len(steps) - 1)
    named = steps[: plain + 1]
    asked = _on_repository(call, steps, is_inner)
    if asked is not None:
        return asked
    for size in (2, 1) if steps[0] == "this" else (1,):
        root = ".".join(steps[:size]).removesuffix("()")
        holder = holder_of(project, path, root, call.scope, call.symbol) if size <= len(named) else None
        if holder is not None:
            return _of(call, holder, steps[size:], is_inner, steps[size - 1].endswith("()"))
    if len(steps) > 1 and steps[-2] in _COLLECTIONS:
        return _of_collection(call, steps)
    client = prisma_call(project, project.head[path], call, steps)
    if client:
        effect = _effect(PRISMA, steps[-1])
        return Access(call, effect, Holder(client, Library.PRISMA), steps[-2], steps[-1]) if effect else None
    return _on_row(project, path, call, steps) if len(steps) == 2 and steps[1] in ROW_WRITES else None


def _of_collection(call: Call, steps: list[str]) -> Access | None:
    """`getCollection('orders').findOne(…)`, `client.db().collection('orders').updateOne(…)`."""
    effect = _effect(MODEL, steps[-1])
    given = call.receiver.parts[0].text if call.receiver is not None and call.receiver.parts else ""
    if effect is None or not given:
        return None
    return Access(call, effect, Holder(given, Library.MODEL, given), given, steps[-1])


def _on_repository(call: Call, steps: list[str], is_inner: bool) -> Access | None:
    """`getRepository(Order).find(…)`, whatever of the project or of TypeORM hands the repository out."""
    at_step = next((index for index, step in enumerate(steps[:-1]) if step.removesuffix("()") in GETS_REPOSITORY), -1)
    entity = _entity(call) if at_step >= 0 else ""
    if not entity[:1].isupper() or not steps[at_step].endswith("()"):
        return None
    return _of(call, Holder(entity, Library.TYPEORM, entity), steps[at_step + 1 :], is_inner, False)


def _on_row(project: Project, path: str, call: Call, steps: list[str]) -> Access | None:
    """`user.save()` on a row that a Mongoose or Sequelize model found or made."""
    facts = project.head[path]
    for around in facts.index.around(call.scope):
        for binding in facts.index.bound(steps[0], around):
            value = binding.value.parts[0] if binding.value.kind is ExprKind.AWAIT else binding.value
            root = value.text.partition(".")[0].removesuffix("()")
            root = ".".join(value.text.split(".")[:2]).removesuffix("()") if root == "this" else root
            made = value.kind in (ExprKind.CALL, ExprKind.NEW) and holder_of(
                project, path, root, binding.scope, binding.symbol
            )
            if made and made.library is Library.MODEL:
                effect = Effect.WRITE if steps[1] in ("save", "update") else Effect.REMOVE
                return Access(call, effect, made, made.entity or made.name, steps[1])
    return None


def _of(call: Call, holder: Holder, rest: list[str], is_inner: bool, is_called: bool) -> Access | None:
    method = rest[-1] if rest else ""
    if holder.library is Library.BUILDER:
        return None if is_inner else _builder(call, holder, rest, is_called)
    if is_called or not rest:
        return None
    if holder.library is Library.PRISMA:
        is_raw = method.startswith("$")
        effect = _effect(PRISMA, method)
        rest = behind_wrapper(call, rest)
        if effect is None or len(rest) != (1 if is_raw else 2) or any(step.endswith("()") for step in rest):
            return None
        return Access(call, effect, holder, "" if is_raw else rest[0], method)
    if holder.library is Library.SQL:
        said = statement(call) if len(rest) == 1 else None
        return Access(call, said[0], holder, said[1], method) if said else None
    if holder.library is Library.CUSTOM:
        effect = _custom(call, method) if len(rest) == 1 else None
        return Access(call, effect, holder, holder.entity, method) if effect else None
    if holder.library is Library.MODEL:
        is_query = len(rest) == 1 or (rest[0] == "collection()" and len(rest) == 2)
        effect = _effect(MODEL, method) if is_query else None
        return Access(call, effect, holder, holder.entity or holder.name, method) if effect else None
    return _typeorm(call, holder, rest, method) or _of_own_method(call, holder, rest, method)


def _of_own_method(call: Call, holder: Holder, rest: list[str], method: str) -> Access | None:
    """A method that a repository of the project adds to those of TypeORM: `@InjectRepository(OrderRepository)`."""
    if len(rest) != 1 or not holder.entity.endswith("Repository") or holder.entity == "Repository":
        return None
    effect = _custom(call, method)
    return Access(call, effect, replace(holder, library=Library.CUSTOM), holder.entity, method) if effect else None


def _typeorm(call: Call, holder: Holder, rest: list[str], method: str) -> Access | None:
    effect = _effect(TYPEORM, method)
    chain = [step.removesuffix("()") for step in rest]
    steps = set(chain[:-1])
    if effect is None or (method == "execute" and "createQueryBuilder" not in steps):
        return None
    if "createQueryBuilder" in steps:
        effect = Effect.REMOVE if "delete" in steps else effect
    elif steps - {"manager", "getRepository", "getTreeRepository", "entityManager"}:
        return None
    is_of_all = steps & {"manager", "entityManager"} and not steps & {"getRepository", "createQueryBuilder"}
    entity = "" if is_of_all else holder.entity
    return Access(call, effect, holder, entity or _entity(call), method)


def _entity(call: Call) -> str:
    """The table a manager is told: the class in front (`save(User, …)`) or that of `getRepository(User)`."""
    at = call.receiver
    while at is not None:
        if at.text.rpartition(".")[2] in GETS_REPOSITORY and at.parts:
            return at.parts[0].text
        at = at.receiver
    first = call.args[0] if call.args else None
    is_class = first is not None and first.kind is ExprKind.NAME and first.text[:1].isupper()
    return first.text if first is not None and (is_class or first.kind is ExprKind.NAME) else ""


def _builder(call: Call, holder: Holder, rest: list[str], is_called: bool) -> Access | None:
    chain = [step.removesuffix("()") for step in rest]
    if not is_called and (not chain or chain[0] not in BUILDER_ROOTS):
        return None
    if not (call.awaited or call.is_statement or chain[-1:] == ["execute"]) or TEXTS & set(chain):
        return None  # only put together here: it runs where somebody waits for it
    effect = Effect.MANY
    if any(step in BUILDER_REMOVES for step in chain):
        effect = Effect.REMOVE
    elif any(step in BUILDER_WRITES for step in chain):
        effect = Effect.WRITE
    elif any(step in BUILDER_ONES for step in chain):
        effect = Effect.ONE
    root = innermost(call)
    given = root.parts[0] if root is not None and root.parts else call.args[0] if call.args else None
    given = _from(call) or given
    table = given.text if given is not None and given.kind in (ExprKind.STRING, ExprKind.NAME) else ""
    if chain[:1] == ["query"] and len(chain) > 1:
        table = chain[1]
    return Access(call, effect, holder, table, chain[-1] if chain else "")


def _from(call: Call) -> Expr | None:
    """What `.from(…)` of a chain is given, with or without further steps."""
    if call.callee.endswith(".from") and call.args:
        return call.args[0]
    at = call.receiver
    while at is not None and not (at.text.endswith(".from") and at.parts):
        at = at.receiver
    return at.parts[0] if at is not None else None


def innermost(call: Call) -> Expr | None:
    """The first call of a chain, None where there is no chain."""
    at = call.receiver
    while at is not None and at.receiver is not None:
        at = at.receiver
    return at


def _effect(table: dict[Effect, tuple[str, ...]], method: str) -> Effect | None:
    return next((effect for effect, names in table.items() if method in names), None)


def _custom(call: Call, method: str) -> Effect | None:
    lower = method.lower()
    if "orcreate" in lower or "andupdate" in lower or "anddelete" in lower:
        return Effect.WRITE
    found = next((effect for effect, names in CUSTOM_PREFIXES.items() if lower.startswith(names)), None)
    if found is Effect.ONE and lower.startswith(("findby", "getby")) and lower.endswith("s"):
        return Effect.MANY
    # `create` of a TypeORM repository only makes an object: without an await nobody knows which one this is.
    return None if method in ("create", "merge", "preload") and not call.awaited else found

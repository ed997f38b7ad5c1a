"""JSON schemas that the checks inside a handler are given: `checked({ request, schema: orderSchema })`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.mounts import in_front
from reviewer.core.router_routes import option
from reviewer.rules._validators import mentions_validation

if TYPE_CHECKING:
    from reviewer.core.project import Project
    from reviewer.rules._client_data import Sent
    from reviewer.rules._handlers import Handler

_HOPS_MAX: Final = 8
"""Files that a schema's name is followed through: barrels of barrels."""

_PARTS: Final = frozenset(("body", "query", "params", "headers"))
_BEYOND: Final = frozenset(("$ref", "allOf", "anyOf", "oneOf", "patternProperties", "if"))
"""Keywords by which a schema says more than its properties do."""


def names_nothing(project: Project, handler: Handler, sent: Sent) -> bool:
    """Whether all that checks a request are JSON schemas, written out, that say nothing of a field and let through what
    they do not name."""
    if not sent.field or "." in sent.field or "[" in sent.field:
        return False
    front = in_front(project, handler.file, handler.route).middleware
    if any(mentions_validation(project.head[path], value) for path, value in front if path in project.head):
        return False
    facts = project.head[handler.path]
    calls = facts.index.calls(facts.index.within(handler.scope))
    given = [_schema(call.args[0]) if call.args else None for call in calls if is_validation(facts, call.callee)]
    named = [_properties(project, handler.path, one) if one is not None else None for one in given]
    return bool(named) and all(one is not None and sent.field not in one for one in named)


def _schema(options: Expr) -> Expr | None:
    return option(options, "schema") if options.kind is ExprKind.OBJECT else None


def _properties(project: Project, path: str, value: Expr) -> frozenset[str] | None:
    """The names of a JSON schema's properties; None where it is none, refuses others, or says more."""
    schema = _declared(project, path, value.text) if value.kind is ExprKind.NAME else value
    if schema is None or schema.kind is not ExprKind.OBJECT or _BEYOND & set(schema.keys):
        return None
    properties, others = option(schema, "properties"), option(schema, "additionalProperties")
    if properties is None or properties.kind is not ExprKind.OBJECT or "" in properties.keys or others is not None:
        return None
    names = frozenset(properties.keys)
    return None if names & _PARTS else names


def _declared(project: Project, path: str, name: str) -> Expr | None:
    """The value of a constant, followed through imports and re-exports."""
    waiting, hops = [(path, name)], 0
    while waiting and hops < _HOPS_MAX:
        at, wanted = waiting.pop(0)
        hops += 1
        facts = project.head.get(at)
        if facts is None:
            continue
        bound = facts.index.bound(wanted, NOWHERE)
        if bound:
            return bound[0].value
        imported = facts.imported(wanted)
        further = [(imported.module, imported.name)] if imported is not None else []
        further += [(one.module, wanted) for one in facts.exports if one.module and one.name in (wanted, "*")]
        targets = ((project.resolver.resolve(at, module), there) for module, there in further)
        waiting += [(target, there) for target, there in targets if target is not None]
    return None

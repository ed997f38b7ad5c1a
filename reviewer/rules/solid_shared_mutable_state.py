"""A variable of the module, or a static field, in which requests keep their data.

It grows with every request, is gone after a restart, and differs between two instances of the service: what one wrote
the next one does not find. A cache that also forgets (`delete`, `clear`, a limit) is left alone, and so are constants,
registries filled at the start and clients made on first use.

Bad::

    const carts: Record<string, Cart> = {};
    router.post('/carts/:id', (req, res) => { carts[req.params.id] = req.body; res.end(); });

Good::

    router.post('/carts/:id', async (req, res) => { await carts.save(req.params.id, req.body); res.end(); });
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._solid_handlers import handlers

_GROWING = ("push", "unshift", "set", "add")
_FORGETTING = ("delete", "clear", "pop", "shift", "splice", "prune", "evict", "filter", "slice")
_COLLECTIONS = ("Map", "Set", "Array")


def inspect(project: Project) -> Iterator[Finding]:
    """Collections and counters of a module or class that a request handler writes to, by the change; once for each."""
    for file, facts in project.production:
        shared = _shared(facts)
        shared -= _forgotten(facts, shared)
        if not shared:
            continue
        classes = {name.partition(".")[0] for name in shared if "." in name}
        static_scopes: dict[int, str] = {}
        scopes = {
            scope: handler.symbol
            for handler in handlers(project, file.path, facts)
            for scope in facts.index.within(handler.scope)
        }
        for scope, function in enumerate(facts.functions):  # a static field is written on by whatever method is called
            if function.symbol.partition(".")[0] in classes and scope not in scopes:
                static_scopes[scope] = function.symbol
        said: set[str] = set()
        for name, symbol, fact in _writes(facts, shared, scopes, static_scopes):
            if name in said or not project.introduced(file.path, fact):
                continue
            said.add(name)
            yield report(
                RULE,
                at(file.path, fact.first),
                f"{f'`{symbol}`' if symbol else 'This handler'} keeps request data in `{name}`, which lives as long as "
                "the process: it grows with each request, is lost at a restart, and another instance does not have it. "
                "Keep it in the database or a cache with a limit and an expiry.",
                symbol=symbol,
                quoted=fact.code,
            )


def _shared(facts: FileFacts) -> frozenset[str]:
    """Collections that the module or a static field holds, as they are named in code."""
    found: set[str] = set()
    for binding in facts.index.bindings((NOWHERE,)):
        if not _is_collection(binding.value):
            continue
        if binding.kind in (BindingKind.CONST, BindingKind.LET) and binding.name and not binding.symbol:
            found.add(binding.name)
    for item in facts.classes:
        statics = [field for field in item.properties if "static" in field.modifiers and field.value is not None]
        found |= {f"{item.name}.{field.name}" for field in statics if field.value and _is_collection(field.value)}
    return frozenset(found)


def _is_collection(value: Expr) -> bool:
    """An empty object or list, or a new Map or Set."""
    if value.kind is ExprKind.NEW:
        return value.text in _COLLECTIONS
    return value.kind in (ExprKind.OBJECT, ExprKind.ARRAY) and not value.parts


def _writes(
    facts: FileFacts, shared: frozenset[str], scopes: dict[int, str], static_scopes: dict[int, str]
) -> Iterator[tuple[str, str, Call | Binding]]:
    """What a handler adds to them: by a call, or to a place that is computed from the request."""
    for call in facts.calls:
        name, _, verb = call.callee.rpartition(".")
        symbol = scopes.get(call.scope, static_scopes.get(call.scope) if "." in name else None)
        if symbol is None or name not in shared or verb not in _GROWING or _is_local(facts, name, call.scope):
            continue
        yield name, symbol, call
    for binding in facts.bindings:
        if binding.kind is not BindingKind.ASSIGNMENT or binding.target is None:
            continue
        name = binding.name.removesuffix("[]")
        symbol = scopes.get(binding.scope, static_scopes.get(binding.scope) if "." in name else None)
        if symbol is not None and name in shared and not _is_local(facts, name, binding.scope):
            yield name, symbol, binding


def _is_local(facts: FileFacts, name: str, scope: int) -> bool:
    kinds = (BindingKind.CONST, BindingKind.LET)
    around = (there for there in facts.index.around(scope) if there != NOWHERE)
    return any(one.kind in kinds for there in around for one in facts.index.bound(name, there))


def _forgotten(facts: FileFacts, shared: frozenset[str]) -> frozenset[str]:
    """Those out of which something in the file takes entries again, which are measured, or started afresh."""
    split = [call.callee.rpartition(".") for call in facts.calls]
    found = {name for name, _, verb in split if name in shared and verb in _FORGETTING}
    read = [one.name.rpartition(".") for one in facts.reads]
    found |= {name for name, _, field in read if name in shared and field in ("length", "size")}
    assigned = [one.name for one in facts.bindings if one.kind is BindingKind.ASSIGNMENT]
    found |= {name.removesuffix(".length") for name in assigned if name.removesuffix(".length") in shared}
    return frozenset(found)


RULE = Rule(
    slug="solid_shared_mutable_state",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="Requests keep their data in the process",
    inspect=inspect,
    references=(Reference("Node.js: modules, caching", "https://nodejs.org/api/modules.html#caching"),),
    confidence=0.9,
    page=__doc__ or "",
)

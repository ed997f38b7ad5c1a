"""Where creating a collaborator belongs: factories, modules, defaults, and where the application is put together."""

from __future__ import annotations

import posixpath

from reviewer.core.expr import NOWHERE, ExprKind
from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.routes import nest_name

_WIRING_FILES = frozenset(
    ("main", "module", "factory", "factories", "bootstrap", "container", "ioc", "di", "app", "server", "index",
     "providers", "setup", "composition")
)  # fmt: skip
_ROOTS = frozenset(("app", "server", "main", "index"))
"""Of these, the ones that say it of a file only: a folder of that name often holds all of a service."""

_WIRING_CLASSES = ("Factory", "Module", "Builder", "Container", "Registry", "Application", "App", "Server", "Manager")
_WIRING_METHODS = (
    "create", "build", "make", "register", "forRoot", "forFeature", "getInstance", "configure", "init", "connect",
    "bootstrap", "setup", "resolve",
)  # fmt: skip
_DATABASE_CLASSES = ("prisma", "database", "connection", "db")
_SETTINGS = (
    "config",
    "options",
    "settings",
    "prisma",
    "db",
    "datasource",
    "connection",
    "pool",
    "url",
    "key",
    "logger",
)


def is_wiring(path: str) -> bool:
    """Whether a file says by its place or name that the application is put together there."""
    stem = posixpath.basename(path).lower().split(".")
    folders = set(path.lower().split("/")[:-1]) - _ROOTS
    return not _WIRING_FILES.isdisjoint((*stem, stem[0].split("-")[-1], *folders))


def owner_of(facts: FileFacts, call: Call) -> Class | None:
    """The class in whose body a call stands."""
    item = facts.index.declared(call.symbol.partition(".")[0])
    return item if isinstance(item, Class) and item.first <= call.first <= item.last else None


def may_create(facts: FileFacts, call: Call, owner: Class | None) -> bool:
    """Whether it stands where creating belongs: a factory, a module, a default, a returned value."""
    if call.in_default or call.awaited:
        return True  # `return new …`: a function that hands out new ones is a factory, whatever it is called
    if call.scope != NOWHERE and call.callee in facts.functions[call.scope].return_type.names:
        return True
    if owner is None:
        return False
    if any(arg.kind is ExprKind.NAME and _is_computed(facts, call.scope, arg.text) for arg in call.args):
        return True  # made for values of this run: nobody could hand it in
    if _is_handed_up(facts, call):
        return True
    method = call.symbol.partition(".")[2]
    if method.startswith(_WIRING_METHODS) or owner.name.endswith(_WIRING_CLASSES) or call.callee == owner.name:
        return True
    if call.callee == "PrismaClient" and any(word in owner.name.lower() for word in _DATABASE_CLASSES):
        return True
    return any(nest_name(facts, decorator) in ("Module", "Global") for decorator in owner.decorators)


def _is_handed_up(facts: FileFacts, call: Call) -> bool:
    """Whether it is made for the parent: `super(new Connection(url))`, a part that tells this class from others."""
    above = (one for one in facts.index.calls((call.scope,)) if one.callee == "super" and call.scope != NOWHERE)
    made = (arg for one in above for arg in one.args if arg.kind is ExprKind.NEW)
    return any(arg.text == call.callee and arg.first <= call.first <= arg.last for arg in made)


def _is_computed(facts: FileFacts, scope: int, name: str) -> bool:
    """Whether a name is a local value of the function, not another collaborator that is made there."""
    if name.lower().endswith(_SETTINGS):
        return False
    return any(bound.value.kind is not ExprKind.NEW for bound in facts.index.bound(name, scope))

"""A class that fetches a collaborator out of the container instead of being given it.

What it needs is written nowhere: a test finds out at run time, and a missing provider fails at the first call, not at
the start. Looking up by a computed name, request-scoped resolution, `onModuleInit`, factories and the place where the
application is put together are left alone.

Bad::

    send(order: Order) { return this.moduleRef.get(MailerService).send(order); }

Good::

    constructor(private readonly mailer: MailerService) {}
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import nest_name, original
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._report import at, report

_CONTAINERS = {
    ("container", "tsyringe"): ("resolve",),
    ("Container", "typedi"): ("get",),
    ("default", "typedi"): ("get",),
}
_CONTAINER_NAMES = ("container", "diContainer", "iocContainer")
_HOOKS = (
    "onModuleInit",
    "onApplicationBootstrap",
    "onModuleDestroy",
    "configure",
    "register",
    "create",
    "build",
    "init",
)
_WIRING = ("main", "module", "factory", "container", "ioc", "di", "app", "server", "index", "bootstrap", "registry")
_WIRING_CLASSES = ("Factory", "Module", "Registry", "Container", "Resolver", "Bootstrap", "Explorer", "Loader")
_ENTRIES = frozenset(("job", "jobs", "cron", "crons", "task", "tasks", "worker", "workers", "subscriber", "subscribers",
                      "listener", "listeners", "loaders"))  # fmt: skip
"""Where a run begins without a request: a class there is often created by a scheduler that knows no container."""

_USUAL_MIN = 2
"""Unchanged files that look things up before it is the project's way."""


def inspect(project: Project) -> Iterator[Finding]:
    """Look-ups of a fixed class in a container, inside a method, written by the change; once for each."""
    for file, facts in project.production:
        if _is_wiring(file.path):
            continue
        said: set[tuple[str, str]] = set()
        for owner, call, name in _lookups(project, file.path, facts):
            if (owner.name, name) in said or not project.introduced(file.path, call):
                continue
            said.add((owner.name, name))
            if not _is_usual(project):
                yield report(
                    RULE,
                    at(file.path, call.first),
                    f"`{call.symbol}` fetches `{name}` out of the container: the constructor no longer tells what "
                    f"`{owner.name}` needs, and a missing provider fails at the first call instead of at the start. "
                    "Take it in the constructor.",
                    symbol=owner.name,
                    quoted=f"{call.callee}({name})",
                )


def _is_wiring(path: str) -> bool:
    return not frozenset(_WIRING).isdisjoint(posixpath.basename(path).lower().replace("-", ".").split("."))


def _is_entry(path: str) -> bool:
    return not _ENTRIES.isdisjoint(path.lower().replace(".", "/").split("/"))


def _lookups(project: Project, path: str, facts: FileFacts) -> Iterator[tuple[Class, Call, str]]:
    for call in facts.calls:
        if not call.args or not _asks_container(project, path, facts, call):
            continue
        item = facts.index.declared(call.symbol.partition(".")[0])
        name = call.args[0].text
        if not isinstance(item, Class) or not _is_fixed(facts, call.args[0]) or item.name.endswith(_WIRING_CLASSES):
            continue
        if not item.decorators and not (item.constructor and item.constructor.params) and _is_entry(path):
            continue  # no container makes it: a job that is created by hand has nothing but the look-up
        if call.scope == NOWHERE and not item.first <= call.first <= item.last:
            continue
        if any(nest_name(facts, decorator) == "Module" for decorator in item.decorators):
            continue
        if not call.symbol.partition(".")[2].startswith((*_HOOKS, "constructor")):
            yield item, call, name


def _is_fixed(facts: FileFacts, asked: Expr) -> bool:
    """Whether always the same is looked up: a class by its name, or a token by its text."""
    if asked.kind is ExprKind.STRING:
        return bool(asked.text)
    if asked.kind is not ExprKind.NAME or not asked.text[:1].isupper() or asked.text.isupper():
        return False
    return facts.imported(asked.text) is not None or isinstance(facts.index.declared(asked.text), Class)


def _asks_container(project: Project, path: str, facts: FileFacts, call: Call) -> bool:
    root, _, verb = call.callee.rpartition(".")
    if verb == "get" and root.startswith("this."):
        return _is_module_ref(facts, call.symbol.partition(".")[0], root.removeprefix("this."))
    if verb not in ("get", "resolve") or not root:
        return False
    if verb in _CONTAINERS.get(original(facts, root), ()):
        return True
    return root in _CONTAINER_NAMES and project.imported_path(path, root) is not None


def _is_module_ref(facts: FileFacts, owner: str, name: str) -> bool:
    item = facts.index.declared(owner)
    constructor = item.constructor if isinstance(item, Class) else None
    params = constructor.params if constructor else ()
    return any(
        param.name == name and original(facts, param.type.name) == ("ModuleRef", "@nestjs/core") for param in params
    )


def _is_usual(project: Project) -> bool:
    files = (
        path
        for path, facts in project.head.items()
        if project.change.file(path) is None and is_production(path)
        for _ in list(_lookups(project, path, facts))[:1]
    )
    return sum(1 for _ in files) >= _USUAL_MIN


RULE = Rule(
    slug="solid_service_locator",
    concern=Concern.SOLID,
    severity=Severity.WARNING,
    title="A collaborator is fetched out of the container",
    inspect=inspect,
    references=(Reference("NestJS: module reference", "https://docs.nestjs.com/fundamentals/module-ref"),),
    confidence=0.9,
    page=__doc__ or "",
)

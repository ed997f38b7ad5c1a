"""What the project hands to its classes: by what their constructors take, and by what its containers are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reviewer.core.expr import NOWHERE, ExprKind
from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.project import Project
from reviewer.core.source_paths import is_production
from reviewer.rules._solid_wiring import is_wiring, owner_of

_TOLD = frozenset(
    ("toConstantValue", "toDynamicValue", "asValue", "asFunction", "registerInstance", "registerSingleton",
     "registerValue", "bind")
)  # fmt: skip
"""Methods by which a container is told what to hand out."""

_CLASSES = frozenset(("to", "toSelf", "asClass", "registerClass"))
"""Those that are given the class itself."""

_TAKEN_MIN = 2
"""Classes that are given a concrete thing before all are expected to be; of an interface one is enough."""

_PER_CLASS = ("Logger", "Error", "Exception")
"""How the names of things end of which each class has its own."""

_Thing = tuple[str, str]
"""The name of a class where it is declared, and the file or package it is from."""


class Provided:
    """What is handed in elsewhere, of the files that were read."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._taken: Counter[str] = Counter()
        self._bound: set[_Thing] = set()
        for path, facts in project.head.items():
            if not is_production(path):
                continue
            for item in facts.classes:
                self._taken.update(set(_injected(item)))
            if is_wiring(path):
                self._bound.update(_thing(project, path, name) for name in _told(facts))

    def holds(self, path: str, facts: FileFacts, call: Call) -> bool:
        """Whether a class makes for itself, once, what the others are given."""
        name = call.callee
        if not call.is_new or "." in name or not name[:1].isupper() or name.endswith(_PER_CLASS):
            return False
        if facts.imported(name) is None or owner_of(facts, call) is None or not _is_kept(facts, call):
            return False
        if any(not arg.text.startswith("this.") for arg in call.args):
            return False  # made for values of its own
        is_abstract = any(self._taken[one] for one in (f"{name}Interface", f"I{name}", f"{name}Port"))
        is_taken = is_abstract or self._taken[name] >= _TAKEN_MIN
        return is_taken or _thing(self._project, path, name) in self._bound


def _is_kept(facts: FileFacts, call: Call) -> bool:
    """Whether it stands in a field or the constructor: one for the life of its owner."""
    return call.scope == NOWHERE or facts.functions[call.scope].name == "constructor"


def _injected(item: Class) -> Iterator[str]:
    constructor = item.constructor
    return (param.type.name for param in (constructor.params if constructor else ()) if param.is_property)


def _told(facts: FileFacts) -> Iterator[str]:
    """The classes that a container hands out."""
    binds = [call for call in facts.calls if call.callee.rpartition(".")[2] in _TOLD]
    for call in facts.calls:
        if call.is_new and any(one.first <= call.first and call.last <= one.last for one in binds):
            yield call.callee
        if call.callee.rpartition(".")[2] in _CLASSES:
            yield from (arg.text for arg in call.args[:1] if arg.kind is ExprKind.NAME)


def _thing(project: Project, path: str, name: str) -> _Thing:
    found = project.head[path].imported(name)
    if found is None:
        return name, path
    return found.name, project.resolver.resolve(path, found.module) or found.module

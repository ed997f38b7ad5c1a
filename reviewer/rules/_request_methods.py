"""Methods that take Express's request and response where no registration was read: those of a base controller, or of a
class whose methods decorators of another framework (inversify-express-utils) or a container register."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.facts import Class, FileFacts, Method
from reviewer.core.request_data import parents
from reviewer.core.routes import original
from reviewer.core.source_paths import is_production
from reviewer.rules._handlers import handlers
from reviewer.rules._scopes import by_schema
from reviewer.rules._validators import mentions_validation

if TYPE_CHECKING:
    from reviewer.core.project import Project

_MODULES: Final = frozenset(("express", "express-serve-static-core"))
_REQUESTS: Final = frozenset(("req", "request"))
_ANSWERS: Final = frozenset(("res", "response", "reply"))
_PARAMS: Final = 2
"""Request and response: with `next` it may be a middleware, whose answer is not its own."""


def request_methods(project: Project) -> Iterator[tuple[str, Class, Method]]:
    """Those methods in the files of the change that no route is known of, and that nothing seen checks."""
    known = {(one.path, one.scope) for one in handlers(project)}
    for file, facts in project.production:
        for item in facts.classes:
            for method in item.methods:
                if method.scope < 0 or (file.path, method.scope) in known:
                    continue
                if not _is_handler(facts, method) and not _is_controllers(item, method):
                    continue
                if by_schema(facts, method.scope) or _is_decorated_with_check(project, facts, item, method):
                    continue
                yield file.path, item, method


def class_of(facts: FileFacts, scope: int) -> Class | None:
    """The class that a function is a method of."""
    return facts.index.once(_owners).get(scope)


def _owners(facts: FileFacts) -> dict[int, Class]:
    return {method.scope: item for item in facts.classes for method in item.methods if method.scope >= 0}


def _is_handler(facts: FileFacts, method: Method) -> bool:
    if len(method.params) != _PARAMS:
        return False
    names = [original(facts, param.type.name) if param.type.name else ("", "") for param in method.params]
    return all(
        name.rpartition(".")[2] == wanted and module in _MODULES
        for (name, module), wanted in zip(names, ("Request", "Response"), strict=True)
    )


def _is_controllers(item: Class, method: Method) -> bool:
    """Whether a method of a controller takes a request of the project's own type, and an answer."""
    above = item.extends.text if item.extends is not None else ""
    if len(method.params) != _PARAMS or (not item.name.endswith("Controller") and not above.endswith("Controller")):
        return False
    asked, answer = method.params
    is_answer = answer.name in _ANSWERS or answer.type.name.rpartition(".")[2].endswith("Response")
    is_asked = asked.name in _REQUESTS and asked.type.name.endswith("Request")
    return is_asked and is_answer and not asked.decorators and not answer.decorators


def _is_decorated_with_check(project: Project, facts: FileFacts, item: Class, method: Method) -> bool:
    """Whether a decorator of the method, of its class, or of the same method in a class that extends it, checks."""
    places = [(facts, item), *project.once(_heirs).get(item.name, ())]
    for there, one in places:
        same = (decorator for other in one.methods if other.name == method.name for decorator in other.decorators)
        for decorator in (*one.decorators, *same):
            if is_validation(there, decorator.name) or any(mentions_validation(there, arg) for arg in decorator.args):
                return True
    return False


def _heirs(project: Project) -> dict[str, list[tuple[FileFacts, Class]]]:
    found: dict[str, list[tuple[FileFacts, Class]]] = defaultdict(list)
    for path, facts in project.head.items():
        for item in facts.classes if is_production(path) else ():
            for name in parents(item.extends) if item.extends is not None else ():
                found[name].append((facts, item))
    return found

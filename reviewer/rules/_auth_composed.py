"""Decorators of a project's own that are put together of others: `StaffOnly = () => applyDecorators(UseGuards(…))`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.routes import original
from reviewer.rules._auth import step
from reviewer.rules._code import function_named

if TYPE_CHECKING:
    from reviewer.core.facts import Decorator
    from reviewer.core.project import Project


def may_guard(project: Project, path: str, decorator: Decorator) -> bool:
    """Whether a decorator of the project asks for a guard, or stands in a file that was not read."""
    facts = project.head[path]
    root = decorator.name.partition(".")[0]
    if facts.imported(root) is not None:
        target = project.imported_path(path, root)
        if target is None:
            return False  # a library's
        if target not in project.head:
            return True
    made = function_named(project, path, decorator.name)
    if made is None:
        return False
    there = project.head[made.path]
    scopes = there.index.within(made.scope)
    return any(step(original(there, call.callee)[0]) == "UseGuards" for call in there.index.calls(scopes))

"""Middleware that lets in only some of those who have signed in, whatever it is called: it answers 403, or its name and
what it is given say whom it lets in (`allow('admin')`, `restrictTo('owner')`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import Expr, ExprKind
from reviewer.rules._auth import step, words
from reviewer.rules._auth_guards import names_guard
from reviewer.rules._auth_refusing import in_front, says_status, turns_away
from reviewer.rules._code import function_named

if TYPE_CHECKING:
    from reviewer.core.facts import Call
    from reviewer.core.project import Project

_LETS: Final = frozenset(("allow", "allows", "allowed", "permit", "permits", "permitted", "restrict", "restricted"))
_WITH: Final = frozenset(("is", "are", "only", "to", "for", "check", "require", "user", "users", "any", "of"))
"""Words by which the name of a middleware says that it lets some in, and those that may stand beside them: `allowCors`
and `permitFields` are about something else."""

_ERRORS: Final = ("forbidden", "permissiondenied", "accessdenied", "insufficientpermission", "insufficientrole")
_OTHERS: Final = frozenset(
    (
        "cors",
        "origin",
        "bot",
        "bots",
        "ip",
        "blocked",
        "disabled",
        "https",
        "size",
        "type",
        "csrf",
        "xsrf",
        "same",
        "site",
        "quota",
        "plan",
        "feature",
        "features",
        "captcha",
        "maintenance",
        "limit",
        "subscription",
        "license",
    )
)
"""Words of what answers 403 for another reason than who is calling."""


def forbidding(project: Project, path: str) -> frozenset[str]:
    """The names by which a file's routers are given middleware that turns away who may not."""
    return frozenset(part.text for part in in_front(project, path) if _forbids(project, path, part))


def _forbids(project: Project, path: str, value: Expr) -> bool:
    said = set(words(step(value.text)))
    if said & _OTHERS or not names_guard(step(value.text)):
        return False
    made = function_named(project, path, value.text.removesuffix("()"))
    if made is not None:  # what it does counts, and not what it is called
        return turns_away(project, made, _says_403)
    return value.kind is ExprKind.CALL and bool(said & _LETS) and said <= _LETS | _WITH and _names_some(value)


def _names_some(value: Expr) -> bool:
    """Whether a call is given texts or members that can be roles, alone or in a list."""
    given = [part for arg in value.parts for part in (arg.parts if arg.kind is ExprKind.ARRAY else (arg,))]
    return bool(given) and all(part.kind in (ExprKind.STRING, ExprKind.MEMBER, ExprKind.SPREAD) for part in given)


def _says_403(call: Call) -> bool:
    return says_status(call, "403", ("forbidden",), _ERRORS)

"""Calls that do something to what is kept, by the verb they are named with: `pause(id)`, `this.orders.close(id)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import ExprKind
from reviewer.rules._auth import step, words
from reviewer.rules._auth_guards import is_guard, is_middleware_guard
from reviewer.rules._code import collaborator, function_named

if TYPE_CHECKING:
    from reviewer.core.expr import Expr
    from reviewer.core.facts import Call, FileFacts
    from reviewer.core.project import Project
    from reviewer.core.routes import Route
    from reviewer.rules._code import Code

_PATCH: Final = frozenset(
    ("pause", "resume", "cancel", "archive", "unarchive", "publish", "unpublish", "approve", "reject", "close",
     "reopen", "activate", "deactivate", "enable", "disable", "suspend", "restore", "complete", "lock", "unlock",
     "block", "unblock", "ban", "unban", "promote", "demote", "assign", "unassign", "rename", "toggle",
     "update", "upvote", "downvote", "mark", "reset", "revoke", "rotate", "regenerate", "move", "merge", "transfer")
)  # fmt: skip
_DELETE: Final = frozenset(
    ("delete", "remove", "destroy", "purge", "leave", "unsubscribe", "unfollow", "unlike", "withdraw", "drop")
)
_POST: Final = frozenset(
    ("subscribe", "follow", "like", "join", "enroll", "reserve", "book", "submit", "redeem", "checkin")
)
_GETTERS: Final = ("get", "resolve", "make")
_LOCAL: Final = frozenset(
    ("lock", "reset", "close", "move", "merge", "update", "mark", "drop", "remove", "delete", "join")
)
"""Verbs of streams, sets, hashes and mutexes, too: only those of a collaborator count."""


def acts(project: Project, code: Code, call: Call, path: str) -> str:
    """The HTTP verb for what a call does on a route of that path, "" where it does not sound like doing something."""
    verb = (words(step(call.callee)) or ("",))[0]
    wanted = "DELETE" if verb in _DELETE else "PATCH" if verb in _PATCH else "POST" if verb in _POST else ""
    if not wanted or not call.args or call.is_new or call.in_default:
        return ""
    facts = project.head[code.path]
    if _of_container(call.receiver):
        return wanted
    if "." in call.callee:
        is_known = _is_collaborator(project, code, call.callee) or _is_keeper(project, code, call.callee, path)
        return wanted if is_known else ""
    if verb in _LOCAL and len(words(call.callee)) == 1:
        return ""
    return wanted if call.awaited and _is_handed_in(project, facts, code, call) else ""


def _of_container(receiver: Expr | None) -> bool:
    """`Container.get(Service).pause(…)`."""
    if receiver is None or receiver.kind is not ExprKind.CALL or step(receiver.text) not in _GETTERS:
        return False
    given = receiver.parts[0] if receiver.parts else None
    return given is not None and given.kind is ExprKind.NAME and given.text[:1].isupper()


def _is_collaborator(project: Project, code: Code, callee: str) -> bool:
    """`this.subscriptions.pause(…)`: what the class was given, by a type of the project."""
    parts = callee.split(".")
    if code.owner is None or parts[0] != "this" or len(parts) != 3:
        return False
    held = collaborator(code.owner, parts[1])
    return bool(held) and project.imported_path(code.path, held) is not None and words(held)[-1] in _KEEPERS


def _is_keeper(project: Project, code: Code, callee: str, path: str) -> bool:
    """`parcelStore.removeAll(…)` of another file, on a route about parcels."""
    root, _, rest = callee.partition(".")
    *about, kind = words(root) or ("",)
    if "." in rest or kind not in _KEEPERS or project.imported_path(code.path, root) is None:
        return False
    return any(said.startswith(word) for said in words(path) for word in about)


_KEEPERS: Final = frozenset(("service", "repository", "store", "usecase", "manager", "handler"))


def _is_handed_in(project: Project, facts: FileFacts, code: Code, call: Call) -> bool:
    """A function that is handed in by a type of the project, or that the project's own services export."""
    for around in facts.index.around(call.scope):
        for param in facts.functions[around].params if around >= 0 else ():
            if param.name == call.callee or call.callee in param.fields:
                return project.imported_path(code.path, param.type.name) is not None
    return facts.imported(call.callee) is not None and function_named(project, code.path, call.callee) is not None


_SIGN_IN: Final = (
    "oauth", "auth", "login", "logout", "signin", "signout", "redirect", "cron", "session", "csrf", "sso", "saml",
    "track", "install", "setup", "magic", "verif",
)  # fmt: skip
"""Of the paths that a mail or a browser opens, those that a browser opens which has signed in."""


def is_guarded_action(project: Project, path: str, route: Route) -> bool:
    """A link out of a mail carries no sign-in: what only those may open who sent one is an action like any other."""
    if any(part.startswith(_SIGN_IN) for part in route.path.lower().replace("-", "/").replace(":", "").split("/")):
        return False
    if route.method is None:
        return any(is_middleware_guard(one) for one in route.middleware)
    facts = project.head[path]
    own = (*route.method.decorators, *(route.owner.decorators if route.owner else ()))
    return any(is_guard(facts, one) for one in own)

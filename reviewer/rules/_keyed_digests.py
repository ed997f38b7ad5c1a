"""Which values are keyed digests that were just computed, and which come from the service's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import BindingKind, FileFacts
from reviewer.rules._auth import constant, inside, step
from reviewer.rules._code import function_named

if TYPE_CHECKING:
    from reviewer.core.project import Project

_CONFIGURED: Final = ("process.env.", "env.", "config.", "this.config.", "this.configService.get", "configService.get",
                      "this.config.get", "config.get", "this.env.", "settings.")  # fmt: skip
_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)
_MADE: Final = (ExprKind.CALL, ExprKind.TEMPLATE, ExprKind.CONCAT, ExprKind.AWAIT)
_RETURNS_MAX: Final = 6
_CALLS_MAX: Final = 2
_PARTS_MAX: Final = 40


class Digests:
    """Answers for the files of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def is_made(self, path: str, value: Expr, scope: int, calls: int = 0) -> bool:
        """Whether a value is a keyed digest that was just computed: `createHmac(…).update(…).digest('hex')`."""
        facts = self._project.head[path]
        made = constant(facts, value, scope)
        if made.kind not in _MADE:
            return False
        for part in list(inside(made))[:_PARTS_MAX]:
            if part.kind is ExprKind.CALL and self._is_digest(path, facts, part, scope, calls):
                return True
            is_piece = made.kind is not ExprKind.CALL and part.kind is ExprKind.NAME and part is not value
            if is_piece and calls < _CALLS_MAX and self.is_made(path, part, scope, calls + 1):
                return True
        return False

    def _is_digest(self, path: str, facts: FileFacts, call: Expr, scope: int, calls: int) -> bool:
        last = step(call.text)
        if last == "createHmac" or last.startswith("Hmac") or last.lower().startswith("hmacsha"):
            return True
        owner = call.text.rpartition(".")[0]
        if last == "digest" and owner and "." not in owner:  # `const mac = createHmac(…); mac.update(…)`
            kept = constant(facts, Expr(ExprKind.NAME, owner, call.first, call.last), scope)
            return kept.kind is ExprKind.CALL and any(step(part.text) == "createHmac" for part in inside(kept))
        return calls < _CALLS_MAX and self._returns(path, call, calls)

    def _returns(self, path: str, call: Expr, calls: int) -> bool:
        """Whether a function of the project returns a keyed digest."""
        made = function_named(self._project, path, call.text)
        if made is None:
            return False
        bound = self._project.head[made.path].index.bound("", made.scope)
        returned = [one.value for one in bound if one.kind is BindingKind.RETURN][:_RETURNS_MAX]
        return any(self.is_made(made.path, value, made.scope, calls + 1) for value in returned)


def configured_name(facts: FileFacts, value: Expr, scope: int) -> str:
    """The name that a configured value goes by: the variable, or the text that `config.get('…')` is given; else ""."""
    made = constant(facts, value, scope)
    if made is value and value.text.startswith("this."):
        kept = facts.index.once(_kept).get(value.text, ())
        made = kept[0] if len(kept) == 1 else value
    text = made.text
    is_configured = made.kind in (ExprKind.MEMBER, ExprKind.CALL) and (
        text.startswith(_CONFIGURED) or any(mark in f".{text}" for mark in (".config.", ".configService.", ".env."))
    )
    if not is_configured:
        return ""
    if made.kind is ExprKind.CALL and made.parts and made.parts[0].kind is ExprKind.STRING:
        return made.parts[0].text
    return text


def _kept(facts: FileFacts) -> dict[str, list[Expr]]:
    """What the fields of the file's classes are given in assignments: `this.key = config.get('KEY')`."""
    found: dict[str, list[Expr]] = {}
    for one in facts.bindings:
        if one.name.startswith("this.") and one.scope != NOWHERE:
            found.setdefault(one.name, []).append(one.value)
    return found

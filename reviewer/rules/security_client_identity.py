"""Who the caller is, or what they may do, taken from what the caller sent.

A request's body, query and headers are the caller's to write: `role: 'admin'` and somebody else's `userId` are one
line of a script. Looked at: roles that decide, and owners taken from the request where the handlers beside this one
ask the signed-in user.

Bad::

    if (req.body.role !== 'admin') return res.sendStatus(403);

Good::

    if (req.user.role !== 'admin') return res.sendStatus(403);
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Condition
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import inside, step, words
from reviewer.rules._auth_callers import Requests, asking, handler, owner_reads, says_role, users_beside
from reviewer.rules._report import at, report

_POWERS = frozenset(
    ("admin", "administrator", "superadmin", "superuser", "owner", "moderator", "manager", "root", "staff", "true", "1")
)
_REFUSALS = ("403", "401", "Forbidden", "Unauthorized", "FORBIDDEN", "UNAUTHORIZED")
_ERRORS = (*_REFUSALS, "throw ", "400", "422", "BadRequest", "BAD_REQUEST")
_GIVES_RIGHTS = frozenset(
    ("admin", "role", "roles", "permission", "permissions", "promote", "demote", "member", "members", "invite", "staff")
)
"""Words of code that gives roles to others: there, a role in the request is data."""


def inspect(project: Project) -> Iterator[Finding]:
    """What the change believes of a request that it should know itself."""
    for file, facts in project.production:
        seen = facts.index.once(Requests)
        yield from _roles(project, file.path, facts, seen)
        yield from _claims(project, file.path, facts, seen)
        yield from _owners(project, file.path, facts)


# ------------------------------------------------------------------------------------------------------------ roles


def _roles(project: Project, path: str, facts: FileFacts, seen: Requests) -> Iterator[Finding]:
    before = {(item.symbol, item.code) for item in project.before(path).conditions}
    for item in facts.conditions:
        if (item.symbol, item.code) in before or not project.wrote(path, item.first):
            continue
        claimed, is_negative = _claimed_role(item, seen)
        if not claimed:
            continue
        if facts.index.once(_refusals if is_negative else _errors).within(item) != is_negative:
            continue  # it only refuses to give a role, or checks the form
        if handler(facts, item.scope) not in facts.index.once(_asking_roles) and not _GIVES_RIGHTS & set(
            words(item.symbol)
        ):
            yield _claimed(path, item.first, claimed, item.symbol, item.code)


def _claims(project: Project, path: str, facts: FileFacts, seen: Requests) -> Iterator[Finding]:
    """A right that is kept for later: `const isAdmin = req.query.admin === 'true'`."""
    before = {(item.symbol, item.code) for item in project.before(path).operations}
    for item in facts.operations:
        if item.operator not in ("===", "==") or (item.symbol, item.code) in before:
            continue
        sides = (item.left, item.right)
        claim = next(
            (one for one in sides if _is_name(one) and says_role(one.text) and seen.holds(item.scope, one)), None
        )
        powers = any(one.kind is ExprKind.STRING and _POWERS & set(words(one.text)) for one in sides)
        if claim is None or not powers or (item.scope, item.first) not in facts.index.once(_named_roles):
            continue
        if project.wrote(path, item.first) and handler(facts, item.scope) not in facts.index.once(_asking_roles):
            yield _claimed(path, item.first, claim.text, item.symbol, item.code)


def _claimed(path: str, line: int, claim: str, symbol: str, code: str) -> Finding:
    return report(
        RULE,
        at(path, line),
        f"`{claim}` is what the client says it may do, and it decides here: anybody writes what lets them in. Ask the "
        "signed-in user (`req.user`), whom a guard has checked.",
        symbol=symbol,
        quoted=code,
    )


def _claimed_role(item: Condition, seen: Requests) -> tuple[str, bool]:
    """The role or flag of the request that a condition goes by ("" for none), and whether it asks for its absence."""
    for test in _tests(item.test):
        claims = [part for part in inside(test) if _is_name(part) and says_role(part.text)]
        claim = next((part for part in claims if seen.holds(item.scope, part)), None)
        if claim is None:
            continue
        others = [part for part in inside(test) if part.kind in (ExprKind.STRING, ExprKind.MEMBER, ExprKind.CONSTANT)]
        powers = any(_POWERS & set(words(step(part.text))) for part in others if part is not claim)
        flag = words(step(claim.text))[0] in ("is", "admin", "superuser") and not others[1:]
        is_negative = "!==" in item.code or "!=" in item.code or item.code.partition("(")[2].startswith("!")
        if powers or flag:
            return claim.text, is_negative
    return "", False


def _tests(test: Expr) -> tuple[Expr, ...]:
    return test.parts if test.kind is ExprKind.CHOICE else (test,)


def _is_name(value: Expr) -> bool:
    return value.kind in (ExprKind.NAME, ExprKind.MEMBER)


class _Refusals:
    """Where requests are turned away, by what is thrown or answered there, by function."""

    def __init__(self, facts: FileFacts, marks: tuple[str, ...]) -> None:
        self._lines: dict[int, list[int]] = {}
        places = [(item.scope, item.first, item.code) for item in facts.throws]
        places += [(item.scope, item.first, item.code) for item in facts.calls]
        for scope, line, code in places:
            if any(mark in code for mark in marks):
                self._lines.setdefault(scope, []).append(line)
        for lines in self._lines.values():
            lines.sort()

    def within(self, item: Condition) -> bool:
        """Whether one stands inside a condition, in the same function."""
        lines = self._lines.get(item.scope, [])
        place = bisect_left(lines, item.first)
        return place < len(lines) and lines[place] <= item.last


def _refusals(facts: FileFacts) -> _Refusals:
    return _Refusals(facts, _REFUSALS)


def _errors(facts: FileFacts) -> _Refusals:
    return _Refusals(facts, _ERRORS)


def _named_roles(facts: FileFacts) -> frozenset[tuple[int, int]]:
    """The places where a name of a role is given its value: scope and line."""
    named = (item for item in facts.bindings if item.name and says_role(item.name))
    return frozenset((item.scope, line) for item in named for line in (item.first, item.value.first))


def _asking_roles(facts: FileFacts) -> frozenset[int]:
    return asking(facts, roles=True)


# ----------------------------------------------------------------------------------------------------------- owners


def _owners(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    if not users_beside(facts):
        return
    for name, line, symbol in owner_reads(facts):
        if not project.wrote(path, line) or project.had_read(path, name, symbol):
            continue
        finding = report(
            RULE,
            at(path, line),
            f"`{name}` says whose data this is, and the client writes it: anybody acts for anybody. Take the id of the "
            "signed-in user, as the handlers beside this one do.",
            symbol=symbol,
            quoted=f"{symbol} {name}",
        )
        yield replace(finding, severity=Severity.WARNING, title="The client says who it is")


RULE = Rule(
    slug="security_client_identity",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="The client says what it may do",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: authorization", "https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html"
        ),
        Reference("CWE-639: key that the user controls", "https://cwe.mitre.org/data/definitions/639.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

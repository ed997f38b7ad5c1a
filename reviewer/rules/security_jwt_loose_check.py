"""A token check that is looser than it looks: expired tokens pass, or the token itself says how it was signed.

Reading an expired token is what a refresh does, and is left alone there. Which algorithms count should be said: older
versions of the libraries believe the token's header, and a public key then serves as the secret.

Bad::

    super({ jwtFromRequest, secretOrKey, ignoreExpiration: true });

Good::

    super({ jwtFromRequest, secretOrKey, ignoreExpiration: false, algorithms: ['HS256'] });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._auth import constant, entries, is_true, step, words
from reviewer.rules._report import at, report

_EXPECTED_OLD = frozenset(("refresh", "logout", "revoke", "expired", "renew", "rotate", "signout"))
"""Words of code that is meant to read expired tokens."""


def inspect(project: Project) -> Iterator[Finding]:
    """Checks of the change that let more through than they should."""
    for file, facts in project.production:
        for item in entries(facts):
            if item.key == "ignoreExpiration" and is_true(item.value) and project.wrote(file.path, item.value.first):
                if project.was_there(file.path, item.fact) or _EXPECTED_OLD & set(words(item.fact.symbol + file.path)):
                    continue
                yield report(
                    RULE,
                    at(file.path, item.value.first),
                    "`ignoreExpiration` lets tokens in for ever: a stolen one, or one of a user who left, never ends. "
                    "Leave it out.",
                    symbol=item.fact.symbol,
                    quoted="ignoreExpiration",
                )
        said = {item.fact.symbol for item in entries(project.before(file.path)) if item.key == "algorithms"}
        for call in project.new_calls(file.path):
            if _says_no_algorithm(facts, call):
                finding = report(
                    RULE,
                    at(file.path, call.first),
                    f"`{call.callee}` does not say which algorithms count, so the token's own header does (unless the "
                    "library guesses by the key). List the one you sign with: `{ algorithms: ['HS256'] }`.",
                    symbol=call.symbol,
                    quoted=call.code,
                )
                severity = Severity.WARNING if call.symbol in said else Severity.NOTE
                yield replace(finding, severity=severity, title="A token check names no algorithm")


def _says_no_algorithm(facts: FileFacts, call: Call) -> bool:
    name, module = original(facts, call.callee)
    if module != "jsonwebtoken" or step(name) != "verify" or len(call.args) < 2:
        return False
    for arg in call.args[2:]:
        whole = constant(facts, arg, call.scope)
        if whole.kind is ExprKind.OBJECT:
            return "algorithms" not in whole.keys and "" not in whole.keys
        if whole.kind is not ExprKind.FUNCTION and not (arg.kind is ExprKind.NAME and _is_callback(arg.text)):
            return False
    return True


def _is_callback(name: str) -> bool:
    return bool(set(words(name)) & {"callback", "cb", "done", "next"})


RULE = Rule(
    slug="security_jwt_loose_check",
    concern=Concern.SECURITY,
    severity=Severity.WARNING,
    title="Expired tokens are let in",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: JSON Web Tokens",
            "https://cheatsheetseries.owasp.org/cheatsheets/JSON_Web_Token_for_Java_Cheat_Sheet.html",
        ),
        Reference("CWE-613: session does not expire", "https://cwe.mitre.org/data/definitions/613.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

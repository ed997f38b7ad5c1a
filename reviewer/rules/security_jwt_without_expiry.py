"""A token that never ends: a stolen one, or one of a user who left, opens the account for ever.

Bad::

    return jwt.sign({ sub: user.id }, config.secret);

Good::

    return jwt.sign({ sub: user.id }, config.secret, { expiresIn: '15m' });
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._auth import constant, entry, step
from reviewer.rules._auth_jwt import signs
from reviewer.rules._report import at, report


def inspect(project: Project) -> Iterator[Finding]:
    """Tokens that the change signs without an end."""
    is_said = any("expiresIn" in one.names for path, one in project.head.items() if path not in project.tests)
    for file, facts in project.production:
        for call in facts.calls:
            is_endless = _signs_endless(facts, call) or (not is_said and _module_endless(facts, call))
            if is_endless and project.introduced(file.path, call):
                yield report(
                    RULE,
                    at(file.path, call.first),
                    f"`{call.callee}` makes tokens that never end: a stolen one works for ever. Say `expiresIn`.",
                    symbol=call.symbol,
                    quoted=call.code,
                )


def _signs_endless(facts: FileFacts, call: Call) -> bool:
    """`sign` of jsonwebtoken with neither `expiresIn` nor `exp`; False when either may be in what we cannot see."""
    if not signs(facts, call) or len(call.args) < 2:
        return False
    payload = constant(facts, call.args[0], call.scope)
    if payload.kind is not ExprKind.OBJECT or _may_hold(payload, "exp"):
        return False
    for arg in call.args[2:]:
        options = constant(facts, arg, call.scope)
        if options.kind is ExprKind.FUNCTION:
            continue
        if options.kind is not ExprKind.OBJECT or _may_hold(options, "expiresIn"):
            return False
    return True


def _may_hold(whole: Expr, key: str) -> bool:
    return key in whole.keys or "" in whole.keys


def _module_endless(facts: FileFacts, call: Call) -> bool:
    """`JwtModule.register({ secret })` in a project where nothing that was read says `expiresIn`."""
    name, module = original(facts, call.callee)
    if module != "@nestjs/jwt" or step(name) != "register" or not call.args:
        return False
    options = call.args[0]
    if options.kind is not ExprKind.OBJECT or not {"secret", "privateKey", "secretOrPrivateKey"} & set(options.keys):
        return False
    sign = entry(options, "signOptions")
    is_open = sign is None or (sign.kind is ExprKind.OBJECT and not _may_hold(sign, "expiresIn"))
    return is_open and "" not in options.keys


RULE = Rule(
    slug="security_jwt_without_expiry",
    concern=Concern.SECURITY,
    severity=Severity.WARNING,
    title="A token never ends",
    inspect=inspect,
    references=(
        Reference("CWE-613: session does not expire", "https://cwe.mitre.org/data/definitions/613.html"),
        Reference(
            "OWASP: JSON Web Tokens",
            "https://cheatsheetseries.owasp.org/cheatsheets/JSON_Web_Token_for_Java_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

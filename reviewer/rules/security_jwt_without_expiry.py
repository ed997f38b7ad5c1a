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
from reviewer.rules._auth_jwt import services, signs
from reviewer.rules._report import at, report


def inspect(project: Project) -> Iterator[Finding]:
    """Tokens that the change signs without an end."""
    is_said = any("expiresIn" in one.names for path, one in project.head.items() if path not in project.tests)
    is_default = any(_registers_nothing(one) for one in project.head.values())
    for file, facts in project.production:
        for call in project.new_calls(file.path):
            is_endless = _signs_endless(facts, call) or _builds_endless(facts, call)
            if not is_said and not is_endless:
                is_endless = _module_endless(facts, call) or (is_default and _serves_endless(facts, call))
            if is_endless:
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


def _builds_endless(facts: FileFacts, call: Call) -> bool:
    """`new SignJWT({ sub }).setIssuedAt().sign(key)` of jose, in one chain that sets no end."""
    if step(call.callee) != "sign" or "jose" not in facts.index.modules:
        return False
    chain, made = [], call.receiver
    while made is not None and made.kind is not ExprKind.NEW:
        chain.append(step(made.text))
        made = made.receiver
    if made is None or "setExpirationTime" in chain or original(facts, made.text) != ("SignJWT", "jose"):
        return False
    payload = constant(facts, made.parts[0], call.scope) if made.parts else None
    return payload is None or (payload.kind is ExprKind.OBJECT and not _may_hold(payload, "exp"))


def _registers_nothing(facts: FileFacts) -> bool:
    """`JwtModule.register({})`: whoever signs has to say the end."""
    if "@nestjs/jwt" not in facts.index.modules:
        return False
    registers = (call for call in facts.calls if original(facts, call.callee) == ("JwtModule.register", "@nestjs/jwt"))
    return any(not call.args or (call.args[0].kind is ExprKind.OBJECT and not call.args[0].keys) for call in registers)


def _serves_endless(facts: FileFacts, call: Call) -> bool:
    """`this.jwt.sign({ sub }, { secret })` of NestJS, where the module sets no end either."""
    if step(call.callee) not in ("sign", "signAsync") or not call.args:
        return False
    if step(call.callee.rpartition(".")[0]) not in facts.index.once(services):
        return False
    payload = constant(facts, call.args[0], call.scope)
    said = [constant(facts, arg, call.scope) for arg in call.args[1:]]
    whole = payload.kind is ExprKind.OBJECT and not _may_hold(payload, "exp")
    return whole and all(one.kind is ExprKind.OBJECT and not _may_hold(one, "expiresIn") for one in said)


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

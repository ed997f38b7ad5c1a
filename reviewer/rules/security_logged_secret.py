"""A password, token or key in the log, where more people and machines read it than should, and for longer.

Also whole objects that hold one: the environment, all headers, or the body of a login. What only sounds like it (how
long a token is, whether there is one, its id, a masked one) is left alone.

Bad::

    this.logger.log(`Login of ${dto.email} with ${dto.password}`);

Good::

    this.logger.log(`Login of ${user.id}`);
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import constant, secret_kind, step, words
from reviewer.rules._log_calls import THROUGH, handed_on, is_log, printed
from reviewer.rules._logged_wholes import held, inside_whole, of_connection, spread
from reviewer.rules._report import at, report

_CARDS = frozenset((("card", "number"), ("credit", "card"), ("social", "security"), ("security", "number")))
_NUMBERS = frozenset(("ssn", "cvv", "cvc", "iban", "pan"))
_MAY_BE_SHOWN = ("token", "jwt", "invite code", "invitation code")
_LINES_MAX = 12
"""Lines of a call that one comment covers at a glance."""

_TEXTS = (ExprKind.TEMPLATE, ExprKind.CONCAT)
_LOGINS = frozenset(("login", "signin", "signup", "register", "registration", "password", "authenticate", "auth"))
_BODIES = ("req.body", "request.body", "ctx.request.body", "ctx.body")
_HEADERS = ("req.headers", "request.headers", "ctx.headers", "context.headers", "ctx.request.headers")


def inspect(project: Project) -> Iterator[Finding]:
    """What the change writes to the log that should stay secret; one finding a call."""
    for file, facts in project.production:
        for call in project.new_calls(file.path):
            logged = call.args if is_log(call) else tuple(handed_on(facts, call))
            found = next((part for arg in logged for part in _shown(facts, arg, call)), None)
            if found is None:
                continue
            what, is_certain = found
            finding = report(
                RULE,
                at(file.path, call.first, call.last if _is_short(project, file.path, call) else call.first),
                f"`{what}` is written to the log, where everybody who reads logs has it, also in copies and backups. "
                "Leave it out, or log an id instead.",
                symbol=call.symbol,
                quoted=call.code,
            )
            yield finding if is_certain else replace(finding, severity=Severity.WARNING)


def _is_short(project: Project, path: str, call: Call) -> bool:
    """Whether the change wrote all lines of a call and one comment covers them: the secret stands in one of them."""
    lines = range(call.first, call.last + 1)
    return len(lines) <= _LINES_MAX and all(project.wrote(path, line) for line in lines)


def _shown(facts: FileFacts, value: Expr, call: Call) -> Iterator[tuple[str, bool]]:
    """What of an argument should not be shown, and whether that is certain."""
    waiting, followed = [value], set[str]()
    while waiting:
        here = waiting.pop()
        if here.kind in (ExprKind.NAME, ExprKind.MEMBER):
            found = _secret(facts, here, call)
            made = constant(facts, here, call.scope) if found is None and here.kind is ExprKind.NAME else here
            if found is not None:
                yield found
            elif made.kind in _TEXTS:  # `const link = `${base}?token=${token}``
                waiting.extend(part for part in made.parts if part.kind in (ExprKind.NAME, ExprKind.MEMBER))
            elif made is not here and here.text not in followed and _is_through(made):
                followed.add(here.text)
                waiting.append(made)  # `const text = JSON.stringify(context)`
            elif made is not here and here.text not in followed and _is_spread(made):
                followed.add(here.text)
                waiting.append(made)
            elif here.kind is ExprKind.NAME and (whole := inside_whole(facts, here, call.scope, call.first)):
                yield whole, secret_kind(whole) not in _MAY_BE_SHOWN
            elif of_connection(facts, here, call.scope):
                yield here.text, False
        else:
            inner = printed(here)
            for kept in _kept(facts, here, inner, call):
                yield kept, secret_kind(kept) not in _MAY_BE_SHOWN
            waiting.extend(inner)


def _kept(facts: FileFacts, value: Expr, inner: tuple[Expr, ...], call: Call) -> Iterator[str]:
    """The secrets of objects that go to the log with all their fields: spread into another one, or made a text."""
    whole = inner if value.kind is ExprKind.CALL else spread(value) if _is_spread(value) else ()
    yield from filter(None, (held(facts, one, call.scope, call.first) for one in whole))


def _is_spread(value: Expr) -> bool:
    """`{ ...created, by }`, unless a key written after it covers a secret: `{ ...created, password: '***' }`."""
    return value.kind is ExprKind.OBJECT and "" in value.keys and not any(secret_kind(key) for key in value.keys)


def _is_through(value: Expr) -> bool:
    return value.kind is ExprKind.CHOICE or (value.kind is ExprKind.CALL and step(value.text) in THROUGH)


def _secret(facts: FileFacts, value: Expr, call: Call) -> tuple[str, bool] | None:
    name = value.text
    if name == "process.env":
        return "process.env", True
    if name in _HEADERS:
        return name, False
    if name in _BODIES or _is_login_dto(name):
        is_login = _is_login_dto(name) or _LOGINS & {*words(call.symbol), *_route_words(facts, call.scope)}
        return (name, False) if is_login else None
    if value.kind is ExprKind.NAME and _is_login_input(facts, name, call.scope):
        return name, False
    last = step(name)
    parts = words(last)
    if last.isupper() and "." in name and not name.startswith(("process.env.", "env.", "config.")):
        return None  # a constant such as `Messages.PASSWORD` or `Errors.TOKEN`
    if last in ("authorization", "cookie") and ("headers." in name or "header." in name):
        return name, True
    if parts[-2:] in _CARDS or (parts and parts[-1] in _NUMBERS):
        return name, False
    kind = secret_kind(last)
    if not kind or kind in ("credential", "credentials", "session id") or "()" in name:
        return None
    text = constant(facts, value, call.scope)
    if text.kind is ExprKind.STRING and value.kind is ExprKind.NAME:
        return None
    return name, kind not in _MAY_BE_SHOWN


def _route_words(facts: FileFacts, scope: int) -> tuple[str, ...]:
    """The words of the path whose handler a place stands in: `app.post('/register', async (request) => …)`."""
    paths = facts.index.once(_paths)
    return next((words(paths[around]) for around in facts.index.around(scope) if around in paths), ())


def _paths(facts: FileFacts) -> dict[int, str]:
    """The paths that functions of the file are given to routers with."""
    return {
        arg.scope: call.args[0].text
        for call in facts.calls
        if call.args and call.args[0].kind is ExprKind.STRING and call.args[0].text.startswith("/")
        for arg in call.args[1:]
        if arg.kind is ExprKind.FUNCTION
    }


def _is_login_input(facts: FileFacts, name: str, scope: int) -> bool:
    """Whether a name is a parameter whose type is that of a login or a new account: `dto: RegisterDto`."""
    for around in facts.index.around(scope):
        found = next((one for one in facts.functions[around].params if one.name == name), None) if around >= 0 else None
        if found is not None:
            parts = words(found.type.name)
            is_input = parts[-1:] in (("dto",), ("input",), ("command",), ("credentials",), ("request",), ("body",))
            return is_input and bool(_LOGINS & set(parts) or {"create", "user"} <= set(parts))
    return False


def _is_login_dto(name: str) -> bool:
    parts = words(name)
    return "." not in name and parts[-1:] in (("dto",), ("credentials",), ("input",)) and bool(_LOGINS & set(parts))


RULE = Rule(
    slug="security_logged_secret",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="A secret is written to the log",
    inspect=inspect,
    references=(
        Reference("OWASP: logging", "https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html"),
        Reference("CWE-532: secrets in log files", "https://cwe.mitre.org/data/definitions/532.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

"""A cookie that opens an account, and that scripts can read or that travels in the clear.

Without `httpOnly`, any script on the page takes the session away; without `secure`, anybody on the way reads it.
Cookies that scripts are meant to read (CSRF tokens, themes, languages) are left alone.

Bad::

    res.cookie('accessToken', token);

Good::

    res.cookie('accessToken', token, { httpOnly: true, secure: true, sameSite: 'lax' });
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._auth import constant, entry, is_false, secret_kind, step, words
from reviewer.rules._auth_cookies import FLAGS, Flag, cookie_flags
from reviewer.rules._report import at, report

_SESSIONS = frozenset(
    ("session", "sid", "sess", "auth", "jwt", "token", "refresh", "login", "identity", "authorization")
)
_READABLE = frozenset(("csrf", "xsrf", "consent", "theme", "locale", "lang"))
_SESSION_MODULES = frozenset(("express-session", "cookie-session", "@fastify/session", "@fastify/secure-session"))


def inspect(project: Project) -> Iterator[Finding]:
    """Cookies of sessions and tokens that the change sets without the flags that keep them."""
    for file, facts in project.production:
        for call in project.new_calls(file.path):
            missing = _missing(project, file.path, call)
            if missing:
                name = call.args[0].text if call.args[0].kind is ExprKind.STRING else ""
                name = call.args[1].text.partition("=")[0] if _is_header(call) else name
                cookie = f"The cookie `{name}`" if name else "The cookie"
                yield report(
                    RULE,
                    at(file.path, _line(project, file.path, facts, call)),
                    f"{cookie} opens a session and is sent without {' and '.join(missing)}: "
                    f"{_HARM[missing[0]]}. Set `httpOnly`, `secure` and `sameSite`.",
                    symbol=call.symbol,
                    quoted=call.code,
                )


def _line(project: Project, path: str, facts: FileFacts, call: Call) -> int:
    """Where a flag is switched off, if the change wrote that; else where the cookie is set."""
    for arg in call.args:
        whole = constant(facts, arg, call.scope)
        for options in (whole, entry(whole, "cookie")):
            flags = [entry(options, flag) for flag in ("httpOnly", "secure")] if options is not None else []
            off = next((flag.first for flag in flags if flag is not None and is_false(flag)), None)
            if off is not None and call.first <= off <= call.last and project.wrote(path, off):
                return off
    return call.first


_HARM = {
    "`httpOnly`": "any script on the page can take it away",
    "`secure`": "anybody on the way can read it",
}


def _missing(project: Project, path: str, call: Call) -> list[str]:
    """The flags that are missing or off; empty when all is well, and for other calls."""
    facts = project.head[path]
    if original(facts, call.callee)[1] in _SESSION_MODULES and call.args:
        whole = constant(facts, call.args[0], call.scope)
        cookie = entry(whole, "cookie") or (whole if "cookie-session" in _module(facts, call) else None)
        if cookie is None or cookie.kind is not ExprKind.OBJECT:
            return []
        return [f"`{flag}`" for flag in ("httpOnly", "secure") if is_false(entry(cookie, flag))]
    if _is_header(call):
        text = call.args[1].text.lower()
        is_session = (
            bool(_SESSIONS & set(words(call.args[1].text.partition("=")[0]))) and call.args[1].kind is ExprKind.TEMPLATE
        )
        return [f"`{flag}`" for flag in ("httpOnly", "secure") if is_session and flag.lower() not in text]
    if not _sets_session(facts, call):
        return []
    if len(call.args) < 3:
        return [] if _is_koa(call) else ["`httpOnly`", "`secure`"]
    flags = cookie_flags(project, path, call.args[2], call.scope)
    unsafe = (Flag.OFF,) if _is_koa(call) else (Flag.OFF, Flag.MISSING)
    return [f"`{name}`" for name in FLAGS if flags[name] in unsafe]


def _is_koa(call: Call) -> bool:
    """`ctx.cookies.set(name, value)`, where `httpOnly` is on unless it is switched off."""
    return call.callee.endswith("cookies.set")


def _is_header(call: Call) -> bool:
    """Whether a call writes a cookie by hand: `res.setHeader('Set-Cookie', …)`."""
    named = len(call.args) > 1 and call.args[0].kind is ExprKind.STRING and call.args[0].text.lower() == "set-cookie"
    return named and step(call.callee) in ("setHeader", "header", "set", "append")


def _serializes(facts: FileFacts, call: Call) -> bool:
    """`serialize(name, value, options)` of the module `cookie`."""
    name, module = original(facts, call.callee)
    return module == "cookie" and step(name) == "serialize"


def _module(facts: FileFacts, call: Call) -> str:
    return original(facts, call.callee)[1]


def _sets_session(facts: FileFacts, call: Call) -> bool:
    """Whether a call on a response sets a cookie that opens an account."""
    sets = step(call.callee) in ("cookie", "setCookie") or _is_koa(call) or _serializes(facts, call)
    if not sets or len(call.args) < 2:
        return False
    if call.args[1].kind in (ExprKind.OBJECT, ExprKind.CONSTANT, ExprKind.FUNCTION):
        return False
    if call.args[1].kind is ExprKind.STRING and not call.args[1].text:
        return False
    named = constant(facts, call.args[0], call.scope)
    name = named.text if named.kind in (ExprKind.STRING, ExprKind.NAME, ExprKind.MEMBER) else ""
    parts = set(words(step(name)))
    if parts & _READABLE or not parts:
        return False
    value = call.args[1].text if call.args[1].kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL) else ""
    return bool(parts & _SESSIONS) or secret_kind(value) in ("token", "jwt", "session id", "session token")


RULE = Rule(
    slug="security_cookie_flags",
    concern=Concern.SECURITY,
    severity=Severity.WARNING,
    title="A session cookie is not protected",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: session management",
            "https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html",
        ),
        Reference("MDN: Set-Cookie", "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

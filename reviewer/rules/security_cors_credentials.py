"""CORS that lets every site act as the signed-in user: any origin is let in, and cookies with it.

With `credentials: true`, an origin of `true`, or one that repeats what the browser sent, makes each page on the web a
client with the user's session. (`*` with credentials is refused by browsers: then nothing works, and somebody "mends"
it by reflecting the origin.) A public API without credentials may be open, and is left alone.

Bad::

    app.enableCors({ origin: true, credentials: true });

Good::

    app.enableCors({ origin: config.allowedOrigins, credentials: true });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import constant, entries, inside, is_true, step
from reviewer.rules._auth_stages import Stages
from reviewer.rules._report import at, report

_REFLECTED = "The browser's own origin is sent back"
_ORIGIN_HEADER = "access-control-allow-origin"
_CREDENTIALS_HEADER = "access-control-allow-credentials"
_LOOKS = frozenset(("includes", "has", "indexOf", "test", "some", "match", "isAllowed"))
_KEYS_MAX = 100
"""Entries of an object that are still options; the library knows nine."""

_SETTERS = frozenset(("header", "setHeader", "set", "append"))


def inspect(project: Project) -> Iterator[Finding]:
    """CORS options and headers of the change that open the session to every site."""
    for file, facts in project.production:
        stages = facts.index.once(Stages)
        asking = frozenset(item.scope for item in facts.conditions if _asks(item.test))
        for item in entries(facts):
            if item.key.lower() == _ORIGIN_HEADER and _allows(item.whole) and project.introduced(file.path, item.fact):
                why = _open(facts, constant(facts, item.value, item.fact.scope), item.fact.scope, asking)
                if why and item.fact.scope not in asking:
                    yield _finding(file.path, item.value.first, why, item.fact)
            if (
                item.key != "credentials"
                or not is_true(item.value)
                or item.is_chosen
                or len(item.whole.keys) > _KEYS_MAX
            ):
                continue
            origin = _entry_or_default(facts, item.whole, item.fact)
            why = _open(facts, origin, item.fact.scope, asking) if origin is not None else ""
            if why and _is_news(project, file.path, item.fact, (origin, item.value)):
                if stages.decide(item.fact):
                    continue
                line = origin.first if origin and project.wrote(file.path, origin.first) else item.value.first
                yield _finding(file.path, line, why, item.fact)
        yield from _headers(project, file.path, facts, asking)


def _asks(test: Expr) -> bool:
    """Whether a condition may ask which origin it is: not whether there is one, nor for the preflight request."""
    is_presence = test.kind in (ExprKind.NAME, ExprKind.MEMBER) and step(test.text).lower() == "origin"
    return not is_presence and "OPTIONS" not in test.text


def _finding(path: str, line: int, why: str, fact: Call | Binding) -> Finding:
    finding = report(
        RULE,
        at(path, line),
        f"{why} and credentials are allowed, so that {_harm(why)}",
        symbol=fact.symbol,
        quoted=why,
    )
    return finding if why == _REFLECTED else replace(finding, severity=Severity.WARNING)


def _harm(why: str) -> str:
    if why.startswith("Any"):
        return "browsers refuse every request that carries a cookie. Name the origins that may use the session."
    if why == _REFLECTED:
        return "every site a user visits can act in their session. Name the origins that may."
    return "whoever registers such a host can act in a visitor's session. Compare the whole origin with a list."


def _is_news(project: Project, path: str, fact: Call | Binding, parts: tuple[Expr | None, ...]) -> bool:
    written = any(part is not None and project.wrote(path, part.first, part.last) for part in parts)
    return written and not project.was_there(path, fact)


def _entry_or_default(facts: FileFacts, whole: Expr, fact: Call | Binding) -> Expr | None:
    """The origin of CORS options; None where the object is none, or the middleware's own default holds."""
    for key, part in zip(whole.keys, whole.parts, strict=False):
        if key == "origin" and part.kind is ExprKind.OTHER:  # `origin(origin, callback) { … }`
            found = (at for at, one in enumerate(facts.functions) if (one.name, one.first) == (key, part.first))
            return next((Expr(ExprKind.FUNCTION, "", part.first, part.last, scope=at) for at in found), part)
        if key == "origin":
            return constant(facts, part, fact.scope)
    return None


def _open(facts: FileFacts, origin: Expr, scope: int, asking: frozenset[int]) -> str:
    """Why an origin is open, "" when it is not or one cannot tell."""
    if is_true(origin):
        return _REFLECTED
    if origin.kind is ExprKind.STRING and origin.text == "*":
        return "Any origin (`*`) is let in"
    if origin.kind is ExprKind.ARRAY and any(part.text == "*" for part in origin.parts):
        return "Any origin (`*`) is let in"
    if origin.kind is ExprKind.CHOICE and origin.text in ("??", "||"):
        return _open(facts, origin.parts[-1], scope, asking)
    if origin.kind is ExprKind.FUNCTION:
        return _REFLECTED if _lets_all_in(facts, origin.scope, asking) else _loosely_asked(facts, origin.scope)
    if origin.kind is ExprKind.MEMBER and origin.text.endswith("headers.origin"):
        return _REFLECTED
    return ""


def _loosely_asked(facts: FileFacts, scope: int) -> str:
    """What an origin function asks that another's host can fulfil, too: `origin.endsWith('example.com')`."""
    params = facts.functions[scope].params if scope >= 0 else ()
    for call in facts.index.calls(facts.index.within(scope)) if params else ():
        owner, _, name = call.callee.rpartition(".")
        asked = call.args[0].text if call.args and call.args[0].kind is ExprKind.STRING else ""
        if owner != params[0].name or not asked or any(word in asked for word in ("localhost", "127.0.0.1")):
            continue
        is_ending = name == "endsWith" and "." in asked and not asked.startswith(".") and "://" not in asked
        is_start = name == "startsWith" and asked.startswith("http") and asked.count("/") == 2 and "." in asked
        if is_ending or is_start or (name == "includes" and "." in asked):
            return f"`{call.callee}('{asked[:60]}')` also lets in hosts that only contain that text,"
    return ""


def _lets_all_in(facts: FileFacts, scope: int, asking: frozenset[int]) -> bool:
    """Whether an origin function only ever says yes: its one call is `callback(null, true)` (or the origin itself)."""
    if scope < 0 or len(facts.functions[scope].params) < 2:
        return False
    origin, callback = (param.name for param in facts.functions[scope].params[:2])
    calls = list(facts.index.calls((scope,)))
    answers = [call for call in calls if call.callee == callback]
    if len(answers) != 1 or len(answers) != len(calls) or len(answers[0].args) < 2:
        return False
    if scope in asking or facts.functions[scope].statements > 1:
        return False
    answer = answers[0].args[1]
    return is_true(answer) or (answer.kind is ExprKind.NAME and answer.text == origin)


def _headers(project: Project, path: str, facts: FileFacts, asking: frozenset[int]) -> Iterator[Finding]:
    """Headers set by hand: the request's origin sent back, and credentials allowed in the same function."""
    allowed = {call.scope for call in facts.calls if _sets(call, _CREDENTIALS_HEADER)}
    checking = {call.scope for call in facts.calls if step(call.callee) in _LOOKS}
    for call in project.new_calls(path):
        if call.scope not in allowed or not _sets(call, _ORIGIN_HEADER):
            continue
        value = constant(facts, call.args[1], call.scope)
        reflected = any(
            part.kind is ExprKind.MEMBER and part.text.endswith("headers.origin") for part in inside(value)
        ) or (value.kind is ExprKind.CALL and bool(value.parts) and value.parts[0].text.lower() == "origin")
        if reflected and call.scope not in asking and call.scope not in checking:
            yield _finding(path, call.first, _REFLECTED, call)
        elif value.kind is ExprKind.STRING and value.text == "*":
            yield _finding(path, call.first, "Any origin (`*`) is let in", call)


def _allows(whole: Expr) -> bool:
    """Whether headers in an object allow credentials."""
    pairs = zip(whole.keys[:_KEYS_MAX], whole.parts, strict=False)
    return any(key.lower() == _CREDENTIALS_HEADER and part.text == "true" for key, part in pairs)


def _sets(call: Call, header: str) -> bool:
    named = len(call.args) > 1 and call.args[0].kind is ExprKind.STRING and call.args[0].text.lower() == header
    return named and step(call.callee) in _SETTERS


RULE = Rule(
    slug="security_cors_credentials",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="Every site can use the session",
    inspect=inspect,
    references=(
        Reference("MDN: CORS with credentials", "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS"),
        Reference("CWE-942: cross-domain policy too wide", "https://cwe.mitre.org/data/definitions/942.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

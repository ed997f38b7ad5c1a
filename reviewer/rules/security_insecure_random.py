"""A token, password or one-time code made of `Math.random()`, of the clock or of a version 1 UUID.

Whoever sees a few values computes the next ones: `Math.random` is no generator for secrets, and a time can be tried
out. Identifiers that open nothing (request ids, file names, colours, jitter) are left alone.

Bad::

    const resetToken = Math.random().toString(36).slice(2);

Good::

    const resetToken = randomBytes(32).toString('hex');
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._auth import Entry, inside, named_function, named_values, secret_kind, step, words
from reviewer.rules._report import at, report

_SHAPES = frozenset(
    ("toString", "slice", "substring", "substr", "padStart", "padEnd", "toFixed", "String", "Number", "parseInt",
     "floor", "round", "ceil", "trunc", "abs", "toUpperCase", "toLowerCase", "replace", "from", "btoa", "join", "map",
     "charAt", "at", "createHash", "update", "digest", "getTime", "valueOf", "now", "random", "Date", "Array",
     "repeat", "split", "concat", "fill", "keys", "v1", "md5", "sha1", "sha256", "pow", "toISOString", "uuidv1")
)  # fmt: skip
"""Calls that only bring a value into shape: any other may add what makes it hard to guess."""

_CODES = frozenset(
    ("otp", "totp", "password", "verification", "verify", "login", "2fa", "mfa", "reset", "twofactor", "invite",
     "invitation", "activation", "activate", "confirmation", "recovery", "unlock")
)  # fmt: skip
"""Words of a function around a plain `code` that say it opens an account."""


def inspect(project: Project) -> Iterator[Finding]:
    """What the change wrote that makes a secret of something that can be guessed; one finding a function."""
    for file, facts in project.production:
        said: set[tuple[int, str] | int] = set()
        for name, source, fact in _made(facts):
            place = (fact.scope, "" if fact.scope >= 0 else name)
            if said.isdisjoint((place, fact.first)) and project.introduced(file.path, fact):
                said |= {place, fact.first}  # a maker returns what a callback in it makes
                yield report(
                    RULE,
                    at(file.path, fact.first),
                    f"`{name}` is made of `{source}`, which can be guessed: whoever guesses it has the account. "
                    "Make it with `randomBytes`, `randomInt` or `randomUUID` of `node:crypto`.",
                    symbol=fact.symbol or name,
                    quoted=fact.code,
                )


def _made(facts: FileFacts) -> Iterator[tuple[str, str, Call | Binding]]:
    """Name, source and fact of everything secret that is made of something guessable."""
    for item in named_values(facts):
        source = _guessable(facts, _added(item)) if _is_secret(facts, item.key, item.fact.scope) else ""
        if source:
            yield item.key, source, item.fact
    for binding in facts.bindings:
        if binding.kind is BindingKind.RETURN:
            maker = named_function(facts, binding.scope)
            source = _guessable(facts, binding.value) if _is_secret(facts, maker, binding.scope) else ""
            if source:
                yield maker, source, binding
    for call in facts.calls:
        source = _source(facts, call.callee, call.args)
        maker = named_function(facts, call.scope) if source and source not in _TIMES else ""
        if maker and _is_secret(facts, maker, call.scope):
            yield maker, source, call


def _is_secret(facts: FileFacts, name: str, scope: int) -> bool:
    parts = words(step(name))
    if parts and parts[-1] == "code" and _CODES & {*parts, *words(named_function(facts, scope))}:
        return True
    return bool(secret_kind(name))


def _added(item: Entry) -> Expr:
    """The value of a name; the index of `code += CHARS[Math.floor(…)]`, where one character after the other is
    picked."""
    is_added = isinstance(item.fact, Binding) and item.fact.operator == "+="
    return item.value.parts[0] if is_added and item.value.kind is ExprKind.MEMBER and item.value.parts else item.value


def _guessable(facts: FileFacts, value: Expr) -> str:
    """The guessable source that a value is made of, "" when it has none or may have a better one, too."""
    if value.kind in (ExprKind.FUNCTION, ExprKind.ARRAY, ExprKind.MEMBER):
        return ""  # a member is picked from a list that holds good ones
    found = ""
    for part in inside(value):
        if part.kind is ExprKind.OBJECT and part.keys != ("length",):
            return ""
        if part.kind in (ExprKind.CALL, ExprKind.NEW, ExprKind.TAGGED):
            found = found or _source(facts, part.text, part.parts)
            if step(part.text) not in _SHAPES and not _source(facts, part.text, part.parts):
                return ""
    return found


_TIMES = ("Date.now()", "new Date()")


def _source(facts: FileFacts, callee: str, args: tuple[Expr, ...]) -> str:
    if callee in ("Math.random", "Date.now"):
        return f"{callee}()"
    if callee == "Date" and not args:
        return "new Date()"
    name, module = original(facts, callee)
    return "uuid.v1()" if module == "uuid" and name == "v1" else ""


RULE = Rule(
    slug="security_insecure_random",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="A secret can be guessed",
    inspect=inspect,
    references=(
        Reference("CWE-338: weak random numbers for secrets", "https://cwe.mitre.org/data/definitions/338.html"),
        Reference("Node.js: crypto.randomBytes", "https://nodejs.org/api/crypto.html#cryptorandombytessize-callback"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

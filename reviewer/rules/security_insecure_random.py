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
from typing import NamedTuple

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._auth import named_values, secret_kind, step, words
from reviewer.rules._guessable import Guessable, Source, source_named
from reviewer.rules._report import at, report

_CODES = frozenset(
    ("otp", "totp", "password", "verification", "verify", "login", "2fa", "mfa", "reset", "twofactor", "invite",
     "invitation", "activation", "activate", "confirmation", "recovery", "unlock", "backup", "pairing", "join",
     "voucher", "gift", "magic", "signin", "signup", "passcode", "claim", "redeem", "redemption", "access")
)  # fmt: skip
"""Words of a function around a plain `code` that say it opens an account."""

_MAKERS = frozenset(("generate", "create", "make", "issue", "random", "next", "new", "build", "code", "value", "get"))
_OWNERS = frozenset(("otp", "token", "tokens", "password", "passwords", "secret", "secrets", "apikey", "passcode"))
"""Words of a class whose `generate()` makes secrets."""

_JOINTS = frozenset(("for", "of", "from", "by", "with", "to", "in"))
_FETCHES = frozenset(("get", "fetch", "refresh", "verify", "check", "validate", "find", "load", "read", "revoke", "has",
                      "is", "delete", "remove", "decode", "parse", "exchange", "poll", "request"))  # fmt: skip
_WAITS = ("sleep", "delay", "wait", "settimeout", "backoff", "jitter", "pause")
_OTHER_SECRETS = frozenset(("pin", "salt", "passkey", "sid"))


_STRONG = frozenset(("randomBytes", "randomUUID", "randomInt", "getRandomValues", "randomFillSync", "nanoid"))
"""What gives numbers that nobody can guess."""


class _Made(NamedTuple):
    name: str
    source: Source
    fact: Call | Binding


def inspect(project: Project) -> Iterator[Finding]:
    """What the change wrote that makes a secret of something that can be guessed; one finding a function."""
    guess = Guessable(project)
    changed = {file.path for file, _ in project.changed}
    said: set[tuple[str, int, str] | tuple[str, int]] = set()
    for path, call, symbol in _weakened(project):
        if (path, call.first) not in said:
            said |= {(path, call.scope, ""), (path, call.first)}
            yield report(
                RULE,
                at(path, call.first),
                f"`{symbol}` took its numbers from `node:crypto` before and takes them from `Math.random()` now, which "
                "can be guessed from a few of its results. Keep `randomBytes`, `randomInt` or `randomUUID`.",
                symbol=symbol,
                quoted=call.code,
            )
    for path, facts in project.head.items():
        for name, source, fact in _made(guess, path, facts) if is_production(path) else ():
            found = _place(project, path, source, fact, path in changed)
            if found is None:
                continue
            place = (path, fact.scope, "" if fact.scope >= 0 else name)
            if not said.isdisjoint((place, found)):
                continue
            said |= {place, found}  # a maker returns what a callback in it makes
            yield report(
                RULE,
                at(*found),
                f"`{name}` is made of `{source.text}`, which can be guessed: whoever guesses it has the account. "
                "Make it with `randomBytes`, `randomInt` or `randomUUID` of `node:crypto`.",
                symbol=fact.symbol or name,
                quoted=fact.code,
            )


def _weakened(project: Project) -> Iterator[tuple[str, Call, str]]:
    """Path, call and function of what is guessable now and came from the system's own random numbers before: whoever
    took those knew why, whatever the function is called."""
    for file, facts in project.production:
        strong = {call.symbol for call in project.before(file.path).calls if step(call.callee) in _STRONG}
        strong -= {call.symbol for call in facts.calls if step(call.callee) in _STRONG}
        for call in facts.calls if strong - {""} else ():
            if call.callee == "Math.random" and call.symbol in strong and project.introduced(file.path, call):
                yield file.path, call, call.symbol


def _place(
    project: Project, path: str, source: Source, fact: Call | Binding, is_changed: bool
) -> tuple[str, int] | None:
    """Where to speak: at the source where the change wrote it, else at the name that it newly gets."""
    if project.wrote(source.path, source.line) and is_production(source.path):
        return source.path, source.line
    return (path, fact.first) if is_changed and project.introduced(path, fact) else None


def _made(guess: Guessable, path: str, facts: FileFacts) -> Iterator[_Made]:
    """Name, source and fact of everything secret that is made of something guessable."""
    for item in named_values(facts):
        if item.value.kind is not ExprKind.FUNCTION and _is_secret(facts, item.key, item.fact.scope):
            source = guess.source(path, item.value, item.fact.scope)
            is_id = words(item.key)[-1:] == ("id",)  # an id that got its number elsewhere is a conversation's, mostly
            if is_id and source is not None and not item.value.first <= source.line <= item.value.last:
                continue
            if source is not None:
                yield _Made(item.key, source, item.fact)
    for binding in facts.bindings:
        if binding.kind is BindingKind.RETURN:
            maker = _secret_maker(facts, binding.scope, binding.symbol)
            returned = guess.source(path, binding.value, binding.scope) if maker else None
            if returned is not None:
                yield _Made(maker, returned, binding)
    for call in facts.calls:
        text = source_named(facts, call.callee, call.args)
        source = Source(text, path, call.first)
        maker = _secret_maker(facts, call.scope, call.symbol) if text and not source.is_time else ""
        if maker and not _FETCHES & set(words(maker)) and not _is_aside(facts, call):
            yield _Made(maker, source, call)


def _is_aside(facts: FileFacts, call: Call) -> bool:
    """Whether a random number only decides when something happens: a wait, or one time in a hundred."""
    around = tuple(facts.index.around(call.scope))
    if any(
        one.test.first <= call.first <= one.test.last for scope in around for one in facts.index.conditions((scope,))
    ):
        return True
    waits = (one for one in facts.index.calls(around) if any(word in step(one.callee).lower() for word in _WAITS))
    if any(one.first <= call.first <= one.last for one in waits):
        return True
    named = (one for one in facts.index.bindings(around) if any(word in one.name.lower() for word in _WAITS))
    return any(one.first <= call.first <= one.last for one in named)


def _secret_maker(facts: FileFacts, scope: int, symbol: str) -> str:
    """The function around, or the one around that, whose name says that it makes a secret; "" for none."""
    names = [facts.functions[one].name for one in facts.index.around(scope) if one != NOWHERE]
    found = next((name for name in names if name and _is_secret(facts, name, scope)), "")
    if found or not names:
        return found
    owner = symbol.rpartition(".")[0]
    is_plain = bool(names[-1]) and set(words(names[-1])) <= _MAKERS
    return symbol if is_plain and _OWNERS & set(words(owner)) else ""


def _is_secret(facts: FileFacts, name: str, scope: int) -> bool:
    parts = list(words(step(name)))
    cut = next((at for at, word in enumerate(parts) if at and word in _JOINTS), len(parts))
    parts = parts[:cut]
    if not parts:
        return False
    if len(parts[-1]) > 3:
        parts[-1] = parts[-1].removesuffix("s") if not parts[-1].endswith("pass") else parts[-1]
    if parts[-1] == "code":
        around = [facts.functions[one].symbol for one in facts.index.around(scope) if one != NOWHERE]
        if _CODES & {*parts, *(word for symbol in around for word in words(symbol))}:
            return True
    if {"csrf", "xsrf"} & set(parts) and parts[-1] == "token":
        return True
    return parts[-1] in _OTHER_SECRETS or bool(secret_kind("_".join(parts)))


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

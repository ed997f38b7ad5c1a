"""A secret in the source: whoever reads the repository, or a built image, has it, and it stays in the history for
ever.

A default behind `process.env.X ??` counts too: it is what production runs with when the variable is forgotten. So does
an address with a password in it, and whatever text a token is signed with.

Bad::

    secret: process.env.JWT_SECRET ?? 'b3st-k3pt-s3cret',

Good::

    secret: config.getOrThrow('JWT_SECRET'),
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.issued_keys import is_issued_key
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._auth import constant, entry, inside, named_values, step, words
from reviewer.rules._auth_secrets import (
    holds_credentials,
    holds_password,
    key_arguments,
    looks_like_fallback,
    looks_secret,
    names_secret,
    plain_text,
    variable,
)
from reviewer.rules._report import at, report


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    value: str
    first: int
    symbol: str
    is_fallback: bool = False
    is_certain: bool = False
    """It is a secret by where it is used, or by how it looks."""


def inspect(project: Project) -> Iterator[Finding]:
    """Literals that the change wrote and that are, or stand in for, a secret. What is found is never quoted."""
    elsewhere = _used_elsewhere(project)
    for file, facts in project.production:
        written = (*_candidates(facts), *elsewhere.get(file.path, ()))
        found = [item for item in written if project.wrote(file.path, item.first) and _is_secret(item)]
        earlier = _candidates(project.before(file.path)) if found else ()
        before = {(item.name, item.value) for item in earlier}
        lines_said: set[int] = set()
        for item in found:
            if item.first not in lines_said and (item.name, item.value) not in before:
                lines_said.add(item.first)
                yield report(
                    RULE,
                    at(file.path, item.first),
                    _FALLBACK if item.is_fallback else _LITERAL,
                    symbol=f"{item.symbol}:{item.name}" if item.symbol else item.name,
                    quoted=item.name,
                )


_LITERAL = (
    "This looks like a real secret. Everybody with access to the repository or the image has it, also after it is "
    "removed. Read it from the configuration, and replace the one that was committed."
)
_FALLBACK = (
    "When the variable is not set, production runs with this value, which everybody with access to the repository "
    "knows. Fail at start instead of falling back."
)


_EXAMPLES = frozenset(
    ("placeholder", "placeholders", "example", "examples", "insecure", "forbidden", "weak", "known", "sample",
     "samples", "blocked", "denied", "common", "dummy", "fake", "banned", "leaked")
)  # fmt: skip
"""Words of lists of secrets that nobody should use."""


def _is_secret(item: _Candidate) -> bool:
    if item.is_certain or is_issued_key(item.value):
        return True
    if not names_secret(item.name):
        return False
    return (looks_like_fallback if item.is_fallback else looks_secret)(item.name, item.value)


def _candidates(facts: FileFacts) -> Iterator[_Candidate]:
    for call in facts.calls:
        for value in key_arguments(facts, call):
            made = constant(facts, value, call.scope)
            if plain_text(made):
                yield _Candidate("secret", made.text, made.first, call.symbol, is_certain=True)
        for arg in call.args:
            yield from _of(arg, "", call.symbol)
    shown = _shown(facts)
    for binding in facts.bindings:
        name = step(binding.name)
        if _EXAMPLES & set(words(name)) or (binding.value.first, binding.value.text) in shown:
            continue
        if binding.kind in (BindingKind.CONST, BindingKind.LET) and binding.value.kind is ExprKind.OBJECT:
            name = ""
        yield from _of(binding.value, name, binding.symbol)
    for text in facts.strings:
        if is_issued_key(text.text) or holds_password(text.text) or holds_credentials(text.text):
            yield _Candidate("key", text.text, text.first, "", is_certain=True)


def _of(value: Expr, name: str, symbol: str) -> Iterator[_Candidate]:
    """The texts that a name is given, also inside objects and behind `??`, `||`, `get(key, …)` and `.default(…)`."""
    waiting = [(value, name)]
    while waiting:
        here, called = waiting.pop()
        if plain_text(here):
            yield _Candidate(called, here.text, here.first, symbol)
        elif here.kind is ExprKind.OBJECT:
            pairs = zip(here.keys, here.parts, strict=False)
            waiting.extend((part, key) for key, part in pairs if not _EXAMPLES & set(words(key)))
        elif here.kind is ExprKind.CHOICE and here.text in ("??", "||"):
            source = next((found for part in here.parts[:-1] for found in [variable(part)] if found), "")
            last = here.parts[-1]
            if plain_text(last):
                both = source if source and not names_secret(called) else called
                yield _Candidate(both, last.text, last.first, symbol, is_fallback=bool(source))
        elif here.kind is ExprKind.CALL and here.parts:
            yield from _default(here, called, symbol)


def _shown(facts: FileFacts) -> frozenset[tuple[int, str]]:
    """Line and text of what stands in examples for readers: `{ example: { password: 'x' } }`."""
    found: set[tuple[int, str]] = set()
    for item in named_values(facts):
        if _EXAMPLES & set(words(step(item.key))):
            found |= {(part.first, part.text) for part in inside(item.value)}
    return frozenset(found)


def _default(call: Expr, name: str, symbol: str) -> Iterator[_Candidate]:
    """`config.get('JWT_SECRET', 'x')` and `z.string().default('x')`."""
    last = call.parts[-1]
    if not plain_text(last):
        return
    if step(call.text) in ("get", "getOrDefault") and len(call.parts) == 2 and "onfig" in call.text:
        source = plain_text(call.parts[0]).rpartition(".")[2]
        yield _Candidate(source if names_secret(source) else name, last.text, last.first, symbol, is_fallback=True)
    elif step(call.text) == "default":
        yield _Candidate(name, last.text, last.first, symbol, is_fallback=True)


def _used_elsewhere(project: Project) -> dict[str, list[_Candidate]]:
    """Constants of one file that another signs or encrypts with, by the file they stand in."""
    found: dict[str, list[_Candidate]] = {}
    for path, facts in project.head.items():
        if not is_production(path):
            continue
        for call in facts.calls:
            for value in key_arguments(facts, call):
                root, _, field = value.text.partition(".")
                imported = facts.imported(root) if value.kind in (ExprKind.NAME, ExprKind.MEMBER) else None
                target = project.imported_path(path, root) if imported else None
                other = project.head.get(target) if target else None
                if imported is None or target is None or other is None:
                    continue
                made = constant(other, Expr(ExprKind.NAME, other.index.exported(imported.name), 0, 0), -1)
                made = (entry(made, field) or made) if field else made
                if plain_text(made):
                    found.setdefault(target, []).append(
                        _Candidate("secret", made.text, made.first, imported.name, is_certain=True)
                    )
    return found


RULE = Rule(
    slug="security_secret_in_code",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="A secret stands in the code",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: secrets management",
            "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

"""Certificates are not checked: whoever sits between the two sides reads and changes what is sent.

Bad::

    const agent = new https.Agent({ rejectUnauthorized: false });

Good::

    const agent = new https.Agent({ ca: readFileSync(config.caFile) });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import inside, is_false, is_true, named_values, step, words
from reviewer.rules._auth_stages import Stages
from reviewer.rules._report import at, report

_SWITCHES = frozenset(("rejectUnauthorized", "strictSSL", "sslValidate", "tlsVerify", "verifySsl", "sslVerify"))
_ACCEPTS = frozenset(("tlsAllowInvalidCertificates", "tlsInsecure", "trustServerCertificate", "insecureSkipVerify",
                      "tlsAllowInvalidHostnames", "allowInvalidCertificates"))  # fmt: skip
_ENVIRONMENT = "process.env.NODE_TLS_REJECT_UNAUTHORIZED"
_SETTINGS = frozenset(("mode", "sslmode", "insecure", "verify", "signed", "strict", "reject", "trust"))
_CONDITIONS_MAX = 200
"""Conditions of one function that are looked at: far more than any written by hand has."""

_LOCAL = frozenset(("local", "dev", "development", "test", "mock"))


def inspect(project: Project) -> Iterator[Finding]:
    """Switches for certificate checks that the change turned off."""
    for file, facts in project.production:
        said: set[int] = set()
        for name, line, fact in _off(facts):
            if line in said or not project.introduced(file.path, fact) or not project.wrote(file.path, line):
                continue
            if _LOCAL & set(words(fact.symbol)):
                continue
            said.add(line)
            whole = name == _ENVIRONMENT
            finding = report(
                RULE,
                at(file.path, line),
                f"`{name}` turns certificate checks off{' for the whole process' if whole else ''}: whoever sits in "
                "between reads and changes what is sent. Trust the other side's certificate with `ca` instead.",
                symbol=fact.symbol,
                quoted=name if whole else f"{name} {fact.code}",
            )
            yield replace(finding, severity=Severity.BLOCKER) if whole else finding


def _off(facts: FileFacts) -> Iterator[tuple[str, int, Call | Binding]]:
    stages = facts.index.once(Stages)
    for item in named_values(facts):
        name, value = step(item.key), item.value
        is_whole = name == "NODE_TLS_REJECT_UNAUTHORIZED" and value.text in ("0", "false")
        if not is_whole and not _is_off(facts, name, value):
            continue
        if not (item.is_chosen or stages.decide(item.fact) or _is_asked_for(facts, item.fact)):
            yield _ENVIRONMENT if is_whole else name, value.first, item.fact  # else the environment asks for it


def _is_asked_for(facts: FileFacts, fact: Call | Binding) -> bool:
    """Whether a condition around asks for a setting of just that: `if (sslMode === 'require') return { … }`."""
    around = islice(facts.index.conditions((fact.scope,)), _CONDITIONS_MAX)
    return any(one.first <= fact.first <= one.last and _asks_for_trust(one.test) for one in around)


def _asks_for_trust(test: Expr) -> bool:
    names = (part.text for part in inside(test) if part.kind in (ExprKind.NAME, ExprKind.MEMBER))
    return any(_SETTINGS & set(words(step(name))) for name in names)


def _is_off(facts: FileFacts, name: str, value: Expr) -> bool:
    if name == "checkServerIdentity":
        return _accepts_all(facts, value)
    return (name in _SWITCHES and is_false(value)) or (name in _ACCEPTS and is_true(value))


def _accepts_all(facts: FileFacts, value: Expr) -> bool:
    """A function that looks at nothing: `() => undefined`."""
    if value.kind is not ExprKind.FUNCTION or value.scope < 0:
        return False
    nothing = all(part.kind is ExprKind.CONSTANT for part in value.parts)
    is_idle = not any(True for _ in facts.index.calls((value.scope,)))
    return nothing and is_idle and not facts.functions[value.scope].params


RULE = Rule(
    slug="security_tls_off",
    concern=Concern.SECURITY,
    severity=Severity.WARNING,
    title="Certificates are not checked",
    inspect=inspect,
    references=(
        Reference("CWE-295: certificate not checked", "https://cwe.mitre.org/data/definitions/295.html"),
        Reference("Node.js: tls.connect", "https://nodejs.org/api/tls.html#tlsconnectoptions-callback"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

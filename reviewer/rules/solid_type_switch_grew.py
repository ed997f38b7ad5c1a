"""One more case in a decision over types, where other places decide over the same types.

Each new type means finding all of them again, and the one that is forgotten falls through at run time. Reported when
the change adds a case to a switch or if chain, and another place knows at least two of the same cases; new decisions,
reducers and mappings that stand alone are left alone.

Bad::

    switch (payment.type) { case 'card': …; case 'paypal': …; case 'crypto': … }   // here, in refund() and in fees()

Good::

    this.methods.get(payment.type).charge(payment)   // a class for each type
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._report import at, report
from reviewer.rules._solid_tags import Decision, decisions

_SHARED_MIN = 2
"""Labels that two decisions have in common when they are over the same types."""
_ALONE_MIN = 4
"""Cases of a decision that stands alone, from which one more is worth a word."""
_TAGS = (
    "type", "kind", "method", "provider", "channel", "strategy", "gateway", "format", "driver", "engine", "platform",
    "source", "plan", "tier", "role", "category", "carrier", "vendor", "variant", "mode", "shape", "currency",
    "country", "region", "scheme", "backend", "integration", "processor", "storage", "transport", "algorithm",
    "protocol", "bank",
)  # fmt: skip
_STATES = (
    "status", "state", "code", "env", "environment", "stage", "phase", "level", "error", "message", "name", "key", "op",
    "operator", "direction", "sort", "order", "step", "err", "exception", "cause",
    "reason",
)  # fmt: skip


def inspect(project: Project) -> Iterator[Finding]:
    """Decisions over type tags that the change gave a case more."""
    others: list[tuple[str, Decision]] | None = None
    for file, facts in project.production:
        before = _by_place(project.before(file.path))
        for one in decisions(facts):
            was = before.get((one.symbol, one.subject))
            if was is None or not was < one.labels or _is_state(one.subject):
                continue
            added = [(tag, line) for tag, line in one.places if tag not in was and project.wrote(file.path, line)]
            if not added:
                continue
            if others is None:
                others = _all(project)
            same = _same(others, file.path, one, was)
            is_long = len(was) >= _ALONE_MIN - 1 and len(one.labels) >= _ALONE_MIN
            if same or (is_long and (_is_tag(one.subject) or one.is_of_classes)):
                yield _finding(file.path, one, added, same)


def _by_place(facts: FileFacts) -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for one in decisions(facts):
        found[one.symbol, one.subject] = one.labels | found.get((one.symbol, one.subject), frozenset())
    return found


def _is_tag(subject: str) -> bool:
    return subject.rpartition(".")[2].lower().endswith(_TAGS)


def _is_state(subject: str) -> bool:
    """Whether what is asked is no kind of thing: how far it is, what went wrong, what the transport says."""
    return subject.rpartition(".")[2].lower().endswith(_STATES)


def _all(project: Project) -> list[tuple[str, Decision]]:
    return [
        (path, one)
        for path, facts in project.head.items()
        if is_production(path)
        for one in decisions(facts)
        if len(one.labels) >= _SHARED_MIN
    ]


def _same(others: list[tuple[str, Decision]], path: str, one: Decision, was: frozenset[str]) -> list[str]:
    """The other functions that decide over the same types."""
    found = [
        there.symbol or at_path
        for at_path, there in others
        if (at_path, there.scope) != (path, one.scope) and len(there.labels & was) >= _SHARED_MIN
    ]
    return sorted(set(found))


def _finding(path: str, one: Decision, added: list[tuple[str, int]], same: list[str]) -> Finding:
    tags = ", ".join(f"`{tag}`" for tag, _ in added)
    more = f", and {len(same) - 1} more" if len(same) > 1 else ""
    places = f" `{same[0]}` decides over the same cases{more}." if same else ""
    return report(
        RULE,
        at(path, added[0][1]),
        f"The decision over `{one.subject}` in `{one.symbol or path}` grew by {tags} to {len(one.labels)} cases."
        f"{places} Each new case has to be added everywhere by hand: give each case a class (or an "
        "entry in one map) that holds what differs.",
        symbol=one.symbol,
        quoted=f"{one.subject}: {tags}",
    )


RULE = Rule(
    slug="solid_type_switch_grew",
    concern=Concern.SOLID,
    severity=Severity.NOTE,
    title="A decision over types grew by a case",
    inspect=inspect,
    references=(Reference("TypeScript: narrowing", "https://www.typescriptlang.org/docs/handbook/2/narrowing.html"),),
    confidence=0.8,
    page=__doc__ or "",
)

"""A price that the client sets: what is charged comes from the request, so anybody pays one cent.

The client may say what it buys; what that costs is in the database.

Bad::

    await stripe.paymentIntents.create({ amount: req.body.amount, currency: 'eur' });

Good::

    const order = await orders.one(req.body.orderId);
    await stripe.paymentIntents.create({ amount: order.total, currency: 'eur' });
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import inside
from reviewer.rules._auth_callers import Requests
from reviewer.rules._report import at, report

_PAYMENTS = ("paymentIntents.create", "charges.create", "sessions.create", "checkout.sessions.create", "prices.create",
             "orders.create")  # fmt: skip
_AMOUNTS = frozenset(("amount", "unit_amount", "unitAmount", "price", "total"))


def inspect(project: Project) -> Iterator[Finding]:
    """Payments that the change starts with an amount of the request."""
    for file, facts in project.production:
        yield from _believed(project, file.path, facts, facts.index.once(Requests))


def _believed(project: Project, path: str, facts: FileFacts, seen: Requests) -> Iterator[Finding]:
    for call in project.new_calls(path):
        if not call.callee.endswith(_PAYMENTS):
            continue
        claimed = next(_claimed_amounts(call, seen), None)
        if claimed is not None:
            yield report(
                RULE,
                at(path, claimed.first),
                f"`{claimed.text}` is what the client says it pays: anybody pays one cent. Compute the amount from the "
                "order in the database.",
                symbol=call.symbol,
                quoted=call.code,
            )


def _claimed_amounts(call: Call, seen: Requests) -> Iterator[Expr]:
    waiting = list(call.args)
    while waiting:
        value = waiting.pop()
        for key, part in zip(value.keys, value.parts, strict=False):
            if key in _AMOUNTS:
                yield from (
                    one
                    for one in inside(part)
                    if one.kind in (ExprKind.NAME, ExprKind.MEMBER) and seen.holds(call.scope, one)
                )
        if value.kind in (ExprKind.OBJECT, ExprKind.ARRAY):
            waiting.extend(value.parts)


RULE = Rule(
    slug="security_client_price",
    concern=Concern.SECURITY,
    severity=Severity.WARNING,
    title="The client sets the price",
    inspect=inspect,
    references=(Reference("CWE-602: what the client enforces", "https://cwe.mitre.org/data/definitions/602.html"),),
    confidence=0.85,
    page=__doc__ or "",
)

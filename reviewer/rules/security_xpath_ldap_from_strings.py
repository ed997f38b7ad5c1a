"""An XPath or LDAP query put together from a client's text: a quote or `*` in it widens what is matched.

A login by such a query lets anybody in; a search shows all. Escaped values (`ldap.filters`, `escapeFilter`), variables
of an XPath evaluator and fixed queries are left alone.

Bad::

    client.search(BASE, { filter: `(uid=${req.body.user})` });

Good::

    client.search(BASE, { filter: new EqualityFilter({ attribute: 'uid', value: req.body.user }) });
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._taint_report import flows, option, resolved, tell

_XPATH: Final = frozenset(("xpath", "xpath.js", "xpath-ts2", "libxmljs", "libxmljs2", "fontoxpath"))
_XPATH_CALLS: Final = frozenset(
    (
        "select",
        "select1",
        "evaluate",
        "parse",
        "find",
        "evaluateXPath",
        "evaluateXPathToNodes",
        "evaluateXPathToFirstNode",
    )
)
_LDAP: Final = ("ldapjs", "ldapts", "ldapjs-client", "activedirectory", "activedirectory2", "ldap-authentication")
_MADE: Final = (ExprKind.TEMPLATE, ExprKind.CONCAT)


def inspect(project: Project) -> Iterator[Finding]:
    """Such queries that the change wrote with a client's text in them."""
    has_ldap = any(map(project.uses, _LDAP))

    def queries(facts: FileFacts, call: Call) -> Iterator[Expr]:
        name, module = original(facts, call.callee)
        last = name.rpartition(".")[2]
        if call.args and module in _XPATH and last in _XPATH_CALLS:
            yield from _made(facts, call.args[0], call.scope)
        elif has_ldap and last in ("search", "searchAsync", "bind", "find", "findUser", "findUsers"):
            for arg in call.args:
                given = option(resolved(facts, arg, call.scope), "filter") or arg
                yield from _made(facts, given, call.scope)

    for flow in flows(project, queries):
        message = (
            f"`{flow.origin.text}` comes from the client and is put into the text of the query, so a quote or `*` in "
            "it changes what is matched. Escape it for this language, or pass it as a variable or a filter object."
        )
        yield tell(project, RULE, flow, message)


def _made(facts: FileFacts, value: Expr, scope: int) -> Iterator[Expr]:
    """The text, if it is put together and reads like an XPath or a filter."""
    text = resolved(facts, value, scope)
    fixed = text.text if text.kind is ExprKind.TEMPLATE else "".join(part.text for part in text.parts[:1])
    if text.kind in _MADE and any(mark in fixed for mark in ("(", "[", "//", "=")):
        yield text


RULE = Rule(
    slug="security_xpath_ldap_from_strings",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="An XPath or LDAP query is put together from a client's text",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: LDAP injection",
            "https://cheatsheetseries.owasp.org/cheatsheets/LDAP_Injection_Prevention_Cheat_Sheet.html",
        ),
        Reference("CWE-643: XPath injection", "https://cwe.mitre.org/data/definitions/643.html"),
    ),
    confidence=0.85,
    page=__doc__ or "",
)

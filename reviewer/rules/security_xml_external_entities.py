"""XML read with external entities: a document names files of the server, or addresses in its network, and gets them.

`noent: true` of libxmljs replaces entities by what they name; `dtdload` fetches what a document asks for. Other readers
of Node.js do neither, and are left alone.

Bad::

    const document = libxmljs.parseXml(req.body.xml, { noent: true });

Good::

    const document = libxmljs.parseXml(req.body.xml, { noent: false, nonet: true });
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._taint import Taint
from reviewer.rules._taint_report import option, resolved

_READERS: Final = frozenset(
    ("parseXml", "parseXmlString", "parseXmlAsync", "parseHtml", "parseHtmlString", "fromString", "XmlDocument",
     "SaxParser", "parse")
)  # fmt: skip
_OPENS: Final = ("noent", "replaceEntities", "dtdload", "expandEntities", "resolveExternals")


def inspect(project: Project) -> Iterator[Finding]:
    """Readers of XML that the change tells to follow entities; a blocker where a client sends the document."""
    taint = project.once(Taint)
    for file, facts in project.production:
        for call in project.new_calls(file.path):
            if call.callee.rpartition(".")[2] not in _READERS or len(call.args) < 2:
                continue
            options = (resolved(facts, arg, call.scope) for arg in call.args[1:])
            name = next((found for arg in options if (found := _opened(arg))), "")
            if not name:
                continue
            message = (
                f"With `{name}: true` a document can name files of the server or addresses inside the network, and "
                "gets their content. Leave it out."
            )
            origin = taint.origin(file.path, call.args[0], call.scope)
            finding = report(RULE, at(file.path, call.first), message, call.symbol, call.code)
            is_direct = origin is not None and not origin.hops
            yield replace(finding, severity=Severity.BLOCKER) if is_direct else finding


def _opened(options: Expr) -> str:
    for name in _OPENS:
        value = option(options, name)
        if value is not None and value.kind is ExprKind.CONSTANT and value.text == "true":
            return name
    return ""


RULE = Rule(
    slug="security_xml_external_entities",
    concern=Concern.SECURITY,
    severity=Severity.WARNING,
    title="XML is read with external entities",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: XML external entities",
            "https://cheatsheetseries.owasp.org/cheatsheets/XML_External_Entity_Prevention_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

"""A client's text in the HTML of a mail, unescaped: it becomes links and pictures in a mail that we sign.

Mail programs run no scripts, but a stranger can write our readers a letter with our address on it. Text mails,
templates that escape, and escaped values are left alone.

Bad::

    await mailer.sendMail({ to, subject, html: `<p>Hello ${req.body.name}</p>` });

Good::

    await mailer.sendMail({ to, subject, html: `<p>Hello ${escapeHtml(req.body.name)}</p>` });
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._taint_report import flows, option, resolved, tell

_SENDS: Final = ("send", "mail")
_KEYS: Final = ("html", "htmlBody", "Html")


def inspect(project: Project) -> Iterator[Finding]:
    """Mails that the change wrote with a client's text in their HTML."""
    for flow in flows(project, _bodies):
        message = (
            f"`{flow.origin.text}` comes from the client and is put into the HTML of the mail as it is, so it can add "
            "links and pictures to a mail with our address. Escape it."
        )
        yield tell(project, RULE, flow, message)


def _bodies(facts: FileFacts, call: Call) -> Iterator[Expr]:
    """The HTML that is put together for a mail."""
    name = call.callee.rpartition(".")[2].lower()
    if not any(word in name for word in _SENDS):
        return
    for arg in call.args[:2]:
        html = option(resolved(facts, arg, call.scope), *_KEYS)
        text = resolved(facts, html, call.scope) if html is not None else None
        if text is not None and text.kind in (ExprKind.TEMPLATE, ExprKind.CONCAT):
            yield text


RULE = Rule(
    slug="security_unescaped_mail",
    concern=Concern.SECURITY,
    severity=Severity.NOTE,
    title="A client's text is put into the HTML of a mail",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: cross-site scripting prevention",
            "https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
        ),
    ),
    confidence=0.85,
    page=__doc__ or "",
)

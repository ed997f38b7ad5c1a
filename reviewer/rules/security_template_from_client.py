"""A template that the client wrote, or a view that it named: template engines run code, and read files.

`ejs`, `pug`, `handlebars`, `nunjucks`, lodash and others turn a template's text into a program. A whole `req.query` as
the view's data lets a client set the engine's own options. Client data as named values of a fixed template is the
right way, and left alone.

Bad::

    res.send(ejs.render(req.body.template, { user }));

Good::

    res.render('welcome', { name: req.body.name });
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._taint_report import flows, tell

_ENGINES: Final = {
    "ejs": ("render", "compile"), "pug": ("render", "compile", "compileClient"), "jade": ("render", "compile"),
    "handlebars": ("compile", "precompile"), "nunjucks": ("renderString", "compile", "Template"),
    "lodash": ("template",), "lodash/template": ("default", "*"), "lodash.template": ("default", "*"),
    "underscore": ("template",), "dot": ("template", "compile"), "eta": ("renderString", "compile", "render"),
    "swig": ("render", "compile"), "hogan.js": ("compile",), "liquidjs": ("parseAndRender",),
    "art-template": ("render", "compile"), "squirrelly": ("render", "compile"),
}  # fmt: skip
"""Functions that are given a template's text first, by the engine's module."""

_RESPONSES: Final = frozenset(("res", "response", "reply", "_res"))


def inspect(project: Project) -> Iterator[Finding]:
    """Templates and views that the change lets a client choose."""
    for flow in flows(project, _templates):
        message = (
            f"`{flow.origin.text}` comes from the client and is compiled as a template, which can run any code on the "
            "server. Keep the template fixed, and give the data to it by name."
        )
        yield tell(project, RULE, flow, message)
    for flow in flows(project, _views):
        message = (
            f"`{flow.origin.text}` comes from the client and names the view, so `../` in it leads to other files. "
            "Choose among the views by a list."
        )
        yield tell(project, RULE, flow, message, Severity.WARNING)
    for flow in flows(project, _locals):
        if flow.origin.is_whole and not flow.origin.hops:
            message = (
                f"All of `{flow.origin.text}` becomes the view's data, and with it the engine's options, by which EJS "
                "and others run code. Pass on the fields that the view needs by name."
            )
            yield tell(project, RULE, flow, message, Severity.WARNING)


def _templates(facts: FileFacts, call: Call) -> Iterator[Expr]:
    name, module = original(facts, call.callee)
    if call.args and module in _ENGINES and name.rpartition(".")[2] in _ENGINES[module]:
        yield call.args[0]


def _views(_facts: FileFacts, call: Call) -> Iterator[Expr]:
    if _renders(call):
        yield call.args[0]


def _locals(_facts: FileFacts, call: Call) -> Iterator[Expr]:
    if _renders(call) and len(call.args) > 1:
        data = call.args[1]
        spread = [part for key, part in zip(data.keys, data.parts, strict=False) if not key]
        yield from spread if data.keys else [data]


def _renders(call: Call) -> bool:
    owner, _, name = call.callee.rpartition(".")
    return name in ("render", "view") and bool(call.args) and bool(_RESPONSES & set(owner.replace("()", "").split(".")))


RULE = Rule(
    slug="security_template_from_client",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="The client writes or chooses a template",
    inspect=inspect,
    references=(Reference("CWE-1336: template injection", "https://cwe.mitre.org/data/definitions/1336.html"),),
    confidence=0.9,
    page=__doc__ or "",
)

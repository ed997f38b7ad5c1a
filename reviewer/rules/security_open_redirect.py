"""A redirect whose target the client chose: a link to this service sends its reader to any site, with our name on it.

Phishing starts there, and so does the theft of codes and tokens that a login hands on. An allow-list, a lookup in a
map, or a fixed start (`/orders/${id}`) is left alone; so are targets that only the server knows.

Bad::

    res.redirect(req.query.next as string);

Good::

    const next = String(req.query.next);
    res.redirect(ALLOWED_PATHS.includes(next) ? next : '/');
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, Class, FileFacts, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import nest_name
from reviewer.core.rule import Rule
from reviewer.rules._code import Code
from reviewer.rules._made_addresses import made_elsewhere
from reviewer.rules._report import at, report
from reviewer.rules._taint import Taint
from reviewer.rules._taint_address import leading
from reviewer.rules._taint_origin import Origin
from reviewer.rules._taint_report import flows, option, resolved, tell

_SETS_HEADER: Final = frozenset(("setHeader", "header", "set", "append"))
_NOT_FROM_A_LINK: Final = ("headers", ".get(", ".header(", "cookies")
"""Marks of data that a prepared link cannot carry."""


def inspect(project: Project) -> Iterator[Finding]:
    """Redirects that the change wrote, to where a client says."""
    for flow in flows(project, _targets, is_address=True):
        if flow.origin.is_own_address or _is_from_elsewhere(flow.origin):
            continue
        yield tell(project, RULE, flow, _message(flow.origin))
    for file, facts in project.production:
        for call in facts.calls:
            targets = [one for one in _targets(facts, call) if one.kind in (ExprKind.CALL, ExprKind.AWAIT)]
            known = (project.once(Taint).origin(file.path, one, call.scope, is_address=True) for one in targets)
            if targets and not any(known):
                owner = facts.index.declared(call.symbol.partition(".")[0])
                code = Code(file.path, call.scope, owner if isinstance(owner, Class) else None)
                yield from _built(project, code, targets, call, project.introduced(file.path, call))
        for item in facts.classes:
            for method in item.methods:
                if any(nest_name(facts, one) == "Redirect" for one in method.decorators):
                    yield from _returned(project, file.path, item, method)


def _message(origin: Origin) -> str:
    return (
        f"`{origin.text}` comes from the client and decides where this redirect leads, so a link to this service can "
        "send its reader to any other site. Allow only known paths or hosts, or look the target up."
    )


def _returned(project: Project, path: str, owner: Class, method: Method) -> Iterator[Finding]:
    """What a method of NestJS with `@Redirect()` answers: `{ url }` leads there."""
    taint, facts = project.once(Taint), project.head[path]
    is_new_redirect = any(project.wrote(path, one.first) for one in method.decorators if one.name.endswith("Redirect"))
    for binding in facts.index.bound("", method.scope) if method.scope >= 0 else ():
        if binding.kind is not BindingKind.RETURN:
            continue
        urls = list(_urls(facts, binding.value, method.scope))
        origins = (taint.origin(path, one, method.scope) for one in urls)
        origin = next((one for one in origins if one is not None), None)
        is_new = is_new_redirect or project.introduced(path, binding)
        if origin is None:
            yield from _built(project, Code(path, method.scope, owner), urls, binding, is_new)
        elif not _is_from_elsewhere(origin) and (is_new or taint.is_new(path, origin)):
            yield report(RULE, at(path, binding.first), _message(origin), binding.symbol, binding.code)


def _built(
    project: Project, code: Code, urls: Iterable[Expr], where: Binding | Call, is_new: bool
) -> Iterator[Finding]:
    """The finding of a target that a function of the project makes, where the change wrote that, else at its use."""
    made = next((found for one in urls if (found := made_elsewhere(project, code, one))), None)
    if made is None or not (is_new or made.is_new) or made.origin.is_own_address or _is_from_elsewhere(made.origin):
        return
    place = at(made.path, made.line) if project.wrote(made.path, made.line) else at(code.path, where.first)
    yield replace(report(RULE, place, _message(made.origin), where.symbol, where.code), severity=Severity.WARNING)


def _is_from_elsewhere(origin: Origin) -> bool:
    return any(mark in origin.text for mark in _NOT_FROM_A_LINK)


def _urls(facts: FileFacts, value: Expr, scope: int) -> Iterator[Expr]:
    value = resolved(facts, value, scope)
    for one in value.parts if value.kind is ExprKind.CHOICE else (value,):
        url = option(one, "url")
        if url is not None:
            yield from leading(facts, url, scope)


def _targets(facts: FileFacts, call: Call) -> Iterator[Expr]:
    """What decides the target of a redirect."""
    owner, _, name = call.callee.rpartition(".")
    if not owner or not call.args:
        return
    target: Expr | None = None
    if name == "redirect":
        # Express and Fastify take the status first, Fastify 5 last.
        is_status = len(call.args) > 1 and call.args[0].kind in (ExprKind.NUMBER, ExprKind.MEMBER)
        target = call.args[1] if is_status and not _is_status(call.args[1]) else call.args[0]
    elif name == "location":
        target = call.args[0]
    elif name in _SETS_HEADER and call.args[0].kind is ExprKind.OBJECT:
        target = option(call.args[0], "Location", "location")
    elif name in _SETS_HEADER and len(call.args) > 1 and call.args[0].text.lower() == "location":
        target = call.args[1]
    elif name == "writeHead":
        target = option(call.args[-1], "Location", "location")
    if target is not None:
        yield from leading(facts, target, call.scope)


def _is_status(value: Expr) -> bool:
    return value.kind is ExprKind.NUMBER


RULE = Rule(
    slug="security_open_redirect",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="The client decides where this redirect leads",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: unvalidated redirects",
            "https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

"""A GET route that changes data: crawlers, prefetching browsers and caches call it without anybody meaning to.

GET is safe by contract. It is retried, prefetched and cached, and it escapes protection against forged requests. What
the handler calls is looked at, and one step further: the service's method behind an action such as `archive`. Sign-in
flows, confirmation links, health checks, and writes beside the answer (logs, counters, caches) are left alone.

Bad::

    @Get(':id/delete') remove(@Param('id') id: string) { return this.orders.remove(id); }

Good::

    @Delete(':id') remove(@Param('id') id: string) { return this.orders.remove(id); }
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Call
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, original
from reviewer.core.rule import Rule
from reviewer.rules._actions import acts, is_guarded_action
from reviewer.rules._code import Code, called, collaborator, handler
from reviewer.rules._commands import executed, inherited
from reviewer.rules._decorated_routes import every_new_route, every_route
from reviewer.rules._report import at, report
from reviewer.rules._rest import is_technical

_WRITES = {
    "create": "POST", "insert": "POST", "save": "POST", "add": "POST", "update": "PATCH", "upsert": "PUT",
    "delete": "DELETE", "remove": "DELETE", "destroy": "DELETE", "soft": "DELETE", "del": "DELETE",
}  # fmt: skip
_EXACT = {
    "findByIdAndUpdate": "PATCH", "findOneAndUpdate": "PATCH", "findByIdAndDelete": "DELETE",
    "findOneAndDelete": "DELETE", "findByIdAndRemove": "DELETE", "findOneAndRemove": "DELETE",
    "findOneAndReplace": "PUT", "bulkCreate": "POST", "bulkWrite": "PATCH",
}  # fmt: skip
_PURE = ("Hash", "Hmac", "QueryBuilder", "Stream", "Transport", "Client", "Token", "Url", "URL", "Link", "Signature",
         "Cipher", "Instance", "Filter", "Query", "Pagination", "Response", "Context", "Where", "Report", "Pdf", "PDF",
         "Csv", "Zip", "Archive", "Header", "Headers", "Listener", "Session", "Cookie", "Element", "Interface",
         "Options", "Secret", "Challenge", "Error", "Sitemap", "Feed", "Buffer", "Map")  # fmt: skip
"""Endings of what can be made or added without storing anything."""

_STORES = ("service", "repository", "repo", "prisma", "model", "dao", "store", "manager", "database", "collection",
           "usecase", "em", "db", "knex")  # fmt: skip
_BESIDE = ("cache", "redis", "log", "audit", "metric", "analytic", "session", "history", "visit", "view", "cookie",
           "track", "event", "activity", "csrf", "queue", "token", "usage", "params", "headers",
           "telemetry")  # fmt: skip
"""What may be written beside an answer."""

_LINKS = ("confirm", "verif", "unsubscribe", "oauth", "auth", "login", "logout", "signin", "signout", "redirect",
          "cron", "activate", "accept", "invite", "magic", "session", "csrf", "sso", "saml", "track", "install",
          "setup")  # fmt: skip
"""Paths that are opened from mails, browsers and schedulers, which can only GET."""

_READS = ("get", "find", "list", "fetch", "load", "read", "search", "count", "query", "export", "download", "check",
          "is", "has", "resolve", "ensure", "generate", "preview", "show", "index", "view")  # fmt: skip
_GONE = frozenset(("clear", "delete", "remove", "purge", "flush", "wipe", "destroy", "evict"))
"""How paths begin that say themselves that something is gone afterwards."""

_ORMS = ("mongoose", "sequelize", "typeorm", "objection", "@typegoose", "bookshelf")
_SQL_WRITES = {"insert": "POST", "update": "PATCH", "delete": "DELETE"}
_SQL_METHODS = frozenset(("query", "execute", "$executeRaw", "$executeRawUnsafe", "raw"))


def inspect(project: Project) -> Iterator[Finding]:
    """GET routes whose handler writes, where the change wrote the route or the write."""
    for path, routes in every_route(project).items():
        new = {route.symbol for route in every_new_route(project, path)}
        for route in routes:
            is_link = _is_link(route.path) and not is_guarded_action(project, path, route)
            if route.verb != "GET" or is_technical(route) or is_link:
                continue
            code = handler(project, path, route)
            if code is not None:
                code = inherited(project, code, route.method.name) if route.method is not None else code
                yield from _look_at(project, path, route, code, route.symbol in new)


def _is_link(path: str) -> bool:
    words = path.lower().replace("-", "/").replace(":", "").split("/")
    return any(word.startswith(_LINKS) and word != "sessions" for word in words)  # which are things to list


def _look_at(project: Project, path: str, route: Route, code: Code, is_new: bool) -> Iterator[Finding]:
    facts = project.head[code.path]
    own = {file.path for file, _ in project.production}
    for call in facts.index.calls(facts.index.within(code.scope)):
        verb = (
            _write(project, code, call)
            or _behind(project, code, call)
            or _deleted(project, code, call)
            or acts(project, code, call, route.path)
            or executed(code, call)
            or _named_so(project, code, call, route.path)
        )
        if not verb:
            continue
        is_ours = code.path in own and project.introduced(code.path, call)
        if not (is_new or is_ours):
            continue
        line = _verb_line(project, path, route, code)
        is_routed = is_new and (
            code.path == path or route.method is not None or (path in own and project.wrote(path, line))
        )
        shown = at(path, line) if is_routed or code.path not in own else at(code.path, call.first)
        yield report(
            RULE,
            shown,
            f"`GET {route.path}` changes data (`{call.callee}`), and GET is prefetched, cached and retried by clients "
            f"that mean no harm, and skips protection against forged requests. Make it a {verb} route.",
            symbol=route.symbol,
            quoted=call.callee,
        )
        return


def _verb_line(project: Project, path: str, route: Route, code: Code) -> int:
    """The line that says GET: the decorator's, where the change wrote it, else that of the handler's name."""
    methods = code.owner.methods if code.owner is not None and code.path == path else ()
    method = route.method or next((one for one in methods if one.scope == code.scope), None)
    decorators = method.decorators if method is not None else ()
    said = (one.first for one in decorators if one.name.rpartition(".")[2].lower().endswith("get"))
    return next((line for line in said if project.wrote(path, line)), route.head)


def _write(project: Project, code: Code, call: Call) -> str:
    """The verb that fits what a call writes, "" when it writes nothing that lasts."""
    owner, _, name = call.callee.rpartition(".")
    lower = owner.lower()
    if not owner or call.is_new or any(word in lower or word in name.lower() for word in _BESIDE):
        return ""
    if name in _SQL_METHODS:
        return _sql(call)
    held = collaborator(code.owner, owner.removeprefix("this.").partition(".")[0]) if code.owner else ""
    kept = (held.lower(), lower, lower.partition(".")[0].removesuffix("()"))
    is_store = any(f"{word}." in f"{one}." for one in kept for word in _STORES) or _is_model(project, code.path, owner)
    if name in _EXACT:
        return _EXACT[name]
    first = _first_word(name)
    if not is_store or first not in _WRITES or name.endswith(_PURE) or (name == "create" and held == "Repository"):
        return ""
    return "" if not call.args and first in ("create", "add") else _WRITES[first]


def _is_model(project: Project, path: str, owner: str) -> bool:
    """A class that is a model of the database (`User.create`): the file it comes from uses Mongoose, Sequelize …"""
    target = project.imported_path(path, owner) if owner[:1].isupper() and "." not in owner else None
    there = project.head.get(target) if target else None
    return there is not None and any(item.module.startswith(_ORMS) for item in there.imports)


def _sql(call: Call) -> str:
    given = call.args[0] if call.args else None
    if given is None or given.kind not in (ExprKind.STRING, ExprKind.TEMPLATE):
        return ""
    return _SQL_WRITES.get(given.text.split(maxsplit=1)[0].lower() if given.text.strip() else "", "")


def _first_word(name: str) -> str:
    return next((name[:i] for i, char in enumerate(name) if char.isupper()), name)


def _behind(project: Project, code: Code, call: Call) -> str:
    """The verb for an action whose function writes to the database directly: `this.orders.archive(id)`."""
    reads = any(_first_word(step) in _READS for step in call.callee.split(".")[-2:])
    if "." not in call.callee or reads or any(word in call.callee.lower() for word in _BESIDE):
        return ""
    target = called(project, code, call)
    if target is None or target.scope < 0:
        return ""
    facts = project.head[target.path]
    for inner in facts.index.calls(facts.index.within(target.scope)):
        owner, _, last = inner.callee.rpartition(".")
        if _write(project, target, inner) and original(facts, owner.partition(".")[0])[1] != "node:fs":
            return "PATCH" if last.startswith(("update", "find", "save")) else _write(project, target, inner)
    return ""


def _deleted(project: Project, code: Code, call: Call) -> str:
    """DELETE where the handler awaits a collaborator that it was handed to remove something, whatever that is called:
    `await rack.remove(place)`, where `rack` has a type of the project."""
    owner, _, name = call.callee.rpartition(".")
    lower = call.callee.lower()
    if _WRITES.get(_first_word(name)) != "DELETE" or name.endswith(_PURE) or any(word in lower for word in _BESIDE):
        return ""
    if not call.awaited or not call.args or call.receiver is not None or not owner:
        return ""
    facts = project.head[code.path]
    around = (facts.functions[at] for at in facts.index.around(call.scope) if at >= 0)
    held = next((param.type.name for one in around for param in one.params if param.name == owner), "")
    if owner.startswith("this.") and code.owner is not None:
        held = collaborator(code.owner, owner.removeprefix("this."))
    found = facts.imported(held) if held else None
    return "DELETE" if found is not None and found.module.startswith((".", "@/", "~/", "src/")) else ""


def _named_so(project: Project, code: Code, call: Call, path: str) -> str:
    """DELETE where the path itself says that something goes, and the handler hands it on under that verb to a function
    of the project: `GET /clear-cache` and `caches.clear()`."""
    said = next((one for one in reversed(path.split("/")) if one and not one.startswith((":", "{"))), "")
    verb = _first_word(said.partition("-")[0].partition("_")[0])
    name = call.callee.rpartition(".")[2]
    if verb not in _GONE or _first_word(name) != verb or not call.args or call.is_new:
        return ""
    root = call.callee.partition(".")[0]
    return "DELETE" if root == "this" or project.imported_path(code.path, root) is not None else ""


RULE = Rule(
    slug="api_docs_get_that_writes",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="A GET route changes data",
    inspect=inspect,
    references=(Reference("MDN: safe methods", "https://developer.mozilla.org/en-US/docs/Glossary/Safe/HTTP"),),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-structure-apis-by-rest",
)

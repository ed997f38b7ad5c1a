"""A request to an address that the client chose: the server asks for it from inside the network.

It reaches what only the server can reach: the cloud's metadata with its keys, databases, admin pages. Data behind a
fixed host (`https://api.example.com/users/${id}`) is left alone, and so is an address that is checked by its host, or a
connection through an agent, dispatcher or lookup that refuses inner addresses.

Bad::

    const page = await axios.get(req.body.url);

Good::

    const url = new URL(req.body.url);
    if (!ALLOWED_HOSTS.has(url.hostname)) throw new BadRequestException();
    const page = await axios.get(url.href);
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
from reviewer.rules._guarded_agents import guarded_instance, has_guarded_agent
from reviewer.rules._taint_address import leading
from reviewer.rules._taint_calls import MemberTypes
from reviewer.rules._taint_report import flows, option, tell

_CLIENTS: Final = frozenset(
    ("axios", "got", "request", "request-promise", "request-promise-native", "superagent", "needle", "node-fetch",
     "undici",
     "ky", "phin", "bent", "http", "https", "cross-fetch", "isomorphic-fetch", "got-cjs", "ofetch", "follow-redirects",
     "make-fetch-happen")
)  # fmt: skip
_VERBS: Final = frozenset(
    ("get", "post", "put", "patch", "delete", "head", "options", "request", "stream", "fetch", "getUri", "default", "*",
     "del", "json", "create", "extend")
)  # fmt: skip
_BROWSERS: Final = ("puppeteer", "puppeteer-core", "playwright", "playwright-core")
_ADDRESS_KEYS: Final = ("url", "uri", "baseURL", "prefixUrl", "host", "hostname")


def inspect(project: Project) -> Iterator[Finding]:
    """Outgoing requests that the change wrote, to where a client says."""
    has_browser = any(project.uses(package) for package in _BROWSERS)

    members = MemberTypes()

    def addresses(facts: FileFacts, call: Call) -> Iterator[Expr]:
        is_page = has_browser and call.callee.rpartition(".")[2] == "goto"
        sends = bool(call.args) and (is_page or _sends(facts, call, members))
        if sends and not has_guarded_agent(project, facts, call) and not _by_guarded_instance(project, facts, call):
            for value in _given(facts, call):
                yield from leading(facts, value, call.scope)

    for flow in flows(project, addresses, is_address=True):
        if flow.origin.is_own_address:
            continue
        message = (
            f"`{flow.origin.text}` comes from the client and decides which host the server asks, so a client can read "
            "what only the server reaches, such as the cloud's metadata. Allow only known hosts, and check the host "
            "after parsing the address."
        )
        yield tell(project, RULE, flow, message)


def _sends(facts: FileFacts, call: Call, members: MemberTypes) -> bool:
    """Whether a call is one of an HTTP client: a library's, the global `fetch`, NestJS's HttpService."""
    name, module = original(facts, call.callee)
    if module and name == "fetch" and not module.startswith("@"):
        return True  # a wrapper of one's own under the global's name, too
    if module:
        return module.removeprefix("node:") in _CLIENTS and name.rpartition(".")[2] in _VERBS
    if call.callee in ("fetch", "globalThis.fetch"):
        return True
    if "." not in call.callee:
        return _is_instance(facts, call.callee, call.scope)  # `const client = got.extend(…)`
    owner, _, verb = call.callee.rpartition(".")
    root = owner.removesuffix(".axiosRef").removeprefix("this.")
    if verb not in _VERBS or not root or "." in root or "()" in root:
        return False
    is_client = members.of(facts, call.symbol).get(root) in ("HttpService", "AxiosInstance", "Axios")
    return is_client or _is_instance(facts, root, call.scope)


def _is_instance(facts: FileFacts, name: str, scope: int) -> bool:
    """Whether a name holds `axios.create(…)`, which still follows an absolute address."""
    for around in facts.index.around(scope):
        for binding in facts.index.bound(name, around):
            made, module = original(facts, binding.value.text)
            return module in ("axios", "got") and made.rpartition(".")[2] in ("create", "extend")
    return False


def _by_guarded_instance(project: Project, facts: FileFacts, call: Call) -> bool:
    """Whether a call is one of a client that was made with an agent which keeps to public addresses."""
    root = call.callee.partition(".")[0]
    found = next((found for at in facts.index.around(call.scope) if (found := facts.index.bound(root, at))), [])
    return any(guarded_instance(project, facts, one.value, call.scope) for one in found[:1])


def _given(facts: FileFacts, call: Call) -> Iterator[Expr]:
    """What says the address: the first argument, or its options; with Node's own modules the second has options too."""
    is_node = original(facts, call.callee)[1].removeprefix("node:") in ("http", "https")
    for arg in call.args[: 2 if is_node else 1]:
        if arg.kind is ExprKind.OBJECT:
            yield from (value for key in _ADDRESS_KEYS if (value := option(arg, key)) is not None)
        elif arg is call.args[0]:
            yield arg


RULE = Rule(
    slug="security_ssrf",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="The client decides which host the server asks",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: server-side request forgery",
            "https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

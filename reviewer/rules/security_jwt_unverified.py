"""A token that is believed without its signature being checked: anybody writes one that says what they like.

`decode` only reads. What it reads may be shown or logged, its `exp` may set a timer, its `header.kid` may pick the
key; it must not say who the user is, unless `verify` was asked in the same function. Algorithm `none` means the same.

Bad::

    request.user = jwt.decode(token);

Good::

    request.user = jwt.verify(token, config.jwtSecret, { algorithms: ['HS256'] });
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import entries, entry, is_true, outermost, step, words
from reviewer.rules._auth_jwt import (
    decodes,
    derived,
    handed_on,
    is_kept_for_request,
    put_into_context,
    reads_parts,
    root_of,
    services,
    shape_asked,
)
from reviewer.rules._report import at, report

_IDENTITY = frozenset(
    ("sub", "id", "_id", "userid", "user_id", "uid", "email", "username", "role", "roles", "isadmin", "is_admin",
     "admin", "permissions", "scope", "scopes", "user", "data", "tenantid", "accountid", "organizationid", "orgid",
     "companyid", "customerid", "preferred_username", "login")
)  # fmt: skip
_CHECKS = frozenset(
    ("verify", "verified", "validate", "authenticate", "introspect", "verification", "sign", "validated")
)
_USERS = (
    "req.user", "request.user", "req.auth", "request.auth", "ctx.user", "context.user", "socket.user", "client.user",
    "client.data.user", "socket.data.user", "res.locals.user", "req.userId", "request.userId",
)  # fmt: skip
_MAKERS = frozenset(("guard", "activate", "middleware", "strategy", "authenticate", "authorize", "user", "auth"))


def inspect(project: Project) -> Iterator[Finding]:
    """Tokens that the change believes unseen."""
    for file, facts in project.production:
        decoded = _Decoded(facts)
        for call in facts.calls:
            if decoded.decodes(call) and project.introduced(file.path, call):
                used = decoded.believed(call)
                if used:
                    yield report(
                        RULE,
                        at(file.path, call.first),
                        f"`{call.callee}` does not check the signature, and {used}: anybody can write a token that "
                        "passes. Check it with `verify` first.",
                        symbol=call.symbol,
                        quoted=call.code,
                    )
        for item in entries(facts):
            if item.key not in ("algorithms", "algorithm") or not _is_none(item.value):
                continue
            if project.wrote(file.path, item.value.first) and not project.was_there(file.path, item.fact):
                yield report(
                    RULE,
                    at(file.path, item.value.first),
                    "The algorithm `none` lets tokens in that nobody signed: anybody can write one that passes. "
                    "List only the algorithm that you sign with.",
                    symbol=item.fact.symbol,
                    quoted=f"{item.key} none",
                )


def _is_none(value: Expr) -> bool:
    if value.kind is ExprKind.ARRAY:
        return any(_is_none(part) for part in value.parts)
    return value.kind is ExprKind.STRING and value.text.lower() == "none"


class _Decoded:
    """What becomes of decoded tokens, asked of each outermost function once."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._services = services(facts)
        self._uses: dict[int, str] = {}
        checks = (call for call in facts.calls if _CHECKS & set(words(step(call.callee))))
        self._checked = frozenset(outermost(facts, call.scope) for call in checks)
        self._readers = frozenset(
            arg.scope
            for call in facts.calls
            if step(call.callee) == "createParamDecorator"
            for arg in call.args
            if arg.kind is ExprKind.FUNCTION
        )

    def decodes(self, call: Call) -> bool:
        """Whether a call reads a token without checking it, and nothing around it does."""
        by_hand = call.callee == "JSON.parse" and reads_parts(self._facts, _value(call), call.scope)
        if not by_hand and not decodes(self._facts, call.callee, self._services):
            return False
        is_header = any(is_true(entry(arg, "complete")) for arg in call.args)
        return call.scope >= 0 and not is_header and outermost(self._facts, call.scope) not in self._checked

    def believed(self, call: Call) -> str:
        """What the decoded token decides, in words; "" when it decides nothing that we see."""
        around = outermost(self._facts, call.scope)
        if around not in self._uses:
            self._uses[around] = self._use(around)
        is_reader = call.awaited and call.scope in self._readers
        return self._uses[around] or ("it is handed on as the user" if is_reader else _returned(call))

    def _use(self, around: int) -> str:
        scopes = self._facts.index.within(around)
        names, shaped = set[str](), set[str]()
        for binding in self._facts.index.bindings(scopes):
            by_hand = reads_parts(self._facts, binding.value, binding.scope)
            if any(_is_decoded(self._facts, one, self._services) for one in shape_asked(binding.value)):
                shaped.add(binding.name)
            if not by_hand and not _is_decoded(self._facts, binding.value, self._services):
                continue
            if _identity(binding.fields):
                return f"its `{_identity(binding.fields)}` is believed"
            if binding.name in _USERS:
                return f"it becomes `{binding.name}`"
            names.add(binding.name)
        for read in self._facts.index.reads(scopes):
            before, _, field = read.name.rpartition("().")
            if before and field.lower() in _IDENTITY and decodes(self._facts, before, self._services):
                return f"its `{field}` is believed"
        every = derived(self._facts, scopes, (names | shaped) - {""})
        return _use(self._facts, scopes, every) or handed_on(self._facts, scopes, every - names)


def _value(call: Call) -> Expr:
    return Expr(ExprKind.CALL, call.callee, call.first, call.last, call.args)


def _identity(fields: tuple[str, ...]) -> str:
    return next((field for field in fields if field.lower() in _IDENTITY), "")


def _is_decoded(facts: FileFacts, value: Expr, jwt_services: frozenset[str]) -> bool:
    at_value = value.parts[0] if value.kind is ExprKind.AWAIT and value.parts else value
    calls = at_value.parts if at_value.kind is ExprKind.CHOICE else (at_value,)
    return any(part.kind is ExprKind.CALL and decodes(facts, part.text, jwt_services) for part in calls)


def _use(facts: FileFacts, scopes: tuple[int, ...], names: set[str]) -> str:
    for binding in facts.index.bindings(scopes):
        parts = binding.value.parts if binding.value.kind in (ExprKind.OBJECT, ExprKind.CHOICE) else (binding.value,)
        if (binding.name in _USERS or is_kept_for_request(binding.name)) and any(
            root_of(part) in names for part in parts
        ):
            return f"it becomes `{binding.name}`"
        field = _identity(binding.fields) if binding.value.text in names else ""
        if field and binding.kind is not BindingKind.RETURN:
            return f"its `{field}` is believed"
    for read in facts.index.reads(scopes):
        root, _, rest = read.name.partition(".")
        if root in names and rest.partition(".")[0].removesuffix("()").lower() in _IDENTITY:
            return f"its `{rest}` is believed"
    return put_into_context(facts, scopes, names)


def _returned(call: Call) -> str:
    """A guard, strategy or middleware that hands on what it decoded: `return jwt.decode(token)`."""
    if not call.awaited:
        return ""
    return "it is handed on as the user" if _MAKERS & set(words(call.symbol)) else ""


RULE = Rule(
    slug="security_jwt_unverified",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="A token is believed unchecked",
    inspect=inspect,
    references=(
        Reference("CWE-347: signature not verified", "https://cwe.mitre.org/data/definitions/347.html"),
        Reference(
            "OWASP: JSON Web Tokens",
            "https://cheatsheetseries.owasp.org/cheatsheets/JSON_Web_Token_for_Java_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

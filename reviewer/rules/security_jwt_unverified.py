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
from reviewer.core.facts import Call
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import entries, entry, is_true, outermost, step, words
from reviewer.rules._auth_jwt import decodes, derived, handed_on, reads_parts, services, shape_asked
from reviewer.rules._auth_jwt_passed import passed, stepped
from reviewer.rules._auth_jwt_uses import IDENTITY, USERS, believed_by_callers, checks, identity, is_decoded, use
from reviewer.rules._report import at, report

_MAKERS = frozenset(("guard", "activate", "middleware", "strategy", "authenticate", "authorize", "user", "auth"))


def inspect(project: Project) -> Iterator[Finding]:
    """Tokens that the change believes unseen."""
    for file, facts in project.production:
        decoded = _Decoded(project, file.path)
        for call in project.new_calls(file.path):
            if decoded.decodes(call):
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

    def __init__(self, project: Project, path: str) -> None:
        self._project, self._path = project, path
        self._facts = facts = project.head[path]
        self._services = services(facts)
        self._uses: dict[int, str] = {}
        self._checked = frozenset(outermost(facts, call.scope) for call in facts.calls if checks(call))
        self._names: dict[int, frozenset[str]] = {}
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
        seen = self._uses[around] or ("it is handed on as the user" if is_reader else _returned(call))
        return seen or believed_by_callers(self._project, self._path, call, self._names.get(around, frozenset()))

    def _use(self, around: int) -> str:
        scopes = self._facts.index.within(around)
        names, shaped = set[str](), set[str]()
        for binding in self._facts.index.bindings(scopes):
            by_hand = reads_parts(self._facts, binding.value, binding.scope)
            if any(is_decoded(self._facts, one, self._services) for one in shape_asked(binding.value)):
                shaped.add(binding.name)
            if not by_hand and not is_decoded(self._facts, binding.value, self._services):
                continue
            if identity(binding.fields):
                return f"its `{identity(binding.fields)}` is believed"
            if binding.name in USERS:
                return f"it becomes `{binding.name}`"
            names.add(binding.name)
        for read in self._facts.index.reads(scopes):
            before, _, field = read.name.rpartition("().")
            if before and field.lower() in IDENTITY and decodes(self._facts, before, self._services):
                return f"its `{field}` is believed"
        for param in stepped(self._facts, scopes, self._services):
            if identity(param.fields):
                return f"its `{identity(param.fields)}` is believed"
            names.add(param.name)
        every = derived(self._facts, scopes, (names | shaped) - {""})
        self._names[around] = frozenset(names - {""})
        seen = use(self._facts, scopes, every) or handed_on(self._facts, scopes, every - names)
        return seen or passed(self._project, self._path, scopes, frozenset(every - {""}), self._services)


def _value(call: Call) -> Expr:
    return Expr(ExprKind.CALL, call.callee, call.first, call.last, call.args)


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

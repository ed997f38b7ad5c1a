"""A password that is kept or compared in the clear: a stolen table, or a look into it, is every user's password.

People use one password in many places, so it is not only this service that is lost. Comparing a password with its
repetition, or the new with the old one of the same form, is no login and is left alone.

Bad::

    if (user.password !== dto.password) {

Good::

    if (!(await argon2.verify(user.passwordHash, dto.password))) {
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Operation
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import PASSWORDS, Entry, entries, is_password, outermost, step, words
from reviewer.rules._report import at, report

_EQUALS = frozenset(("===", "!==", "==", "!="))
_REPEATED = frozenset(
    ("confirm", "confirmation", "confirmed", "repeat", "repeated", "again", "retype", "retyped", "verify", "new", "old",
     "previous", "same", "matching", "default", "placeholder", "masked")
)  # fmt: skip
_FINDS = frozenset(("findOne", "findOneBy", "findFirst", "findUnique", "find", "findOneOrFail", "findOneByOrFail",
                    "where", "andWhere", "findFirstOrThrow", "findUniqueOrThrow", "count", "exists"))  # fmt: skip
_WRITES = frozenset(("create", "save", "insert", "update", "upsert", "insertOne", "updateOne", "findByIdAndUpdate"))
_HASHES = frozenset(("hash", "hashsync", "hashed", "argon2", "bcrypt", "scrypt", "scryptsync", "pbkdf2", "encrypt",
                     "hasher", "crypt", "encode", "digest", "derive"))  # fmt: skip
_CONFIGURED = frozenset(("env", "config", "configuration", "settings", "options", "service", "secrets"))
_OUTSIDE = frozenset(("host", "hostname", "port", "smtp", "url", "uri", "server"))
"""Beside these a password opens somebody else's server: it must be sent in the clear, and a hash would be no use."""

_SIGN_UPS = frozenset(("register", "signup", "registration"))
_STORES = frozenset(
    ("repository", "repo", "model", "users", "user", "accounts", "account", "dao", "store", "entity", "em", "customers")
)  # fmt: skip
_FORMS = ("req.body.", "request.body.", "ctx.request.body.", "body.", "dto.", "input.", "payload.")
_CURE_OF_STORES = "Store a hash of argon2 or bcrypt."
_CURE = "Keep a hash of argon2 or bcrypt, and compare with its `verify` or `compare`."


def inspect(project: Project) -> Iterator[Finding]:
    """Passwords in the clear in what the change compares, looks up and stores."""
    hashes_when_stored = _hashes_on_its_own(project)
    for file, facts in project.production:
        yield from _comparisons(project, file.path, facts)
        said: set[str] = set()
        hashing = facts.index.once(_hashing)
        for one in entries(facts):
            why = "" if _is_hashed(facts, hashing, one.value, one.fact.scope) else _kept(one)
            if why.endswith(_CURE_OF_STORES) and hashes_when_stored:
                continue
            if why and one.fact.code not in said and project.introduced(file.path, one.fact):
                said.add(one.fact.code)
                line = one.value.first if project.wrote(file.path, one.value.first) else one.fact.first
                yield report(RULE, at(file.path, line), why, symbol=one.fact.symbol, quoted=one.fact.code)


def _comparisons(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    """Passwords held against each other or against a text, one finding a function; a text is never quoted."""
    before = {(item.symbol, item.code) for item in project.before(path).operations}
    said: set[str] = set()
    hashing = facts.index.once(_hashing)
    for item in facts.operations:
        why = _compared(item)
        if not why or item.symbol in said or (item.symbol, item.code) in before:
            continue
        if project.wrote(path, item.first, item.last) and outermost(facts, item.scope) not in hashing:
            said.add(item.symbol)
            quoted = " ".join(part.text for part in (item.left, item.right) if part.kind is not ExprKind.STRING)
            yield report(RULE, at(path, item.first), why, symbol=item.symbol, quoted=quoted)


def _compared(item: Operation) -> str:
    """Why a comparison is one of passwords in the clear, "" for others."""
    left, right = item.left, item.right
    if item.operator not in _EQUALS:
        return ""
    for value, other in ((left, right), (right, left)):
        if _is_plain(value) and other.kind is ExprKind.STRING and len(other.text) > 1 and "." in value.text:
            is_kind = value.text.endswith((".type", ".name")) or other.text in ("string", "password")
            return "" if is_kind else f"`{value.text}` is compared with a password that stands in the code. {_CURE}"
    if not (_is_plain(left) and _is_plain(right)):
        return ""
    if left.text.rpartition(".")[0] == right.text.rpartition(".")[0] and "." in left.text:
        return ""
    if _REPEATED & {*words(step(left.text)), *words(step(right.text))}:
        return ""
    roots = {word for one in (left, right) for word in words(one.text.rpartition(".")[0])}
    if not roots or roots & _CONFIGURED:
        return ""  # no record of a user, but a password that the operator set
    return f"`{left.text}` and `{right.text}` are compared, so the password is kept in the clear. {_CURE}"


def _is_plain(value: Expr) -> bool:
    return value.kind in (ExprKind.NAME, ExprKind.MEMBER) and is_password(value.text) and not value.text[:1].isupper()


def _kept(item: Entry) -> str:
    """Why an entry of an object is a password that is looked up or stored in the clear, "" for others."""
    key, value, fact = item.key, item.value, item.fact
    if key not in PASSWORDS or not _is_plain(value) or not isinstance(fact, Call):
        return ""
    verb = step(fact.callee)
    if verb not in _FINDS | _WRITES or _OUTSIDE & {word for name in item.whole.keys for word in words(name)}:
        return ""
    if verb in _FINDS:
        is_store = "." in fact.callee
        return f"The user is looked up by `{key}`, so the password is kept in the clear. {_CURE}" if is_store else ""
    comes_raw = value.text.startswith(_FORMS) and value.text.startswith(("req.", "request.", "ctx."))
    stores = fact.callee.startswith(("prisma.", "this.prisma.", "db.", "knex", "this.db."))
    symbol, place = set(words(fact.symbol)), set(words(fact.callee.rpartition(".")[0]))
    signs_up = (
        bool(_SIGN_UPS & symbol or {"sign", "up"} <= symbol)
        and bool(_STORES & place)
        and not place & {"service", "command"}
    )
    if not comes_raw and not stores and not signs_up:
        return ""
    return f"`{value.text}` is stored as the client sent it. {_CURE_OF_STORES}"


def _hashing(facts: FileFacts) -> frozenset[int]:
    """The outermost functions in which something hashes."""
    calls = (call for call in facts.calls if call.scope >= 0 and _HASHES & set(words(call.callee)))
    return frozenset(outermost(facts, call.scope) for call in calls)


def _is_hashed(facts: FileFacts, hashing: frozenset[int], value: Expr, scope: int) -> bool:
    """Whether something in the functions around hashes, or gives the field a new value."""
    if outermost(facts, scope) in hashing:
        return True
    return "." in value.text and any(facts.index.bound(value.text, one) for one in facts.index.around(scope))


def _hashes_on_its_own(project: Project) -> bool:
    """Whether a file that was read hashes when it stores: a hook of the ORM."""
    hooks = {"BeforeInsert", "BeforeUpdate", "beforeCreate", "beforeSave", "beforeUpdate", "$extends", "$use", "pre"}
    return any(hooks & set(facts.names) for facts in project.head.values())


RULE = Rule(
    slug="security_password_plain",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="A password is kept in the clear",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: password storage",
            "https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html",
        ),
        Reference("CWE-256: password in the clear", "https://cwe.mitre.org/data/definitions/256.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

"""Fields of a record that must not leave the service: passwords, their hashes, salts, reset and two-factor secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Class, FileFacts, Property
from reviewer.core.routes import original
from reviewer.rules._stored import is_stored_class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.project import Project

_SECRET = frozenset(
    ("password", "passwordhash", "hashedpassword", "passwd", "pwd", "passhash", "encryptedpassword", "passworddigest",
     "salt", "passwordsalt", "resettoken", "resetpasswordtoken", "passwordresettoken", "twofactorsecret", "totpsecret",
     "mfasecret", "otpsecret", "privatekey", "secretkey", "clientsecret", "apisecret", "tokenhash", "refreshtokenhash",
     "hashedrefreshtoken", "currenthashedrefreshtoken", "secret", "pinhash", "recoverycodes")
)  # fmt: skip
_HIDES = frozenset(("Exclude", "HideField", "ApiHideProperty"))
_SERIALIZERS = ("toJSON", "toObject", "sanitize", "defaultScope", "$omit", "hiddenFields", "omit")
"""Words in a model's file that say it hides fields when it becomes JSON."""


def is_secret(name: str) -> bool:
    """Whether a field is called like something that must not leave the service."""
    return name.replace("_", "").lower() in _SECRET


def secret_of(facts: FileFacts, item: Class) -> Property | None:
    """The field of a class that would leave with it: called like a secret and hidden by nothing."""
    if any(name in facts.names for name in _SERIALIZERS):
        return None
    for field in item.properties:
        if (
            is_secret(field.name)
            and not _is_hidden(facts, field)
            and not {"private", "protected"} & set(field.modifiers)
        ):
            return field
    return None


def _is_hidden(facts: FileFacts, field: Property) -> bool:
    for decorator in field.decorators:
        if original(facts, decorator.name)[0] in _HIDES:
            return True
        for arg in decorator.args:
            if any(key == "select" and part.text == "false" for key, part in zip(arg.keys, arg.parts, strict=False)):
                return True
            if "hidden" in arg.keys or "lazy" in arg.keys:
                return True
    return False


def entity_secret(project: Project, path: str, name: str) -> str:
    """The secret field of the entity or model that a name means in a file, "" when there is none or one cannot tell."""
    declared = project.declaration(path, name)
    if declared is not None:
        facts = project.head[declared.path]
        if not isinstance(declared.item, Class) or not is_stored_class(facts, declared.item):
            return ""
        found = secret_of(facts, declared.item)
        return found.name if found else ""
    facts = project.head[path]
    target = project.imported_path(path, name) if facts.imported(name) else path
    there = project.head.get(target) if target else None
    return there.index.once(_schema_secret) if there else ""


def _schema_secret(facts: FileFacts) -> str:
    return next(_schema_secrets(facts), "")


def _schema_secrets(facts: FileFacts) -> Iterator[str]:
    """Secret fields of the mongoose schemas and Sequelize models of a file."""
    if any(name in facts.names for name in _SERIALIZERS):
        return
    for call in facts.calls:
        name, module = original(facts, call.callee)
        is_schema = call.is_new and name.rpartition(".")[2] == "Schema" and module == "mongoose"
        is_table = call.callee.rpartition(".")[2] in ("define", "init") and any(
            "equelize" in one.module for one in facts.imports
        )
        for arg in call.args if is_schema or is_table else ():
            if arg.kind is ExprKind.OBJECT:
                yield from _visible(arg)


def _visible(fields: Expr) -> Iterator[str]:
    for key, value in zip(fields.keys, fields.parts, strict=False):
        hidden = any(k == "select" and v.text in ("false", "0") for k, v in zip(value.keys, value.parts, strict=False))
        if is_secret(key) and not hidden:
            yield key


def carried(value: Expr) -> Iterator[Expr]:
    """What an answer carries whole: a name, spread or as a field too, `user.toObject()`, a query awaited in place."""
    if value.kind in (ExprKind.NAME, ExprKind.AWAIT):
        yield value
    elif value.kind in (ExprKind.OBJECT, ExprKind.SPREAD, ExprKind.ARRAY, ExprKind.CHOICE):
        for part in value.parts:
            yield from carried(part)
    elif value.kind is ExprKind.CALL and value.text.endswith((".toObject", ".get")) and not value.parts:
        yield Expr(ExprKind.NAME, value.text.rpartition(".")[0], value.first, value.last)


def cleaned(facts: FileFacts, inside: tuple[int, ...]) -> frozenset[str]:
    """Names from which a secret is deleted, overwritten or taken apart."""
    found = set()
    for binding in facts.index.bindings(inside):
        if "." in binding.name and is_secret(binding.name.rpartition(".")[2]):
            found.add(binding.name.partition(".")[0])
        if any(is_secret(field) for field in binding.fields):
            found.add(binding.value.text.partition(".")[0])
    codes = [call.code for call in facts.index.calls(inside)]
    for read in facts.index.reads(inside):
        root, _, rest = read.name.partition(".")
        if is_secret(rest) and not any(read.name in code for code in codes):
            found.add(root)  # `delete user.password`
    return frozenset(found)

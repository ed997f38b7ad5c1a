"""Data that turns into code when it is read: some formats carry functions, and run them.

`node-serialize` and its kin run what they read; js-yaml before version 4 makes functions of `!!js/function` in `load`.
`JSON.parse` and js-yaml 4 do not, and are left alone.

Bad::

    const cart = serialize.unserialize(req.cookies.cart);

Good::

    const cart = CartSchema.parse(JSON.parse(req.cookies.cart));
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._taint import Taint
from reviewer.rules._taint_report import Flow, option, tell

_RUNS: Final = {
    "node-serialize": ("unserialize",), "serialize-to-js": ("deserialize",), "funcster": ("deepDeserialize",),
    "cryo": ("parse",), "serialijse": ("deserialize",),
}  # fmt: skip
_SAFE_SCHEMAS: Final = ("SAFE", "FAILSAFE", "JSON", "CORE")


def inspect(project: Project) -> Iterator[Finding]:
    """Reads of such formats that the change wrote: a blocker with a client's data, a warning with unknown data."""
    taint = project.once(Taint)
    old_yaml = _is_old(project.packages.get("js-yaml", ""))
    for file, facts in project.production:
        for call in facts.calls:
            name = _reader(facts, call, old_yaml)
            if not name or not call.args:
                continue
            origin = taint.origin(file.path, call.args[0], call.scope)
            is_new = project.introduced(file.path, call) or (origin is not None and taint.is_new(file.path, origin))
            if not is_new:
                continue
            if origin is not None:
                message = (
                    f"`{origin.text}` comes from the client, and `{name}` runs functions that it holds. Read JSON, and "
                    "check it against a schema."
                )
                yield tell(project, RULE, Flow(file.path, call, call.args[0], origin), message)
            elif name != "yaml.load":
                message = f"`{name}` runs functions that its input holds. Read JSON, and check it against a schema."
                finding = report(RULE, at(file.path, call.first), message, call.symbol, call.code)
                yield replace(finding, severity=Severity.WARNING)


def _reader(facts: FileFacts, call: Call, old_yaml: bool) -> str:
    """What the reader is called, "" for a call that runs nothing."""
    name, module = original(facts, call.callee)
    last = name.rpartition(".")[2]
    if last in _RUNS.get(module, ()):
        return last
    if module == "js-yaml" and last in ("load", "loadAll"):
        schema = next((found for arg in call.args[1:] if (found := option(arg, "schema")) is not None), None)
        if (old_yaml and not _is_safe(schema)) or (schema is not None and "FULL" in schema.text):
            return "yaml.load"
    return ""


def _is_safe(schema: Expr | None) -> bool:
    return schema is not None and any(word in schema.text.upper() for word in _SAFE_SCHEMAS)


def _is_old(wanted: str) -> bool:
    """Whether a version range means js-yaml 3 or older."""
    return wanted.lstrip("^~>=v ")[:2] in ("3.", "2.", "3")


RULE = Rule(
    slug="security_deserialization",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="Data is read in a format that runs code",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: deserialization", "https://cheatsheetseries.owasp.org/cheatsheets/Deserialization_Cheat_Sheet.html"
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

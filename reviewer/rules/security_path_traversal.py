"""A path that the client chose a part of: `../../.env` leads out of the folder it was meant for.

`path.join` and `path.resolve` do not help, they follow the dots. Left alone: `path.basename`, a resolved path that is
compared with its root, `sendFile` with the option `root`, names that are looked up or checked against a pattern.

Bad::

    res.sendFile(path.join(UPLOADS, req.params.name));

Good::

    res.sendFile(path.basename(req.params.name), { root: UPLOADS });
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, Expr
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._taint_report import flows, option, tell

_MODULES: Final = frozenset(("fs", "fs/promises", "fs-extra", "graceful-fs"))
_FIRST: Final = frozenset(
    ("readFile", "createReadStream", "createWriteStream", "writeFile", "appendFile", "unlink", "rm", "rmdir", "readdir",
     "open", "opendir", "mkdir", "truncate", "remove", "readJson", "readJSON", "writeJson", "writeJSON", "outputFile",
     "emptyDir", "ensureDir", "ensureFile", "outputJson", "mkdirp", "chmod")
)  # fmt: skip
_BOTH: Final = frozenset(("copyFile", "rename", "symlink", "link", "copy", "move", "cp"))
_SENDS: Final = frozenset(("sendFile", "sendfile", "download"))
_RESPONSES: Final = frozenset(("res", "response", "reply", "_res", "resp"))
_UPLOAD_NAMES: Final = ("originalname", "originalFilename", ".filename", "files")


def inspect(project: Project) -> Iterator[Finding]:
    """Uses of files that the change wrote, with a path that a client chose a part of."""
    for flow in flows(project, _paths):
        name = flow.origin.text
        if any(mark in name for mark in _UPLOAD_NAMES):
            message = (
                f"`{name}` is a name that the client chose for its file: it can overwrite another's file, and with "
                "`..` lead out of the folder. Make a name on the server (`randomUUID()`) and keep theirs as data."
            )
            yield tell(project, RULE, flow, message, Severity.WARNING)
            continue
        message = (
            f"`{name}` comes from the client and becomes part of a path, so `../` in it leads to any file the server "
            "can reach. Use `path.basename`, or resolve the path and refuse what does not start with the folder."
        )
        yield tell(project, RULE, flow, message)


def _paths(facts: FileFacts, call: Call) -> Iterator[Expr]:
    """The arguments of a call that are paths of files."""
    if not call.args:
        return
    owner, _, last = call.callee.rpartition(".")
    name, module = original(facts, call.callee)
    module = module or facts.index.once(_promised).get(call.callee.partition(".")[0], "")
    plain = name.rpartition(".")[2].removesuffix("Sync")
    if module.removeprefix("node:") in _MODULES:
        if plain in _FIRST:
            yield call.args[0]
        elif plain in _BOTH:
            yield from call.args[:2]
    else:
        sends = last in _SENDS and _is_response(owner) and not any(option(arg, "root") for arg in call.args[1:])
        packs = last in ("directory", "file", "glob") and "archive" in owner.lower()
        if sends or (packs and "archiver" in facts.index.modules):
            yield call.args[0]


def _promised(facts: FileFacts) -> dict[str, str]:
    """Names of the file that hold `fs.promises` or one of its functions, each with the module."""
    held: dict[str, str] = {}
    for binding in facts.index.bindings((NOWHERE,)):
        text = binding.value.text
        required = binding.value.receiver
        module = original(facts, text)[1]
        if required is not None and required.text == "require" and required.parts:
            module = required.parts[0].text
        if text.endswith(".promises") and module.removeprefix("node:") in _MODULES:
            for local in (binding.name, *binding.locals):
                held[local] = module
    return held


def _is_response(owner: str) -> bool:
    """`res`, `this.res`, `res.status()`."""
    return bool(_RESPONSES & set(owner.replace("()", "").split(".")))


RULE = Rule(
    slug="security_path_traversal",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="The client decides which file is used",
    inspect=inspect,
    references=(
        Reference("CWE-22: path traversal", "https://cwe.mitre.org/data/definitions/22.html"),
        Reference(
            "OWASP: input validation",
            "https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

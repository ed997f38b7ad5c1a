"""A path that the client chose a part of: `../../.env` leads out of the folder it was meant for.

`path.join` and `path.resolve` do not help, they follow the dots. Left alone: `path.basename`, a resolved path that is
compared with its root, `sendFile` with the option `root`, names that are looked up or checked against a pattern.
The names inside an archive are chosen by whoever packed it, and are looked at in the same way.

Bad::

    res.sendFile(path.join(UPLOADS, req.params.name));

Good::

    res.sendFile(path.basename(req.params.name), { root: UPLOADS });
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._archive_entries import entry_in
from reviewer.rules._auth import outermost
from reviewer.rules._report import at, report
from reviewer.rules._taint_report import Flow, flows, lines_to, option, tell

_MODULES: Final = frozenset(("fs", "fs/promises", "fs-extra", "graceful-fs"))
_FIRST: Final = frozenset(
    ("readFile", "createReadStream", "createWriteStream", "writeFile", "appendFile", "unlink", "rm", "rmdir", "readdir",
     "open", "opendir", "mkdir", "truncate", "remove", "readJson", "readJSON", "writeJson", "writeJSON", "outputFile",
     "emptyDir", "ensureDir", "ensureFile", "outputJson", "mkdirp", "chmod", "stat", "lstat", "access", "exists",
     "pathExists", "readlink", "realpath", "opendir", "utimes", "watch", "watchFile", "glob", "rimraf")
)  # fmt: skip
_MULTER: Final = frozenset(("multer", "@nestjs/platform-express", "fastify-multer", "@koa/multer"))
_OF_UPLOADS: Final = (
    "`{}` is a name that the client chose for its file: it can overwrite another's file, and with `..` lead out of "
    "the folder. Make a name on the server (`randomUUID()`) and keep theirs as data."
)
_LOOKS: Final = frozenset(("stat", "lstat", "access", "exists", "pathExists", "readlink", "realpath"))
_BOTH: Final = frozenset(("copyFile", "rename", "symlink", "link", "copy", "move", "cp"))
_SENDS: Final = frozenset(("sendFile", "sendfile", "download"))
_RESPONSES: Final = frozenset(("res", "response", "reply", "_res", "resp"))
_UPLOAD_NAMES: Final = ("originalname", "originalFilename", ".filename", "files")


def inspect(project: Project) -> Iterator[Finding]:
    """Uses of files that the change wrote, with a path that a client chose a part of."""
    yield from _kept_names(project)
    yield from _unpacked(project)
    for flow in _strongest(project, flows(project, _paths)):
        name = flow.origin.text
        if any(mark in name for mark in _UPLOAD_NAMES):
            message = _OF_UPLOADS.format(name)
            yield _told(project, flow, message, Severity.WARNING)
            continue
        message = (
            f"`{name}` comes from the client and becomes part of a path, so `../` in it leads to any file the server "
            "can reach. Use `path.basename`, or resolve the path and refuse what does not start with the folder."
        )
        yield _told(project, flow, message)


def _kept_names(project: Project) -> Iterator[Finding]:
    """multer's storage that keeps a file under the name its sender gave it: `callback(null, file.originalname)`."""
    for file, facts in project.production:
        if not _MULTER & facts.index.modules:
            continue
        for call in project.new_calls(file.path):
            params = facts.functions[call.scope].params if call.scope >= 0 else ()
            is_callback = len(params) == 3 and len(call.args) == 2 and call.callee == params[2].name
            if is_callback and call.args[1].text == f"{params[1].name}.originalname":
                said = _OF_UPLOADS.format(call.args[1].text)
                found = report(RULE, at(file.path, call.args[1].first), said, call.symbol, call.code)
                yield replace(found, severity=Severity.WARNING)


def _unpacked(project: Project) -> Iterator[Finding]:
    """Files written under the names that an archive gives them."""
    for file, facts in project.production:
        for call in project.new_calls(file.path):
            found = next((one for path in _paths(facts, call) if (one := entry_in(facts, path, call.scope))), None)
            if found is not None and not _looks(call):
                message = (
                    f"`{found.text}` is a name out of the archive: whoever packed it may have written `../`, and the "
                    "file lands wherever that leads. Resolve the path and refuse what does not start with the folder."
                )
                span = at(file.path, call.first)
                yield replace(report(RULE, span, message, call.symbol, call.code), severity=Severity.WARNING)


def _told(project: Project, flow: Flow, message: str, severity: Severity | None = None) -> Finding:
    """The finding, at the line where the path is put together, if the change wrote that."""
    finding = tell(project, RULE, flow, message, severity)
    joined = (one for one in reversed(flow.origin.made_by) if _is_joined(one.value))
    line = next((one.value.first for one in joined if project.wrote(flow.path, one.value.first)), None)
    span = lines_to(project, flow.path, line, flow.value.first) if line is not None else finding.span
    return replace(finding, span=span)


def _is_joined(value: Expr) -> bool:
    is_call = value.kind is ExprKind.CALL and value.text.rpartition(".")[2] in ("join", "resolve")
    return is_call or value.kind in (ExprKind.TEMPLATE, ExprKind.CONCAT)


def _strongest(project: Project, found: Iterable[Flow]) -> Iterator[Flow]:
    """One flow for each name of a function: where the file is used, rather than where it is only looked at."""
    flows_of: dict[tuple[str, int, str], Flow] = {}
    for flow in found:
        key = flow.path, outermost(project.head[flow.path], flow.call.scope), flow.origin.text
        known = flows_of.get(key)
        if known is None or (_looks(known.call) and not _looks(flow.call)):
            flows_of[key] = flow
        elif not _looks(flow.call):
            yield flow
    yield from flows_of.values()


def _looks(call: Call) -> bool:
    return call.callee.rpartition(".")[2].removesuffix("Sync") in _LOOKS


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

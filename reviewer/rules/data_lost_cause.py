"""A new error in place of the one that was caught, and nothing says what that was.

The stack of the real failure is gone: at night, the log names the place that gave up, not the one that broke. Errors
that are logged, passed on (`{ cause: error }`, as an argument) or looked at are left alone; so are answers to clients
(4xx), and parsing, verifying and probing, where the error says nothing more.

Bad::

    } catch (error) {
      throw new Error('Could not load the order');
    }

Good::

    } catch (error) {
      throw new Error('Could not load the order', { cause: error });
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.change import ChangedFile
from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Catch, Throw
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Class, FileFacts
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_CLIENT_ERRORS = (
    "badrequest", "unauthorized", "forbidden", "notfound", "conflict", "unprocessable", "validation", "invalid",
    "preconditionfailed", "notacceptable", "gone", "toomany", "payloadtoolarge", "unsupported", "authentication",
    "authorization", "accessdenied", "userinput", "token", "permission", "imateapot", "misdirected", "expired",
    "missing", "duplicate", "alreadyexists", "argument", "parse", "syntax", "http", "rpc", "ws", "api",
)  # fmt: skip
"""Words in the names of errors that tell a client what to do otherwise, or whose arguments carry the status."""

_ERRORS = ("error", "exception")
"""How the names of errors end; a class of another name is one by what it extends: `class Refused extends Error`."""

_PROBES = ("parse", "verify", "decode", "access", "stat", "exists", "test", "url", "require", "validate", "compare")


def inspect(project: Project) -> Iterator[Finding]:
    """Errors that the change throws in a catch clause without a word of the one that was caught."""
    for file, facts in project.production:
        before = {(one.symbol, one.code) for one in project.before(file.path).throws}
        loud = {call.catch for call in facts.calls if call.catch >= 0 and not call.is_new}
        for thrown in facts.throws:
            if thrown.catch < 0 or not _is_bare(project, file.path, thrown) or thrown.catch in loud:
                continue
            caught = facts.catches[thrown.catch]
            if caught.uses_param or (thrown.symbol, thrown.code) in before or _is_probe(facts, caught):
                continue
            if project.wrote(file.path, thrown.first, thrown.last):
                yield replace(_finding(file, thrown), suggestion=_with_cause(file, thrown, caught))


def _finding(file: ChangedFile, thrown: Throw) -> Finding:
    return report(
        RULE,
        at(file.path, thrown.first),
        f"`{thrown.value.text}` replaces the error that was caught, and neither carries nor logs it: the cause of the "
        "failure is lost. Pass it on as `{ cause: error }`.",
        symbol=thrown.symbol,
        quoted=thrown.code,
    )


def _is_bare(project: Project, path: str, thrown: Throw) -> bool:
    """Whether a new error of the server's own is thrown."""
    value = thrown.value
    declared = project.declaration(path, value.text) if value.kind is ExprKind.NEW else None
    above = declared.item.extends if declared is not None and isinstance(declared.item, Class) else None
    name = original(project.head[path], value.text)[0].lower()
    is_error = name.endswith(_ERRORS) or (above is not None and above.text.lower() in _ERRORS)
    is_error = is_error and not any(_is_client_status(part) for part in value.parts)
    return value.kind is ExprKind.NEW and is_error and not name.startswith(_CLIENT_ERRORS) and not _is_client(name)


def _is_client_status(part: Expr) -> bool:
    """A status of the 400s: `404`, `HttpStatus.BAD_REQUEST`."""
    if part.kind is ExprKind.NUMBER:
        return len(part.text) == 3 and part.text.startswith("4")
    last = part.text.rpartition(".")[2].replace("_", "").lower()
    return part.kind is ExprKind.MEMBER and _is_client(last)


def _is_client(name: str) -> bool:
    return any(word in name for word in _CLIENT_ERRORS)


def _is_probe(facts: FileFacts, caught: Catch) -> bool:
    """Whether the try block only parses, verifies or probes."""
    if any(word in caught.symbol.lower() for word in ("decode", "parse", "valid", "verif", "check")):
        return True
    before = [one.last for one in facts.catches if one.scope == caught.scope and one.last < caught.first]
    start = max(before, default=0)
    inside = facts.index.calls([caught.scope])
    tried = [call for call in inside if call.in_try and start < call.first and call.last <= caught.first]
    names = [call.callee.rpartition(".")[2].lower() for call in tried]
    return not names or any(name.startswith(_PROBES) for name in names)


def _with_cause(file: ChangedFile, thrown: Throw, caught: Catch) -> Suggestion | None:
    """The line with the cause, for `throw new Error('…');` on one line in a catch that names its error."""
    value = thrown.value
    if value.text != "Error" or len(value.parts) != 1 or thrown.first != thrown.last or not caught.param:
        return None
    line = (file.head or "").split("\n")[thrown.first - 1]
    body = line.rstrip().removesuffix(";")
    if not body.endswith(")") or line.count("throw ") != 1 or not line.lstrip().startswith("throw "):
        return None
    ending = line[len(line.rstrip()) :]
    semicolon = ";" if line.rstrip().endswith(";") else ""
    return Suggestion(
        thrown.first, thrown.first, f"{body.removesuffix(')')}, {{ cause: {caught.param} }}){semicolon}{ending}"
    )


RULE = Rule(
    slug="data_lost_cause",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="The cause of an error is lost",
    inspect=inspect,
    references=(
        Reference(
            "MDN: Error: cause",
            "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Error/cause",
        ),
    ),
    confidence=0.92,
    page=__doc__ or "",
)

"""A shell command put together from text: whoever controls a part of it runs programs on the server.

`exec` hands its text to a shell; so do `spawn` and `execFile` with `shell: true`, and a shell that is called with
`-c`. `execFile('convert', [file])` starts one program and gives it the value as it is.

A client's data is always reported; a parameter of the function whose callers are not known is reported as a warning.

Bad::

    exec(`convert ${req.body.file} out.png`);

Good::

    execFile('convert', [file, 'out.png']);
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
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._taint_checks import Checks
from reviewer.rules._taint_params import parameter_texts
from reviewer.rules._taint_report import flows, option, resolved, tell
from reviewer.rules._taint_shell import shell_function

_SHELLS: Final = frozenset(("sh", "bash", "zsh", "/bin/sh", "/bin/bash", "cmd", "cmd.exe", "powershell", "pwsh"))


def inspect(project: Project) -> Iterator[Finding]:
    """Commands that the change wrote and that carry a client's data, or a parameter of unknown content."""
    said: set[tuple[str, int]] = set()
    for flow in flows(project, _commands):
        said.add((flow.path, flow.call.first))
        message = (
            f"`{flow.origin.text}` comes from the client and becomes part of a command, so a client can run any "
            "program on the server. Use `execFile` or `spawn` without a shell, with the value as its own argument."
        )
        yield tell(project, RULE, flow, message)
    for file, facts in project.production:
        checks = facts.index.once(Checks)
        for call in project.new_calls(file.path):
            text = next(iter(_shell_texts(facts, call)), None)
            if text is None or (file.path, call.first) in said:
                continue
            name = next(parameter_texts(facts, checks, resolved(facts, text, call.scope), call.scope), None)
            if name is not None:
                message = (
                    f"`{name}` becomes part of a command that a shell reads, so a quote or `;` in it starts another "
                    "program. Use `execFile` or `spawn` without a shell, with the value as its own argument."
                )
                finding = report(RULE, at(file.path, call.first), message, call.symbol, call.code)
                yield replace(finding, severity=Severity.WARNING)


def _commands(facts: FileFacts, call: Call) -> Iterator[Expr]:
    """What of a call a client must not choose: a shell's text, and the program that is started."""
    yield from _shell_texts(facts, call)
    if call.args and shell_function(facts, call) in ("spawn", "spawnSync", "execFile", "execFileSync", "fork", "execa"):
        yield call.args[0]


def _shell_texts(facts: FileFacts, call: Call) -> Iterator[Expr]:
    """The texts that a shell reads."""
    name = shell_function(facts, call) if call.args else ""
    if name in ("exec", "execSync", "execaCommand", "execaCommandSync", "command"):
        yield call.args[0]
    elif name in ("spawn", "spawnSync", "execFile", "execFileSync", "execa"):
        shell = next((found for arg in call.args[1:] if (found := option(arg, "shell")) is not None), None)
        if shell is not None and shell.text != "false":
            yield from call.args[:2]
        elif call.args[0].text in _SHELLS and len(call.args) > 1:
            yield call.args[1]


RULE = Rule(
    slug="security_command_injection",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="A shell command is put together from data",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: OS command injection",
            "https://cheatsheetseries.owasp.org/cheatsheets/OS_Command_Injection_Defense_Cheat_Sheet.html",
        ),
        Reference("Node.js: child processes", "https://nodejs.org/api/child_process.html"),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

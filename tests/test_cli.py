"""The commands: what they say, and with which status they end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reviewer.cli import main
from reviewer.rules import all_rules
from reviewer.settings import PERSONAS
from tests.conftest import ROOT

HEAVY = ("pydantic", "githubkit", "httpx", "fastapi", "starlette", "dbos", "openai", "sqlalchemy", "unidiff", "yaml")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=ENVIRONMENT, input=given)


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, contextlib\nfrom reviewer.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        f"print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    done = run("-c", code)
    assert done.stderr.strip() == "[]"
    for command in ("serve", "worker", "review", "persona", "rules", "setup", "doctor"):
        assert f"\n    {command} " in done.stdout


def test_it_runs_as_a_module_and_without_arguments_shows_its_help() -> None:
    done = run("-m", "reviewer")
    assert (done.returncode, done.stdout.startswith("usage: reviewer"), done.stderr) == (2, True, "")


USAGE = [
    ["fly"],
    ["review", "--format", "pdf"],
    ["review", "--fail-on", "everything"],
    ["review", "--head"],
    ["review", "extra"],
    ["serve", "--port", "eighty"],
    ["persona"],
    ["persona", "check"],
    ["rules", "one", "two"],
]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_bad_usage_is_one_line_and_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("reviewer: ")
    assert said.err.endswith(" --help\n")


def test_rules_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    listed = capsys.readouterr().out.rstrip("\n").split("\n")
    assert [line.split()[0] for line in listed] == [rule.slug for rule in all_rules()]
    for rule in all_rules():
        assert main(["rules", rule.slug]) == 0
        told = capsys.readouterr().out
        assert told.startswith(f"{rule.slug} ({rule.concern.value}, {rule.severity.value})\n")
        assert "Bad" in told
        assert "Good" in told


def test_an_unknown_rule_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "no_such_rule"]) == 2
    assert capsys.readouterr() == (
        "",
        "reviewer: no rule is called 'no_such_rule'; `reviewer rules` lists them\n",
    )


def test_a_pipe_that_nobody_reads_is_no_error() -> None:
    code = "import sys\nfrom reviewer.cli import main\nsys.stdin.read()\nsys.exit(main(['rules']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=-1, stdout=-1, stderr=-1, env=ENVIRONMENT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.close()
        assert (process.stderr.read(), process.wait()) == (b"", 0)


def test_every_persona_of_ours_compiles(capsys: pytest.CaptureFixture[str]) -> None:
    for persona in PERSONAS.glob("*.chatmode.md"):
        assert main(["persona", "check", str(persona)]) == 0
        assert persona.name in capsys.readouterr().out


BROKEN = {
    "empty.md": b"",
    "binary.md": b"\0\1",
    "latin.md": b"caf\xe9",
    "front.md": b"---\nname: [\n---\n# X\n",
    "large.md": b"# X\n" + b"x" * 70_000,
}


@pytest.mark.parametrize("name", [*BROKEN, "missing.md", "."])
def test_a_broken_persona_is_one_line_and_status_2(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name in BROKEN:
        (tmp_path / name).write_bytes(BROKEN[name])
    assert main(["persona", "check", str(tmp_path / name)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n"), said.err.startswith("reviewer: ")) == ("", 1, True)


def test_mistakes_in_the_environment_are_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEWER_COMMENT_MAX", "3")
    monkeypatch.setenv("APP_ID", "7")
    assert main(["review"]) == 2
    said = capsys.readouterr()
    assert said.err == (
        "reviewer: REVIEWER_COMMENT_MAX is not a setting; did you mean REVIEWER_COMMENTS_MAX?; PRIVATE_KEY and "
        "WEBHOOK_SECRET not set: the GitHub App needs APP_ID, PRIVATE_KEY and WEBHOOK_SECRET\n"
    )


def test_setup_does_not_begin_where_it_could_not_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("mine")
    assert main(["setup", "--env", str(tmp_path / ".env")]) == 2
    assert "File exists" in capsys.readouterr().err
    assert (tmp_path / ".env").read_text() == "mine"
    assert main(["setup", "--env", str(tmp_path / "none" / ".env")]) == 2
    assert "No such file" in capsys.readouterr().err

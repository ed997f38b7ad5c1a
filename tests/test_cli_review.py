"""`reviewer review`: formats, exit statuses, and a change that tries to configure its own review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from reviewer.cli import main
from tests.local.folder import Folder

CONTROLLER = """\
import { Controller, Post, Body } from '@nestjs/common';

@Controller('orders')
export class OrdersController {
  @Post()
  create(@Body() body: any) {
    debugger;
    return body;
  }
}
"""


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Lines(Shape):
    start_line: int = Field(ge=1)
    end_line: int = Field(ge=1)
    text: str


class Finding(Shape):
    id: str = Field(min_length=8)
    rule: str
    concern: Literal["lint", "validation", "tests", "solid", "api-docs", "security", "data"]
    severity: Literal["blocker", "warning", "note"]
    origin: Literal["code", "model", "both"]
    confidence: float = Field(ge=0, le=1)
    path: str
    start_line: int | None
    end_line: int | None
    side: Literal["LEFT", "RIGHT"] | None
    title: str = Field(min_length=1)
    message: str = Field(min_length=1)
    persona_rule: str | None
    owner: str
    suggestion: Lines | None
    placed: Literal["inline", "file", "summary"]


class Entry(Shape):
    path: str
    state: Literal["reviewed", "not_reviewed"]
    reason: str | None


class Dropped(Shape):
    rule: str
    path: str
    start_line: int | None
    reason: str


class ChangeShape(Shape):
    repository: str
    number: int | None
    base: str = Field(pattern="^[0-9a-f]{40}$")
    head: str


class PersonaShape(Shape):
    name: str
    source: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Resource(Shape):
    title: str
    url: str


class Response(Shape):
    summary: str = Field(min_length=1)
    steps: list[str]
    code_samples: dict[str, str]
    follow_up_questions: list[str]
    resources: list[Resource]


class Usage(Shape):
    model_calls: int
    prompt_tokens: int
    completion_tokens: int
    github_requests: int
    seconds: dict[str, float]


Cell = Literal["yes", "no", "unknown", "not needed"]


class Endpoint(Shape):
    method: str
    url: str
    symbol: str
    path: str
    line: int
    validated: Cell
    guarded: Cell
    tested: Cell
    documented: Cell
    migrated: Cell


class Document(Shape):
    """`reviewer.review/1`, as the contract shows it."""

    schema_: Literal["reviewer.review/1"] = Field(alias="schema")
    change: ChangeShape
    persona: PersonaShape
    findings: list[Finding]
    endpoints: list[Endpoint]
    coverage: list[Entry]
    dropped: list[Dropped]
    response: Response
    conclusion: Literal["success", "neutral", "failure"]
    usage: Usage


@pytest.fixture
def shop(tmp_path: Path) -> Folder:
    """A branch that adds a controller with faults to a shop."""
    folder = Folder(tmp_path / "shop")
    folder.commit(
        {"package.json": '{"name": "shop", "dependencies": {"@nestjs/common": "11"}}\n', "README.md": "Shop\n"}
    )
    folder.git("switch", "--quiet", "--create", "topic")
    folder.commit({"src/orders.controller.ts": CONTROLLER})
    return folder


def review(folder: Folder, *arguments: str) -> int:
    return main(["review", "--repo", str(folder.path), "--rules-only", *arguments])


def document(folder: Folder, *arguments: str) -> Document:
    target = folder.path.parent / "review.json"
    status = review(folder, "--format", "json", "--output", str(target), *arguments)
    assert status in (0, 1, 3)
    return TypeAdapter(Document).validate_json(target.read_bytes())


def test_the_json_has_the_shape_of_the_contract(shop: Folder) -> None:
    made = document(shop)
    assert (made.change.repository, made.change.number) == ("shop", None)
    assert made.change.head == shop.git("rev-parse", "HEAD").decode().strip()
    assert (made.persona.name, made.persona.source) == ("backend", "personas/backend.chatmode.md")
    assert [(entry.path, entry.state, entry.reason) for entry in made.coverage] == [
        ("src/orders.controller.ts", "reviewed", None)
    ]
    rules = {finding.rule for finding in made.findings}
    assert "validation_unvalidated_body" in rules
    assert all(finding.origin == "code" for finding in made.findings)
    assert made.conclusion == "neutral"
    assert made.usage.model_calls == 0
    assert made.usage.seconds["read"] > 0


@pytest.mark.parametrize(
    ("form", "start", "holds"),
    [
        ("terminal", "", "orders.controller.ts"),
        ("markdown", "### ", "orders.controller.ts"),
        ("html", "<!doctype html>", "orders.controller.ts"),
        ("sarif", "{", '"version": "2.1.0"'),
    ],
)
def test_every_format_is_written(
    shop: Folder, capsys: pytest.CaptureFixture[str], form: str, start: str, holds: str
) -> None:
    assert review(shop, "--format", form) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.lower().startswith(start)
    assert holds in said.out
    assert "\x1b" not in said.out
    assert form != "sarif" or json.loads(said.out)["runs"]


def test_findings_at_or_above_the_threshold_are_status_1(shop: Folder) -> None:
    worst = {finding.severity for finding in document(shop).findings}
    assert "warning" in worst or "blocker" in worst
    assert review(shop, "--fail-on", "note") == 1
    assert review(shop, "--fail-on", "never") == 0


def test_a_severity_below_the_threshold_is_status_0(shop: Folder) -> None:
    shop.write({"src/orders.controller.ts": "export const answer = 42;\n"})
    shop.commit({})
    assert review(shop, "--fail-on", "blocker") == 0


def test_a_file_that_was_not_read_is_named_and_status_3(shop: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    shop.commit({"logo.png": b"\0\1"})
    assert review(shop) == 3
    said = capsys.readouterr().out
    assert "logo.png" in said
    assert "binary" in said


def test_uncommitted_work_is_reviewed(shop: Folder) -> None:
    shop.git("switch", "--quiet", "main")
    shop.write({"src/fresh.controller.ts": CONTROLLER, ".gitignore": "ignored.ts\n", "ignored.ts": CONTROLLER})
    made = document(shop, "--head", "WORKTREE")
    assert made.change.head == "WORKTREE"
    assert {entry.path for entry in made.coverage} == {".gitignore", "src/fresh.controller.ts"}
    assert {finding.path for finding in made.findings} - {""} == {"src/fresh.controller.ts"}


def test_nothing_to_review_is_done(shop: Folder) -> None:
    made = document(shop, "--base", "HEAD")
    assert (made.findings, made.coverage, made.conclusion) == ([], [], "neutral")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--repo", "none"], "there is no folder 'none'"),
        (["--repo", "/"], "'/' is not a git repository"),
        (["--base", "none"], "no commit is named 'none'"),
        (["--head", "none"], "no commit is named 'none'"),
        (["--head", "a\0b"], "check the path"),
        (["--persona", "nobody"], "there is no persona 'nobody'; give a file, or one of: backend"),
        (["--persona", "none.md"], "there is no persona 'none.md'"),
        (["--config", "none.yml"], "cannot read none.yml"),
        (["--output", "none/out.json"], "'none/out.json' cannot be written"),
        (["--output", "."], "'.' cannot be written"),
    ],
)
def test_what_the_caller_can_mend_is_one_line_and_status_2(
    shop: Folder,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(shop.path.parent)
    assert main(["review", "--repo", "shop", "--rules-only", *arguments]) == 2
    seen = capsys.readouterr()
    assert (seen.out, seen.err.count("\n")) == ("", 1)
    assert seen.err.startswith("reviewer: ")
    assert said in seen.err


def test_a_mistake_in_the_configuration_is_told_with_its_line(
    shop: Folder, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = tmp_path / "reviewer.yml"
    config.write_text("gate: off\nmodel: gpt-9\n")
    assert review(shop, "--config", str(config)) == 2
    assert capsys.readouterr().err == (f"reviewer: {config}, line 2: `model` has keys of its own: enabled, forks\n")


def test_a_configuration_is_followed(shop: Folder, tmp_path: Path) -> None:
    config = tmp_path / "reviewer.yml"
    config.write_text("limits: {comments_max: 0}\n")
    made = document(shop, "--config", str(config))
    assert made.findings
    assert {finding.placed for finding in made.findings} == {"summary"}
    config.write_text("paths: {ignore: ['src/**']}\n")
    made = document(shop, "--config", str(config))
    assert made.findings == []
    assert [entry.reason for entry in made.coverage] == ["left out by configuration"]


def test_a_persona_is_taken_by_file(shop: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "---\ndescription: 'Mine'\n---\n# Strict one\n\n## Coding standards\n\n- Validate all input.\n"
    (tmp_path / "strict").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert document(shop, "--persona", "strict").persona.source == "strict"
    assert document(shop, "--persona", "backend").persona.source == "personas/backend.chatmode.md"


OFF = '{"rules": {"no-debugger": "off"}, "categories": {"correctness": "off"}, "ignorePatterns": ["**"]}'
SOFT = {
    ".github/reviewer.yml": "paths: {ignore: ['**']}\nlimits: {comments_max: 0}\n",
    ".github/reviewer/persona.chatmode.md": "# Nobody\n",
    ".github/reviewer/team.yml": "members: []\n",
    ".oxlintrc.json": OFF,
    "src/.oxlintrc.json": OFF,
    "src/.eslintrc.json": OFF,
    "eslint.config.js": "export default [{ ignores: ['**'] }];\n",
    ".eslintignore": "**\n",
    ".prettierrc": '{"semi": false}\n',
    ".prettierignore": "**\n",
    ".oxfmtrc.json": '{"ignorePatterns": ["**"]}\n',
    ".gitattributes": "* -diff linguist-generated\n",
    ".editorconfig": "root = true\n[*]\nindent_size = 7\n",
}


def test_a_change_does_not_configure_its_own_review(shop: Folder) -> None:
    """T01: with every configuration that it could bring along, the same is found in the same places."""
    plain = document(shop)
    assert any(finding.concern == "lint" for finding in plain.findings)
    shop.commit(dict(SOFT))
    softened = document(shop)
    mine = [finding for finding in softened.findings if finding.path in ("", "src/orders.controller.ts")]
    assert [(f.rule, f.start_line, f.severity, f.placed) for f in mine] == [
        (f.rule, f.start_line, f.severity, f.placed) for f in plain.findings
    ]
    assert softened.persona == plain.persona
    assert {e.path: e.state for e in softened.coverage}["src/orders.controller.ts"] == "reviewed"

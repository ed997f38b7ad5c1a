"""docs/configuration.md and docs/reviewer.schema.json are what the models of the repository's configuration say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openapi_schema_validator import OAS31Validator
from pydantic import BaseModel

from reviewer.cli import main
from reviewer.core.config_reading import read_config
from reviewer.core.repository_config import Person, RepositoryConfig, json_schema
from reviewer.operator_plan import operator_stock

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "configuration.md").read_text(encoding="utf-8")
SCHEMA = DOCS / "reviewer.schema.json"


def rows(part: type[BaseModel] = RepositoryConfig, above: str = "") -> Iterator[str]:
    """The table's rows: key, meaning, default."""
    for name, field in part.model_fields.items():
        value = field.default
        if isinstance(value, BaseModel):
            yield from rows(type(value), f"{above}{name}.")
        else:
            yield f"| `{above}{name}` | {field.description} | {_default(value)} |"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "" if value in (None, (), {}) else f"`{value}`"


def test_the_page_has_every_key_with_its_meaning_and_its_default_and_no_other() -> None:
    section = PAGE.split("## The repository's configuration\n")[1].split("\n## ")[0]
    assert [line for line in section.split("\n") if line.startswith("| `")] == list(rows())
    for name in Person.model_fields:
        assert f"`{name}`" in section


def test_the_published_schema_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0
    assert capsys.readouterr().out == SCHEMA.read_text(encoding="utf-8")


def example() -> str:
    """The page's own example."""
    return PAGE.split("```yaml\n")[1].split("```")[0]


def test_the_example_of_the_page_is_a_configuration() -> None:
    read = read_config(example(), "docs/configuration.md", operator_stock().rules)
    assert set(RepositoryConfig.model_fields) - {"persona"} == {name.partition(".")[0] for name in read.lines}
    OAS31Validator(json_schema()).validate(_typed(read.plain))


def _typed(value: object) -> object:
    """YAML's texts as an editor has them: numbers and switches are told by how they are written."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    text = str(value)
    return json.loads(text) if text in ("true", "false") or text.isdigit() else text


@pytest.mark.parametrize(
    "value",
    [
        {"gat": "off"},
        {"gate": "note"},
        {"limits": {"comments_max": 51}},
        {"limits": {"comments_max": None}},
        {"limits": {"files_max": 0}},
        {"filters": {"drafts": "yes"}},
        {"concerns": {"lnt": "off"}},
        {"rules": {"data_unbounded_list": "loud"}},
        {"paths": {"ignore": "**"}},
        {"team": [{"role": "Lead"}]},
    ],
)
def test_an_editor_sees_by_the_schema_what_we_refuse(value: object) -> None:
    assert not OAS31Validator(json_schema()).is_valid(value)


@pytest.mark.parametrize(
    ("text", "status", "said"), [("gate: blocker\n", 0, "gate: blocker ("), ("gat: 1\ngate: x\n", 2, "")]
)
def test_a_file_is_checked_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, status: int, said: str
) -> None:
    file = tmp_path / "reviewer.yml"
    file.write_text(text)
    assert main(["config", "check", str(file)]) == status
    seen = capsys.readouterr()
    assert said in seen.out
    assert seen.err.count("\n") == (0 if status == 0 else 2)


def test_what_lies_beside_the_file_is_checked_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    github = tmp_path / ".github"
    (github / "agents").mkdir(parents=True)
    (github / "instructions").mkdir()
    file = github / "reviewer.yml"
    file.write_text("persona: .github/agents/orders.agent.md\n")
    assert main(["config", "check", str(file)]) == 2
    assert "there is no such persona" in capsys.readouterr().err
    persona = "---\ndescription: d\n---\n# Orders\n## Coding standards\n- Validate every body.\n"
    (github / "agents" / "orders.agent.md").write_text(persona)
    (github / "instructions" / "a.instructions.md").write_text("---\napplyTo: 'src/**'\n---\nCents.\n")
    assert main(["config", "check", str(file)]) == 0
    seen = capsys.readouterr().out
    assert "persona: orders (.github/agents/orders.agent.md)" in seen
    assert "instructions: .github/instructions/a.instructions.md: for src/** (.github" in seen
    (tmp_path / "AGENTS.md").write_bytes(b"\xff")
    assert main(["config", "check", str(file)]) == 2
    assert "AGENTS.md cannot be read: it is not UTF-8 text. Until then" in capsys.readouterr().err

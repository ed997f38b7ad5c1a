"""docs/commands.md is what the grammar and the help say."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from reviewer.core.command import FORMS, ID_CHARS_MAX, ID_CHARS_MIN, WORDS_CHARS_MAX, Asked, Command, parse
from reviewer.github.comments import MAY_COMMAND
from reviewer.rendering.answer import usage

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    """The table's cells, row by row."""
    lines = [line for line in PAGE.split("\n") if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_table_has_every_command_with_its_meaning_and_an_example_and_no_other() -> None:
    assert rows() == [[f"`@bot {form.usage}`", form.does, f"`@bot {form.example}`"] for form in FORMS]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_every_example_of_the_table_is_a_command(row: list[str]) -> None:
    asked = parse(row[2].strip("`"), ("bot",))
    assert isinstance(asked, Asked)
    assert row[0].strip("`").startswith(f"@bot {asked.command.value}")


@pytest.mark.parametrize("command", list(Command))
def test_every_command_is_described(command: Command) -> None:
    assert f"\n**`{command.value}`** " in PAGE


def test_help_lists_what_the_page_lists_in_the_same_words() -> None:
    said = usage("1", "bot").body
    for form in FORMS:
        assert f"- `@bot {form.usage}` {form.does}." in said


def test_the_page_s_numbers_and_names_are_the_code_s() -> None:
    assert f"ID is {ID_CHARS_MIN} to {ID_CHARS_MAX} digits" in PAGE
    assert f"at most {WORDS_CHARS_MAX} characters" in PAGE
    for role in MAY_COMMAND:
        assert role in PAGE.split("## Who may\n")[1].split("\n## ")[0]


def test_the_event_that_threads_need_is_asked_for() -> None:
    manifest = yaml.safe_load((ROOT / "app.yml").read_text(encoding="utf-8"))
    assert {"issue_comment", "pull_request_review_comment"} <= set(manifest["default_events"])


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md"])
def test_the_page_is_found_from_where_people_begin(page: str) -> None:
    assert "commands.md" in (ROOT / page).read_text(encoding="utf-8")

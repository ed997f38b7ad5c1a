"""docs/personas.md shows the tables that the code goes by; a word in one of them only is a fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewer.core.errors import UserError
from reviewer.core.persona import compile_persona
from reviewer.core.persona_team import ROUTE_VERBS
from reviewer.core.persona_words import BROAD_WORDS, CONCERN_WORDS, HEADING_WORDS, SUBJECT_WORDS
from reviewer.core.response import ALSO_CALLED, FIELDS
from reviewer.core.strict_yaml import YamlList, read_yaml
from reviewer.core.team import load_team
from reviewer.operator_plan import operator_stock

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "personas.md").read_text(encoding="utf-8")


def table(header: str) -> list[tuple[str, ...]]:
    """The rows of the table whose first line is this, cells as text."""
    rows = PAGE.split(f"{header}\n", 1)[1].split("\n")[1:]
    end = rows.index("")
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows[:end]]


def words(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(" · "))


def test_the_personas_on_the_page_are_those_that_come_along_with_what_they_watch() -> None:
    shown = {name.strip("`"): (files, concerns) for name, files, concerns in table("| persona | files | concerns |")}
    assert shown == {
        name: (
            " · ".join(f"`{one}`" for one in persona.watch.globs) or "all",
            " · ".join(persona.watch.concerns) or "all",
        )
        for name, persona in operator_stock().personas.items()
    }


def test_the_headings_on_the_page_are_the_codes() -> None:
    shown = [(kind, words(cell)) for cell, kind in table("| a heading with one of | is about |")]
    assert shown == [(kind.value, known) for kind, known in HEADING_WORDS]


def test_the_words_of_concerns_on_the_page_are_the_codes() -> None:
    shown = [(concern, words(cell)) for concern, cell in table("| concern | words of a line |")]
    assert shown == [(concern.value, known) for concern, known in CONCERN_WORDS.items()]


def test_the_words_of_subjects_on_the_page_are_the_codes() -> None:
    shown = [(concern, words(cell)) for concern, cell in table("| concern | further words of a subject |")]
    assert shown == [(concern.value, known) for concern, known in SUBJECT_WORDS.items()]


def test_the_names_of_parts_on_the_page_are_the_codes() -> None:
    shown = [(part, words(cell)) for part, cell in table("| part | also called |")]
    assert shown == list(ALSO_CALLED.items())
    assert ", ".join(f"`{part}`" for part in FIELDS) in PAGE


def test_the_page_names_the_broad_words_and_the_verbs() -> None:
    assert " · ".join(BROAD_WORDS) + "." in PAGE
    assert [verb for verb in ROUTE_VERBS if verb.title() not in PAGE] == []


def test_the_team_file_on_the_page_loads() -> None:
    text = PAGE.split("```yaml\n", 1)[1].split("```", 1)[0]
    lead = load_team(text, "docs/personas.md").lead
    assert lead is not None
    assert lead.handle == "damilare"


@pytest.mark.parametrize(
    "line",
    [
        "Route database or API design issues to the backend lead.",
        "Security issues go to the security lead.",
        "Escalate cross-cutting concerns to the Team Lead.",
        "Report the outcome to Damilare (Team Lead / Architect).",
    ],
)
def test_each_team_line_on_the_page_compiles(line: str) -> None:
    assert f"`{line}`" in PAGE
    text = f"---\ndescription: d\n---\n## Standards\n- Test.\n## Team\n- {line}\n"
    assert compile_persona(text, "p.md").uncompiled == ()


def test_the_limit_on_the_page_holds() -> None:
    assert "at most 64 KB" in PAGE
    with pytest.raises(UserError, match="larger than 64 KB"):
        compile_persona("x" * (64 * 1024 + 1), "p.md")


def test_a_deep_list_within_the_limit_is_read() -> None:
    read = read_yaml(json.dumps({"a": [[["x"]]]}), "t", 0).entries[0][1]
    assert isinstance(read, YamlList)

"""The persona's owner's file and ours compile whole; what each line became is compared, not sampled."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from reviewer.core.concern import Concern
from reviewer.core.persona import FileReference, Persona, PersonaRule, compile_persona, decode_persona
from reviewer.core.persona_report import describe
from reviewer.core.persona_team import Escalation, Report, RoutingRule
from reviewer.core.response import FIELDS
from reviewer.core.team import NO_TEAM, load_team

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent / "personas"
ORIGINAL = HERE / "backend-engineer.chatmode.md"
OURS = ROOT / "personas" / "backend.chatmode.md"
TEAM = ROOT / "personas" / "team.yml"

HEAD = "---\ndescription: reviews\n---\n\n"
STANDARDS = "## Coding Standards\n\n- Validate all input; trust nobody.\n"


def compiled(body: str) -> Persona:
    return compile_persona(HEAD + body, "personas/mine.chatmode.md")


def original() -> Persona:
    return compile_persona(decode_persona(ORIGINAL.read_bytes(), ORIGINAL.name), ORIGINAL.name)


def test_the_owners_file_is_the_one_we_were_given() -> None:
    given = "38e84d17848ebb4476d7a99ae60dbaf1696c6a7caef47ba8a3dd4a2af62f6dcc"
    assert hashlib.sha256(ORIGINAL.read_bytes()).hexdigest() == given
    assert original().sha256 == given


def test_the_owners_standards_are_rules_with_their_own_lines() -> None:
    assert original().rules == (
        PersonaRule(
            "standards-use-typescript", "Use TypeScript (Node.js, Express, NestJS) for all backend code.", 17, ()
        ),
        PersonaRule(
            "standards-structure-apis-with-restful",
            "Structure APIs with RESTful or GraphQL conventions; document endpoints with OpenAPI/Swagger.",
            18,
            (Concern.API_DOCS,),
        ),
        PersonaRule(
            "standards-enforce-prettier",
            "Enforce Prettier and ESLint rules; never commit code with lint errors.",
            19,
            (Concern.LINT,),
        ),
        PersonaRule(
            "standards-apply-solid-principles",
            "Apply SOLID principles and modular architecture; keep code testable and maintainable.",
            20,
            (Concern.SOLID,),
        ),
        PersonaRule(
            "standards-validate-all-input",
            "Validate all input and sanitize outputs; never trust client data.",
            21,
            (Concern.VALIDATION,),
        ),
        PersonaRule(
            "standards-write-unit", "Write unit, integration, and API tests for all new features.", 22, (Concern.TESTS,)
        ),
    )


def test_the_owners_team_lines_are_routing_escalation_and_report() -> None:
    persona = original()
    assert persona.routing == (
        RoutingRule(
            subjects=("database", "api design"),
            concerns=(Concern.DATA, Concern.API_DOCS),
            role="backend-lead",
            name=None,
            text="Route database or API design issues to the backend lead.",
            line=49,
        ),
    )
    assert persona.escalation == (
        Escalation(("cross cutting",), (), "team-lead", None, "Escalate cross-cutting concerns to the Team Lead.", 50),
    )
    assert persona.reports == (
        Report(
            "team-lead",
            ("team-lead", "architect"),
            "Damilare",
            "**After completing any assigned task, report the outcome and status directly to Damilare"
            " (Team Lead / Architect) for review and next steps.**",
            51,
        ),
    )
    assert [line.line for line in persona.team_tables] == [48]
    assert persona.team_lead == "Damilare"


def test_the_owners_file_compiles_whole() -> None:
    persona = original()
    assert persona.uncompiled == ()
    assert persona.references == (
        FileReference(
            ".github/instructions/backend.instructions.md",
            "Reference: `.github/instructions/backend.instructions.md`",
            23,
        ),
    )
    assert [key.name for key in persona.response_structure.keys] == list(FIELDS)
    assert persona.response_structure.code_keys == ("backend",)
    assert persona.response_structure.differences == ()


def test_each_line_of_the_owners_sections_is_kept_with_its_number() -> None:
    rows = ORIGINAL.read_text(encoding="utf-8").split("\n")
    kept = [line for section in original().sections for line in section.lines]
    assert all(rows[line.line - 1] == line.text for line in kept)
    headings = {section.line: section.heading for section in original().sections}
    assert {number: rows[number - 1].lstrip("# ") for number in headings} == headings
    front_matter = 4
    assert len(kept) + len(headings) == len(rows) - front_matter - 1  # the empty line between front matter and title


def test_the_report_on_the_owners_file() -> None:
    expected = (HERE / "backend-engineer.report.txt").read_text(encoding="utf-8")
    assert describe(original(), NO_TEAM) == expected


def test_the_report_on_our_file() -> None:
    persona = compile_persona(decode_persona(OURS.read_bytes(), "ours"), "personas/backend.chatmode.md")
    team = load_team(TEAM.read_text(encoding="utf-8"), "personas/team.yml")
    assert describe(persona, team) == (HERE / "backend.report.txt").read_text(encoding="utf-8")


OWNERS_DEMANDS = (
    # Every duty, standard, routing rule of the owner's file, by words that our file must have on one line.
    "Act Senior Backend Engineer TechNexus", "design implementation review backend API data business logic",
    "security scalability code quality", "frontend DevOps security teams", "TypeScript Node Express NestJS",
    "REST GraphQL conventions", "OpenAPI Swagger endpoints", "Prettier ESLint lint errors", "SOLID principles",
    "modular architecture testable maintainable", "Validate all input", "Sanitize output", "Never trust client data",
    "unit integration API tests new feature", ".github instructions backend instructions md",
    "clear system focused language",
    "Clarify requirements constraints before", "annotated code samples API contracts architecture diagrams",
    "Invite feedback iterate", "team table assignments escalation", "Route database API design backend lead",
    "Escalate cross cutting concerns Team Lead",
    "task report outcome status directly Damilare Team Lead Architect next steps",
    "Design REST API article validation error handling", "authentication middleware JWT",
    "integration tests endpoint regist user", "Refactor service layer modular testab",
)  # fmt: skip


@pytest.mark.parametrize("demand", OWNERS_DEMANDS)
def test_our_file_has_what_the_owners_file_demands(demand: str) -> None:
    rows = OURS.read_text(encoding="utf-8").lower().split("\n")
    assert any(all(word in row for word in demand.lower().split()) for row in rows)


@pytest.mark.parametrize("path", [ORIGINAL, OURS], ids=["owner", "ours"])
@pytest.mark.parametrize("concern", list(Concern))
def test_every_concern_has_a_line_to_quote(path: Path, concern: Concern) -> None:
    persona = compile_persona(path.read_text(encoding="utf-8"), path.name)
    rule = persona.rule_for(concern)
    assert rule is not None
    assert rule.text in path.read_text(encoding="utf-8")


def test_a_line_that_names_the_concern_first_is_quoted_before_one_that_mentions_it() -> None:
    persona = compiled("## Standards\n- Validate what tests send.\n- Test each route.\n")
    rule = persona.rule_for(Concern.TESTS)
    assert rule is not None
    assert rule.text == "Test each route."


def test_a_concern_that_no_line_speaks_of_has_nothing_to_quote() -> None:
    assert compiled("## Standards\n- Validate all input.\n").rule_for(Concern.LINT) is None


def test_a_duty_about_quality_speaks_for_what_no_other_line_speaks_for() -> None:
    rule = compiled(STANDARDS + "## Duties\n- Ensure code quality.\n").rule_for(Concern.LINT)
    assert rule is not None
    assert rule.id == "duties-ensure-code-quality"


def test_ids_survive_reordering() -> None:
    text = ORIGINAL.read_text(encoding="utf-8")
    rows = text.split("\n")
    shuffled = rows[16:22]
    random.Random(7).shuffle(shuffled)
    moved = compile_persona("\n".join([*rows[:16], *shuffled, *rows[22:]]), "x.md")
    assert [row.removeprefix("- ") for row in shuffled] == [rule.text for rule in moved.rules]
    assert {rule.id: rule.text for rule in moved.rules} == {rule.id: rule.text for rule in original().rules}


def test_an_id_survives_the_edit_of_every_other_line_and_of_its_own_ending() -> None:
    one = compiled("## Standards\n- Validate all input and sanitize outputs.\n- Test it.\n")
    two = compiled("## Standards\n- New line.\n- Test each thing.\n- Validate all input, and log what you refuse.\n")
    assert "standards-validate-all-input" in {rule.id for rule in one.rules} & {rule.id for rule in two.rules}


def test_lines_that_begin_alike_have_ids_of_their_own_in_any_order() -> None:
    lines = ["- Validate input, always.\n", "- Validate input, never later.\n"]
    forth = {rule.text: rule.id for rule in compiled("## Standards\n" + "".join(lines)).rules}
    back = {rule.text: rule.id for rule in compiled("## Standards\n" + "".join(reversed(lines))).rules}
    assert len(set(forth.values())) == 2
    assert forth == back


def test_a_line_in_no_latin_letters_has_an_id() -> None:
    first, second = compiled("## Standards\n- Проверяй ввод.\n- Пиши тесты.\n").rules
    assert first.id.startswith("standards-")
    assert first.id != second.id


@pytest.mark.parametrize(
    ("name", "source", "front"),
    [
        ("backend", "personas/backend.chatmode.md", ""),
        ("backend-engineer", "backend-engineer.chatmode.md", ""),
        ("mine", "x.md", "name: Mine\n"),
        ("persona", "...", ""),
    ],
)
def test_a_persona_is_named_by_its_front_matter_or_its_file(name: str, source: str, front: str) -> None:
    assert compile_persona(f"---\ndescription: d\n{front}---\n{STANDARDS}", source).name == name


def test_another_name_for_the_team_leads_role_is_settled() -> None:
    team = "## Team\n- Report each outcome to Ada (Team Lead).\n- Escalate everything to Ada.\n"
    assert [line.role for line in compiled(STANDARDS + team).escalation] == ["team-lead"]


def test_the_line_that_reports_says_who_the_team_lead_is() -> None:
    team = "## Team\n- Escalate all to Ada (Team Lead).\n- Report each outcome to Bob (Team Lead).\n"
    assert compiled(STANDARDS + team).team_lead == "Bob"

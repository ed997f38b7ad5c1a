"""Type and area say who: the table of the routing, and the pages that show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.core.areas import (
    COLLABORATORS,
    ENDINGS,
    FOLDERS,
    NAMES,
    RULES,
    Area,
    area_of_path,
    collaborating,
    person_for,
    reached,
)
from reviewer.core.concern import Concern
from reviewer.core.persona import Persona, compile_persona
from reviewer.core.routing import FindingFacts, consulted, route, spread_of
from reviewer.core.team import NO_TEAM, Team, load_team
from reviewer.rules import all_rules

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "personas.md").read_text(encoding="utf-8")
CODE, ENTITY, PAGES, IMAGE, SCHEMA = (
    "src/orders/orders.service.ts",
    "src/orders/order.entity.ts",
    "apps/frontend/src/orders.tsx",
    "Dockerfile",
    "src/schema.graphql",
)


def team() -> Team:
    return load_team((ROOT / "personas" / "team.yml").read_text(encoding="utf-8"), "personas/team.yml")


def owners_persona() -> Persona:
    path = ROOT / "tests" / "core" / "personas" / "backend-engineer.chatmode.md"
    return compile_persona(path.read_text(encoding="utf-8"), path.name)


def shipped() -> Persona:
    path = ROOT / "personas" / "backend.chatmode.md"
    return compile_persona(path.read_text(encoding="utf-8"), path.name)


AUTHOR, BACKEND, LEAD = "author", "backend-lead", "team-lead"
SECURITY, DEVOPS, FRONTEND = "octo-security-lead", "octo-devops-lead", "octo-frontend-lead"

TABLE = [
    # concern, severity, path → owner, who is asked beside
    (Concern.LINT, "warning", CODE, AUTHOR, ()),
    (Concern.LINT, "warning", ENTITY, AUTHOR, ()),
    (Concern.LINT, "warning", PAGES, AUTHOR, (FRONTEND,)),
    (Concern.LINT, "note", PAGES, AUTHOR, ()),
    (Concern.LINT, "blocker", IMAGE, AUTHOR, (DEVOPS,)),
    (Concern.VALIDATION, "blocker", CODE, AUTHOR, ()),
    (Concern.VALIDATION, "warning", ENTITY, BACKEND, ()),
    (Concern.VALIDATION, "warning", SCHEMA, BACKEND, ()),
    (Concern.TESTS, "warning", CODE, AUTHOR, ()),
    (Concern.TESTS, "warning", ENTITY, AUTHOR, ()),
    (Concern.SOLID, "warning", CODE, AUTHOR, ()),
    (Concern.SOLID, "warning", ENTITY, BACKEND, ()),
    (Concern.SOLID, "note", SCHEMA, BACKEND, ()),
    (Concern.API_DOCS, "warning", CODE, BACKEND, ()),
    (Concern.API_DOCS, "blocker", SCHEMA, BACKEND, ()),
    (Concern.API_DOCS, "warning", PAGES, LEAD, (FRONTEND,)),
    (Concern.API_DOCS, "note", PAGES, BACKEND, ()),
    (Concern.DATA, "blocker", CODE, BACKEND, ()),
    (Concern.DATA, "warning", ENTITY, BACKEND, ()),
    (Concern.DATA, "warning", IMAGE, LEAD, (DEVOPS,)),
    (Concern.DATA, "warning", "", BACKEND, ()),
    (Concern.SECURITY, "blocker", CODE, LEAD, (SECURITY,)),
    (Concern.SECURITY, "warning", CODE, AUTHOR, (SECURITY,)),
    (Concern.SECURITY, "note", CODE, AUTHOR, ()),
    (Concern.SECURITY, "warning", IMAGE, LEAD, (DEVOPS, SECURITY)),
    (Concern.SECURITY, "warning", ENTITY, LEAD, (SECURITY,)),
    (Concern.SECURITY, "warning", PAGES, LEAD, (FRONTEND, SECURITY)),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
@pytest.mark.parametrize("persona", [owners_persona(), shipped()], ids=["the owner's", "ours"])
def test_type_and_area_say_who_is_asked(persona: Persona, row: tuple[Concern, str, str, str, tuple[str, ...]]) -> None:
    concern, severity, path, owner, beside = row
    finding = FindingFacts("some_rule", concern, severity == "blocker", path, severity == "note")
    assert route(finding, spread_of({path}), persona, team()).owner == owner
    assert tuple(one.member.handle for one in consulted(finding, persona, team())) == beside


@pytest.mark.parametrize("concern", list(Concern))
@pytest.mark.parametrize("path", [CODE, ENTITY, PAGES, IMAGE, SCHEMA, ""])
def test_a_note_is_never_escalated_and_rings_no_other_team(concern: Concern, path: str) -> None:
    finding = FindingFacts("some_rule", concern, is_blocker=False, path=path, is_note=True)
    assert route(finding, spread_of(()), owners_persona(), team()).owner in (AUTHOR, BACKEND)
    assert consulted(finding, owners_persona(), team()) == ()


def test_a_blocker_that_touches_security_is_the_team_lead_s_whatever_its_concern() -> None:
    for rule, owner in (("validation_secret_in_response", LEAD), ("validation_unvalidated_body", AUTHOR)):
        finding = FindingFacts(rule, Concern.VALIDATION, is_blocker=True, path=CODE)
        assert route(finding, spread_of({CODE}), owners_persona(), team()).owner == owner


def test_the_same_in_two_areas_is_the_team_lead_s() -> None:
    finding = FindingFacts("lint_x", Concern.LINT, is_blocker=False, path=PAGES)
    routed = route(finding, spread_of({PAGES, IMAGE}), owners_persona(), team())
    assert (routed.owner, routed.reason) == (
        LEAD,
        "It is about frontend and DevOps, which different people answer for.",
    )
    assert route(finding, spread_of({PAGES, CODE}), owners_persona(), team()).owner == AUTHOR


def test_two_areas_of_one_person_are_no_matter_for_the_team_lead() -> None:
    one = load_team(
        "members:\n"
        "  - {role: Team Lead, areas: [], name: Lena, handle: lena}\n"
        "  - {role: Backend Lead, areas: [database, devops, api], name: Ada, handle: ada}\n",
        "team.yml",
    )
    finding = FindingFacts("data_x", Concern.DATA, is_blocker=False, path=IMAGE)
    assert route(finding, spread_of({IMAGE}), owners_persona(), one).owner == BACKEND


def test_without_a_team_or_without_collaborators_nobody_is_asked_beside() -> None:
    finding = FindingFacts("security_x", Concern.SECURITY, is_blocker=True, path=IMAGE)
    alone = compile_persona("---\ndescription: d\n---\n## Standards\n- Validate input.\n", "p.md")
    assert consulted(finding, owners_persona(), NO_TEAM) == ()
    assert consulted(finding, alone, team()) == ()
    assert route(finding, spread_of({IMAGE}), alone, team()).owner == AUTHOR


@pytest.mark.parametrize(
    ("line", "areas"),
    [
        ("Collaborate with frontend, DevOps, and security teams.", COLLABORATORS),
        ("Work with the front-end and dev ops people.", (Area.FRONTEND, Area.DEVOPS)),
        ("Ensure security across the backend.", ()),
        ("Collaborate with everybody.", ()),
    ],
)
def test_a_persona_says_whom_it_works_with(line: str, areas: tuple[Area, ...]) -> None:
    text = f"---\ndescription: d\n---\n## Duties\n- {line}\n## Standards\n- Validate input.\n"
    assert dict(collaborating(compile_persona(text, "p.md"))) == dict.fromkeys(areas, line)


@pytest.mark.parametrize(
    ("role", "areas", "is_theirs"),
    [
        ("DevOps Engineer", [], True),
        ("Head of Dev Ops", [], True),
        ("Platform Lead", ["devops"], True),
        ("Developer", [], False),
    ],
)
def test_a_collaborator_is_found_by_area_or_by_role(role: str, areas: list[str], is_theirs: bool) -> None:
    people = load_team(
        "members:\n  - {role: Team Lead, areas: [], name: Lena, handle: lena}\n"
        f"  - {{role: {role}, areas: {areas}, name: Dora, handle: dora}}\n",
        "team.yml",
    )
    assert (person_for(Area.DEVOPS, people) is not None) is is_theirs


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("Dockerfile", Area.DEVOPS),
        ("docker/Dockerfile.prod", Area.DEVOPS),
        ("docker-compose.override.yml", Area.DEVOPS),
        (".github/workflows/ci.yml", Area.DEVOPS),
        (".github/CODEOWNERS", None),
        ("infra/main.tf", Area.DEVOPS),
        ("deploy/run.ts", Area.DEVOPS),
        ("src/deployments.service.ts", None),
        ("src/migrations/1700000000-orders.ts", Area.DATABASE),
        ("prisma/schema.prisma", Area.DATABASE),
        ("db/seed.sql", Area.DATABASE),
        ("src/orders/Order.Entity.ts", Area.DATABASE),
        ("openapi.yaml", Area.API),
        ("src/orders/orders.graphql", Area.API),
        ("apps/frontend/main.ts", Area.FRONTEND),
        ("apps/shop/page.tsx", Area.FRONTEND),
        ("src/orders/orders.controller.ts", None),
        ("", None),
    ],
)
def test_a_file_is_in_an_area_by_its_folder_its_ending_or_its_name(path: str, area: Area | None) -> None:
    assert area_of_path(path) is area


def test_rules_that_reach_another_team_exist_and_reach_it_from_any_file() -> None:
    known = {rule.slug: rule.concern for rule in all_rules()}
    assert set(RULES) <= set(known)
    for slug, area in RULES.items():
        assert area in reached(slug, known[slug], CODE)


def test_the_page_shows_the_areas_as_the_code_has_them() -> None:
    section = PAGE.split("### Areas\n")[1].split("\n### ")[0]
    assert [line for line in section.split("\n") if line.startswith("| ") and "---" not in line][1:] == [
        f"| {area.label} | {_shown(FOLDERS.get(area, ()))} | {_shown(ENDINGS.get(area, ()))}"
        f" | {_shown(NAMES.get(area, ()))} | {_shown(slug for slug, reaches in RULES.items() if reaches is area)} |"
        for area in Area
    ]


def test_the_page_shows_who_is_asked() -> None:
    section = PAGE.split("### Who is asked\n")[1].split("\n## ")[0].split("\n### ")[0]
    rows = [line for line in section.split("\n") if line.startswith("| ") and "---" not in line][1:]
    assert rows == [
        f"| {concern.value} | {severity} | {f'`{path}`' if path else 'the whole change'} | {owner}"
        f" | {', '.join(f'`{one}`' for one in beside)} |"
        for concern, severity, path, owner, beside in TABLE
    ]


def _shown(words: object) -> str:
    return " · ".join(f"`{word}`" for word in sorted(words)) if words and hasattr(words, "__iter__") else ""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.core.concern import Concern
from reviewer.core.persona import Persona, compile_persona
from reviewer.core.routing import FindingFacts, Routed, cross_cutting, route, route_concern, spread_of, top_module
from reviewer.core.team import NO_TEAM, Team, load_team

ROOT = Path(__file__).resolve().parents[2]
BACKEND_LINE = "Route database or API design issues to the backend lead."
LEAD_LINE = "Escalate cross-cutting concerns to the Team Lead."


def team() -> Team:
    return load_team((ROOT / "personas" / "team.yml").read_text(encoding="utf-8"), "personas/team.yml")


def persona(*team_lines: str) -> Persona:
    lines = "".join(f"- {line}\n" for line in team_lines)
    text = f"---\ndescription: d\n---\n## Standards\n- Validate input.\n## Team\n{lines}"
    return compile_persona(text, "p.md")


def owners_persona() -> Persona:
    path = ROOT / "tests" / "core" / "personas" / "backend-engineer.chatmode.md"
    return compile_persona(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.parametrize(
    ("concern", "owner"),
    [
        (Concern.DATA, "backend-lead"),
        (Concern.API_DOCS, "backend-lead"),
        (Concern.LINT, "author"),
        (Concern.VALIDATION, "author"),
        (Concern.TESTS, "author"),
        (Concern.SOLID, "author"),
        (Concern.SECURITY, "author"),
    ],
)
def test_the_owners_persona_routes_by_concern(concern: Concern, owner: str) -> None:
    assert route_concern(concern, None, owners_persona(), team()).owner == owner


def test_a_routed_finding_names_the_person_the_reason_and_the_line() -> None:
    assert route_concern(Concern.DATA, None, owners_persona(), team()) == Routed(
        owner="backend-lead",
        member=team().by_role("backend-lead"),
        reason="The persona routes database and api design to this role.",
        persona_line=BACKEND_LINE,
    )


def test_what_no_line_speaks_of_stays_with_the_author() -> None:
    assert route_concern(Concern.LINT, None, owners_persona(), team()) == Routed(
        "author", None, "No routing line of the persona speaks of it.", ""
    )


def test_what_is_cross_cutting_goes_to_the_team_lead_with_its_reason() -> None:
    assert route_concern(Concern.DATA, "It is everywhere.", owners_persona(), team()) == Routed(
        "team-lead", team().lead, "It is everywhere.", LEAD_LINE
    )


def test_a_persona_that_escalates_nothing_routes_what_is_cross_cutting_like_any_other() -> None:
    routed = route_concern(Concern.DATA, "It is everywhere.", persona(BACKEND_LINE), team())
    assert routed.owner == "backend-lead"


def test_another_persona_names_other_roles() -> None:
    mine = persona("Route security issues to the security lead.", "Testing problems go to the QA lead.")
    assert route_concern(Concern.SECURITY, None, mine, team()).member == team().by_role("Security Lead")
    assert route_concern(Concern.SECURITY, None, mine, team()).owner == "security-lead"
    assert route_concern(Concern.TESTS, None, mine, team()).owner == "qa-lead"


def test_the_first_routing_line_that_fits_decides() -> None:
    mine = persona("Route database issues to the DevOps lead.", BACKEND_LINE)
    assert route_concern(Concern.DATA, None, mine, team()).owner == "devops-lead"


def test_an_escalation_that_names_the_concern_goes_before_the_general_one() -> None:
    mine = persona(LEAD_LINE, "Escalate security incidents to the security lead.")
    assert route_concern(Concern.SECURITY, "why", mine, team()).owner == "security-lead"
    assert route_concern(Concern.DATA, "why", mine, team()).owner == "team-lead"


def test_a_line_may_route_to_the_author() -> None:
    line = "Route lint issues to the author."
    routed = route_concern(Concern.LINT, None, persona(line), team())
    assert (routed.owner, routed.member, routed.persona_line) == ("author", None, line)


@pytest.mark.parametrize(
    ("owner", "rule"),
    [
        ("backend-lead", "solid_controller_queries_database"),
        ("backend-lead", "security_sql_from_strings"),
        ("backend-lead", "solid_api_without_design"),
        ("author", "solid_api_in_entity"),
        ("author", "validation_raw_query"),
    ],
)
def test_a_line_fits_a_rule_that_has_its_subject_in_the_name(owner: str, rule: str) -> None:
    assert route_concern(Concern.SOLID, None, owners_persona(), team(), rule).owner == owner


@pytest.mark.parametrize(
    ("line", "handle"),
    [
        ("Route tests to the test master.", "octo/example-qa"),  # nobody has the role; the area does
        ("Route deployment issues to the operator.", "octo-devops-lead"),
        ("Route tests to damilare (Test Master).", "damilare"),  # the name does
        ("Route tests to the QA lead.", "octo/example-qa"),
    ],
)
def test_a_role_that_nobody_has_is_looked_up_by_name_and_area(line: str, handle: str) -> None:
    mine = persona(line)
    rule = "deployment_x"
    member = route_concern(Concern.TESTS, None, mine, team(), rule).member
    assert member is not None
    assert member.handle == handle


def test_a_role_without_a_person_keeps_the_owner_and_says_so() -> None:
    routed = route_concern(Concern.DATA, None, owners_persona(), NO_TEAM)
    assert (routed.owner, routed.member) == ("backend-lead", None)
    assert routed.reason.endswith("The team file names nobody for it.")


def facts(concern: Concern = Concern.VALIDATION, *, is_blocker: bool = False) -> FindingFacts:
    return FindingFacts("some_rule", concern, is_blocker, "src/orders/a.ts")


SPREAD = ("src/orders/a.ts", "src/orders/b.ts", "src/users/c.ts")


@pytest.mark.parametrize(
    ("reason", "finding", "paths"),
    [
        ("The same finding is in 3 files of 2 modules.", facts(), SPREAD),
        (None, facts(), SPREAD[:2]),
        (None, facts(), SPREAD[1:]),
        (None, facts(), ("src/orders/a.ts", "src/orders/b.ts", "src/orders/c.ts")),
        (None, facts(), ("src/orders/a.ts", "", "src/users/c.ts")),
        ("The structure of 2 modules is concerned.", facts(Concern.SOLID), SPREAD[1:]),
        (None, facts(Concern.SOLID), SPREAD[:2]),
        ("A security blocker concerns everyone.", facts(Concern.SECURITY, is_blocker=True), SPREAD[:1]),
        (None, facts(Concern.SECURITY), SPREAD[:1]),
        (None, facts(is_blocker=True), SPREAD[:1]),
    ],
)
def test_what_concerns_more_than_its_owner(reason: str | None, finding: FindingFacts, paths: tuple[str, ...]) -> None:
    assert cross_cutting(finding, spread_of(paths), owners_persona()) == reason
    expected = "team-lead" if reason else "author"
    assert route(finding, spread_of(paths), owners_persona(), team()).owner == expected


def test_a_security_blocker_goes_to_whom_the_persona_names_for_security() -> None:
    mine = persona("Route security issues to the security lead.", LEAD_LINE)
    finding = facts(Concern.SECURITY, is_blocker=True)
    assert route(finding, spread_of(SPREAD[:1]), mine, team()).owner == "security-lead"
    assert route(finding, spread_of(SPREAD), mine, team()).owner == "team-lead"


@pytest.mark.parametrize(
    ("module", "path"),
    [
        ("orders", "src/orders/orders.service.ts"),
        ("orders", "src/modules/orders/dto/create.dto.ts"),
        ("shop", "packages/shop/src/orders/a.ts"),
        ("", "src/main.ts"),
        ("", "main.ts"),
        ("", ""),
    ],
)
def test_a_module_is_the_first_folder_below_the_source_roots(module: str, path: str) -> None:
    assert top_module(path) == module

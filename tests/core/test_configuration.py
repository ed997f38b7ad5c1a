"""The plan: what the owner laid down, within what the operator allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.core.concern import Severity
from reviewer.core.configuration import (
    CONFIG_PATH,
    PERSONA_PATH,
    TEAM_PATH,
    RepositoryConfig,
    make_plan,
    read_config,
)
from reviewer.core.errors import UserError
from reviewer.core.plan import Plan
from reviewer.operator_plan import operator_plan
from reviewer.settings import load

PERSONA = (
    "---\ndescription: 'Ours'\n---\n# Frontend reviewer\n\n## Coding standards\n\n- Validate every request body.\n"
)
TEAM = """\
members:
  - role: Team Lead
    areas: [architecture]
    name: Lena
    handle: lead-lena
"""


@pytest.fixture(scope="module")
def operator() -> Plan:
    return operator_plan(load({}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", RepositoryConfig()),
        ("# nothing\n", RepositoryConfig()),
        ("gate: warning", RepositoryConfig(gate=Severity.WARNING)),
        ("gate: blocker", RepositoryConfig(gate=Severity.BLOCKER)),
        ("gate: off", RepositoryConfig()),
        ("gate: 'off'", RepositoryConfig()),
        ("comments_max: 0", RepositoryConfig(comments_max=0)),
        ("comments_max: 50", RepositoryConfig(comments_max=50)),
        ("ignore: [src/old/**, '*.gen.ts']", RepositoryConfig(ignore=("src/old/**", "*.gen.ts"))),
        ("ignore:\n- a\n", RepositoryConfig(ignore=("a",))),
        ("ignore: []", RepositoryConfig()),
    ],
)
def test_three_keys_are_read(text: str, expected: RepositoryConfig) -> None:
    assert read_config(text) == expected


BROKEN = [
    ("model: gpt-9", "line 1: unknown key"),
    ("gate: off\nbase_url: http://evil\n", "line 2: unknown key"),
    ("log_level: debug", "unknown key"),
    ("gate: note", "gate is one of off, blocker, warning"),
    ("gate: [blocker]", "gate is one of"),
    ("gate:", "gate is one of"),
    ("comments_max: 51", "from 0 to 50"),
    ("comments_max: -1", "from 0 to 50"),
    ("comments_max: ٣", "from 0 to 50"),
    ("comments_max: 1e1", "from 0 to 50"),
    ("comments_max: " + "9" * 5000, "from 0 to 50"),
    ("ignore: '**'", "list of at most 100"),
    ("ignore: {a: b}", "list of at most 100"),
    ("ignore: [" + "a," * 101 + "]", "list of at most 100"),
    ("ignore: ['']", "a pattern is a path"),
    ("ignore: ['*a*a*a*a*a*b']", "a pattern is a path"),
    ("ignore: ['" + "a" * 201 + "']", "a pattern is a path"),
    ("ignore: [[a]]", "a pattern is a path"),
    ("gate: off\ngate: blocker", "is there twice"),
    ("- gate", "must be a mapping"),
    ("gate", "must be a mapping"),
    ("a: &a [x]\nb: *a", "anchors and aliases"),
    ("gate: !!python/object/apply:os.system [id]", "tags such as"),
    ("gate: !!str off", "tags such as"),
    ("--- \ngate: off\n--- \ngate: blocker\n", "second document"),
    ("gate: [", "not YAML"),
    ("\0", "not YAML"),
    ("\t\tgate: off", "not YAML"),
    ("%YAML 9999999999999999999999.1\n--- {}", "not YAML"),
    ('gate: "\\U99999999"', "not YAML"),
    ("[" * 40_000, "nested more than"),
    ("a: " * 20_000, "not YAML"),
    ("# " + "x" * 65_535, "larger than 64 KB"),
    ("# " + "é" * 32_768, "larger than 64 KB"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN, ids=[ascii(text[:24]) for text, _ in BROKEN])
def test_a_broken_file_is_told_and_the_operators_setting_stands(operator: Plan, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_config(text)
    plan = make_plan(operator, {CONFIG_PATH: text})
    assert replace(plan, notes=operator.notes) == operator
    assert len(plan.notes) == len(operator.notes) + 1
    assert plan.notes[-1].startswith(CONFIG_PATH)
    assert plan.notes[-1].endswith(". Until then the operator's own setting stands in.")
    assert len(plan.notes[-1]) < 400


def test_what_the_owner_lays_down_is_in_the_plan(operator: Plan) -> None:
    text = "gate: blocker\ncomments_max: 3\nignore: [docs/**]\n"
    plan = make_plan(operator, {CONFIG_PATH: text, PERSONA_PATH: PERSONA, TEAM_PATH: TEAM})
    assert plan.notes == operator.notes
    assert (plan.gate, plan.limits.comments_max, plan.ignored) == (Severity.BLOCKER, 3, ("docs/**",))
    assert plan.persona.source == PERSONA_PATH
    assert plan.persona != operator.persona
    assert plan.team.lead is not None
    assert plan.team.lead.handle == "lead-lena"


def test_the_owner_cannot_raise_what_the_operator_limits(operator: Plan) -> None:
    tight = replace(operator, limits=replace(operator.limits, comments_max=4))
    assert make_plan(tight, {CONFIG_PATH: "comments_max: 50"}).limits == tight.limits
    assert make_plan(tight, {CONFIG_PATH: "comments_max: 2"}).limits.comments_max == 2


def test_a_broken_file_costs_itself_alone(operator: Plan) -> None:
    plan = make_plan(operator, {CONFIG_PATH: "gate: blocker", PERSONA_PATH: "\0", TEAM_PATH: "members: nobody"})
    assert (plan.gate, plan.persona, plan.team) == (Severity.BLOCKER, operator.persona, operator.team)
    assert len(plan.notes) == len(operator.notes) + 2


def test_a_file_that_could_not_be_read_is_told(operator: Plan) -> None:
    plan = make_plan(operator, {CONFIG_PATH: UserError(f"{CONFIG_PATH} is not UTF-8 text.")})
    assert plan.notes[-1] == f"{CONFIG_PATH} is not UTF-8 text. Until then the operator's own setting stands in."


def test_without_files_the_plan_is_the_operators(operator: Plan) -> None:
    assert make_plan(operator, {}) == operator
    assert make_plan(operator, {"reviewer.yml": "gate: blocker"}) == operator

"""Every persona that comes along compiles whole, speaks of every concern, and watches what its name says."""

from __future__ import annotations

import pytest

from reviewer.core.concern import Concern
from reviewer.core.errors import UserError
from reviewer.core.persona import Persona, Watch, compile_persona
from reviewer.core.response import FIELDS
from reviewer.core.team import Team, load_team
from reviewer.operator_plan import operator_stock, read_text
from reviewer.settings import PERSONAS

STOCK = operator_stock().personas
HEAD = "---\ndescription: reviews\n{}\n---\n\n## Coding Standards\n\n- Validate all input.\n"


def team() -> Team:
    return load_team(read_text(PERSONAS / "team.yml"), "personas/team.yml")


def test_four_personas_come_along() -> None:
    assert sorted(STOCK) == ["backend", "devops", "frontend", "security"]


@pytest.mark.parametrize("persona", STOCK.values(), ids=list(STOCK))
def test_each_compiles_whole(persona: Persona) -> None:
    assert persona.uncompiled == ()
    assert [key.part for key in persona.response_structure.keys] == list(FIELDS)
    assert persona.response_structure.differences == ()
    assert persona.name == persona.source.removeprefix("personas/").removesuffix(".chatmode.md")


@pytest.mark.parametrize("persona", STOCK.values(), ids=list(STOCK))
def test_a_finding_of_every_concern_finds_a_line_to_quote(persona: Persona) -> None:
    assert [concern for concern in Concern if persona.rule_for(concern) is None] == []


@pytest.mark.parametrize("persona", STOCK.values(), ids=list(STOCK))
def test_everybody_whom_it_names_is_in_the_team_file(persona: Persona) -> None:
    roles = [*(line.role for line in persona.routing), *(line.role for line in persona.escalation)]
    assert [role for role in roles if team().by_role(role) is None] == []
    assert persona.team_lead == "Damilare"


@pytest.mark.parametrize("persona", STOCK.values(), ids=list(STOCK))
def test_it_refers_to_the_instructions_of_its_own_name(persona: Persona) -> None:
    assert [named.path for named in persona.references] == [f".github/instructions/{persona.name}.instructions.md"]


@pytest.mark.parametrize(
    ("name", "path", "watched"),
    [
        ("backend", "src/orders.ts", True),
        ("backend", "web/App.tsx", True),
        ("security", "anything/at.all", True),
        ("frontend", "App.tsx", True),
        ("frontend", "apps/web/lib/api.ts", True),
        ("frontend", "src/components/Button.ts", True),
        ("frontend", "src/orders.ts", False),
        ("frontend", "styles/site.scss", True),
        ("devops", "Dockerfile", True),
        ("devops", "services/api/Dockerfile.dev", True),
        ("devops", ".github/workflows/ci.yml", True),
        ("devops", "compose.prod.yaml", True),
        ("devops", "infra/main.ts", True),
        ("devops", "scripts/deploy.sh", True),
        ("devops", ".env.example", True),
        ("devops", "openapi.yml", False),
        ("devops", "src/deployment.ts", False),
    ],
)
def test_each_watches_its_files(name: str, path: str, watched: bool) -> None:
    assert STOCK[name].watch.has(path) is watched


@pytest.mark.parametrize(
    ("front", "watch"),
    [
        ("name: x", Watch()),
        ("applyTo: '**/*.ts, web/'", Watch(globs=("**/*.ts", "web/**"))),
        ("applyTo: ['**/*.{ts,tsx}', a]", Watch(globs=("**/*.{ts,tsx}", "a"))),
        ("applyTo: '**'", Watch()),
        ("concerns: [data, security, data]", Watch(concerns=(Concern.DATA, Concern.SECURITY))),
        ("concerns: api-docs, lint", Watch(concerns=(Concern.API_DOCS, Concern.LINT))),
        ("concerns: []", Watch()),
    ],
)
def test_what_it_watches_stands_in_the_front_matter(front: str, watch: Watch) -> None:
    persona = compile_persona(HEAD.format(front), "p.md")
    assert (persona.watch, persona.uncompiled) == (watch, ())
    assert watch.is_all is (watch == Watch())


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("name: x\nconcerns: [perf]", "p.md, line 4: `concerns`: `perf` is none; known are lint, validation, tests"),
        ("concerns:\n  - lint\n  - speed", "p.md, line 5: `concerns`: `speed` is none"),
        ("concerns: {a: b}", "p.md, line 3: `concerns` is a text or a list of texts"),
        ("applyTo: [[a]]", "p.md, line 3: `applyTo` is a text or a list of texts"),
        ("applyTo: '" + "*" * 9 + "'", "p.md, line 3: `applyTo` takes at most 50 patterns"),
    ],
)
def test_a_mistake_in_it_is_told_with_its_line(front: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        compile_persona(HEAD.format(front), "p.md")
    assert str(caught.value).startswith(said)


def test_what_is_about_the_change_as_a_whole_is_everybodys() -> None:
    assert Watch(globs=("a",)).has("")
    assert not Watch(concerns=(Concern.LINT,)).cares(Concern.DATA)

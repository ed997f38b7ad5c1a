"""Areas: whose part of a code base a finding is in, by the file it stands in and by the rule that found it.

The areas are those that other people than the backend's own answer for. Most files are in none of them.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, assert_never

from reviewer.core.concern import Concern
from reviewer.core.persona_words import padded, says

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewer.core.persona import Persona
    from reviewer.core.team import Member, Team


class Area(StrEnum):
    """A part of the code base, and what it is called in a team file's `areas`."""

    DATABASE = "database"
    API = "api"
    FRONTEND = "frontend"
    DEVOPS = "devops"
    SECURITY = "security"

    @property
    def label(self) -> str:
        """As a word of a sentence."""
        match self:
            case Area.API:
                return "API design"
            case Area.DEVOPS:
                return "DevOps"
            case Area.DATABASE | Area.FRONTEND | Area.SECURITY:
                return self.value
            case _:
                assert_never(self)


COLLABORATORS: Final = (Area.FRONTEND, Area.DEVOPS, Area.SECURITY)
"""The areas of other teams: their people are asked beside the owner of a finding, not in the owner's place."""

FOLDERS: Final[Mapping[Area, frozenset[str]]] = MappingProxyType(
    {
        Area.DEVOPS: frozenset(
            {
                ".circleci",
                ".github/actions",
                ".github/workflows",
                "ansible",
                "charts",
                "deploy",
                "deployment",
                "docker",
                "helm",
                "infra",
                "infrastructure",
                "k8s",
                "kubernetes",
                "terraform",
            }
        ),
        Area.FRONTEND: frozenset({"frontend", "front-end", "ui", "webapp", "web-app"}),
        Area.DATABASE: frozenset({"database", "entities", "migration", "migrations", "prisma"}),
        Area.API: frozenset({"openapi", "swagger"}),
    }
)
"""Folders, anywhere in a path, whose files are in an area; the first area that has one decides."""

ENDINGS: Final[Mapping[Area, tuple[str, ...]]] = MappingProxyType(
    {
        Area.DEVOPS: (".dockerfile", ".tf", ".tfvars"),
        Area.FRONTEND: (".css", ".html", ".jsx", ".less", ".scss", ".svelte", ".tsx", ".vue"),
        Area.DATABASE: (".entity.ts", ".migration.ts", ".prisma", ".sql"),
        Area.API: (".gql", ".graphql", ".openapi.json", ".openapi.yaml", ".openapi.yml", ".proto"),
    }
)
"""Endings of files that are in an area wherever they stand."""

NAMES: Final[Mapping[Area, tuple[str, ...]]] = MappingProxyType(
    {
        Area.DEVOPS: (".gitlab-ci", "caddyfile", "compose.", "docker-compose", "dockerfile", "jenkinsfile", "nginx."),
        Area.API: ("openapi.", "swagger."),
    }
)
"""How the names of such files begin (`Dockerfile`, `docker-compose.prod.yml`, `openapi.yaml`)."""

RULES: Final[Mapping[str, Area]] = MappingProxyType(
    {
        "api_docs_breaking_field_change": Area.FRONTEND,
        "api_docs_breaking_route_change": Area.FRONTEND,
        "api_docs_version_lost": Area.FRONTEND,
        "data_destructive_migration": Area.DEVOPS,
        "data_failing_migration": Area.DEVOPS,
        "security_tls_off": Area.DEVOPS,
        "security_public_playground": Area.DEVOPS,
    }
)
"""Rules whose findings reach another team wherever they stand: who calls the API, who runs the deployment."""

_OF_TYPE: Final[Mapping[Concern, Area]] = MappingProxyType(
    {Concern.DATA: Area.DATABASE, Concern.API_DOCS: Area.API, Concern.SECURITY: Area.SECURITY}
)
_CALLED: Final[Mapping[Area, tuple[str, ...]]] = MappingProxyType(
    {
        Area.FRONTEND: ("frontend", "front end"),
        Area.DEVOPS: ("devops", "dev ops", "operations"),
        Area.SECURITY: ("security",),
    }
)
"""What a persona's line may call another team."""


def area_of_path(path: str) -> Area | None:
    """The area that a file is in; None for a file of the backend itself, and for the change as a whole."""
    lower = path.lower()
    *folders, name = lower.split("/")
    inside = {*folders, *("/".join(pair) for pair in pairwise(folders))}
    for area in Area:
        if lower.endswith(ENDINGS.get(area, ())) or name.startswith(NAMES.get(area, ())):
            return area
    return next((area for area, known in FOLDERS.items() if inside & known), None)


def area_of_type(concern: Concern) -> Area | None:
    """The area that a type of finding belongs to, wherever it stands; None for what is about any code."""
    return _OF_TYPE.get(concern)


def reached(rule: str, concern: Concern, path: str) -> tuple[Area, ...]:
    """The other teams' areas that a finding is in or reaches, in a fixed order."""
    areas = {area_of_type(concern), area_of_path(path), RULES.get(rule)}
    return tuple(area for area in COLLABORATORS if area in areas)


def collaborating(persona: Persona) -> Mapping[Area, str]:
    """The other teams that the persona works with, each with the line that says so.

    That is a duty or standard that begins with `Collaborate` or `Work with` and names them.
    """
    found: dict[Area, str] = {}
    for line in (*persona.duties, *persona.rules):
        words = padded(line.text)
        if words.startswith((" collaborate ", " work with ", " works with ", " cooperate ")):
            for area in COLLABORATORS:
                if says(words, _CALLED[area]):
                    found.setdefault(area, line.text)
    return found


def person_for(area: Area, team: Team) -> Member | None:
    """Who has an area: by the team file's `areas`, else by a role that names it (`DevOps Engineer`)."""
    member = team.for_area(area.value)
    if member is not None:
        return member
    names = {called.replace(" ", "-") for called in (area.value, *_CALLED.get(area, ()))}
    called = (one for one in team.members for role in one.roles for name in names if f"-{name}-" in f"-{role}-")
    return next(called, None)

"""Routing: who is asked about a finding, and by which line of the persona."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from reviewer.core.areas import Area, area_of_path, area_of_type, collaborating, person_for, reached
from reviewer.core.concern import Concern
from reviewer.core.team import AUTHOR, NO_TEAM, slug

if TYPE_CHECKING:
    from collections.abc import Collection

    from reviewer.core.persona import Escalation, Persona, RoutingRule
    from reviewer.core.team import Member, Team

Owner: TypeAlias = str
"""`backend-lead`, `team-lead` or `author` with our persona; another one's role as a slug (`security-lead`)."""

UNROUTED: Final = "No routing line of the persona speaks of it."
"""Why a finding is the author's."""

SPREAD_FILES_MIN: Final = 3
"""Files with the same finding that make it more than one author's slip; two are often one copied line."""
SPREAD_MODULES_MIN: Final = 2
"""Modules that make a matter of structure concern more than its own owner."""

_SOURCE_ROOTS: Final = frozenset({"apps", "app", "src", "packages", "libs", "lib", "modules", "services", "server"})
_DATABASE_ALSO: Final = frozenset({"sql", "orm", "transaction"})
"""Words of a rule's slug that are about the database as well; not `query`, which may be a URL's."""
_SECURITY_ALSO: Final = frozenset({"auth", "guard", "jwt", "password", "secret", "token"})
"""Words of a rule's slug that touch security, whatever the rule's concern is."""
_ABOUT_ANY_CODE: Final = frozenset({Concern.LINT, Concern.TESTS})
"""Types of finding that are about the code as such: in a migration, too, they are the author's."""
_TYPE_OF: Final = {Area.DATABASE: Concern.DATA, Area.API: Concern.API_DOCS, Area.SECURITY: Concern.SECURITY}


@dataclass(frozen=True, slots=True)
class Routed:
    """Who is asked. `member` is None for the author, and when the team file names nobody for the owner's role.

    `reason` is for readers; `persona_line` is the line it goes by, "" when no line speaks of it.
    """

    owner: Owner
    member: Member | None
    reason: str
    persona_line: str


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """What routing needs to know of a finding. `path` is "" for the change as a whole."""

    rule: str
    concern: Concern
    is_blocker: bool
    path: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """Where one rule has found something: in how many files of how many modules, and in which areas."""

    files: int = 0
    modules: int = 0
    areas: frozenset[Area | None] = frozenset()


def spread_of(paths: Collection[str]) -> Spread:
    """The spread over files; "" is the change as a whole, and no file. Each may be named more than once."""
    files = {path for path in paths if path}
    return Spread(len(files), len(set(map(top_module, files))), frozenset(map(area_of_path, files)))


@dataclass(frozen=True, slots=True)
class Consulted:
    """Somebody of another team whom a finding concerns beside its owner. `persona_line` says that we work with them."""

    area: Area
    member: Member
    persona_line: str


def route(finding: FindingFacts, spread: Spread, persona: Persona, team: Team) -> Routed:
    """Who is asked about a finding; `spread` is where the same rule has found something."""
    return _owner(finding, cross_cutting(finding, spread, persona, team), persona, team)


def consulted(finding: FindingFacts, persona: Persona, team: Team) -> tuple[Consulted, ...]:
    """The people of other teams whom a finding concerns, as far as the persona works with them and the team names them.

    They are asked beside the owner. A note is not worth another team's time.
    """
    lines = {} if finding.is_note else collaborating(persona)
    areas = (area for area in reached(finding.rule, finding.concern, finding.path) if area in lines)
    people = ((area, person_for(area, team)) for area in areas)
    return tuple(Consulted(area, member, lines[area]) for area, member in people if member is not None)


def cross_cutting(finding: FindingFacts, spread: Spread, persona: Persona, team: Team = NO_TEAM) -> str | None:
    """Why a finding concerns more than its own owner, as a sentence; None when it does not.

    A blocker that touches security does, unless a routing line of the persona already names somebody for security;
    and what is in two areas of different people, by its type, its file, or the files where the same was found.
    """
    if finding.is_blocker and _touches_security(finding) and not _has_route(persona, Concern.SECURITY):
        return "A security blocker concerns everyone."
    areas = _owned_areas(finding, spread, persona, team)
    if len(areas) > 1:
        return f"It is about {' and '.join(area.label for area in areas)}, which different people answer for."
    if spread.modules < SPREAD_MODULES_MIN:
        return None
    if spread.files >= SPREAD_FILES_MIN:
        return f"The same finding is in {spread.files} files of {spread.modules} modules."
    if finding.concern is Concern.SOLID:
        return f"The structure of {spread.modules} modules is concerned."
    return None


def route_concern(concern: Concern, cross_cutting: str | None, persona: Persona, team: Team, rule: str = "") -> Routed:
    """Who is asked: what is cross-cutting is escalated; else the persona's first routing line that fits decides.

    `cross_cutting` is the reason why it concerns more than one owner, None when it does not; a persona that escalates
    nothing routes it like any other. `rule` is the slug of the finding's rule: a line also fits when its subject is in
    it (`database` in `solid_controller_queries_database`).
    """
    return _owner(FindingFacts(rule, concern, is_blocker=False, path=""), cross_cutting, persona, team)


def top_module(path: str) -> str:
    """The part of the code base that a file belongs to: its first folder below `src`, `packages` and their like."""
    folders = path.split("/")[:-1]
    return next((folder for folder in folders if folder not in _SOURCE_ROOTS), "")


def _owner(finding: FindingFacts, cross_cutting: str | None, persona: Persona, team: Team) -> Routed:
    concern = finding.concern
    if cross_cutting is not None and persona.escalation:
        fitting = (line for line in persona.escalation if concern in line.concerns)
        line = next(fitting, persona.escalation[0])
        return _routed(line, concern, cross_cutting, team)
    area = None if concern in _ABOUT_ANY_CODE else area_of_path(finding.path)
    for routing in persona.routing:
        what = f"The persona routes {' and '.join(routing.subjects)} to this role."
        if concern in routing.concerns or _names(routing, finding.rule):
            return _routed(routing, concern, what, team)
        if area is not None and _is_about(routing, area):
            return _routed(routing, concern, f"The file is about {area.label}. {what}", team)
    return Routed(AUTHOR, None, UNROUTED, "")


def _owned_areas(finding: FindingFacts, spread: Spread, persona: Persona, team: Team) -> tuple[Area, ...]:
    """The areas that a finding is in by its type and by its files, one for each of the people who answer for them."""
    if finding.is_note:
        return ()
    there = {area_of_type(finding.concern), area_of_path(finding.path), *spread.areas}
    people: dict[str, Area] = {}
    for area in Area:
        if area in there and (member := _answers_for(area, persona, team)) is not None:
            people.setdefault(member.handle.lower(), area)
    return tuple(people.values())


def _answers_for(area: Area, persona: Persona, team: Team) -> Member | None:
    """Who answers for an area: whom the persona routes it to, else whom it works with there."""
    concern = _TYPE_OF.get(area, Concern.SOLID)
    line = next((line for line in persona.routing if _is_about(line, area)), None)
    if line is not None:
        return _routed(line, concern, "", team).member
    return person_for(area, team) if area in collaborating(persona) else None


def _is_about(line: RoutingRule, area: Area) -> bool:
    """Whether a routing line speaks of an area."""
    return _TYPE_OF.get(area) in line.concerns or area.value in line.subjects


def _touches_security(finding: FindingFacts) -> bool:
    return finding.concern is Concern.SECURITY or not _SECURITY_ALSO.isdisjoint(finding.rule.split("_"))


def _routed(line: RoutingRule | Escalation, concern: Concern, reason: str, team: Team) -> Routed:
    if line.role == AUTHOR:
        return Routed(AUTHOR, None, reason, line.text)
    member = team.by_role(line.role) or _named(line.name, team) or _in_charge(line, concern, team)
    said = reason if member else f"{reason} The team file names nobody for it."
    return Routed(line.role, member, said, line.text)


def _named(name: str | None, team: Team) -> Member | None:
    wanted = slug(name or "")
    return next((member for member in team.members if wanted and slug(member.name) == wanted), None)


def _in_charge(line: RoutingRule | Escalation, concern: Concern, team: Team) -> Member | None:
    """Who has one of the line's subjects, or the concern, among their areas."""
    found = (team.for_area(area) for area in (*line.subjects, concern.value))
    return next((member for member in found if member is not None), None)


def _has_route(persona: Persona, concern: Concern) -> bool:
    return any(concern in line.concerns for line in persona.routing)


def _names(line: RoutingRule, rule: str) -> bool:
    """Whether all words of one of the line's subjects are in the rule's slug."""
    words = frozenset(slug(rule).split("-"))
    if "database" in line.subjects and words & _DATABASE_ALSO:
        return True
    return any(words.issuperset(subject.split()) for subject in line.subjects)

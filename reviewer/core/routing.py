"""Routing: who is asked about a finding, and by which line of the persona."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from reviewer.core.concern import Concern
from reviewer.core.team import AUTHOR, slug

if TYPE_CHECKING:
    from collections.abc import Collection

    from reviewer.core.persona import Escalation, Persona, RoutingRule
    from reviewer.core.team import Member, Team

Owner: TypeAlias = str
"""`backend-lead`, `team-lead` or `author` with our persona; another one's role as a slug (`security-lead`)."""

SPREAD_FILES_MIN: Final = 3
"""Files with the same finding that make it more than one author's slip; two are often one copied line."""
SPREAD_MODULES_MIN: Final = 2
"""Modules that make a matter of structure concern more than its own owner."""

_SOURCE_ROOTS: Final = frozenset({"apps", "app", "src", "packages", "libs", "lib", "modules", "services", "server"})
_DATABASE_ALSO: Final = frozenset({"sql", "orm", "transaction"})
"""Words of a rule's slug that are about the database as well; not `query`, which may be a URL's."""


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


def route(finding: FindingFacts, same_rule_paths: Collection[str], persona: Persona, team: Team) -> Routed:
    """Who is asked about a finding; `same_rule_paths` are the files in which the same rule has found something."""
    reason = cross_cutting(finding, same_rule_paths, persona)
    return route_concern(finding.concern, reason, persona, team, finding.rule)


def cross_cutting(finding: FindingFacts, same_rule_paths: Collection[str], persona: Persona) -> str | None:
    """Why a finding concerns more than its own owner, as a sentence; None when it does not.

    A security blocker does, unless a routing line of the persona already names somebody for security.
    """
    if finding.concern is Concern.SECURITY and finding.is_blocker and not _has_route(persona, Concern.SECURITY):
        return "A security blocker concerns everyone."
    files = {path for path in same_rule_paths if path}
    modules = {top_module(path) for path in files}
    if len(modules) < SPREAD_MODULES_MIN:
        return None
    if len(files) >= SPREAD_FILES_MIN:
        return f"The same finding is in {len(files)} files of {len(modules)} modules."
    if finding.concern is Concern.SOLID:
        return f"The structure of {len(modules)} modules is concerned."
    return None


def route_concern(concern: Concern, cross_cutting: str | None, persona: Persona, team: Team, rule: str = "") -> Routed:
    """Who is asked: what is cross-cutting is escalated; else the persona's first routing line that fits decides.

    `cross_cutting` is the reason why it concerns more than one owner, None when it does not; a persona that escalates
    nothing routes it like any other. `rule` is the slug of the finding's rule: a line also fits when its subject is in
    it (`database` in `solid_controller_queries_database`).
    """
    if cross_cutting is not None and persona.escalation:
        fitting = (line for line in persona.escalation if concern in line.concerns)
        line = next(fitting, persona.escalation[0])
        return _routed(line, concern, cross_cutting, team)
    for routing in persona.routing:
        if concern in routing.concerns or _names(routing, rule):
            what = " and ".join(routing.subjects)
            return _routed(routing, concern, f"The persona routes {what} to this role.", team)
    return Routed(AUTHOR, None, "No routing line of the persona speaks of it.", "")


def top_module(path: str) -> str:
    """The part of the code base that a file belongs to: its first folder below `src`, `packages` and their like."""
    folders = path.split("/")[:-1]
    return next((folder for folder in folders if folder not in _SOURCE_ROOTS), "")


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

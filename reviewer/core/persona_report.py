"""What `reviewer persona check` prints: everything that a persona was compiled to, and what it was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.concern import Concern
from reviewer.core.routing import route_concern
from reviewer.core.team import slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reviewer.core.persona import Escalation, Persona, PersonaRule, RoutingRule
    from reviewer.core.response import ResponseStructure
    from reviewer.core.team import Member, Team


def describe(persona: Persona, team: Team) -> str:
    """The report as plain text, ending in a line feed. The persona's characters were checked when it was compiled."""
    blocks = (
        _head(persona),
        _rules("Standards", persona.rules),
        _rules("Duties", persona.duties),
        _quotes(persona),
        _response(persona.response_structure),
        _routing(persona, team),
        _escalation(persona, team),
        _lead(persona, team),
        _lines("Communication", ((line.line, line.text) for line in persona.communication)),
        _lines("Files for the model to read", ((found.line, found.path) for found in persona.references)),
        _lines("Example use cases", ((line.line, line.text) for line in persona.use_cases)),
        _uncompiled(persona),
    )
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def _head(persona: Persona) -> Iterator[str]:
    yield f"Persona      {persona.name}" + (f" ({persona.title})" if persona.title else "")
    yield f"Description  {persona.description}"
    yield f"Source       {persona.source}"
    yield f"SHA-256      {persona.sha256}"
    yield f"Files        {', '.join(persona.watch.globs) or 'all'}"
    yield f"Concerns     {', '.join(persona.watch.concerns) or 'all'}"


def _rules(title: str, rules: tuple[PersonaRule, ...]) -> Iterator[str]:
    yield f"{title} ({len(rules)})"
    for rule in rules:
        concerns = ", ".join(concern.value for concern in rule.concerns) or "read by the model only"
        yield f"  line {rule.line}: {rule.id} [{concerns}]"
        yield f"    {rule.text}"


def _quotes(persona: Persona) -> Iterator[str]:
    yield "Quoted by findings of each concern"
    for concern in Concern:
        rule = persona.rule_for(concern)
        yield f"  {concern.value:<11}" + (f"line {rule.line}: {rule.id}" if rule else "no line speaks of it")


def _response(structure: ResponseStructure) -> Iterator[str]:
    yield f"Response structure ({len(structure.keys)})"
    for key in structure.keys:
        samples = f" ({', '.join(structure.code_keys)})" if key.part == "code_samples" and structure.code_keys else ""
        if key.part is None:
            yield f"  {key.name}: not filled"
        else:
            yield f"  {key.name}{samples}" + ("" if key.name == key.part else f": filled as {key.part}")
    for difference in structure.differences:
        yield f"  differs: {difference.message}"


def _routing(persona: Persona, team: Team) -> Iterator[str]:
    yield f"Routing ({len(persona.routing)})"
    for line in persona.routing:
        yield from _team_line(line, team)
    yield "  Owner of a finding, by concern:"
    for concern in Concern:
        routed = route_concern(concern, None, persona, team)
        yield f"    {concern.value:<11}{routed.owner}" + (f", {_person(routed.member)}" if routed.member else "")


def _escalation(persona: Persona, team: Team) -> Iterator[str]:
    yield f"Escalation ({len(persona.escalation)})"
    for line in persona.escalation:
        yield from _team_line(line, team)
    for table in persona.team_tables:
        yield f"  line {table.line}: people are looked up in {team.source or 'a team file; none was given'}"
        yield f"    {table.text}"


def _team_line(line: RoutingRule | Escalation, team: Team) -> Iterator[str]:
    concerns = ", ".join(concern.value for concern in line.concerns) or "no concern by that name"
    what = ", ".join(line.subjects) or "everything"
    member = team.by_role(line.role)
    who = _person(member) if member else "nobody in the team file"
    yield f"  line {line.line}: {what} [{concerns}] -> {line.role}, {who}"
    yield f"    {line.text}"


def _lead(persona: Persona, team: Team) -> Iterator[str]:
    yield "Team Lead"
    yield f"  named by the persona: {persona.team_lead or 'nobody'}"
    yield f"  in the team file: {_person(team.lead) if team.lead else 'nobody'}"
    if persona.team_lead and team.lead and slug(persona.team_lead) != slug(team.lead.name):
        yield "  THESE DIFFER: the one in the team file is tagged"
    for report in persona.reports:
        yield f"  line {report.line}: hears the outcome of each review"
        yield f"    {report.text}"


def _lines(title: str, lines: Iterable[tuple[int, str]]) -> Iterator[str]:
    rows = tuple(lines)
    yield f"{title} ({len(rows)})"
    for number, text in rows:
        yield f"  line {number}: {text}"


def _uncompiled(persona: Persona) -> Iterator[str]:
    yield f"Not compiled ({len(persona.uncompiled)})"
    for dropped in persona.uncompiled:
        yield f"  line {dropped.line_number}: {dropped.text}"
        yield f"    {dropped.reason}"


def _person(member: Member) -> str:
    return f"{member.name} (@{member.handle})"

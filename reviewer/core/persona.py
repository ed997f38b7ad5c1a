"""The persona, compiled: a line of a chatmode file is a rule, a duty, a routing line, ..., or named as not compiled."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reviewer.core.concern import Concern
from reviewer.core.errors import UserError
from reviewer.core.globs import globs_fault, globs_in, is_about
from reviewer.core.persona_blocks import Line, Section
from reviewer.core.persona_lines import FileReference, Parts, PersonaRule, Uncompiled, compile_section, with_ids
from reviewer.core.persona_team import Escalation, Report, RoutingRule, TeamLine, TeamTable
from reviewer.core.persona_text import read_document
from reviewer.core.persona_words import BROAD_WORDS, SectionKind, padded, says
from reviewer.core.response import OWN_STRUCTURE, ResponseStructure
from reviewer.core.strict_yaml import YamlList, YamlMapping, YamlText, YamlValue
from reviewer.core.team import TEAM_LEAD, slug

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Escalation", "FileReference", "Line", "Persona", "PersonaRule", "Report", "RoutingRule", "Section", "TeamTable",
    "Uncompiled", "compile_persona", "decode_persona",
]  # fmt: skip


NAME_CHARS_MAX = 40
"""Characters of a persona's name: the check run is named after it."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What a persona watches where several review: files by glob and concerns, all where it names none."""

    globs: tuple[str, ...] = ()
    concerns: tuple[Concern, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether it watches everything."""
        return not self.globs and not self.concerns

    def has(self, path: str) -> bool:
        """Whether a file is one of its; what is about the change as a whole ("") is everybody's."""
        return not path or is_about(self.globs, path)

    def cares(self, concern: Concern) -> bool:
        """Whether a concern is one of its."""
        return not self.concerns or concern in self.concerns


@dataclass(frozen=True, slots=True)
class Persona:
    """A compiled persona; only `compile_persona` makes one. `sha256` is of the file's bytes.

    `team_lead` is the name that the persona gives the Team Lead, None when no line names one.
    """

    name: str
    title: str
    description: str
    source: str
    sha256: str
    sections: tuple[Section, ...]
    rules: tuple[PersonaRule, ...]
    duties: tuple[PersonaRule, ...]
    communication: tuple[Line, ...]
    use_cases: tuple[Line, ...]
    response_structure: ResponseStructure
    routing: tuple[RoutingRule, ...]
    escalation: tuple[Escalation, ...]
    reports: tuple[Report, ...]
    team_tables: tuple[TeamTable, ...]
    team_lead: str | None
    references: tuple[FileReference, ...]
    uncompiled: tuple[Uncompiled, ...]
    watch: Watch = Watch()

    def rule_for(self, concern: Concern, served: str = "") -> PersonaRule | None:
        """The line that findings of this concern quote; None when no line speaks of it.

        The line of the id `served` if the persona has it. Else a standard that names it first, then one that names it
        at all, then the same of the duties, then a standard or duty about quality as such.
        """
        for rule in (*self.rules, *self.duties):
            if served and rule.id == served:
                return rule
        for lines in (self.rules, self.duties):
            for is_meant in (lambda rule: rule.concerns[:1] == (concern,), lambda rule: concern in rule.concerns):
                found = next(filter(is_meant, lines), None)
                if found is not None:
                    return found
        broad = (rule for rule in (*self.duties, *self.rules) if says(padded(rule.text), BROAD_WORDS))
        return next(broad, None)


def decode_persona(data: bytes, source: str) -> str:
    """The text of a persona file's bytes; raises UserError with the line that is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{source}, line {line}: is not UTF-8 text; save the file as UTF-8") from error


def compile_persona(text: str, source: str) -> Persona:
    """Compile a chatmode file. `source` is its path, for messages and, when the front matter gives none, for its name.

    Raises UserError, one sentence with what, where and how to mend it, when the file cannot be a persona. Lines that
    nothing could be made of are no error: they are in `uncompiled`.
    """
    document = read_document(text, source)
    parts = Parts(source)
    front = _read_front(document.front, parts)
    for section in document.sections:
        compile_section(section, parts)
    rules = with_ids(parts.rules, SectionKind.STANDARDS, parts)
    duties = with_ids(parts.duties, SectionKind.DUTIES, parts)
    if not rules:
        raise UserError(f"{source}: has no standards to review by; add a section `## Coding Standards` with bullets")
    lead = _team_lead(parts.team)
    team = tuple(_settle(line, lead) for line in parts.team)
    title = (section.heading for section in document.sections if section.level == 1 and section.kind is None)
    return Persona(
        name=front.name or slug(source.rsplit("/", 1)[-1].partition(".")[0]) or "persona",
        title=next(title, ""),
        description=front.description,
        source=source,
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        sections=document.sections,
        rules=rules,
        duties=duties,
        communication=tuple(parts.communication),
        use_cases=tuple(parts.use_cases),
        response_structure=parts.response or OWN_STRUCTURE,
        routing=tuple(line for line in team if isinstance(line, RoutingRule)),
        escalation=tuple(line for line in team if isinstance(line, Escalation)),
        reports=tuple(line for line in team if isinstance(line, Report)),
        team_tables=tuple(line for line in team if isinstance(line, TeamTable)),
        team_lead=lead,
        references=tuple(parts.references),
        uncompiled=tuple(sorted(parts.uncompiled, key=lambda dropped: dropped.line_number)),
        watch=front.watch,
    )


@dataclass(frozen=True, slots=True)
class _Front:
    name: str
    description: str
    watch: Watch


def _read_front(front: YamlMapping, parts: Parts) -> _Front:
    name, description, watch = "", "", Watch()
    for key, value in front.entries:
        shown = f"{key.text}: {value.text}" if isinstance(value, YamlText) else key.text
        text = " ".join(value.text.split()) if isinstance(value, YamlText) else ""
        if key.text == "description":
            description = text
        elif key.text == "name":
            name = slug(text)[:NAME_CHARS_MAX]
        elif key.text == "applyTo":
            watch = replace(watch, globs=_globs(value, parts.source))
        elif key.text == "concerns":
            watch = replace(watch, concerns=_concerns(value, parts.source))
        elif key.text != "tools":
            parts.drop(key.line, shown, "is front matter that we do not use")
        elif not isinstance(value, YamlList) or value.items:
            parts.drop(key.line, shown, "asks for tools; a reviewer is given none")
    if not description:
        where = f"{parts.source}, line {front.line}"
        raise UserError(f"{where}: the front matter has no description; add `description: who this reviewer is`")
    return _Front(name, description, watch)


def _globs(value: YamlValue, source: str) -> tuple[str, ...]:
    globs = globs_in(text for text, _ in _texts(value, "applyTo", source))
    if (fault := globs_fault(globs)) is not None:
        raise UserError(f"{source}, line {value.line}: `applyTo` {fault}")
    return globs


def _concerns(value: YamlValue, source: str) -> tuple[Concern, ...]:
    known = tuple(concern.value for concern in Concern)
    found: dict[Concern, None] = {}
    for text, line in _texts(value, "concerns", source):
        for name in (part.strip() for part in text.split(",") if part.strip()):
            if name not in known:
                said = f"`concerns`: `{name[:NAME_CHARS_MAX]}` is none; known are {', '.join(known)}"
                raise UserError(f"{source}, line {line}: {said}")
            found[Concern(name)] = None
    return tuple(found)


def _texts(value: YamlValue, key: str, source: str) -> Iterator[tuple[str, int]]:
    for item in value.items if isinstance(value, YamlList) else (value,):
        if not isinstance(item, YamlText):
            raise UserError(f"{source}, line {item.line}: `{key}` is a text or a list of texts")
        yield item.text, item.line


def _team_lead(team: list[TeamLine]) -> str | None:
    """The person whom a line calls the Team Lead; the line that says whom to report to goes before the others."""
    for line in sorted(team, key=lambda line: not isinstance(line, Report)):
        match line:
            case Report(roles=roles, name=str(name)) if TEAM_LEAD in roles:
                return name
            case RoutingRule(role=role, name=str(name)) | Escalation(role=role, name=str(name)) if role == TEAM_LEAD:
                return name
            case _:
                continue
    return None


def _settle(line: TeamLine, lead: str | None) -> TeamLine:
    """`Escalate ... to Damilare` means the Team Lead when another line says that this is Damilare."""
    if isinstance(line, RoutingRule | Escalation) and lead is not None and line.role == slug(lead):
        return replace(line, role=TEAM_LEAD, name=lead)
    return line

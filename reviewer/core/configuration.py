"""What owners lay down, read at their default branches, and the plan that all of them make together. Pure.

Three owners, one upon the other: the operator, the organisation (its `.github` repository), the repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from reviewer.core.config_reading import ConfigurationError, Plain, ReadConfig, read_config
from reviewer.core.coverage import Gap
from reviewer.core.errors import UserError
from reviewer.core.instructions import read_instructions
from reviewer.core.model_use import ForkUse
from reviewer.core.own_rules import RULES_FOLDER, RULES_MAX, OwnRule, read_own_rules
from reviewer.core.owned import CONFIG_PATH, OWNER_PATHS, PERSONA_PATH, PERSONAS, TEAM_PATH, is_persona
from reviewer.core.persona import Persona, compile_persona
from reviewer.core.repository_config import CONFIG_BYTES_MAX, RepositoryConfig
from reviewer.core.team import load_team
from reviewer.core.team_merge import merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.plan import Plan

__all__ = [
    "CONFIG_BYTES_MAX", "CONFIG_PATH", "NO_DEFAULTS", "OWNER_PATHS", "PERSONA_PATH", "TEAM_PATH", "Defaults", "Files",
    "Stock", "for_fork", "make_plan", "wants_consent",
]  # fmt: skip

Files: TypeAlias = Mapping[str, str | UserError]
"""An owner's files by path: each one's text, or why it could not be read."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """The organisation's files, which count where the repository is silent. `where` is `octo/.github`, "" for none."""

    files: Files = field(default_factory=dict)
    where: str = ""


NO_DEFAULTS: Final = Defaults()

_OTHER: Final = {"persona": "personas", "personas": "persona"}
"""Two keys of which one counts."""

_NAMED_MAX: Final = 5
"""Personas of a repository that a mistake names."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What the operator has for owners to choose from: personas by name, and the names that rules may have."""

    personas: Mapping[str, Persona] = field(default_factory=dict)
    rules: frozenset[str] = frozenset()


def make_plan(operator: Plan, own: Files, defaults: Defaults = NO_DEFAULTS, stock: Stock | None = None) -> Plan:
    """The operator's plan with what the organisation and the repository laid down.

    A broken file never falls back to what it said before. A broken persona, team or rule costs itself, and the
    operator's stands in; a broken configuration costs every setting and the model. The reader is told each time.
    """
    layers = _Layers(own, defaults, stock or Stock())
    notes = list(operator.notes)
    plan = _configured(operator, layers, notes)
    plan = _with_team(_with_personas(plan, layers, notes), layers, notes)
    rules, unused = _own_rules(own)
    instructions, unread = read_instructions(own, {named.path for one in plan.personas for named in one.references})
    return replace(plan, own_rules=rules, instructions=instructions, notes=(*notes, *unused, *unread))


def wants_consent(plan: Plan, *, by_newcomer: bool) -> bool:
    """Whether the model is asked about a pull request of a fork only if a maintainer says so."""
    return plan.model is not None and by_newcomer and plan.config.model.forks is ForkUse.FIRST_TIME_ON_COMMAND


def for_fork(plan: Plan, *, by_newcomer: bool, consented: bool, handle: str) -> Plan:
    """The plan for a pull request that comes from a fork. `handle` is the name that we answer to."""
    if plan.model is not None and plan.config.model.forks is ForkUse.OFF:
        where = plan.origins.get("model.forks", CONFIG_PATH)
        return replace(plan, model=None, rules_only=f"The model is not asked about pull requests of forks ({where})")
    if consented or not wants_consent(plan, by_newcomer=by_newcomer):
        return plan
    why = (
        "The model was not asked, as somebody new here opened this from a fork; for this commit, a comment"
        f" “@{handle} review” by somebody with write permission has it asked"
    )
    return replace(plan, model=None, rules_only=why)


@dataclass(frozen=True, slots=True)
class _Layers:
    own: Files
    defaults: Defaults
    stock: Stock

    def each(self, path: str) -> Iterator[tuple[str, str | UserError]]:
        """The file of each owner that has one, the repository's first, with how a reader knows it."""
        if path in self.own:
            yield path, self.own[path]
        if path in self.defaults.files:
            yield self.named(path), self.defaults.files[path]

    def named(self, path: str) -> str:
        """A file of the organisation's, for readers."""
        return f"{self.defaults.where}, {path}"


def _configured(plan: Plan, layers: _Layers, notes: list[str]) -> Plan:
    plain: dict[str, Plain] = {}
    origins: dict[str, str] = {}
    problems: list[str] = []
    for source, text in reversed(tuple(layers.each(CONFIG_PATH))):
        try:
            if isinstance(text, UserError):
                raise ConfigurationError((str(text),))
            read = read_config(text, source, layers.stock.rules)
            _check_personas(read, source, layers)
        except ConfigurationError as error:
            problems += error.problems
            continue
        for other in _OTHER.keys() & read.plain.keys():  # who names one persona wants no longer those of below
            plain.pop(_OTHER[other], None)
            origins = {name: where for name, where in origins.items() if name.partition(".")[0] != _OTHER[other]}
        plain = _over(plain, read.plain)
        origins |= {name: f"{source}, line {line}" for name, line in read.lines.items()}
    if problems:
        return _broken(plan, problems, notes)
    config = RepositoryConfig.model_validate(plain)
    most = plan.limits.comments_max
    limits = replace(
        plan.limits, comments_max=most if (asked := config.limits.comments_max) is None else min(asked, most)
    )
    plan = replace(
        plan, config=config, origins=origins, gate=config.gate_severity, limits=limits, ignored=config.paths.ignore
    )
    if plan.model is not None and not config.model.enabled:
        where = origins.get("model.enabled", CONFIG_PATH)
        plan = replace(plan, model=None, rules_only=f"The model is switched off ({where})")
    return plan


def _broken(plan: Plan, problems: list[str], notes: list[str]) -> Plan:
    """By the operator's defaults and the rules alone: nobody may take it for what the owner wanted, or used to want."""
    notes += [f"{problem.rstrip('.')}." for problem in problems]
    notes.append(
        "Until that is mended no setting of this configuration is in force, and no earlier one either: the rules alone"
        " review, by the operator's defaults, nothing is gated, and the check run is neutral at best."
    )
    gap = Gap("configuration", problems[0])
    return replace(plan, model=None, rules_only="The configuration cannot be used, so no model was asked", gaps=(gap,))


def _check_personas(read: ReadConfig, source: str, layers: _Layers) -> None:
    """ConfigurationError for a persona that is not there, and for both keys at once."""
    one, several, lines = read.config.persona, read.config.personas, read.lines
    if one is not None and several:
        raise ConfigurationError(
            (f"{source}, line {lines['personas']}: `personas` and `persona` are both set; keep one",)
        )
    for at, name in enumerate(several):
        where = f"{source}, line {lines[f'personas.{at}']}: `personas`"
        if name in several[:at]:
            raise ConfigurationError((f"{where}: `{name}` is there twice; name each once",))
        _check_persona(name, where, layers)
    if one is not None:
        _check_persona(one, f"{source}, line {lines['persona']}: `persona`", layers)


def _check_persona(name: str, where: str, layers: _Layers) -> None:
    if name in layers.stock.personas or (is_persona(name) and any(layers.each(name))):
        return
    there = [path for path in sorted(layers.own) if is_persona(path) and path != PERSONA_PATH][:_NAMED_MAX]
    known = ", ".join(f"`{known}`" for known in (*sorted(layers.stock.personas), *there))
    what = "there is no persona of that name"
    if "/" in name:
        places = ", ".join(f"`{folder.path}/*{folder.endings[0]}`" for folder in PERSONAS)
        what = f"there is no such persona on the default branch (of a repository's files, {places} are personas)"
    raise ConfigurationError((f"{where}: {what}; known are {known or 'none'} and `{PERSONA_PATH}`",))


def _with_personas(plan: Plan, layers: _Layers, notes: list[str]) -> Plan:
    """The plan with those whom the owner wants. A broken one is told and left out; the operator's stand in for all."""
    wanted = plan.config.personas or (plan.config.persona or PERSONA_PATH,)
    found: dict[str, Persona] = {}
    broken: list[str] = []
    for name in wanted:
        try:
            persona = _persona(name, layers)
            if persona is not None and persona.name in found:
                said = f"{persona.source}: is called `{persona.name}` as another one is; give it a `name` of its own"
                raise UserError(said)
        except UserError as error:
            broken.append(str(error).rstrip("."))
        else:
            found |= {} if persona is None else {persona.name: persona}
    if found:
        first, *others = found.values()
        plan = replace(plan, persona=first, others=tuple(others))
    who = " and ".join(persona.name for persona in plan.personas)
    instead = "the others review without it" if found else "the operator's own setting stands in"
    notes += [f"{said}. Until then {instead}." for said in broken]
    review = "persona" if len(plan.personas) == 1 else "personas"
    gaps = tuple(Gap("persona", f"{said}, so the {review} {who} reviewed") for said in broken)
    return replace(plan, gaps=(*plan.gaps, *gaps))


def _persona(name: str, layers: _Layers) -> Persona | None:
    """The persona of a name or path; None when nobody laid one down. UserError for one that cannot be used."""
    if name in layers.stock.personas:
        return layers.stock.personas[name]
    for source, text in layers.each(name):
        if isinstance(text, UserError):
            raise text
        return compile_persona(text, source)
    return None


def _with_team(plan: Plan, layers: _Layers, notes: list[str]) -> Plan:
    for source, text in layers.each(TEAM_PATH):
        try:
            if isinstance(text, UserError):
                raise text
            plan = replace(plan, team=load_team(text, source))
        except UserError as error:
            notes.append(f"{str(error).rstrip('.')}. Until then the operator's own setting stands in.")
        break
    return replace(plan, team=merged(plan.team, plan.config.team))


def _over(below: dict[str, Plain], above: dict[str, Plain]) -> dict[str, Plain]:
    """Settings laid over settings: key by key, lists as wholes."""
    laid = dict(below)
    for key, value in above.items():
        under = laid.get(key)
        laid[key] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return laid


def _own_rules(owner_files: Files) -> tuple[tuple[OwnRule, ...], list[str]]:
    """The owner's rules, the first of each id, and sentences about those that cannot be used."""
    rules: dict[str, OwnRule] = {}
    notes: list[str] = []
    for path in sorted(path for path in owner_files if path.startswith(RULES_FOLDER + "/")):
        text = owner_files[path]
        try:
            if isinstance(text, UserError):
                raise text
            for rule in read_own_rules(text, path):
                if rule.id in rules:
                    raise UserError(f"{path}: the id {rule.id} is in {rules[rule.id].source} already; give it another")
                rules[rule.id] = rule
        except UserError as error:
            notes.append(f"{str(error).rstrip('.')}. Until then its rules are not used.")
    if len(rules) > RULES_MAX:
        notes.append(
            f"{RULES_FOLDER} holds more than {RULES_MAX} rules; those after the first {RULES_MAX} are not used."
        )
    return tuple(rules.values())[:RULES_MAX], notes

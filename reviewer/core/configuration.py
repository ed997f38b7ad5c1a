"""The repository's own configuration, read at its default branch, and the plan that all owners make together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reviewer.core.concern import Severity
from reviewer.core.errors import UserError
from reviewer.core.own_rules import RULES_FOLDER, RULES_MAX, OwnRule, read_own_rules
from reviewer.core.persona import compile_persona
from reviewer.core.plan import Plan
from reviewer.core.strict_yaml import YamlList, YamlMapping, YamlText, YamlValue, read_yaml
from reviewer.core.team import load_team

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_PATH: Final = ".github/reviewer.yml"
PERSONA_PATH: Final = ".github/reviewer/persona.chatmode.md"
TEAM_PATH: Final = ".github/reviewer/team.yml"
OWNER_PATHS: Final = (CONFIG_PATH, PERSONA_PATH, TEAM_PATH)
"""What the repository's owner may lay down; read at the default branch: no pull request softens its own review."""

CONFIG_BYTES_MAX: Final = 64 * 1024
"""Bytes of one of these files; hand-written ones are a hundredth of it."""

_IGNORE_MAX: Final = 100
_COMMENTS_MAX: Final = 50
_GATES: Final = {"off": None, "blocker": Severity.BLOCKER, "warning": Severity.WARNING}
_KEYS: Final = ("gate", "comments_max", "ignore")


@dataclass(frozen=True, slots=True)
class RepositoryConfig:
    """What `.github/reviewer.yml` says; None where it is silent."""

    gate: Severity | None = None
    comments_max: int | None = None
    ignore: tuple[str, ...] = ()


def read_config(text: str, source: str = CONFIG_PATH) -> RepositoryConfig:
    """Read the three keys: `gate` (off, blocker, warning), `comments_max` (0 to 50), `ignore` (path patterns).

    Raises UserError with file, line and mend: for an unknown key, too.
    """
    if len(text.encode("utf-8", "surrogatepass")) > CONFIG_BYTES_MAX:
        raise UserError(f"{source} is larger than {CONFIG_BYTES_MAX // 1024} KB; make it shorter")
    gate: Severity | None = None
    comments_max: int | None = None
    ignore: tuple[str, ...] = ()
    for key, value in read_yaml(text, source, 0).entries:
        match key.text:
            case "gate":
                gate = _gate(value, source)
            case "comments_max":
                comments_max = _number(value, source)
            case "ignore":
                ignore = _patterns(value, source)
            case _:
                raise UserError(f"{source}, line {key.line}: unknown key; known are {', '.join(_KEYS)}")
    return RepositoryConfig(gate, comments_max, ignore)


def make_plan(operator: Plan, owner_files: Mapping[str, str | UserError]) -> Plan:
    """The operator's plan with what the owner laid down: each file's text, or why it could not be read.

    A broken file costs that file alone, and the reader is told.
    """
    plan = operator
    notes = list(operator.notes)
    for path in OWNER_PATHS:
        if path not in owner_files:
            continue
        text = owner_files[path]
        try:
            if isinstance(text, UserError):
                raise text
            plan = _with(plan, path, text)
        except UserError as error:
            notes.append(f"{str(error).rstrip('.')}. Until then the operator's own setting stands in.")
    own, unused = _own_rules(owner_files)
    return replace(plan, own_rules=own, notes=(*notes, *unused))


def _own_rules(owner_files: Mapping[str, str | UserError]) -> tuple[tuple[OwnRule, ...], list[str]]:
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


def _with(plan: Plan, path: str, text: str) -> Plan:
    if path == PERSONA_PATH:
        return replace(plan, persona=compile_persona(text, path))
    if path == TEAM_PATH:
        return replace(plan, team=load_team(text, path))
    config = read_config(text)
    limits = plan.limits
    if config.comments_max is not None:
        limits = replace(limits, comments_max=min(config.comments_max, limits.comments_max))
    return replace(plan, gate=config.gate, limits=limits, ignored=config.ignore)


def _gate(value: YamlValue, source: str) -> Severity | None:
    if isinstance(value, YamlText) and value.text in _GATES:
        return _GATES[value.text]
    raise UserError(f"{source}, line {value.line}: gate is one of {', '.join(_GATES)}")


def _number(value: YamlValue, source: str) -> int:
    if isinstance(value, YamlText) and value.text.isascii() and value.text.isdigit() and len(value.text) <= 3:
        number = int(value.text)
        if number <= _COMMENTS_MAX:
            return number
    raise UserError(f"{source}, line {value.line}: comments_max is a whole number from 0 to {_COMMENTS_MAX}")


def _patterns(value: YamlValue, source: str) -> tuple[str, ...]:
    if isinstance(value, YamlMapping) or not isinstance(value, YamlList) or len(value.items) > _IGNORE_MAX:
        raise UserError(f"{source}, line {value.line}: ignore is a list of at most {_IGNORE_MAX} path patterns")
    patterns: list[str] = []
    for item in value.items:
        if not isinstance(item, YamlText) or not 0 < len(item.text) <= 200 or item.text.count("*") > 4:
            raise UserError(f"{source}, line {item.line}: a pattern is a path such as src/old/**, of at most 4 stars")
        patterns.append(item.text)
    return tuple(patterns)

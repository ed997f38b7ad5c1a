"""What a repository may set in `.github/reviewer.yml`: the keys, their values and their defaults. Pure.

The texts of YAML are given to these models as they were written, so numbers and switches read them themselves.
The descriptions are those of the JSON Schema and, held by a test, those of docs/configuration.md.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from reviewer.core.concern import Concern, Severity
from reviewer.core.model_use import Forks, ForkUse, Language
from reviewer.core.team import AUTHOR, LOGIN_CHARS_MAX, TEXT_CHARS_MAX, handle_fault, role_slugs, slug

CONFIG_BYTES_MAX: Final = 64 * 1024
"""Bytes of one of the owner's files; hand-written ones are a hundredth of it."""

PATTERNS_MAX: Final = 100
STARS_MAX: Final = 4
"""Stars of one pattern: each multiplies what a name made to be slow can cost."""

PERSONAS_MAX: Final = 5
"""Personas of one review: each is a check run, and a reader's patience."""

INSTRUCTIONS_MAX: Final = 20
INSTRUCTION_CHARS_MAX: Final = 1_000
"""Characters of one instruction: 20 of them are a fifth of a prompt."""

COMMENTS_MAX: Final = 50
"""Inline comments that an owner may ask for; the operator's own limit stands below it."""

FILES_MAX: Final = 3_000
"""Files of a pull request that GitHub lists."""


WHOLE: Final = "is a whole number"
"""What is said of a text that is none; the bounds are added from the model."""


class Level(StrEnum):
    """How a finding is reported: with this severity, or not at all."""

    OFF = "off"
    NOTE = "note"
    WARNING = "warning"
    BLOCKER = "blocker"

    @property
    def severity(self) -> Severity | None:
        """None for off."""
        return None if self is Level.OFF else Severity(self.value)


def _switch(value: object) -> object:
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, bool):
        return value
    raise ValueError("is a switch; write `true` or `false`")


def _whole(value: object) -> object:
    """ASCII digits, few enough that no number is made of megabytes of them."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 6:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(WHOLE)


def _pattern(text: str) -> str:
    if not 0 < len(text) <= 200 or text.count("*") > STARS_MAX or text != text.strip():
        raise ValueError(f"is a pattern of 1 to 200 characters with at most {STARS_MAX} stars, such as `src/old/**`")
    return text


def _rule(text: str) -> str:
    if not 0 < len(text) <= 100 or not text.replace("_", "").replace("-", "").isalnum() or not text.isascii():
        raise ValueError("is a rule's name, such as `data_unbounded_list`")
    return text


Switch: TypeAlias = Annotated[bool, BeforeValidator(_switch)]
Pattern: TypeAlias = Annotated[str, AfterValidator(_pattern)]
Patterns: TypeAlias = Annotated[tuple[Pattern, ...], Field(max_length=PATTERNS_MAX)]
RuleName: TypeAlias = Annotated[str, AfterValidator(_rule)]


class Part(BaseModel):
    """A part of the file: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(Part):
    """Which of the names count. A pattern's `*` stands for any characters; case does not count."""

    only: Patterns = Field(default=(), description="Review by itself only what matches one of these")
    ignore: Patterns = Field(default=(), description="Do not review by itself what matches one of these")


class Filters(Part):
    """Which pull requests are reviewed by themselves; `@bot review` and “Re-run” review any."""

    drafts: Switch = Field(default=False, description="Review drafts, too")
    bots: Switch = Field(default=False, description="Review pull requests that bots open, too")
    labels: Choice = Field(default=Choice(), description="By label")
    titles: Choice = Field(default=Choice(), description="By title")
    branches: Choice = Field(default=Choice(), description="By the branch that it goes to")
    authors: Choice = Field(default=Choice(), description="By the login of who opened it")


class Instruction(Part):
    """What the model is to heed in some files."""

    paths: Annotated[tuple[Pattern, ...], Field(min_length=1, max_length=PATTERNS_MAX)] = Field(
        description="Path patterns of the files that it is about"
    )
    text: Annotated[str, Field(min_length=1, max_length=INSTRUCTION_CHARS_MAX)] = Field(
        description="What to heed there, in plain words"
    )


class Paths(Part):
    """What is about files. A pattern is a path from the root; `**` crosses folders."""

    ignore: Patterns = Field(default=(), description="Files to leave out; they are named as not reviewed")
    instructions: Annotated[tuple[Instruction, ...], Field(max_length=INSTRUCTIONS_MAX)] = Field(
        default=(), description="What the model is to heed in some files"
    )


class OwnLimits(Part):
    """Bounds; never above the operator's."""

    comments_max: Annotated[int, Field(ge=0, le=COMMENTS_MAX), BeforeValidator(_whole)] | None = Field(
        default=None, description="Inline comments of one review; the other findings are in the summary"
    )
    files_max: Annotated[int, Field(ge=1, le=FILES_MAX), BeforeValidator(_whole)] | None = Field(
        default=None, description="A pull request with more changed files is not reviewed by itself"
    )


class ModelUse(Part):
    """Whether the operator's model is asked. What it costs and which it is, is the operator's to say."""

    enabled: Switch = Field(default=True, description="Ask the model; otherwise the rules alone review")
    forks: Forks = Field(
        default=ForkUse.FIRST_TIME_ON_COMMAND,
        description="Ask the model about pull requests of forks: `on` all, `off` none, `first_time_on_command` those of"
        " newcomers only when somebody with write permission comments `@NAME review`",
    )


class Person(Part):
    """Somebody of the team, in the place of who has the role otherwise."""

    role: str = Field(description="Role, or several with ` / ` between them: `Team Lead / Architect`")
    handle: str = Field(
        max_length=2 * LOGIN_CHARS_MAX + 61, description="GitHub login or `organisation/team`, without `@`"
    )
    name: str | None = Field(default=None, description="Name for readers; otherwise the handle")
    areas: tuple[str, ...] | None = Field(default=None, description="Areas; otherwise those of who had the role")

    @field_validator("role")
    @classmethod
    def _role(cls, text: str) -> str:
        roles = role_slugs(_one_line(text))
        if not roles:
            raise ValueError("has no letters; write one such as `Backend Lead`")
        if AUTHOR in roles:
            raise ValueError("is no role of a team: the author is who opened the pull request")
        return text.strip()

    @field_validator("handle")
    @classmethod
    def _handle(cls, text: str) -> str:
        if (fault := handle_fault(text)) is not None:
            raise ValueError(fault)
        return text

    @field_validator("name")
    @classmethod
    def _name(cls, text: str | None) -> str | None:
        return None if text is None else _one_line(text)

    @field_validator("areas")
    @classmethod
    def _areas(cls, areas: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if areas is None:
            return None
        slugs = tuple(slug(_one_line(area)) for area in areas)
        if not all(slugs):
            raise ValueError("holds an area without letters; write one such as `database`")
        return slugs


def _one_line(text: str) -> str:
    flat = text.strip()
    if not 0 < len(flat) <= TEXT_CHARS_MAX or "\n" in flat or "\t" in flat:
        raise ValueError(f"is one line of at most {TEXT_CHARS_MAX} characters")
    return flat


class RepositoryConfig(Part):
    """`.github/reviewer.yml`: how the repository's owner wants its pull requests reviewed."""

    persona: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="Name of a persona of the operator's, or the path of one in the repository"
    )
    personas: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=PERSONAS_MAX)
    ] = Field(
        default=(),
        description="Several of them, in the place of `persona`: each has a check run of its own, the first shapes the"
        " summary",
    )
    tone: Literal["explaining", "brief"] = Field(
        default="explaining",
        description="`explaining` says what goes wrong and how to mend it, `brief` only how to mend it",
    )
    language: Language = Field(
        default="English", description="What the model writes in; texts of the rules stay English"
    )
    gate: Literal["off", "blocker", "warning"] = Field(
        default="off", description="Least severity of a finding of the rules that fails the check run"
    )
    concerns: dict[Concern, Level] = Field(default={}, description="Severity of every finding of a concern, or `off`")
    rules: dict[RuleName, Level] = Field(
        default={}, description="Severity of every finding of a rule, before `concerns`"
    )
    paths: Paths = Field(default=Paths(), description="What is about files")
    filters: Filters = Field(default=Filters(), description="Which pull requests are reviewed by themselves")
    limits: OwnLimits = Field(default=OwnLimits(), description="Bounds; never above the operator's")
    model: ModelUse = Field(default=ModelUse(), description="Whether the operator's model is asked")
    team: Annotated[tuple[Person, ...], Field(max_length=100)] = Field(
        default=(), description="People in the place of those whom the team file names for their roles and areas"
    )
    team_notice: Literal["mention", "review_request", "none"] = Field(
        default="mention",
        description="How people are told, once: `mention`, `review_request` (not the Team Lead), or `none`",
    )

    @field_validator("team")
    @classmethod
    def _owners(cls, team: tuple[Person, ...]) -> tuple[Person, ...]:
        for what, values in (("role", _roles(team)), ("area", _areas(team))):
            twice = next((value for at, value in enumerate(values) if value in values[:at]), None)
            if twice is not None:
                raise ValueError(f"gives the {what} `{twice}` to two; each has one owner")
        return team

    @property
    def gate_severity(self) -> Severity | None:
        """The least severity that fails the check run; None when gating is off."""
        return None if self.gate == "off" else Severity(self.gate)

    def level(self, rule: str, concern: Concern) -> Level | None:
        """How findings of a rule are reported; None when the configuration is silent about it."""
        return self.rules.get(rule, self.concerns.get(concern))


def _roles(team: tuple[Person, ...]) -> list[str]:
    return [role for person in team for role in role_slugs(person.role)]


def _areas(team: tuple[Person, ...]) -> list[str]:
    return [area for person in team for area in dict.fromkeys(person.areas or ())]


def json_schema() -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of the file, for editors."""
    schema = {key: _written(value) for key, value in RepositoryConfig.model_json_schema().items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _written(schema: object) -> object:
    """A schema of what can be written: nothing is null in the file, a key is left out instead."""
    if isinstance(schema, list):
        return [_written(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    left = {key: _written(value) for key, value in schema.items() if not (key == "default" and value is None)}
    match left.get("anyOf"):
        case [dict() as only, {"type": "null"}]:
            del left["anyOf"]
            return {**only, **left}
        case _:
            return left

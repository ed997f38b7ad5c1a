"""From the text of `.github/reviewer.yml` to its model, or to every mistake in it with line and mend. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, get_args

from pydantic import BaseModel, ValidationError

from reviewer.core.errors import UserError
from reviewer.core.repository_config import CONFIG_BYTES_MAX, WHOLE, RepositoryConfig
from reviewer.core.strict_yaml import YamlList, YamlText, YamlValue, read_yaml

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic_core import ErrorDetails

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"
"""What YAML holds when every scalar stays the text that was written."""

Place: TypeAlias = tuple[str | int, ...]
"""Keys and numbers of list items that lead to a value."""

PROBLEMS_MAX: Final = 5
"""Mistakes that are named; who mends those sees the others."""

_KEY_CHARS_MAX: Final = 40
_SPECIAL: Final = {
    "ignore": "path patterns are under `paths`; write `paths: {ignore: [...]}`",
    "comments_max": "this one is under `limits`; write `limits: {comments_max: 5}`",
}
"""Top-level keys that people try, and what to write instead."""


class ConfigurationError(UserError):
    """A configuration file that cannot be used. `problems` are its mistakes, each a sentence with file and line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """A configuration; the same as plain texts, of what it sets alone; and where that stands: `a.b` → line."""

    config: RepositoryConfig
    plain: dict[str, Plain]
    lines: Mapping[str, int]


def read_config(text: str, source: str, rules: Collection[str] = ()) -> ReadConfig:
    """Read a configuration. `rules` are the names that `rules:` may hold, besides `own_…`; empty: any.

    Raises ConfigurationError, with all its mistakes; an unknown key is one.
    """
    if len(text.encode("utf-8", "surrogatepass")) > CONFIG_BYTES_MAX:
        raise ConfigurationError((f"{source} is larger than {CONFIG_BYTES_MAX // 1024} KB; make it shorter",))
    try:
        top = read_yaml(text.removeprefix("\ufeff"), source, 0)
    except UserError as error:
        raise ConfigurationError((str(error),)) from error
    lines: dict[Place, int] = {(): top.line}
    plain = _plain(top, (), lines)
    assert isinstance(plain, dict)  # noqa: S101 - a YamlMapping is one
    try:
        config = RepositoryConfig.model_validate(plain)
    except ValidationError as error:
        raise ConfigurationError(_problems(error, lines, source)) from error
    unknown = [name for name in config.rules if rules and name not in rules and not name.startswith("own_")]
    if unknown:
        raise ConfigurationError(
            tuple(
                _unknown_rule(name, rules, f"{source}, line {lines['rules', name]}") for name in unknown[:PROBLEMS_MAX]
            )
        )
    return ReadConfig(config, plain, {".".join(map(str, place)): line for place, line in lines.items() if place})


def _plain(value: YamlValue, place: Place, lines: dict[Place, int]) -> Plain:
    if isinstance(value, YamlText):
        return value.text
    if isinstance(value, YamlList):
        for at, item in enumerate(value.items):
            lines[(*place, at)] = item.line
        return [_plain(item, (*place, at), lines) for at, item in enumerate(value.items)]
    for key, _ in value.entries:
        lines[(*place, key.text)] = key.line
    return {key.text: _plain(item, (*place, key.text), lines) for key, item in value.entries}


def _problems(error: ValidationError, lines: Mapping[Place, int], source: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for detail in sorted(error.errors(include_url=False), key=lambda detail: _line(detail["loc"], lines)):
        found[f"{source}, line {_line(detail['loc'], lines)}: {_said(detail)}"] = None
    named = list(found)[:PROBLEMS_MAX]
    if len(found) > PROBLEMS_MAX:
        named[-1] += f"; {len(found) - PROBLEMS_MAX} more are not named here"
    return tuple(named)


def _line(place: Place, lines: Mapping[Place, int]) -> int:
    """The line of the value, or of the nearest thing around it that was written."""
    while place not in lines:
        place = place[:-1]
    return lines[place]


def _said(detail: ErrorDetails) -> str:
    place = tuple(part for part in detail["loc"] if part != "[key]")
    context = detail.get("ctx", {})
    what = f"`{_dotted(place)}`"
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_key(place)
        case "missing":
            return f"the key `{place[-1]}` is missing; add it"
        case "literal_error" | "enum":
            is_key = detail["loc"][-1] == "[key]"
            return f"{what} {'is not known; known are' if is_key else 'is one of'} {_names(context)}"
        case "value_error" if str(context.get("error")) != WHOLE:
            return f"{what} {context.get('error')}"
        case kind:
            return f"{what} {_wanted(kind, place, context)}"


def _wanted(kind: str, place: Place, context: Mapping[str, object]) -> str:
    """What a value has to be, as the end of a sentence."""
    match kind:
        case "tuple_type" | "list_type":
            return f"is a list; write `{place[-1]}: [one, two]`"
        case "model_type" | "dict_type":
            model = _model_at(place)
            return "has keys of its own" + (f": {', '.join(model.model_fields)}" if model is not None else "")
        case "string_type":
            return "is a text; write it on one line, in quotes if need be"
        case "too_long":
            return f"holds more than {context.get('max_length')} entries; make it shorter"
        case "too_short":
            return "is empty; name something or take it away"
        case "string_too_long" | "string_too_short":
            return f"is a text of 1 to {_longest(place, context)} characters"
        case "value_error" | "greater_than_equal" | "less_than_equal":
            return f"{WHOLE} {_bounds(place)}"
        case _:
            return "cannot be used; see docs/configuration.md"


def _unknown_key(place: Place) -> str:
    key = str(place[-1])
    if len(place) == 1 and key in _SPECIAL:
        return f"unknown key `{key}`: {_SPECIAL[key]}"
    model = _model_at(place[:-1])
    known = tuple(model.model_fields) if model is not None else ()
    near = difflib.get_close_matches(key[:_KEY_CHARS_MAX], known, 1)
    mend = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"
    return f"unknown key `{_dotted(place)}`; {mend}"


def _unknown_rule(name: str, rules: Collection[str], where: str) -> str:
    near = difflib.get_close_matches(name, rules, 1)
    mend = f"did you mean `{near[0]}`?" if near else "`reviewer rules` lists them"
    return f"{where}: there is no rule `{name}`; {mend}"


def _dotted(place: Place) -> str:
    """`filters.labels.only`; items of lists are not numbered, as the line tells them apart."""
    return ".".join(part[:_KEY_CHARS_MAX] for part in place if isinstance(part, str))


def _names(context: Mapping[str, object]) -> str:
    return str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")


def _annotation(place: Place) -> tuple[object, tuple[object, ...]]:
    """Type and constraints of a key; of a list's when the place is one of its items."""
    place = tuple(part for part in place if isinstance(part, str))
    holder = _model_at(place[:-1])
    field = None if holder is None else holder.model_fields.get(str(place[-1]))
    return (None, ()) if field is None else (field.annotation, tuple(field.metadata))


def _model_at(place: Place) -> type[BaseModel] | None:
    """The model that describes the keys at a place; None where there is none."""
    model: type[BaseModel] | None = RepositoryConfig
    for part in place:
        if isinstance(part, int):
            continue
        field = None if model is None else model.model_fields.get(part)
        model = None if field is None else _model_in(field.annotation)
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)


def _bounds(place: Place) -> str:
    """`from 0 to 50`, as the model has it."""
    said = {type(part).__name__: part for part in _constraints(_annotation(place))}
    low, high = said.get("Ge"), said.get("Le")
    return f"from {getattr(low, 'ge', 0)} to {getattr(high, 'le', 'many')}"


def _longest(place: Place, context: Mapping[str, object]) -> object:
    said = (getattr(part, "max_length", None) for part in _constraints(_annotation(place)))
    return next((most for most in said if most is not None), context.get("max_length", "many"))


def _constraints(found: object) -> list[object]:
    """What stands in `Annotated[...]`, however deep; a `Field` brings its constraints along."""
    if isinstance(found, tuple):
        return [one for part in found for one in _constraints(part)]
    inner = [one for part in get_args(found) for one in _constraints(part)]
    return [found, *inner, *getattr(found, "metadata", ())]

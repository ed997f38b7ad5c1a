"""What is in force and where each value came from; and what a pull request would change in it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from reviewer.core.configuration import Defaults, Files, Stock, make_plan
from reviewer.core.errors import UserError
from reviewer.core.instructions import SHOWN_BYTES_MAX
from reviewer.core.owned import is_owned, is_shared
from reviewer.core.repository_config import RepositoryConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.change import Change
    from reviewer.core.persona import Persona
    from reviewer.core.plan import Plan

DEFAULT: Final = "default"
OPERATOR: Final = "the operator"

VALUE_CHARS_MAX: Final = 200
"""Characters of one value; the file itself shows more."""

STANDARDS_SHOWN_MAX: Final = 3
"""Standards of an edited persona that are quoted; the diff shows all of them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One value in force. `name` is dotted as in the file, `source` says where it was set."""

    name: str
    value: str
    source: str


def in_force(plan: Plan) -> tuple[Setting, ...]:
    """Every setting that a repository can make, in the order of the documentation, then its rules."""
    return (*_settings(plan), *_people(plan), *_own_rules(plan), *_instructions(plan))


def proposals(operator: Plan, own: Files, defaults: Defaults, stock: Stock, change: Change) -> tuple[str, ...]:
    """Sentences about what the change would set, once it is on the default branch; empty when it edits none of that.

    The change's texts are only compared: nothing of them is in force.
    """
    edited = {file.path: _text_of(file.path, file.head, file.unread) for file in change.files if is_owned(file.path)}
    moved = {file.old_path: None for file in change.files if file.old_path and is_owned(file.old_path)}
    if not edited and not moved:
        return ()
    later = {path: text for path, text in {**own, **moved, **edited}.items() if text is not None}
    now, then = make_plan(operator, own, defaults, stock), make_plan(operator, later, defaults, stock)
    names = ", ".join(f"`{path}`" for path in sorted({*edited, *moved}))
    said = [
        f"This pull request edits {names}. It is itself reviewed under what is on the default branch now;"
        " once it is there:"
    ]
    said += [f"it would be broken: {note}" for note in then.notes if note not in now.notes]
    said += _differences(now, then)
    if len(said) > 1:
        return tuple(said)
    return () if all(map(is_shared, (*edited, *moved))) else (*said, "nothing would change.")


def _text_of(path: str, head: str | None, unread: str | None) -> str | UserError | None:
    return UserError(f"{path} cannot be read: it is {unread}.") if unread else head


def _differences(now: Plan, then: Plan) -> Iterator[str]:
    before = {setting.name: setting.value for setting in in_force(now)}
    after = {setting.name: setting.value for setting in in_force(then)}
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, "not set"), after.get(name, "not set")
        if old != new:
            yield f"`{name}`: {_clipped(old)} → {_clipped(new)}"
    for old_one, new_one in _pairs(now, then):
        yield from _standards(old_one, new_one)
    was = {one.source: one.text for one in now.instructions if not one.unused}
    for one in then.instructions:
        if not one.unused and one.source in was and was[one.source] != one.text:
            yield f"the model would be told what {one.source} says then"


def _clipped(value: str) -> str:
    return value if len(value) <= VALUE_CHARS_MAX else value[:VALUE_CHARS_MAX] + " …"


def _pairs(now: Plan, then: Plan) -> Iterator[tuple[Persona, Persona]]:
    """Each persona as it is and as it would be; where several review, those of the same name."""
    if not now.others and not then.others:
        yield now.persona, then.persona
        return
    before = {one.name: one for one in now.personas}
    yield from ((before[one.name], one) for one in then.personas if one.name in before)


def _standards(now: Persona, then: Persona) -> Iterator[str]:
    if now.sha256 == then.sha256:
        return
    before, after = [rule.text for rule in now.rules], [rule.text for rule in then.rules]
    for what, lines in (
        ("no longer asks for", [text for text in before if text not in after]),
        ("asks for", [text for text in after if text not in before]),
    ):
        shown = "; ".join(f"“{text[:120]}”" for text in lines[:STANDARDS_SHOWN_MAX])
        more = f" and {len(lines) - STANDARDS_SHOWN_MAX} more" if len(lines) > STANDARDS_SHOWN_MAX else ""
        if lines:
            yield f"the persona {what} {shown}{more}"
    if before == after:
        yield "the persona's text changes, not its standards"


def _settings(plan: Plan) -> Iterator[Setting]:
    for name, value in _leaves(plan.config, ""):
        match name:
            case "persona":
                set_at = plan.origins.get("personas", plan.origins.get(name))
                own = set_at or (plan.persona.source if ".github" in plan.persona.source else OPERATOR)
                yield Setting(name, ", ".join(f"{one.name} ({one.source})" for one in plan.personas), own)
            case "limits.comments_max":
                yield _comments_max(plan)
            case "model.enabled":
                said = plan.model or f"off: {plan.rules_only or 'no model is configured'}"
                yield Setting(name, said, plan.origins.get(name, OPERATOR))
            case "team" | "personas":
                continue
            case _:
                yield Setting(name, _shown(value), plan.origins.get(name, DEFAULT))


def _leaves(part: BaseModel, above: str) -> Iterator[tuple[str, object]]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{above}{name}.")
        elif isinstance(value, dict):
            yield from ((f"{above}{name}.{key}", level) for key, level in value.items())
        else:
            yield f"{above}{name}", value


def _comments_max(plan: Plan) -> Setting:
    name = "limits.comments_max"
    asked, origin = plan.config.limits.comments_max, plan.origins.get(name)
    if asked is not None and origin is not None and asked <= plan.limits.comments_max:
        return Setting(name, str(asked), origin)
    source = OPERATOR if origin is None else f"{OPERATOR}, below the {asked} of {origin}"
    return Setting(name, str(plan.limits.comments_max), source)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "no bound"
    if isinstance(value, tuple):
        shown = (f"{', '.join(item.paths)}: {item.text}" if hasattr(item, "paths") else str(item) for item in value)
        return ("; " if any(hasattr(item, "paths") for item in value) else ", ").join(shown) or "none"
    return str(value)


def _people(plan: Plan) -> Iterator[Setting]:
    asked = {person.role: at for at, person in enumerate(plan.config.team)}
    for member in plan.team.members:
        at = asked.get(member.role)
        source = plan.team.source if at is None else plan.origins.get(f"team.{at}", DEFAULT)
        areas = f" for {', '.join(member.areas)}" if member.areas else ""
        yield Setting(f"team: {member.role}", f"{member.name}, {member.handle}{areas}", source)


def _own_rules(plan: Plan) -> Iterator[Setting]:
    for rule in plan.own_rules:
        yield Setting(rule.slug, f"{rule.severity.value}, {rule.concern.value}: {rule.message}", rule.source)


def _instructions(plan: Plan) -> Iterator[Setting]:
    for one in plan.instructions:
        if one.unused:
            yield Setting(f"instructions: {one.source}", f"not in force: {one.unused}", one.source)
        else:
            most = SHOWN_BYTES_MAX // 1024
            part = f" (the first {most} KB of {one.size // 1024})" if one.size > SHOWN_BYTES_MAX else ""
            yield Setting(f"instructions: {one.source}", f"for {one.scope}{part}", one.source)


SETTINGS: Final = tuple(name for name, _ in _leaves(RepositoryConfig(), ""))
"""The names of all plain settings; concerns, rules and team have names of their own."""

"""The repository's `team:` laid over a team file: each person takes their roles and areas from who had them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reviewer.core.team import Member, Team, role_slugs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reviewer.core.repository_config import Person


def merged(team: Team, people: Sequence[Person]) -> Team:
    """The team with these people in their roles. Who is left without a role is out; every role keeps one owner.

    Somebody without `areas` of their own takes over those of the people whose last role they take.
    """
    if not people:
        return team
    taken = frozenset(role for person in people for role in role_slugs(person.role))
    given = frozenset(area for person in people for area in person.areas or ())
    staying: list[Member] = []
    left: dict[str, tuple[str, ...]] = {}
    for member in team.members:
        kept = tuple(role for role in member.roles if role not in taken)
        areas = tuple(area for area in member.areas if area not in given)
        if kept:
            staying.append(replace(member, role=_named(member.role, kept), roles=kept, areas=areas))
        else:
            left |= dict.fromkeys(member.roles, areas)
    new: list[Member] = []
    had: set[str] = set()
    for person in people:
        roles = role_slugs(person.role)
        areas = person.areas if person.areas is not None else _unowned((left.get(role, ()) for role in roles), had)
        had |= set(areas)
        new.append(
            Member(person.role, roles, tuple(dict.fromkeys(areas)), person.name or person.handle, person.handle, 0)
        )
    return Team((*new, *staying), team.source)


def _named(role: str, kept: tuple[str, ...]) -> str:
    """The parts of `Team Lead / Architect` that are still somebody's."""
    return " / ".join(part.strip() for part in role.split("/") if set(role_slugs(part)) & set(kept))


def _unowned(areas: Iterable[tuple[str, ...]], had: set[str]) -> tuple[str, ...]:
    return tuple(area for group in areas for area in group if area not in had)

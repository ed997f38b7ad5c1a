"""The team: who has which role and which areas, read from a file that is checked, never trusted."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Final

from reviewer.core.errors import UserError
from reviewer.core.strict_yaml import YamlList, YamlMapping, YamlText, YamlValue, read_yaml

TEAM_BYTES_MAX: Final = 64 * 1024
"""Bytes of a team file; the limit of every configuration text (security requirements, item 1)."""
MEMBERS_MAX: Final = 100
"""Members of one file; more would be a directory, not a team."""
TEXT_CHARS_MAX: Final = 100
"""Characters of a name, a role or an area: they appear in comments."""
LOGIN_CHARS_MAX: Final = 39
"""Characters of a GitHub login (github.com, sign-up form)."""
TEAM_LEAD: Final = "team-lead"
AUTHOR: Final = "author"
"""Who opened the pull request: an owner of findings, never a member of the team file."""

_ALNUM: Final = frozenset(string.ascii_letters + string.digits)
_KEYS: Final = ("role", "areas", "name", "handle")


@dataclass(frozen=True, slots=True)
class Member:
    """One row. `roles` and `areas` are slugs (`Team Lead / Architect` has the roles `team-lead` and `architect`).

    `role` is as written. `handle` is a GitHub login or `organisation/team`, without the `@`.
    """

    role: str
    roles: tuple[str, ...]
    areas: tuple[str, ...]
    name: str
    handle: str
    line: int


@dataclass(frozen=True, slots=True)
class Team:
    """Everybody. A role and an area belong to one member each; several people are one `organisation/team` handle."""

    members: tuple[Member, ...]
    source: str

    @property
    def lead(self) -> Member | None:
        """The Team Lead; None only in a team that was not loaded from a file (`NO_TEAM`)."""
        return self.by_role(TEAM_LEAD)

    def by_role(self, role: str) -> Member | None:
        """Who has the role; takes `Backend Lead` as well as `backend-lead`."""
        wanted = slug(role)
        return next((member for member in self.members if wanted in member.roles), None)

    def for_area(self, area: str) -> Member | None:
        """Who has the area; takes `API design` as well as `api-design`."""
        wanted = slug(area)
        return next((member for member in self.members if wanted in member.areas), None)


NO_TEAM: Final = Team((), "")
"""For a review without a team file: nobody is tagged, and routing says that nobody is named."""


def slug(text: str) -> str:
    """Lower-case ASCII letters and digits, everything else a single hyphen; "" when nothing is left."""
    return "-".join("".join(char if char in _ALNUM else " " for char in text).lower().split())


def role_slugs(text: str) -> tuple[str, ...]:
    """The roles of `Team Lead / Architect`, in order."""
    return tuple(dict.fromkeys(found for part in text.split("/") if (found := slug(part))))


def load_team(text: str, source: str) -> Team:
    """Read a team file (see personas/team.yml). Raises UserError with source, line and how to mend it."""
    if len(text.encode("utf-8", "surrogatepass")) > TEAM_BYTES_MAX:
        raise UserError(f"{source}: is larger than {TEAM_BYTES_MAX // 1024} KB; list only people who get findings")
    top = _keyed(read_yaml(text.removeprefix("\ufeff"), source, 0), ("members",), source)
    listed = top["members"]
    if not isinstance(listed, YamlList) or not listed.items:
        raise UserError(f"{source}, line {listed.line}: `members` must be a list with at least one member")
    if len(listed.items) > MEMBERS_MAX:
        raise UserError(f"{source}, line {listed.line}: lists more than {MEMBERS_MAX} members; name teams instead")
    members = tuple(_member(item, source) for item in listed.items)
    _refuse_shared(members, source)
    team = Team(members, source)
    if team.lead is None:
        raise UserError(f"{source}: names no Team Lead; give one member `role: Team Lead`")
    return team


def _member(value: YamlValue, source: str) -> Member:
    found = _keyed(value, _KEYS, source)
    role = _text(found["role"], "role", source)
    roles = role_slugs(role)
    if not roles:
        raise UserError(
            f"{source}, line {found['role'].line}: the role has no letters; write one such as `Backend Lead`"
        )
    if AUTHOR in roles:
        raise UserError(
            f"{source}, line {found['role'].line}: `author` is who opened the pull request; name another role"
        )
    handle = _text(found["handle"], "handle", source)
    if (fault := handle_fault(handle)) is not None:
        raise UserError(f"{source}, line {found['handle'].line}: the handle {fault}")
    return Member(
        role=role,
        roles=roles,
        areas=_areas(found["areas"], source),
        name=_text(found["name"], "name", source),
        handle=handle,
        line=value.line,
    )


def _keyed(value: YamlValue, keys: tuple[str, ...], source: str) -> dict[str, YamlValue]:
    """The values of exactly these keys."""
    known = ", ".join(f"`{key}`" for key in keys)
    if not isinstance(value, YamlMapping):
        raise UserError(f"{source}, line {value.line}: must have the keys {known}")
    for key, _ in value.entries:
        if key.text not in keys:
            raise UserError(f"{source}, line {key.line}: the key `{key.text[:40]}` is not known; known are {known}")
    found = {key.text: item for key, item in value.entries}
    for name in keys:
        if name not in found:
            raise UserError(f"{source}, line {value.line}: the key `{name}` is missing; add it")
    return found


def _text(value: YamlValue, key: str, source: str) -> str:
    if not isinstance(value, YamlText) or not value.text.strip():
        raise UserError(f"{source}, line {value.line}: `{key}` must be a text; write it on one line")
    text = value.text.strip()
    if len(text) > TEXT_CHARS_MAX or "\n" in text or "\t" in text:
        raise UserError(f"{source}, line {value.line}: `{key}` must be one line of at most {TEXT_CHARS_MAX} characters")
    return text


def _areas(value: YamlValue, source: str) -> tuple[str, ...]:
    if not isinstance(value, YamlList):
        raise UserError(f"{source}, line {value.line}: `areas` must be a list; write `areas: [database, api]`")
    areas: list[str] = []
    for item in value.items:
        area = slug(_text(item, "areas", source))
        if not area:
            raise UserError(f"{source}, line {item.line}: an area has no letters; write one such as `database`")
        areas.append(area)
    return tuple(areas)


def _refuse_shared(members: tuple[Member, ...], source: str) -> None:
    """A role or area with two owners would leave it to chance who is asked."""
    for what, column in (("role", "roles"), ("area", "areas")):
        first: dict[str, int] = {}
        for member in members:
            for value in member.roles if column == "roles" else member.areas:
                if value in first:
                    raise UserError(
                        f"{source}, line {member.line}: the {what} `{value}` is already given in line {first[value]};"
                        f" each has one owner (several people can be one `organisation/team`)"
                    )
                first[value] = member.line


def handle_fault(handle: str) -> str | None:
    """Why nobody on GitHub can be called that, as the end of a sentence; None when somebody can."""
    if handle.startswith("@"):
        return "is written without the `@`"
    login, slash, team = handle.partition("/")
    if not _is_login(login) or (slash and not _is_team_slug(team)):
        return f"`{handle[:60]}` is not a GitHub handle; write a login, or `organisation/team`"
    return None


def _is_login(text: str) -> bool:
    """Letters and digits with single hyphens between; one underscore before the short code of a managed user."""
    name, _, code = text.partition("_")
    parts = name.split("-")
    plain = all(part and _ALNUM.issuperset(part) for part in parts)
    return plain and len(text) <= LOGIN_CHARS_MAX and ("_" not in text or (bool(code) and _ALNUM.issuperset(code)))


def _is_team_slug(text: str) -> bool:
    return bool(text) and slug(text.replace("_", "-").replace(".", "-")) == text.replace("_", "-").replace(".", "-")

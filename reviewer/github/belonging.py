"""Whether people belong to a repository: asked of GitHub before they are called by a mention."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.notice import Belonging, folded
from reviewer.github.failures import AbsentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reviewer.github.client import Repository

REMEMBERED_S: Final = 600.0
"""Seconds for which GitHub's word about somebody is not asked for again."""

REMEMBERED_MAX: Final = 1_024
"""People of whom that is remembered in one process; the one known longest goes first."""

ALIKE_MAX: Final = 20
"""People shown for one login: GitHub looks in names, too, so the very one need not come first."""

_ANYWHERE: Final = 0
"""In the place of a repository's id, which is never 0: each repository of the installation."""

_GRANTED: Final = frozenset({"admin", "maintain", "write"})
_ROUTE: Final = "/repos/{owner}/{repo}/collaborators/{username}/permission"


class _Permission(BaseModel):
    permission: str
    role_name: str = ""


class _User(BaseModel):
    login: str


class _Users(BaseModel):
    nodes: list[_User | None] | None = None


class _Data(BaseModel):
    repository: dict[str, _Users | None]


class Belongings:
    """What GitHub said of people lately. One per process.

    Who belongs to one repository of an account is no stranger to the others, so that holds for the installation: a
    person costs one request in ten minutes, not one for each repository. That somebody is a stranger holds for the one.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, str], tuple[float, Belonging]] = {}

    async def of(
        self, repo: Repository, key: tuple[int, int], logins: Sequence[str], *, private: bool
    ) -> Mapping[str, Belonging]:
        """Whether each is a member of the organisation or a collaborator. `key` is installation and repository id.

        One request for all of them, and one more for each whom that does not show. TransientError when GitHub does not
        answer now.
        """
        found = {login: known for login in logins if (known := self._remembered(key, login)) is not None}
        asked = [login for login in logins if login not in found]
        inside = await _assignable(repo, asked) if asked else frozenset()
        for login in asked:
            is_there = folded(login) in inside
            said = Belonging.INSIDE if is_there else await _permitted(repo, login, private=private)
            found[login] = said
            self._remember(key, login, said)
        return found

    def _remembered(self, key: tuple[int, int], login: str) -> Belonging | None:
        now, name = time.monotonic(), folded(login)
        told = (self._known.get((key[0], where, name)) for where in (_ANYWHERE, key[1]))
        return next((said for until, said in filter(None, told) if until > now), None)

    def _remember(self, key: tuple[int, int], login: str, said: Belonging) -> None:
        name = (key[0], _ANYWHERE if said is Belonging.INSIDE else key[1], folded(login))
        self._known.pop(name, None)
        self._known[name] = (time.monotonic() + REMEMBERED_S, said)
        while len(self._known) > REMEMBERED_MAX:
            del self._known[next(iter(self._known))]


async def _assignable(repo: Repository, logins: Sequence[str]) -> frozenset[str]:
    """Which of these may be assigned to something in the repository, as members and collaborators may; folded.

    Empty where GraphQL is refused or broken: then everybody is asked about alone. Logins travel as variables.
    """
    names = [f"p{number}" for number in range(len(logins))]
    wanted = "".join(f", ${name}: String!" for name in names)
    fields = " ".join(
        f"{name}: assignableUsers(query: ${name}, first: {ALIKE_MAX}) {{ nodes {{ login }} }}" for name in names
    )
    query = (
        f"query($owner: String!, $name: String!{wanted}) {{ repository(owner: $owner, name: $name) {{ {fields} }} }}"
    )
    owner, _, name = repo.full_name.partition("/")
    try:
        answer = await repo.graphql(query, {"owner": owner, "name": name, **dict(zip(names, logins, strict=True))})
        users = answer.into(_Data).repository.values()
    except RefusedError:
        return frozenset()
    except TransientError as error:
        if error.retry_after_s is not None:
            raise
        return frozenset()
    return frozenset(folded(user.login) for one in users if one for user in one.nodes or () if user)


async def _permitted(repo: Repository, login: str, *, private: bool) -> Belonging:
    """By their permission. In a private repository whoever may read belongs there; in a public one everybody may, and
    who has no more than that may be a stranger: UNKNOWN. So is what GitHub refuses to tell.
    """
    try:
        said = (await repo.get(_ROUTE, username=login)).into(_Permission)
    except AbsentError as error:
        return Belonging.OUTSIDE if error.status == 404 else Belonging.UNKNOWN  # 404 is the clear answer "nobody"
    except RefusedError:
        return Belonging.UNKNOWN
    if said.permission in _GRANTED or said.role_name == "triage" or (private and said.permission == "read"):
        return Belonging.INSIDE
    return Belonging.OUTSIDE if said.permission == "none" else Belonging.UNKNOWN

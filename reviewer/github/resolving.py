"""Threads resolved and opened again. GitHub asks `contents: write` of an App for that, so it is apart and off at first.

The token that may do so is made when a thread is to be resolved, for that one repository, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from reviewer.core.errors import RefusedError
from reviewer.github.auth import RESOLVING, Token, resolving_token_from
from reviewer.github.client import MINT, Repository
from reviewer.github.failures import UnprocessableError
from reviewer.github.routes import address
from reviewer.github.wire import Call

if TYPE_CHECKING:
    from reviewer.core.job import Job
    from reviewer.github.answers import JSON
    from reviewer.github.client import GitHubApp

_VERBS: Final = {True: "resolveReviewThread", False: "unresolveReviewThread"}


async def set_resolved(app: GitHubApp, job: Job, *, closing: Sequence[str], opening: Sequence[str]) -> None:
    """Resolve some threads and open others, by their ids, in one request.

    RefusedError where the installation has not granted it, or a thread may not be resolved by us.
    """
    if any((*closing, *opening)):
        await (await may_resolve(app, job)).set_resolved(closing=closing, opening=opening)


async def may_resolve(app: GitHubApp, job: Job) -> Resolving:
    """The repository as who may resolve its threads sees it; RefusedError where the installation has not granted it."""
    wire, tokens = app.wired
    repository = Resolving(wire, tokens, (job.installation, -job.repository_id), job.delivery)
    try:
        await repository.open(job.repository)
    except UnprocessableError as error:
        raise RefusedError("the installation has not granted contents: write") from error
    return repository


class Resolving(Repository):
    """A repository as the token sees it that may write contents: the key's minus keeps it from every other job."""

    __slots__ = ()

    async def set_resolved(self, *, closing: Sequence[str], opening: Sequence[str]) -> None:
        """Resolve some threads and open others, by their ids; RefusedError where one may not be resolved by us."""
        wanted = [(one, True) for one in closing if one] + [(one, False) for one in opening if one]
        if not wanted:
            return
        given = ", ".join(f"$t{at}: ID!" for at in range(len(wanted)))
        parts = (
            f"t{at}: {_VERBS[resolved]}(input: {{threadId: $t{at}}}) {{ thread {{ isResolved }} }}"
            for at, (_, resolved) in enumerate(wanted)
        )
        variables: dict[str, JSON] = {f"t{at}": thread for at, (thread, _) in enumerate(wanted)}
        answer = await self.graphql(f"mutation({given}) {{ {' '.join(parts)} }}", variables)
        if answer.errors:
            raise RefusedError(f"{answer.errors[0].path}: {answer.errors[0].message}")

    async def _mint(self) -> Token:
        installation, repository_id = self._key[0], -self._key[1]
        url = address(self._wire.root, MINT, {"installation_id": installation})
        body: JSON = {"repository_ids": [repository_id], "permissions": dict(RESOLVING)}
        call = Call("POST", url, f"POST {MINT}", self._delivery, json=body)
        return resolving_token_from(await self._wire.ask(self._wire.as_app, call, self._count), repository_id)

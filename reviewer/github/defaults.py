"""An account's defaults: its repository `.github`, read with a token that may read that one and do nothing else."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reviewer.core.owned import OWNER_PATHS
from reviewer.github.auth import READING, Token, defaults_token_from
from reviewer.github.client import MINT, Repository
from reviewer.github.failures import AbsentError, UnprocessableError
from reviewer.github.owner_files import OwnerFiles, read_owner_files
from reviewer.github.routes import address
from reviewer.github.wire import Call

if TYPE_CHECKING:
    from reviewer.core.job import Job
    from reviewer.github.answers import JSON
    from reviewer.github.client import GitHubApp

NAME: Final = ".github"
"""The repository with an account's defaults (docs, default community health files)."""

REMEMBERED_S: Final = 600.0
"""Seconds for which an account's defaults, or that there are none, are not asked for again."""

REMEMBERED_MAX: Final = 256
"""Installations of which that is remembered, the one known longest goes first; each has at most 192 KB."""


@dataclass(frozen=True, slots=True)
class AccountFiles:
    """An account's files (None: not reached), the repository they are in, and how many requests they took just now."""

    files: OwnerFiles | None
    full_name: str
    requests: int


class AccountDefaults:
    """The defaults of every account that we are installed on. One per process."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app
        self._known: dict[int, tuple[float, AccountFiles]] = {}

    async def read(self, job: Job, owner: str) -> AccountFiles:
        """What `OWNER/.github` holds; nothing where the installation does not reach it, be it that there is none.

        Remembered for a while; a job that a person asked for reads it anew, as they may have come for what it says now.
        """
        until, known = self._known.get(job.installation, (0.0, None))
        if known is not None and until > time.monotonic() and not job.trigger.by_person:
            return known
        wire, tokens = self._app.wired
        repository = _Defaults(wire, tokens, (job.installation, 0), job.delivery)  # 0 is no repository's id
        try:
            await repository.open(f"{owner}/{NAME}")
            files = await read_owner_files(repository)
        except (AbsentError, UnprocessableError):  # not there, or the App was taken off it since its token was minted
            found = AccountFiles(None, "", repository.requests)
        else:
            files = replace(files, files={path: text for path, text in files.files.items() if path in OWNER_PATHS})
            found = AccountFiles(files, repository.full_name, repository.requests)
        self._known.pop(job.installation, None)
        self._known[job.installation] = (time.monotonic() + REMEMBERED_S, replace(found, requests=0))
        while len(self._known) > REMEMBERED_MAX:
            del self._known[next(iter(self._known))]
        return found


class _Defaults(Repository):
    __slots__ = ()

    async def open(self, name: str) -> None:
        self._name = name
        await super().open(name)

    async def _mint(self) -> Token:
        url = address(self._wire.root, MINT, {"installation_id": self._key[0]})
        body: JSON = {"repositories": [NAME], "permissions": dict(READING)}
        call = Call("POST", url, f"POST {MINT}", self._delivery, json=body)
        return defaults_token_from(await self._wire.ask(self._wire.as_app, call, self._count), self._name)

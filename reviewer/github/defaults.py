"""An account's defaults: its repository `.github`, read with a token that may read that one and do nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from reviewer.github.auth import READING, Token, defaults_token_from
from reviewer.github.client import MINT, Repository
from reviewer.github.failures import AbsentError, UnprocessableError
from reviewer.github.routes import address
from reviewer.github.wire import Call

if TYPE_CHECKING:
    from reviewer.github.answers import JSON
    from reviewer.github.client import GitHubApp

NAME: Final = ".github"
"""The repository with an account's defaults (docs, default community health files)."""

UNREACHED_S: Final = 600.0
"""Seconds for which an installation that does not reach its account's defaults is not asked again."""

UNREACHED_MAX: Final = 1_000
"""Such installations that are remembered; the one known longest goes first."""


class AccountDefaults:
    """The defaults of every account that we are installed on. One per process."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app
        self._unreached: dict[int, float] = {}

    async def repository(self, installation: int, owner: str, delivery: str) -> Repository | None:
        """`OWNER/.github`; None where the installation does not reach it, be it that there is none."""
        if self._unreached.get(installation, 0.0) > time.monotonic():
            return None
        wire, tokens = self._app.wired
        repository = _Defaults(wire, tokens, (installation, 0), delivery)  # 0 is no repository's id
        try:
            await repository.open(f"{owner}/{NAME}")
        except (AbsentError, UnprocessableError):
            self._unreached.pop(installation, None)
            self._unreached[installation] = time.monotonic() + UNREACHED_S
            while len(self._unreached) > UNREACHED_MAX:
                del self._unreached[next(iter(self._unreached))]
            return None
        return repository


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

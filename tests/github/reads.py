"""Reading a pull request of the stand-in, and what git itself says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from reviewer.core.change import Change, ChangedFile
from reviewer.github.client import AppCredentials, GitHubApp, Repository
from reviewer.github.owner_files import OwnerFiles, read_owner_files
from reviewer.github.reading import PullReader
from tests.standin.github import GitHubStandIn
from tests.standin.gitstore import GitFile
from tests.standin.patch import hunks
from tests.standin.state import Pull

BYTES_MAX = 512 * 1024
Files = Mapping[str, str | bytes | GitFile]


@dataclass(frozen=True, slots=True)
class Read:
    """A reader at work. `before` is how many requests came before its first."""

    github: GitHubStandIn
    pull: Pull
    reader: PullReader
    repository: Repository
    before: int

    async def change(self) -> Change:
        return await self.reader.change(await self.reader.pull())

    async def owned(self) -> OwnerFiles:
        return await read_owner_files(self.repository)

    async def file(self, path: str) -> ChangedFile:
        found = (await self.change()).file(path)
        assert found is not None
        return found

    @property
    def operations(self) -> list[str]:
        return [request.operation or "graphql" for request in self.github.requests[self.before :]]

    def blobs(self, commit: str) -> dict[str, str]:
        """Path → blob id, as git has them."""
        return {
            entry.path: entry.sha for entry in self.github.repository_of(self.pull).git.tree(commit, recursive=True)
        }

    def text(self, blob: str) -> str:
        """A blob as git has it."""
        found = self.github.repository_of(self.pull).git.object(blob)
        assert found is not None
        return found[2].decode()

    def judge(self, change: Change) -> None:
        """Every file that counts as read has git's texts on both sides and git's added lines."""
        record = self.github.repository_of(self.pull)
        listed, head, base = record.diff(self.pull), self.blobs(self.pull.head_sha), self.blobs(self.pull.base_sha)
        assert sorted(file.path for file in change.files) == sorted(shown(entry.path) for entry in listed)
        for entry in listed:
            file = change.file(shown(entry.path))
            assert file is not None
            if file.unread is not None:
                assert not file.diff.hunks
                continue
            if entry.status == "removed":
                assert file.head is None
            else:
                assert file.head == self.text(head[entry.path])
            if entry.status == "added":
                assert file.base is None
            else:
                assert file.base == self.text(base[entry.old_path or entry.path])
            right = hunks(entry.patch).right
            assert {number for hunk in file.diff.hunks for number in _right(hunk)} == set(right)
            assert len(file.diff.added) == entry.additions
            assert len(file.diff.removed) == entry.deletions


def _right(hunk: object) -> list[int]:
    return [line.new for line in getattr(hunk, "lines", ()) if line.new is not None]


def shown(path: str) -> str:
    """A name as GitHub's JSON has it."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@asynccontextmanager
async def gateway(github: GitHubStandIn) -> AsyncIterator[GitHubApp]:
    """The App; to make one costs more than to read a pull request."""
    app = GitHubApp(AppCredentials(str(github.app_id), github.private_key), github.url)
    try:
        yield app
    finally:
        await app.aclose()


async def begun(app: GitHubApp, github: GitHubStandIn, pull: Pull, bytes_max: int = BYTES_MAX) -> Read:
    """A reader of a pull request, with its token minted."""
    record = github.repository_of(pull)
    installation = github.installation(record.owner).id
    repository = await app.repository(installation, record.id, record.full_name, "delivery-1")
    return Read(github, pull, PullReader(repository, pull.number, bytes_max), repository, len(github.requests))


@asynccontextmanager
async def reading(github: GitHubStandIn, pull: Pull, bytes_max: int = BYTES_MAX) -> AsyncIterator[Read]:
    """A reader of a pull request, for a test that has one."""
    async with gateway(github) as app:
        yield await begun(app, github, pull, bytes_max)

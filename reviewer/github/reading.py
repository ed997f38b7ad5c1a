"""A pull request → one Change, in a number of requests that does not grow with its files.

Pull request, files (100 a page), tree at head, then every text by blob id in GraphQL batches; the base side is rebuilt from
head and patch. Where a host refuses GraphQL, blobs are read one by one.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, Field

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.configuration import OWNER_PATHS
from reviewer.core.diff import FileDiff, UnreadableDiffError, parse_patch, reverse_apply
from reviewer.core.errors import RefusedError, TransientError
from reviewer.core.readable import decode, too_large, unread_by_name, unread_by_text
from reviewer.core.untrusted import Untrusted
from reviewer.github.answers import JSON, shaped
from reviewer.github.client import MorePagesError, Repository
from reviewer.github.failures import AbsentError, HttpRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PER_PAGE: Final = 100
_PAGES_MAX: Final = 30
"""GitHub lists at most 3,000 files of a pull request (REST description, list pull request files)."""

_LATE_PAGE: Final = 30
_LATE_PAGES_MAX: Final = 4
"""Pages asked again, smaller, for patches that a large page left out; what is still missing is named as not reviewed."""

_BATCH_BLOBS: Final = 100
_BATCH_BYTES: Final = 4 * 1024 * 1024
"""GitHub ends a request after 10 s; 4 MB of source is answered in one or two."""

_BLOBS_MAX_BY_REST: Final = 300

_STATUS: Final = {status.value: status for status in FileStatus}


class _User(BaseModel):
    login: str
    type: str = "User"


class _Repo(BaseModel):
    default_branch: str = "main"


class _Ref(BaseModel):
    sha: str
    repo: _Repo | None = None


class _Pull(BaseModel):
    number: int
    state: str
    draft: bool = False
    title: str = ""
    body: str | None = None
    user: _User | None = None
    head: _Ref
    base: _Ref
    changed_files: int = 0


class _File(BaseModel):
    filename: str
    status: str
    sha: str | None = None
    patch: str | None = None
    previous_filename: str | None = None
    changes: int = 0


class _TreeEntry(BaseModel):
    path: str
    mode: str
    type: str
    sha: str | None = None
    size: int = 0


class _Tree(BaseModel):
    tree: list[_TreeEntry]
    truncated: bool = False


class _Blob(BaseModel):
    text: str | None = None
    is_binary: bool | None = Field(default=None, alias="isBinary")
    is_truncated: bool = Field(default=False, alias="isTruncated")
    byte_size: int = Field(default=0, alias="byteSize")


@dataclass(frozen=True, slots=True)
class Pull:
    """What a job must know of a pull request before it reads the change."""

    number: int
    head: str
    base: str
    is_open: bool
    is_draft: bool
    by_bot: str | None
    """The author's login when it is a bot, else None."""
    changed_files: int
    title: Untrusted
    body: Untrusted


@dataclass(slots=True)
class _Known:
    """What the reader has learnt of the tree at head: path → mode and blob id."""

    modes: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    truncated: bool = False


class PullReader:
    """Reads one pull request for one job."""

    def __init__(self, repository: Repository, number: int, bytes_max: int) -> None:
        self._repository = repository
        self._number = number
        self._bytes_max = bytes_max
        self._known = _Known()
        self.owner_files: Mapping[str, str] = {}
        """Texts of OWNER_PATHS that exist on the default branch; filled by `change`."""
        self.owner_sha: str = ""
        """The default branch's commit they were read at; "" where the host does not say."""

    async def pull(self) -> Pull:
        """The pull request as it stands now."""
        route = "/repos/{owner}/{repo}/pulls/{pull_number}"
        pull = (await self._repository.get(route, pull_number=self._number)).into(_Pull)
        user = pull.user
        return Pull(
            pull.number,
            pull.head.sha,
            pull.base.sha,
            pull.state == "open",
            pull.draft,
            user.login if user and (user.type == "Bot" or user.login.endswith("[bot]")) else None,
            pull.changed_files,
            Untrusted(pull.title),
            Untrusted(pull.body or ""),
        )

    async def change(self, pull: Pull) -> Change:
        """The change at the head that `pull` names. TransientError when the head moved while we read."""
        listed, cut = await self._files()
        await self._read_tree(pull.head)
        self._check_head(listed)
        wanted = [file for file in listed if self._unread_by_name(file) is None and file.status != "removed"]
        ids = [file.sha for file in wanted if file.sha and _is_id(file.sha)]
        texts = await self._blobs(ids, with_owner_files=True)
        files = tuple(self._file(file, texts) for file in listed)
        return Change(
            repository=self._repository.full_name,
            number=pull.number,
            base=pull.base,
            head=pull.head,
            files=files,
            title=pull.title,
            body=pull.body,
            tree=frozenset(self._known.blobs),
            truncated=cut or ("the repository's tree is too large to list whole" if self._known.truncated else None),
        )

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Texts of unchanged files at head, by path, in one batch; what cannot be read is left out."""
        ids = {
            path: self._known.blobs[path]
            for path in paths
            if path in self._known.blobs
            and unread_by_name("", self._known.modes[path]) is None
            and self._known.sizes.get(path, 0) <= self._bytes_max
        }
        if not ids:
            return {}
        texts = await self._blobs(list(ids.values()), with_owner_files=False)
        found: dict[str, str] = {}
        for path, blob in ids.items():
            text, _ = texts.get(blob, (None, None))
            if text is not None:
                found[path] = text
        return found

    async def _files(self) -> tuple[list[_File], str | None]:
        route = "/repos/{owner}/{repo}/pulls/{pull_number}/files"
        listed: list[_File] = []
        cut: str | None = None
        try:
            async for item in self._repository.pages(
                route, per_page=_PER_PAGE, pages_max=_PAGES_MAX, pull_number=self._number
            ):
                listed.append(shaped(_File, item, route))
        except MorePagesError:
            cut = f"GitHub lists only {_PER_PAGE * _PAGES_MAX} files of a pull request"
        if len(listed) >= _PER_PAGE * _PAGES_MAX:
            cut = f"GitHub lists only {_PER_PAGE * _PAGES_MAX} files of a pull request"
        return await self._with_late_patches(listed), cut

    async def _with_late_patches(self, listed: list[_File]) -> list[_File]:
        """Ask again, in small pages, for patches that a large page left out."""
        late = {at // _LATE_PAGE for at, file in enumerate(listed) if file.patch is None and file.changes}
        again: dict[str, _File] = {}
        route = "/repos/{owner}/{repo}/pulls/{pull_number}/files"
        for page in sorted(late)[:_LATE_PAGES_MAX] if len(listed) > _LATE_PAGE else ():
            answer = await self._repository.get(
                route, query={"per_page": _LATE_PAGE, "page": page + 1}, pull_number=self._number
            )
            for item in answer.json if isinstance(answer.json, list) else []:
                file = shaped(_File, item, route)
                again[file.filename] = file
        return [again.get(file.filename, file) if file.patch is None else file for file in listed]

    async def _read_tree(self, head: str) -> None:
        if not _is_id(head):
            raise TransientError("GitHub named a head that is no commit id")
        answer = await self._repository.get(
            "/repos/{owner}/{repo}/git/trees/{tree_sha}", query={"recursive": "1"}, tree_sha=head
        )
        tree = answer.into(_Tree)
        known = _Known(truncated=tree.truncated)
        for entry in tree.tree:
            if entry.type == "tree" or entry.sha is None:
                continue
            known.modes[entry.path], known.blobs[entry.path] = entry.mode, entry.sha
            known.sizes[entry.path] = entry.size
        self._known = known

    def _check_head(self, listed: Sequence[_File]) -> None:
        """The list of files carries no SHA: a file whose blob is another one at our head shows that the head moved."""
        for file in listed:
            there = self._known.blobs.get(file.filename)
            if file.status != "removed" and file.sha and there is not None and there != file.sha:
                raise TransientError("the pull request's head moved while it was read", retry_after_s=1)

    def _unread_by_name(self, file: _File) -> str | None:
        size = self._known.sizes.get(file.filename, 0)
        return unread_by_name(file.filename, self._known.modes.get(file.filename, "")) or too_large(
            size, self._bytes_max
        )

    def _file(self, file: _File, texts: Mapping[str, tuple[str | None, str | None]]) -> ChangedFile:
        status = _STATUS.get(file.status, FileStatus.CHANGED)
        removed = status is FileStatus.REMOVED
        unread = self._unread_by_name(file)
        head, reason = (None, None) if removed else texts.get(file.sha or "", (None, "GitHub did not give its text"))
        unread = unread or reason
        diff = FileDiff()
        if unread is None:
            diff, unread = _diff(file)
        base: str | None = None
        if unread is None and status is not FileStatus.ADDED:
            base = reverse_apply(head or "", diff)
            unread = "its diff does not fit its text" if base is None else None
        unread = unread or unread_by_text(head or base or "")
        return ChangedFile(
            path=file.filename, status=status, diff=diff, head=head, base=base, old_path=file.previous_filename,
            blob="" if removed else file.sha or "", unread=unread,
        )

    async def _blobs(
        self, ids: Sequence[str], *, with_owner_files: bool
    ) -> dict[str, tuple[str | None, str | None]]:
        """Blob id → its text, or why there is none."""
        unique = list(dict.fromkeys(ids))
        texts: dict[str, tuple[str | None, str | None]] = {}
        batches = _batches(unique, {self._known.blobs[path]: size for path, size in self._known.sizes.items()})
        first = with_owner_files
        for batch in batches or ([[]] if first else []):
            try:
                texts |= await self._by_graphql(batch, with_owner_files=first)
            except HttpRefusedError:
                if first:
                    await self._owner_files_by_rest()
                return texts | await self._by_rest([blob for blob in unique if blob not in texts])
            first = False
        return texts

    async def _by_graphql(
        self, ids: Sequence[str], *, with_owner_files: bool
    ) -> dict[str, tuple[str | None, str | None]]:
        parts = [f'b{at}: object(oid: "{blob}") {{ ...text }}' for at, blob in enumerate(ids)]
        if with_owner_files:
            parts += [f'c{at}: object(expression: "HEAD:{path}") {{ ...text }}' for at, path in enumerate(OWNER_PATHS)]
            parts.append("defaultBranchRef { target { oid } }")
        query = (
            "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { "
            + " ".join(parts)
            + " } } fragment text on Blob { text isBinary isTruncated byteSize }"
        )
        owner, _, name = self._repository.full_name.partition("/")
        answer = await self._repository.graphql(query, {"owner": owner, "name": name})
        data = answer.data.get("repository")
        if not isinstance(data, dict):
            raise TransientError("GraphQL answered without the repository")
        if with_owner_files:
            self._take_owner_files(data)
        return {blob: self._read_blob(data.get(f"b{at}")) for at, blob in enumerate(ids)}

    def _take_owner_files(self, data: Mapping[str, JSON]) -> None:
        found: dict[str, str] = {}
        for at, path in enumerate(OWNER_PATHS):
            if data.get(f"c{at}") is None:
                continue
            text, reason = self._read_blob(data.get(f"c{at}"))
            if text is None:
                raise RefusedError(f"{path} on the default branch cannot be read: {reason}")
            found[path] = text
        self.owner_files = found
        branch = data.get("defaultBranchRef")
        target = branch.get("target") if isinstance(branch, dict) else None
        oid = target.get("oid") if isinstance(target, dict) else None
        self.owner_sha = oid if isinstance(oid, str) else ""

    async def _owner_files_by_rest(self) -> None:
        found: dict[str, str] = {}
        for path in OWNER_PATHS:
            try:
                answer = await self._repository.get(
                    "/repos/{owner}/{repo}/contents/{path}", accept="application/vnd.github.raw+json", path=path
                )
            except AbsentError:
                continue
            text, reason = decode(answer.body, self._bytes_max)
            if text is None:
                raise RefusedError(f"{path} on the default branch cannot be read: {reason}")
            found[path] = text
        self.owner_files = found

    def _read_blob(self, value: JSON) -> tuple[str | None, str | None]:
        if value is None:
            return None, "GitHub did not give its text"
        blob = shaped(_Blob, value, "GraphQL")
        if blob.is_binary:
            return None, "binary"
        if (reason := too_large(blob.byte_size, self._bytes_max)) is not None:
            return None, reason
        if blob.is_truncated or blob.text is None:
            return None, "GitHub did not give its whole text"
        return decode(blob.text.encode("utf-8", "surrogatepass"), self._bytes_max)

    async def _by_rest(self, ids: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
        texts: dict[str, tuple[str | None, str | None]] = {}
        for blob in ids[:_BLOBS_MAX_BY_REST]:
            route = "/repos/{owner}/{repo}/git/blobs/{file_sha}"
            answer = await self._repository.get(route, file_sha=blob)
            content = answer.json.get("content") if isinstance(answer.json, dict) else None
            try:
                data = base64.b64decode(content if isinstance(content, str) else "!", validate=False)
            except binascii.Error as error:
                raise TransientError(f"{route}: the content is not base64") from error
            texts[blob] = decode(data, self._bytes_max)
        return texts


def _diff(file: _File) -> tuple[FileDiff, str | None]:
    if file.patch is None:
        return FileDiff(), "GitHub gives no diff for it (binary or too large)" if file.changes else None
    try:
        return parse_patch(file.patch), None
    except UnreadableDiffError as error:
        return FileDiff(), str(error)


def _is_id(text: str) -> bool:
    """A git object id: 40 or 64 hexadecimal digits. Nothing else gets into a query or a URL."""
    return len(text) in (40, 64) and set(text) <= set("0123456789abcdef")


def _batches(ids: Sequence[str], sizes: Mapping[str, int]) -> list[list[str]]:
    """Blob ids in groups that one request answers in time."""
    groups: list[list[str]] = []
    room = 0
    for blob in ids:
        size = sizes.get(blob, 0)
        if not groups or len(groups[-1]) >= _BATCH_BLOBS or size > room:
            groups.append([])
            room = _BATCH_BYTES
        groups[-1].append(blob)
        room -= size
    return groups

"""Texts by blob id, in GraphQL batches, each proved by its id; and what comes with the first batch for nothing.

Where a host refuses GraphQL, blobs are read one by one. Of a pull request, only ids get into a query.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from pydantic import BaseModel, Field

from reviewer.core.configuration import CONFIG_BYTES_MAX, OWNER_PATHS
from reviewer.core.errors import TransientError, UserError
from reviewer.core.readable import decode, too_large
from reviewer.github.answers import JSON, GraphAnswer, shaped
from reviewer.github.failures import AbsentError, HttpRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reviewer.github.client import Repository

NO_TEXT: Final = "GitHub did not give its text"

_BATCH_BLOBS: Final = 100
_BATCH_BYTES: Final = 4 * 1024 * 1024
"""GitHub ends a request after 10 s; 4 MB of source is answered in one or two."""

_REST_MAX: Final = 300
"""Blobs read one by one where a host refuses GraphQL: a job's share of the 5,000 requests an hour."""

_DOUBTFUL_MAX: Final = 20
"""Blobs read again by REST because GraphQL's text was cut or altered (not UTF-8, a byte-order mark)."""

TextOrReason: TypeAlias = "tuple[str | None, str | None]"
"""A text, or why there is none: exactly one of the two is not None."""


class _Blob(BaseModel):
    oid: str
    text: str | None = None
    is_binary: bool | None = Field(default=None, alias="isBinary")
    byte_size: int = Field(default=0, alias="byteSize")


class _Object(BaseModel):
    oid: str


class _Branch(BaseModel):
    target: _Object | None = None


class _Head(BaseModel):
    head: str = Field(alias="headRefOid")


class _Content(BaseModel):
    content: str


@dataclass(frozen=True, slots=True)
class Besides:
    """What the first batch tells besides texts.

    `owner_files` holds the texts of OWNER_PATHS that exist on the default branch, or why one cannot be read.
    `owner_sha` is the commit they were read at, "" where the host does not say. `head` is the pull request's head when
    the texts were read, None where the host does not say.
    """

    owner_files: Mapping[str, str | UserError] = field(default_factory=dict)
    owner_sha: str = ""
    head: str | None = None


def is_id(text: str) -> bool:
    """A git object id: 40 or 64 hexadecimal digits. Nothing else gets into a query or a URL."""
    return len(text) in (40, 64) and set(text) <= set("0123456789abcdef")


def is_content(blob: str, data: bytes) -> bool:
    """Whether these bytes are the blob of that id; GraphQL gives text that was recoded without saying so."""
    kind = hashlib.sha1 if len(blob) == 40 else hashlib.sha256
    return kind(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() == blob


class BlobReader:
    """Reads texts of one repository for one pull request."""

    def __init__(self, repository: Repository, number: int, bytes_max: int) -> None:
        self._repository = repository
        self._number = number
        self._bytes_max = bytes_max

    async def first(self, ids: Iterable[str], sizes: Mapping[str, int]) -> tuple[dict[str, TextOrReason], Besides]:
        """Blob id → text or reason, and what comes besides. `sizes` are bytes by blob id, as far as known."""
        unique = [blob for blob in dict.fromkeys(ids) if is_id(blob)]
        batches = _batches(unique, sizes)
        start, rest = (batches[0] if batches else []), batches[1:]
        try:
            answer, data = await self._ask(start, _BESIDES)
        except HttpRefusedError:
            besides = Besides(await self._owner_files_by_rest())
            return await self._by_rest(unique, _REST_MAX), besides
        texts = await self._proved(start, answer, data)
        for batch in rest:
            texts |= await self._batch(batch)
        return texts, _besides(answer, data)

    async def texts(self, ids: Iterable[str], sizes: Mapping[str, int]) -> dict[str, TextOrReason]:
        """Blob id → text or reason."""
        texts: dict[str, TextOrReason] = {}
        for batch in _batches([blob for blob in dict.fromkeys(ids) if is_id(blob)], sizes):
            texts |= await self._batch(batch)
        return texts

    async def _batch(self, ids: Sequence[str]) -> dict[str, TextOrReason]:
        try:
            answer, data = await self._ask(ids, "")
        except HttpRefusedError:
            return await self._by_rest(ids, _REST_MAX)
        return await self._proved(ids, answer, data)

    async def _ask(self, ids: Sequence[str], besides: str) -> tuple[GraphAnswer, Mapping[str, JSON]]:
        parts = [f'b{at}: object(oid: "{blob}") {{ ...text }}' for at, blob in enumerate(ids)]
        query = (
            "query($owner: String!, $name: String!, $number: Int!) { repository(owner: $owner, name: $name) { "
            + " ".join([*parts, besides])
            + " pullRequest(number: $number) { headRefOid } } } fragment text on Blob { oid text isBinary byteSize }"
        )
        owner, _, name = self._repository.full_name.partition("/")
        answer = await self._repository.graphql(query, {"owner": owner, "name": name, "number": self._number})
        data = answer.data.get("repository")
        if not isinstance(data, dict):
            raise TransientError("GraphQL answered without the repository")
        return answer, data

    async def _proved(
        self, ids: Sequence[str], answer: GraphAnswer, data: Mapping[str, JSON]
    ) -> dict[str, TextOrReason]:
        """The texts that are their blobs' content; the doubtful ones are asked for again, byte by byte."""
        failed = {error.path for error in answer.errors}
        texts: dict[str, TextOrReason] = {}
        doubtful: list[str] = []
        for at, blob in enumerate(ids):
            value = data.get(f"b{at}")
            if not value and f"repository.b{at}" not in failed:  # no such object, or one that is no blob
                texts[blob] = (None, NO_TEXT)
                continue
            read = self._text(blob, shaped(_Blob, value, "GraphQL")) if value else None
            if read is None:
                doubtful.append(blob)
            else:
                texts[blob] = read
        return texts | await self._by_rest(doubtful, _DOUBTFUL_MAX)

    def _text(self, blob: str, value: _Blob) -> TextOrReason | None:
        """None when this is not the blob's whole and true content."""
        if value.is_binary:
            return None, "binary"
        if (reason := too_large(value.byte_size, self._bytes_max)) is not None:
            return None, reason
        data = (value.text or "").encode("utf-8", "surrogatepass")
        return decode(data, self._bytes_max) if is_content(blob, data) else None

    async def _by_rest(self, ids: Sequence[str], most: int) -> dict[str, TextOrReason]:
        texts: dict[str, TextOrReason] = dict.fromkeys(ids, (None, NO_TEXT))
        for blob in ids[:most]:
            route = "/repos/{owner}/{repo}/git/blobs/{file_sha}"
            try:
                answer = await self._repository.get(route, file_sha=blob)
            except HttpRefusedError:  # a commit, a blob above 100 MB: it is named, the others are read
                continue
            try:
                data = base64.b64decode(answer.into(_Content).content)
            except binascii.Error as error:
                raise TransientError(f"{route}: the content is not base64") from error
            texts[blob] = decode(data, self._bytes_max)
        return texts

    async def _owner_files_by_rest(self) -> dict[str, str | UserError]:
        found: dict[str, str | UserError] = {}
        route = "/repos/{owner}/{repo}/contents/{path}"
        for path in OWNER_PATHS:
            try:
                answer = await self._repository.get(route, accept="application/vnd.github.raw+json", path=path)
            except AbsentError:
                continue
            found[path] = _owner_text(path, answer.body)
        return found


_BESIDES: Final = " ".join(
    [
        *(f'c{at}: object(expression: "HEAD:{path}") {{ oid ...text }}' for at, path in enumerate(OWNER_PATHS)),
        "defaultBranchRef { target { oid } }",
    ]
)
"""Owner files at HEAD: of a repository on GitHub that is the default branch, whatever the pull request's base is."""


def _besides(answer: GraphAnswer, data: Mapping[str, JSON]) -> Besides:
    """TransientError when an owner file is missing because of an error: that must not read as "there is none"."""
    for error in answer.errors:
        if not error.path.startswith("repository.b"):
            raise TransientError(f"GraphQL could not tell all of the repository: {error.message}")
    found: dict[str, str | UserError] = {}
    for at, path in enumerate(OWNER_PATHS):
        value = data.get(f"c{at}")
        if value is None:
            continue
        blob = shaped(_Blob, value, "GraphQL")
        text = (blob.text or "").encode("utf-8", "surrogatepass")
        if is_content(blob.oid, text):
            found[path] = _owner_text(path, text)
        else:
            found[path] = UserError(f"{path} is not UTF-8 text of at most {CONFIG_BYTES_MAX // 1024} KB.")
    branch, pull = data.get("defaultBranchRef"), data.get("pullRequest")
    target = None if branch is None else shaped(_Branch, branch, "GraphQL").target
    return Besides(
        found,
        "" if target is None else target.oid,
        None if pull is None else shaped(_Head, pull, "GraphQL").head,
    )


def _owner_text(path: str, data: bytes) -> str | UserError:
    text, reason = decode(data, CONFIG_BYTES_MAX)
    return text if text is not None else UserError(f"{path} cannot be read: it is {reason}.")


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

"""Texts by blob id, in GraphQL batches, each proved by its id; and what comes with the first batch for nothing.

Where a host refuses GraphQL, blobs are read one by one. Of a pull request, only ids get into a query.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from pydantic import BaseModel

from reviewer.core.errors import TransientError
from reviewer.core.readable import decode, too_large
from reviewer.github.answers import JSON, GraphAnswer, shaped
from reviewer.github.blob import Blob, is_content, is_id
from reviewer.github.failures import HttpRefusedError
from reviewer.github.owner_files import OWNED, TEXT, OwnerFiles, owner_files_by_rest, owner_files_told
from reviewer.github.pull import FIELDS, Pull, pull_told

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


class _Content(BaseModel):
    content: str


@dataclass(frozen=True, slots=True)
class Besides:
    """What the first batch tells besides texts: the owner's files, and the pull request when the texts were read, None
    where the host does not say.
    """

    owned: OwnerFiles
    pull: Pull | None = None


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
            answer, data = await self._ask(start, OWNED)
        except HttpRefusedError:
            found = Besides(await owner_files_by_rest(self._repository))
            return await self._by_rest(unique, _REST_MAX), found
        owned, pull = owner_files_told(answer, data), data.get("pullRequest")
        texts = await self._proved(start, answer, data)
        for batch in rest:
            texts |= await self._batch(batch)
        return texts, Besides(owned, None if pull is None else pull_told(pull))

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
            + " pullRequest(number: $number) { "
            + (FIELDS if besides else "headRefOid")
            + " } } } "
            + TEXT
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
            read = self._text(blob, shaped(Blob, value, "GraphQL")) if value else None
            if read is None:
                doubtful.append(blob)
            else:
                texts[blob] = read
        return texts | await self._by_rest(doubtful, _DOUBTFUL_MAX)

    def _text(self, blob: str, value: Blob) -> TextOrReason | None:
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

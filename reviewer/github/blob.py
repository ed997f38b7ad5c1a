"""One blob as GraphQL shows it, and the proof that a text is that blob's."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, Field


class Blob(BaseModel):
    """A blob; `text` is None where GitHub gives none."""

    oid: str
    text: str | None = None
    is_binary: bool | None = Field(default=None, alias="isBinary")
    byte_size: int = Field(default=0, alias="byteSize")


def is_id(text: str) -> bool:
    """A git object id: 40 or 64 hexadecimal digits. Nothing else gets into a query or a URL."""
    return len(text) in (40, 64) and set(text) <= set("0123456789abcdef")


def is_content(blob: str, data: bytes) -> bool:
    """Whether these bytes are the blob of that id; GraphQL gives text that was recoded without saying so."""
    kind = hashlib.sha1 if len(blob) == 40 else hashlib.sha256
    return kind(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() == blob

"""What the model said of a hunk, kept so that it is not asked again. Only who has the hunk can read it.

The name and the key of a verdict are made of the hunk itself (of a digest of all that the model was shown of it), and
the digest is kept nowhere: whoever has the database and not the code learns nothing of the code. Verdicts go with their
installation, and after the time for which ended work is remembered.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reviewer.store.tables import VERDICTS, Insertion

if TYPE_CHECKING:
    from reviewer.store.database import Database

VERDICT_BYTES_MAX: Final = 64 * 1024
"""Bytes of one verdict; a larger one is not kept and the hunk is asked about again. A finding is about 1 KB."""

VERDICTS_MAX: Final = 2_000
"""Verdicts written or looked for at once: a batch has some tens of hunks, all batches of a review a thousand or two."""

_NONCE_BYTES: Final = 12
_PUT = Insertion(VERDICTS, ("tenant", "name"))


class Verdicts:
    """Texts by digest, apart for each tenant (`INSTALLATION/REPOSITORY`).

    Every method raises TransientError when the database does not take it now.
    """

    def __init__(self, database: Database) -> None:
        self._run = database.run

    async def keep(self, tenant: str, texts: Mapping[str, str]) -> None:
        """Keep texts by their digests; a text that is there is replaced."""
        now, rows = time.time(), []
        for digest, text in list(texts.items())[:VERDICTS_MAX]:
            data = text.encode("utf-8", "surrogatepass")
            if len(data) <= VERDICT_BYTES_MAX:
                name = _name(tenant, digest)
                rows.append({"tenant": tenant, "name": name, "sealed": _seal(tenant, digest, data), "kept_at": now})

        def work(connection: sa.Connection) -> None:
            for row in rows:
                _PUT.put(connection, row)

        if rows:
            await self._run(work)

    async def kept(self, tenant: str, digests: frozenset[str]) -> Mapping[str, str]:
        """The texts that are kept for these digests."""
        names = {_name(tenant, digest): digest for digest in sorted(digests)[:VERDICTS_MAX]}
        if not names:
            return {}
        query = sa.select(VERDICTS.c.name, VERDICTS.c.sealed).where(
            VERDICTS.c.tenant == tenant, VERDICTS.c.name.in_(list(names))
        )
        rows = await self._run(lambda connection: connection.execute(query).all())
        opened = {names[row.name]: _open(tenant, names[row.name], bytes(row.sealed)) for row in rows}
        return {digest: text for digest, text in opened.items() if text is not None}

    async def remove_old(self, age_s: float) -> int:
        """Delete verdicts that were kept longer ago than that; returns how many."""
        old = sa.delete(VERDICTS).where(VERDICTS.c.kept_at < time.time() - age_s)
        return await self._run(lambda connection: connection.execute(old).rowcount)


def _name(tenant: str, digest: str) -> str:
    return hashlib.sha256(f"name\x00{tenant}\x00{digest}".encode()).hexdigest()


def _key(tenant: str, digest: str) -> bytes:
    return hashlib.sha256(f"key\x00{tenant}\x00{digest}".encode()).digest()


def _seal(tenant: str, digest: str, data: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_key(tenant, digest)).encrypt(nonce, data, None)


def _open(tenant: str, digest: str, sealed: bytes) -> str | None:
    """The text; None for what was not sealed by us, which is then asked for anew."""
    try:
        data = AESGCM(_key(tenant, digest)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
        return data.decode("utf-8", "surrogatepass")
    except (InvalidTag, ValueError):
        return None

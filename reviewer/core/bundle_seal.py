"""The seal of a bundle: a part of the file that is a SHA-256 of all others. What somebody edits is no record any more.

It finds mistakes; who means to forge a record can make another seal.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SEAL: Final = "seal"
"""The name of the part."""


def seal(plain: Mapping[str, object]) -> str:
    """The seal of all other parts."""
    return hashlib.sha256(written(plain)).hexdigest()


def sealed(plain: Mapping[str, object]) -> bytes:
    """All parts with their seal, as JSON."""
    return written({**plain, SEAL: seal(plain)})


def written(plain: Mapping[str, object]) -> bytes:
    """JSON that is the same for the same content in the same order, however somebody has laid it out."""
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

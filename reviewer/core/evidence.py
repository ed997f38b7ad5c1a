"""What is known of a property of an endpoint: a cell of the evidence matrix."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Evidence(StrEnum):
    """Whether something was seen. UNKNOWN where what decides was not read: never a reproach."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not needed"


def worst(found: Iterable[Evidence]) -> Evidence:
    """What holds for several parts together: NO for one is NO for all; NOT_NEEDED without any part."""
    seen = set(found)
    order = (Evidence.NO, Evidence.UNKNOWN, Evidence.YES)
    return next((one for one in order if one in seen), Evidence.NOT_NEEDED)

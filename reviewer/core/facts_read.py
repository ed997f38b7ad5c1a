"""What reading many files gave: facts, and why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reviewer.core.facts import FileFacts


@dataclass(frozen=True, slots=True)
class FactsRead:
    """What the worker could and could not read: facts by path, and for the others why not, in words."""

    facts: Mapping[str, FileFacts] = field(default_factory=lambda: MappingProxyType({}))
    unread: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

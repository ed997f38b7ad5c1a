"""What a file takes from other modules and gives to them, as facts; where a module lies: `core/resolution.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name. `name` is what the module calls it: "default", "*" for the namespace, "" for a bare
    import."""

    local: str
    name: str
    module: str
    line: int
    is_type: bool = False


@dataclass(frozen=True, slots=True)
class Export:
    """One exported name. `local` is the name here, or the name in `module` for a re-export; name "*" re-exports
    all."""

    name: str
    local: str
    line: int
    module: str = ""

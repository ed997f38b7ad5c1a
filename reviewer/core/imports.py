"""What a file takes from other modules and gives to them, as facts; where a module lies: `core/resolution.py`."""

from __future__ import annotations

from reviewer.core.fact import Fact


class Import(Fact, frozen=True):
    """One imported name. `name` is what the module calls it: "default", "*" for the namespace, "" for a bare
    import."""

    local: str
    name: str
    module: str
    line: int
    is_type: bool = False


class Export(Fact, frozen=True):
    """One exported name. `local` is the name here, or the name in `module` for a re-export; name "*" re-exports
    all."""

    name: str
    local: str
    line: int
    module: str = ""

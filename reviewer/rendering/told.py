"""Who was told on a pull request, as a hidden line of our summary: it survives the loss of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reviewer.core.notice import TOLD_MAX, folded
from reviewer.core.team import handle_fault

if TYPE_CHECKING:
    from collections.abc import Sequence

_BEGIN: Final = "<!-- reviewer:told "
_END: Final = " -->"


def told_line(told: Sequence[str]) -> str:
    """The hidden line with these handles, without `@`: it calls nobody. "" for nobody."""
    sound = [handle for handle in told if handle_fault(handle) is None]
    return f"{_BEGIN}{' '.join(sound)}{_END}" if sound else ""


def read_told(body: str) -> tuple[str, ...] | None:
    """The handles of the last such line of a summary that our own account wrote; None when it has none.

    What stands in other texts of the summary cannot begin a line so: the renderer breaks every marker in them.
    """
    lines = [line.strip() for line in body.split("\n")]
    ours = [line for line in lines if line.startswith(_BEGIN) and line.endswith(_END)]
    if not ours:
        return None
    handles = ours[-1].removeprefix(_BEGIN).removesuffix(_END).split()
    return tuple(dict.fromkeys(folded(handle) for handle in handles if handle_fault(handle) is None))[: 2 * TOLD_MAX]

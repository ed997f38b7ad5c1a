"""What the owners of a repository ask the model to heed; a local review, which knows no GitHub, asks it the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wcmatch import glob

if TYPE_CHECKING:
    from reviewer.core.change import Change
    from reviewer.core.plan import Plan

_GLOB = glob.GLOBSTAR | glob.DOTGLOB | glob.FORCEUNIX


def owner_words(plan: Plan, change: Change) -> tuple[str, ...]:
    """What the owner asks the model to heed in the files of this change."""
    paths = [file.path for file in change.files if file.unread is None]
    words = [
        f"In files that match {', '.join(item.paths)}: {' '.join(item.text.split())}"
        for item in plan.config.paths.instructions
        if any(glob.globmatch(path, item.paths, flags=_GLOB) for path in paths)
    ]
    if plan.config.tone == "brief":
        words.append("Write every message in at most two sentences: what fails, and how to mend it.")
    return tuple(words)

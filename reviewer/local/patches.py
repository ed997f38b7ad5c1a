"""The hunks of many files in one call, under neutral names: no attribute, no odd name and no setting touches them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reviewer.local.git import Git

_DIFF: Final = (
    "diff-tree", "-r", "--patch", "--text", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv",
    "--unified=3", "--inter-hunk-context=0", "--diff-algorithm=myers", "--indent-heuristic",
)  # fmt: skip
"""What `git diff` does without any configuration, said in full."""


def patches(store: Git, pairs: Sequence[tuple[str | None, str | None]]) -> list[str]:
    """The hunks between each two blobs (None: no file on that side), "" where there is no difference.

    `store` is a scratch store: two trees are written to it.
    """
    old = _tree(store, [pair[0] for pair in pairs])
    new = _tree(store, [pair[1] for pair in pairs])
    found = [""] * len(pairs)
    text = store(*_DIFF, old, new).decode("utf-8", "replace")
    for chunk in ("\n" + text).split("\ndiff --git a/")[1:]:  # no line of a hunk starts with a letter
        name, _, rest = chunk.partition(" ")
        at = rest.find("\n@@ ")
        found[int(name)] = rest[at + 1 :] if at >= 0 else ""
    return found


def _tree(store: Git, blobs: Sequence[str | None]) -> str:
    rows = (f"100644 blob {blob}\t{at:08}\0" for at, blob in enumerate(blobs) if blob is not None)
    return store("mktree", "-z", stdin="".join(rows).encode()).decode().strip()

"""Which bytes become text that is reviewed, and in which words the others are named."""

from __future__ import annotations

from typing import Final

REGULAR_MODES: Final = frozenset({"100644", "100755"})
"""Git's modes of regular files; anything else is never read as source."""

_MODE_REASONS: Final = {"120000": "symbolic link", "160000": "submodule"}
_LFS_HEAD: Final = b"version https://git-lfs.github.com/spec/"
_BINARY_PROBE_BYTES: Final = 8_000
"""Git itself looks for a NUL in the first 8,000 bytes (xdiff-interface.c, FIRST_FEW_BYTES)."""

_GENERATED_NAMES: Final = frozenset(
    {
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
        "composer.lock",
    }
)
_GENERATED_FOLDERS: Final = frozenset({"node_modules", "__generated__", "generated", "dist"})
_GENERATED_ENDINGS: Final = (".min.js", ".min.css", ".map", ".snap", ".pb.ts", ".generated.ts", ".gen.ts")
_GENERATED_MARK: Final = "@generated"


def unread_by_name(path: str, mode: str) -> str | None:
    """Why a file is not even fetched, from its mode and path alone; None when it should be.

    A name that is not UTF-8 comes with U+FFFD in the place of its bytes: it may name another file, so it names none.
    """
    if mode and mode not in REGULAR_MODES:
        return _MODE_REASONS.get(mode, "not a regular file")
    if "\ufffd" in path:
        return "its name is not UTF-8 text"
    name = path.rsplit("/", 1)[-1]
    if name in _GENERATED_NAMES:
        return "generated (lock file)"
    folders = path.split("/")[:-1]
    if name.endswith(_GENERATED_ENDINGS) or _GENERATED_FOLDERS.intersection(folders):
        return "generated"
    return None


def too_large(size: int, bytes_max: int) -> str | None:
    """Why a file of `size` bytes is not read; None when it is small enough."""
    return f"larger than {bytes_max // 1024} KB" if size > bytes_max else None


def decode(data: bytes, bytes_max: int) -> tuple[str | None, str | None]:
    """The text of a file, or why there is none: exactly one of the two is not None."""
    if (reason := too_large(len(data), bytes_max)) is not None:
        return None, reason
    if data.startswith(_LFS_HEAD):
        return None, "stored in Git LFS"
    if b"\x00" in data[:_BINARY_PROBE_BYTES]:
        return None, "binary"
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        return None, "not UTF-8 text"


def unread_by_text(text: str) -> str | None:
    """Why a text is not reviewed although it could be read: its own first lines call it generated."""
    head = text[:2_000].split("\n")[:10]
    if any(_GENERATED_MARK in line and line.lstrip().startswith(("//", "/*", "*", "#")) for line in head):
        return "generated"
    return None

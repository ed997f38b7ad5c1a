"""The package that a file belongs to, by the files that make a folder one."""

from __future__ import annotations

import posixpath


def package_folder(tree: frozenset[str], path: str, marks: tuple[str, ...] = ("package.json",)) -> str:
    """The nearest folder above a file that holds one of the `marks`, "" for the root."""
    folder = posixpath.dirname(path)
    while folder and not any(f"{folder}/{mark}" in tree for mark in marks):
        folder = posixpath.dirname(folder)
    return folder

"""The words of a name."""

from __future__ import annotations


def words_of(name: str) -> list[str]:
    """The words of a name in camel, snake or kebab case, in lower case and in order."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return spaced.replace("_", " ").replace("-", " ").split()

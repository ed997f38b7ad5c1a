"""What an object pattern takes, read from its source: keys of any depth with their local names."""

from __future__ import annotations

from collections.abc import Iterator


def taken(code: str) -> Iterator[tuple[str, str]]:
    """Keys and local names of an object pattern, a step per nesting: `{ id: key, body: { a } }` gives id → key and
    body.a → a; a rest is "" → its name. `code` is cut source, read once from left to right."""
    start = code.find("{")
    path: list[str] = []
    word, key, skipping = "", "", 0
    for char in code[start:] if start >= 0 else "":
        if skipping or char in "([" or (char == "{" and "=" in word):
            skipping += (char in "([{") - (char in ")]}")
            word += " " if not skipping else ""
        elif char == ":":
            key, word = word.strip(), ""
        elif char == "{":
            path.append(key)
            key, word = "", ""
        elif char in ",}":
            yield from _one(path[1:], key, word)
            key, word = "", ""
            if char == "}":
                path.pop()
                if not path:
                    return
        else:
            word += char


def _one(path: list[str], key: str, word: str) -> Iterator[tuple[str, str]]:
    name = word.partition("=")[0].strip()
    if not name:
        return
    if name.startswith("..."):
        yield ".".join(path), name[3:].strip()
    else:
        yield ".".join([*path, (key or name).strip("'\"")]), name

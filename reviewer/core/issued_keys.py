"""Keys as their issuers make them: known by how they begin, wherever they stand."""

from __future__ import annotations

from typing import Final

KEY_PREFIXES: Final = (
    ("AKIA", 20), ("ASIA", 20), ("ghp_", 40), ("gho_", 40), ("ghs_", 40), ("github_pat_", 40), ("glpat-", 20),
    ("sk_live_", 24), ("rk_live_", 24), ("xoxb-", 20), ("xoxp-", 20), ("AIza", 39), ("SG.", 40), ("npm_", 36),
    ("-----BEGIN RSA PRIVATE KEY", 27), ("-----BEGIN PRIVATE KEY", 22), ("-----BEGIN EC PRIVATE KEY", 25),
    ("sk-proj-", 30), ("sk-ant-", 30),
)  # fmt: skip
"""How issued keys begin, and the least length that makes it one (the issuers' documentation)."""

_BEGINNINGS: Final = tuple(prefix for prefix, _ in KEY_PREFIXES)

_PLACEHOLDERS: Final = (
    "example", "changeme", "change-me", "change_me", "your", "placeholder", "dummy", "xxx", "***", "redacted", "<",
    "${", "todo",
    "process.env",
)  # fmt: skip

_KEY_CHARS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./+=")


def is_issued_key(value: str) -> bool:
    """Whether a whole text is an issued key: its beginning, its least length, and no sign of being an example."""
    known = value.startswith(_BEGINNINGS) and any(
        value.startswith(prefix) and len(value) >= least for prefix, least in KEY_PREFIXES
    )
    return known and not is_placeholder(value) and (value.startswith("-----") or " " not in value)


def is_placeholder(value: str) -> bool:
    """Whether a text says of itself that it is none (`<your-key>`, `changeme`)."""
    lower = value.lower()
    return any(mark in lower for mark in _PLACEHOLDERS)


def holds_issued_key(line: str) -> bool:
    """Whether a line of any text holds an issued key, with nothing that could belong to it before it."""
    for prefix, _ in KEY_PREFIXES:
        at = line.find(prefix)
        if at < 0 or (at > 0 and line[at - 1] in _KEY_CHARS and line[at - 1] not in "=/"):
            continue
        if prefix.startswith("-----"):
            if not line[:at].strip() and not line[at:].count("\\n"):
                return True  # a key's own first line; documents quote it inside another one
            continue
        end = at
        while end < len(line) and line[end] in _KEY_CHARS:
            end += 1
        if is_issued_key(line[at:end]):
            return True
    return False

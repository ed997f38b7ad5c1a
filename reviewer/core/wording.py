"""English for numbers and lists, so that every text says "1 file" and "a, b and c"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewer.core.concern import Severity


def counted(number: int, noun: str) -> str:
    """`1 file`, `3 files`, `no files`."""
    return f"{number or 'no'} {noun}" + ("" if number == 1 else "s")


def joined(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def listed(parts: Sequence[str], shown_max: int) -> str:
    """As `joined`, with at most so many by name: `a, b and 3 more`."""
    if len(parts) <= shown_max:
        return joined(parts)
    return joined((*parts[:shown_max], f"{len(parts) - shown_max} more"))


LINES_SHOWN_MAX = 20
"""Further lines that one finding names; of more the number is told."""


def also_on(lines: Sequence[int]) -> str:
    """A sentence, with the blank before it, about the other lines of which the same is true; "" of none."""
    if not lines:
        return ""
    return f" The same on line{'s' if len(lines) > 1 else ''} {listed([str(line) for line in lines], LINES_SHOWN_MAX)}."


def severities(found: Iterable[Severity]) -> tuple[str, ...]:
    """`2 blockers`, `1 note`: what there is, the gravest first."""
    every = tuple(found)
    return tuple(counted(number, severity.value) for severity in Severity if (number := every.count(severity)))


def capitalised(text: str) -> str:
    """The text with its first letter in upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The text with a full stop, unless it ends a sentence already."""
    bare = text.strip()
    return bare if not bare or bare.endswith((".", "!", "?", ":", "```")) else bare + "."

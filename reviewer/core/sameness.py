"""Whether two findings at one place have one cause. When in doubt they have not: nothing is lost without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reviewer.core.finding import Finding

WORD_CHARS_MIN: Final = 4
"""Shorter words are in every sentence."""

STEM_CHARS: Final = 6
"""Characters by which words are compared: `validated`, `validation` and `validate` are one."""

SHARED_MIN: Final = 2
"""Words that two texts about one cause have in common at least, beside those of the code that both quote."""

# fmt: off
_EMPTY: Final = frozenset({
    "above", "after", "again", "also", "because", "before", "below", "cannot", "change", "changed", "code",
    "could", "does", "each", "error", "fails", "from", "have", "here", "instead", "into", "line", "lines",
    "might", "model", "more", "must", "never", "only", "other", "request", "should", "such", "than", "that",
    "their", "them", "then", "there", "these", "they", "this", "those", "through", "throw", "throws", "value",
    "values", "what", "when", "where", "which", "will", "with", "without", "would", "wrong", "your", "data",
})
# fmt: on
"""Words that say nothing about a cause."""


def says_the_same(one: Finding, two: Finding) -> bool:
    """Whether two findings of one concern that stand on the same line speak of the same fault.

    They share words that the quoted code does not put into both mouths, or one's title is in the other's.
    """
    if _folded(one.title) == _folded(two.title):
        return True
    quoted = _stems(one.quoted) | _stems(two.quoted)
    mine = _stems(f"{one.title} {_slug_words(one)}")
    said = _stems(f"{two.title} {_slug_words(two)}")
    told, heard = _stems(f"{one.title} {one.message} {_slug_words(one)}"), _stems(f"{two.title} {two.message}")
    titles = (mine & said) - quoted
    return bool(titles) or len((mine & heard) - quoted) >= SHARED_MIN or len((told & said) - quoted) > SHARED_MIN


def _slug_words(finding: Finding) -> str:
    """`validation_unvalidated_body` → its words, without the concern; a model's slug has none of its own."""
    return "" if finding.rule.startswith("model_") else " ".join(finding.rule.split("_")[1:])


def _stems(text: str) -> frozenset[str]:
    words = "".join(char if char.isalnum() else " " for char in text.casefold()).split()
    return frozenset(
        word[:STEM_CHARS].removesuffix("s") for word in words if len(word) >= WORD_CHARS_MIN and word not in _EMPTY
    )


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())

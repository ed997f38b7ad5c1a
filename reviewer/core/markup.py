"""Code in markdown: spans and fences that hold any text and are read back as exactly that text."""

from __future__ import annotations


def longest_run(text: str, char: str) -> int:
    """How often `char` stands side by side at most; 0 without any. Linear in the text."""
    longest = run = 0
    for one in text:
        run = run + 1 if one == char else 0
        longest = max(longest, run)
    return longest


def code_span(text: str) -> str:
    """Inline code of any text. Line ends become blanks, as CommonMark has it; "" stays ""."""
    one_line = text.replace("\n", " ")
    if not one_line:
        return ""
    ticks = "`" * (longest_run(one_line, "`") + 1)
    padded = one_line.startswith(("`", " ")) or one_line.endswith(("`", " "))
    return f"{ticks} {one_line} {ticks}" if padded and one_line.strip() else f"{ticks}{one_line}{ticks}"


def fenced(code: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks inside. No line end behind the closing fence."""
    fence = "`" * max(3, longest_run(code, "`") + 1)
    body = code if code.endswith("\n") or not code else code + "\n"
    return f"{fence}{language}\n{body}{fence}"

"""Code that was commented out instead of deleted: nobody knows whether it is needed, and nothing keeps it working.

The history keeps what is deleted. Left alone: examples in documentation, and blocks with a word on why they wait.

Bad::

    // const discount = rates.discount(order);
    // if (discount > 0) {
    //   order.total -= discount;
    // }

Good::

    order.total -= rates.discount(order);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts, Text
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_off
from reviewer.rules._report import at, report

_LINES_MIN = 4
_CODE_SHARE = 0.8
"""Share of a block's lines that must look like code; the rest may be closing words."""

_ENDINGS = (";", "{", "}", "},", "});", "};", "(", "[", "],", "=>", "&&", "||", ")")
_STARTS = ("const ", "let ", "var ", "if (", "if(", "} else", "return ", "return;", "await ", "import ", "export ",
           "function ", "async ", "throw ", "for (", "while (", "try {", "case ", "this.", "}", ")", "@", "new ",
           "public ", "private ", "expect(", "it(", "describe(", ".")  # fmt: skip
_DOCUMENTATION = (
    "path:",
    "query:",
    "/**",
    "///",
    "@example",
    "e.g.",
    "example",
    "usage",
    "beispiel",
    "eslint",
    "prettier",
    "istanbul",
)
_REASONS = (
    "because",
    "until",
    "todo",
    "fixme",
    "temporarily",
    "disabled",
    "enable ",
    "uncomment",
    "once ",
    "http",
    "#",
)
"""Words of somebody who says why the code waits."""


def inspect(project: Project) -> Iterator[Finding]:
    """The first block of code that the change put into comments, in each file."""
    for file, facts in project.changed:
        if is_off(file.path) or ".config." in file.path:
            continue
        lines = (file.head or "").split("\n")
        before = {row.strip() for row in (file.base or "").split("\n") if _is_comment(row)}
        for first, last in _blocks(facts):
            rows = [row for row in lines[first - 1 : last] if row.strip() not in before]
            text = [_bare(row) for row in lines[first - 1 : last]]
            is_new = len(rows) >= _LINES_MIN and project.wrote(file.path, first, last)
            if is_new and _is_code([row for row in text if row]):
                yield report(
                    RULE,
                    at(file.path, first, last),
                    f"{last - first + 1} lines of code are commented out here. Delete them (the history keeps them), "
                    "or say in a word what they wait for.",
                    symbol="",
                    quoted=" ".join(text)[:200],
                )
                break


def _is_comment(row: str) -> bool:
    return row.strip().startswith(("//", "*", "/*"))


def _blocks(facts: FileFacts) -> Iterator[tuple[int, int]]:
    """First and last line of each run of line comments, and of each block comment, of enough lines."""
    run: list[Text] = []
    for comment in (*facts.comments, Text("", -1, -1)):
        is_line = comment.text.startswith("//")
        if run and is_line and comment.first == run[-1].last + 1:
            run.append(comment)
            continue
        if len(run) >= _LINES_MIN:
            yield run[0].first, run[-1].last
        run = [comment] if is_line else []
        if not is_line and comment.last - comment.first + 1 >= _LINES_MIN and not comment.text.startswith("/**"):
            yield comment.first, comment.last


def _bare(row: str) -> str:
    """A line of a comment without what makes it one."""
    text = row.strip()
    for mark in ("//", "/*", "*/", "*"):
        text = text.removeprefix(mark).strip()
    return text.removesuffix("*/").strip()


def _is_code(rows: list[str]) -> bool:
    whole = " ".join(rows).lower()
    if len(rows) < _LINES_MIN or any(word in whole for word in (*_DOCUMENTATION, *_REASONS)):
        return False
    looks = sum(row.endswith(_ENDINGS) or row.startswith(_STARTS) or _is_pair(row) for row in rows)
    sure = sum(row.endswith((";", "{", "});", "};")) for row in rows)
    return looks >= _CODE_SHARE * len(rows) and sure * 3 >= len(rows)


def _is_pair(row: str) -> bool:
    """`name: value,`, as in an object."""
    name, colon, _ = row.partition(":")
    return bool(colon) and row.endswith(",") and name.strip(" '\"?").replace("_", "a").isalnum()


RULE = Rule(
    slug="lint_commented_out_code",
    concern=Concern.LINT,
    severity=Severity.NOTE,
    title="Code is commented out",
    inspect=inspect,
    references=(Reference("CWE-561: dead code", "https://cwe.mitre.org/data/definitions/561.html"),),
    confidence=0.9,
    page=__doc__ or "",
)

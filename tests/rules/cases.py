"""Case documents: markdown that says what a rule finds and what it leaves alone, read as tests.

A document has one `## …` section a case. Its fenced blocks are files:

* ` ```diff ` with `--- a/PATH` and `+++ b/PATH`: the whole file, with what the change writes and removes; line
numbers are counted.
* ` ```ts PATH ` (any language): a file that the change adds.
* ` ```ts PATH unchanged `: a file that is there before and after.
* ` ```ts PATH unread `: a file of the tree that is there too, and that the rules do not get to read.
* ` ```ts PATH after suggestions `: what the file looks like once all suggestions are taken.

`// finding: blocker` at the end of a line says that exactly one finding of that severity starts there (the mark
itself is cut off before the file is read). A line `Finding on the whole change: warning` in the prose says so for
one without a place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reviewer.core.change import Change, ChangedFile, FileStatus, is_typescript
from reviewer.core.diff import FileDiff, parse_patch
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding
from reviewer.core.project import Project
from reviewer.typescript.extract import extract

MARK = "// finding: "
WHOLE = "Finding on the whole change: "

Expected = tuple[str, int, str]
"""Path, first line and severity; ("", 0, severity) for a finding on the whole change."""


@dataclass(slots=True)
class Case:
    """One section of a document."""

    title: str
    files: list[ChangedFile] = field(default_factory=list)
    unchanged: dict[str, str] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    expected: list[Expected] = field(default_factory=list)
    after: dict[str, str] = field(default_factory=dict)

    def project(self) -> Project:
        """The change and its neighbours as the rules see them."""
        head = {file.path: file.head for file in self.files if file.head is not None} | self.unchanged
        base = {file.old_path or file.path: file.base for file in self.files if file.base is not None}
        change = Change(
            repository="octo/shop",
            number=1,
            base="b" * 40,
            head="a" * 40,
            files=tuple(self.files),
            tree=frozenset(head) | self.unread,
            neighbours=self.unchanged,
        )
        return Project(change, _facts(head), _facts(base))


def _facts(texts: dict[str, str]) -> dict[str, FileFacts]:
    return {path: extract(text, tsx=path.endswith("x")) for path, text in texts.items() if is_typescript(path)}


def read_cases(document: Path) -> list[Case]:
    """The cases of a document, in order."""
    cases: list[Case] = []
    block: list[str] | None = None
    info = ""
    for line in document.read_text(encoding="utf-8").split("\n"):
        if line.startswith("```"):
            if block is None:
                block, info = [], line[3:].strip()
            else:
                _add_block(cases[-1], info, block)
                block = None
        elif block is not None:
            block.append(line)
        elif line.startswith("## "):
            cases.append(Case(line[3:].strip()))
        elif line.startswith(WHOLE):
            cases[-1].expected.append(("", 0, line[len(WHOLE) :].strip(" .")))
    return cases


def _add_block(case: Case, info: str, lines: list[str]) -> None:
    words = info.split()
    if words == ["diff"]:
        case.files.append(_from_diff(case, lines))
    elif words[2:] == ["after", "suggestions"]:
        case.after[words[1]] = "\n".join(lines) + "\n"
    elif words[2:] == ["unchanged"]:
        case.unchanged[words[1]] = "\n".join(lines) + "\n"
    elif words[2:] == ["unread"]:
        case.unread.add(words[1])
    elif len(words) == 2:
        plus = [f"+{line}" for line in lines]
        case.files.append(_from_diff(case, ["--- /dev/null", f"+++ b/{words[1]}", *plus]))
    else:
        raise ValueError(f"{case.title}: what is a block of {info!r}?")


def _from_diff(case: Case, lines: list[str]) -> ChangedFile:
    old = next(line[4:] for line in lines if line.startswith("--- "))
    path = next(line[6:] for line in lines if line.startswith("+++ "))
    marked = [line or " " for line in lines if not line.startswith(("--- ", "+++ ", "@@"))]
    rows = [line.partition(MARK)[0].rstrip() if MARK in line else line for line in marked]
    head_numbers = iter(range(1, len(rows) + 1))
    for line in marked:
        number = next(head_numbers) if line[0] in "+ " else 0
        case.expected += [(path, number, mark.strip()) for mark in line.split(MARK)[1:]]
    head = "".join(row[1:] + "\n" for row in rows if row[0] in "+ ")
    base = "".join(row[1:] + "\n" for row in rows if row[0] in "- ")
    is_new = old == "/dev/null"
    return ChangedFile(
        path=path,
        status=FileStatus.ADDED if is_new else FileStatus.MODIFIED,
        diff=_diff(rows),
        head=head,
        base=None if is_new else base,
    )


def _diff(rows: list[str]) -> FileDiff:
    """The rows as one hunk that covers the file."""
    olds, news = sum(row[0] in "- " for row in rows), sum(row[0] in "+ " for row in rows)
    header = f"@@ -{min(1, olds)},{olds} +{min(1, news)},{news} @@"
    return parse_patch("\n".join([header, *rows]) + "\n")


def places(findings: tuple[Finding, ...]) -> list[Expected]:
    """Findings as a case states them."""
    return sorted((one.path, one.span.first if one.span else 0, one.severity.value) for one in findings)


def with_suggestions(case: Case, findings: tuple[Finding, ...]) -> Iterator[tuple[str, str]]:
    """The changed files with all suggestions taken, from the last line up."""
    for file in case.files:
        rows = (file.head or "").split("\n")
        ours = [one.suggestion for one in findings if one.path == file.path and one.suggestion]
        for suggestion in sorted(ours, key=lambda one: -one.first):
            rows[suggestion.first - 1 : suggestion.last] = suggestion.text.split("\n")
        yield file.path, "\n".join(rows)

"""A lint rule or the type checker switched off by a comment that does not say why.

The next reader cannot tell a false alarm from a hidden fault. ESLint takes a reason after `--`; TypeScript takes
text behind
`@ts-expect-error`, which, unlike `@ts-ignore`, also says when it is no longer needed.

Bad::

    // @ts-ignore
    order.total = sum(lines);

Good::

    // @ts-expect-error the types of money-lib 3 forget `total`, see their issue 88
    order.total = sum(lines);
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts, Text
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_off, is_test
from reviewer.rules._report import at, report

_LINTERS = ("eslint-disable", "oxlint-disable", "tslint:disable", "biome-ignore")
_HOUSE_STYLE_MIN = 4
"""Suppressions that must be known before "most of them" means anything."""

_CHECKER = ("@ts-ignore", "@ts-nocheck", "@ts-expect-error")
_REASON_CHARS_MIN = 8
"""Characters of text that can be a reason; "legacy" and "fix" say nothing."""


def inspect(project: Project) -> Iterator[Finding]:
    """Suppressing comments that the change wrote, without a reason. In tests only those for a whole file."""
    is_tolerated = _is_house_style(project)
    for file, facts in project.changed:
        if is_off(file.path) or ".config." in file.path:
            continue
        said: set[tuple[str, bool]] = set()
        before = Counter(comment.text for comment in project.before(file.path).comments)
        for comment in facts.comments:
            directive, rest = _directive(comment.text)
            if not directive or not project.wrote(file.path, comment.first, comment.last):
                continue
            before[comment.text] -= 1
            whole_file = directive == "@ts-nocheck" or (directive in _LINTERS and _is_for_all(comment.text, directive))
            if before[comment.text] >= 0 or (is_test(file.path) and not whole_file):
                continue
            is_grave = directive in ("@ts-ignore", "@ts-nocheck") or (
                whole_file and not rest.partition("--")[0].strip(" :")
            )
            is_usual = is_tolerated and not is_grave and not (whole_file and directive in _LINTERS)
            is_said = _says_why(directive, rest) or (not whole_file and _has_reason(facts, comment, directive, rest))
            if is_usual or is_said:
                continue
            if (directive, whole_file) not in said:
                said.add((directive, whole_file))
                yield replace(
                    report(
                        RULE,
                        at(file.path, comment.first),
                        f"`{directive}` silences a check here, and nobody can tell later whether that was a "
                        f"false alarm. "
                        "Mend what it reports, or write the reason behind the directive.",
                        symbol="",
                        quoted=comment.text,
                    ),
                    severity=Severity.WARNING if whole_file and is_grave else Severity.NOTE,
                )


def _is_house_style(project: Project) -> bool:
    """Whether most suppressions that were here before carry no reason either: then only the grave ones are news."""
    found = [
        _has_reason(facts, comment, *_directive(comment.text))
        for path, facts in (*project.base.items(), *project.head.items())
        if path in project.base or project.change.file(path) is None
        for comment in facts.comments
        if _directive(comment.text)[0]
    ]
    return len(found) >= _HOUSE_STYLE_MIN and sum(found) * 2 < len(found)


def _body(text: str) -> str:
    return text.removeprefix("//").removeprefix("/*").removesuffix("*/").strip(" *")


def _directive(text: str) -> tuple[str, str]:
    """The directive a comment starts with, and what follows it; ("", "") for an ordinary comment."""
    body = _body(text)
    for word in (*_CHECKER, *_LINTERS):
        if body.startswith(word):
            return word, body[len(word) :]
    return "", ""


def _is_for_all(text: str, directive: str) -> bool:
    rest = _body(text)[len(directive) :]
    return text.startswith("/*") and not rest.startswith(("-line", "-next-line"))


def _says_why(directive: str, rest: str) -> bool:
    if directive in _CHECKER:
        inside = rest.strip(" :-\u2013\u2014")
    else:
        inside = rest.partition("--")[2] if directive != "biome-ignore" else rest.partition(":")[2]
    return len(inside.strip()) >= _REASON_CHARS_MIN


def _has_reason(facts: FileFacts, comment: Text, directive: str, rest: str) -> bool:
    """Whether a comment says why, or the one above it does."""
    if _says_why(directive, rest):
        return True
    above = (text for text in facts.index.comments(comment.first - 1) if not _directive(text.text)[0])
    return any(len(_body(text.text)) >= _REASON_CHARS_MIN for text in above)


RULE = Rule(
    slug="lint_added_suppression",
    concern=Concern.LINT,
    severity=Severity.NOTE,
    title="A check is silenced without a reason",
    inspect=inspect,
    references=(
        Reference(
            "ESLint: configuration comment descriptions",
            "https://eslint.org/docs/latest/use/configure/rules#using-configuration-comments",
        ),
    ),
    confidence=0.95,
    page=__doc__ or "",
)

"""Which pull requests are reviewed by themselves, as the repository's owner says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.core.plan import Plan
    from reviewer.core.repository_config import Choice
    from reviewer.core.untrusted import Untrusted


@dataclass(frozen=True, slots=True)
class Subject:
    """What a filter may ask about a pull request. `branch` is the one that it goes to."""

    title: Untrusted
    branch: str
    author: str
    labels: tuple[str, ...]
    files: int


def why_not(subject: Subject, plan: Plan) -> str | None:
    """Why a pull request is not reviewed by itself, as a sentence without its stop; None when it is.

    The reason quotes the owner's patterns, never the pull request's own words.
    """
    filters, most = plan.config.filters, plan.config.limits.files_max
    for name, values, choice in (
        ("branches", (subject.branch,), filters.branches),
        ("authors", (subject.author,), filters.authors),
        ("titles", (subject.title.reveal(),), filters.titles),
        ("labels", subject.labels, filters.labels),
    ):
        if (reason := _out(name, values, choice, plan.origins)) is not None:
            return reason
    if most is not None and subject.files > most:
        return f"it changes more than {most} files{_at('limits.files_max', plan.origins)}"
    return None


def _out(name: str, values: tuple[str, ...], choice: Choice, origins: Mapping[str, str]) -> str | None:
    what = {"branches": "branch", "authors": "author", "titles": "title", "labels": "label"}[name]
    for pattern in choice.ignore:
        if any(matches(pattern, value) for value in values):
            return f"its {what} is one of `{pattern}`{_at(f'filters.{name}.ignore', origins)}"
    if choice.only and not _any(choice.only, values):
        asked = ", ".join(f"`{pattern}`" for pattern in choice.only[:5])
        more = f" and {len(choice.only) - 5} more" if len(choice.only) > 5 else ""
        none = "it has no label that is" if name == "labels" else f"its {what} is not"
        return f"{none} one of {asked}{more}{_at(f'filters.{name}.only', origins)}"
    return None


def _any(patterns: Iterable[str], values: tuple[str, ...]) -> bool:
    return any(matches(pattern, value) for pattern in patterns for value in values)


def _at(name: str, origins: Mapping[str, str]) -> str:
    origin = origins.get(name)
    return f" (`{name}`, {origin})" if origin else f" (`{name}`)"


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern is the whole text; `*` stands for any characters, case does not count.

    Each part between stars is taken where it first fits, so the time grows with the text's length, whatever it is.
    """
    first, *rest = pattern.casefold().split("*")
    text = text.casefold()
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(rest[-1]) and text.endswith(rest[-1])

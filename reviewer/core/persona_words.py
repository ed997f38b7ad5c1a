"""The words by which a persona's lines are understood. docs/personas.md shows these tables; a test compares them."""

from __future__ import annotations

import hashlib
import string
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from reviewer.core.concern import Concern


class SectionKind(StrEnum):
    """What a section of a persona is for. The value also begins the ids of the rules that come from it."""

    STANDARDS = "standards"
    DUTIES = "duties"
    COMMUNICATION = "communication"
    RESPONSE = "response"
    TEAM = "team"
    EXAMPLES = "examples"


HEADING_WORDS: Final = (
    (SectionKind.RESPONSE, ("response", "answer format", "output format")),
    (SectionKind.COMMUNICATION, ("communication", "engagement", "tone")),
    (SectionKind.EXAMPLES, ("example", "examples", "use case", "use cases")),
    (SectionKind.STANDARDS, ("standard", "standards", "coding")),
    (SectionKind.TEAM, ("team", "routing", "escalation", "assignments")),
    (SectionKind.STANDARDS, ("rules", "guidelines", "conventions", "practices")),
    (SectionKind.DUTIES, ("persona", "responsibilities", "duties", "role", "mission")),
)
"""What a section is for, by words of its heading; the first row with a match wins ("Routing rules": the team)."""

CONCERN_WORDS: Final = MappingProxyType(
    {
        Concern.LINT: ("lint", "linter", "eslint", "oxlint", "prettier", "oxfmt", "formatting", "formatter"),
        Concern.VALIDATION: (
            "validate", "validates", "validated", "validation", "validator", "sanitize", "sanitise", "sanitization",
            "dto", "dtos", "untrusted", "client data", "user input",
        ),
        Concern.TESTS: ("test", "tests", "tested", "testing", "test coverage"),
        Concern.SOLID: (
            "solid", "modular", "modularity", "layer", "layers", "coupling", "dependency injection",
            "single responsibility", "architecture",
        ),
        Concern.API_DOCS: (
            "openapi", "swagger", "api docs", "api documentation", "api contract", "document endpoints",
        ),
        Concern.SECURITY: (
            "security", "secure", "secret", "secrets", "credential", "credentials", "authentication", "authorization",
            "authorisation", "jwt", "injection", "vulnerability", "vulnerabilities",
        ),
        Concern.DATA: (
            "database", "databases", "transaction", "transactions", "query", "queries", "sql", "migration",
            "migrations", "async", "await", "awaited", "promise", "promises", "error handling", "concurrency",
            "scalability", "scalable",
        ),
    }
)  # fmt: skip
"""Words of a line → the concerns it speaks of."""

SUBJECT_WORDS: Final = MappingProxyType(
    {
        Concern.LINT: ("style", "format"),
        Concern.VALIDATION: ("input",),
        Concern.TESTS: ("qa", "quality assurance", "coverage"),
        Concern.SOLID: ("code design", "design patterns", "refactoring"),
        Concern.API_DOCS: ("api", "apis", "endpoint", "endpoints", "documentation", "graphql", "rest"),
        Concern.SECURITY: ("auth", "access control", "permissions", "privacy"),
        Concern.DATA: ("data", "schema", "orm", "storage", "persistence"),
    }
)
"""What a routing line's subject may also say; looked at only where no word of `CONCERN_WORDS` is in the subject."""

BROAD_WORDS: Final = ("code quality", "quality", "maintainable", "review", "reliability")
"""A duty with one of these speaks for every concern that no other line speaks for."""

ID_WORDS_MAX: Final = 6
"""Words of a line that go into its id: enough to recognise it, short enough to type."""

_CLAUSE_ENDS: Final = frozenset(",;:.()[]{}\u2013\u2014")
_CLAUSE_WORDS: Final = frozenset({"and", "or", "but", "so", "because", "unless"})
_ASCII_ALNUM: Final = frozenset(string.ascii_lowercase + string.digits)


def padded(text: str) -> str:
    """Lower-case words with one blank around each, so that `" lint "` is found as a word. Linear in the text."""
    words = "".join(char if char.isalnum() else " " for char in text.lower()).split()
    return f" {' '.join(words)} "


def says(text_padded: str, phrases: tuple[str, ...]) -> bool:
    """Whether one of the words or phrases is in a `padded` text."""
    return any(f" {phrase} " in text_padded for phrase in phrases)


def section_kind(heading: str) -> SectionKind | None:
    """What a heading announces, None for none of the kinds."""
    words = padded(heading)
    return next((kind for kind, known in HEADING_WORDS if says(words, known)), None)


def concerns_in(text: str) -> tuple[Concern, ...]:
    """The concerns a line speaks of, the one it names first in front."""
    words = padded(text)
    places: list[tuple[int, Concern]] = []
    for concern, phrases in CONCERN_WORDS.items():
        found = [at for phrase in phrases if (at := words.find(f" {phrase} ")) >= 0]
        if found:
            places.append((min(found), concern))
    return tuple(concern for _, concern in sorted(places, key=lambda place: place[0]))


def concerns_of_subject(subject: str) -> tuple[Concern, ...]:
    """The concerns that a routing line's subject names (`database` → data, `API design` → api-docs)."""
    found = concerns_in(subject)
    if found:
        return found
    words = padded(subject)
    return tuple(concern for concern, phrases in SUBJECT_WORDS.items() if says(words, phrases))


def line_id(kind: SectionKind, text: str) -> str:
    """A rule's id from its own first clause alone: `standards-validate-all-input`. Other lines cannot change it."""
    words: list[str] = []
    for clause in _first_clause(text).lower().split():
        slug = "".join(char if char in _ASCII_ALNUM else "-" for char in clause).strip("-")
        words.extend(part for part in slug.split("-") if part)
    if not words:
        return f"{kind.value}-{text_hash(text)}"
    return "-".join((kind.value, *words[:ID_WORDS_MAX]))


def text_hash(text: str) -> str:
    """Six hex digits of a line's words: tells two lines apart that begin alike."""
    return hashlib.sha256(padded(text).encode("utf-8", "surrogatepass")).hexdigest()[:6]


def _first_clause(text: str) -> str:
    """Up to the first punctuation mark that ends something, or the first `and`, `or`, ... after at least one word."""
    taken: list[str] = []
    for word in text.split():
        bare = word.strip("*_`\"'")
        if taken and bare.lower() in _CLAUSE_WORDS:
            break
        cut = next((at for at, char in enumerate(bare) if char in _CLAUSE_ENDS), len(bare))
        # A dot inside a word (Node.js) ends nothing.
        if cut < len(bare) and bare[cut] == "." and cut + 1 < len(bare) and bare[cut + 1].isalnum():
            taken.append(bare)
            continue
        taken.append(bare[:cut])
        if cut < len(bare) and any(taken):
            break
    return " ".join(taken)

"""A persona's sections, compiled line by line. A line either becomes something or is dropped with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, assert_never

from reviewer.core.persona_blocks import Bullet, Fence, Line, Loose, Section
from reviewer.core.persona_response import difference_lines, is_example, read_example
from reviewer.core.persona_team import TeamLine, read_team_line
from reviewer.core.persona_words import SectionKind, concerns_in, line_id, padded, text_hash

if TYPE_CHECKING:
    from reviewer.core.concern import Concern
    from reviewer.core.response import ResponseStructure

REFERENCE_WORDS: Final = ("reference", "references", "see", "read")
"""First words of a bullet that only names files; one that names none is a line like any other."""


@dataclass(frozen=True, slots=True)
class PersonaRule:
    """A standard or a duty. `text` is the line as written, without its bullet; that is what findings quote.

    `id` comes from the line's first words (`standards-validate-all-input`), so no other line's edit changes it, except
    one that begins with the very same words: then both get six hex digits of their own text. `concerns` is empty for a
    line that only the model can judge; the one that the line names first is in front.
    """

    id: str
    text: str
    line: int
    concerns: tuple[Concern, ...]


@dataclass(frozen=True, slots=True)
class FileReference:
    """A file of the repository that a line names, as context for the model. Its path is checked, its content unread."""

    path: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Uncompiled:
    """A line that became nothing, and why: `reason` continues a sentence that begins with "This line"."""

    line_number: int
    text: str
    reason: str


@dataclass(slots=True)
class Parts:
    """What the sections have become so far."""

    source: str
    rules: list[PersonaRule] = field(default_factory=list)
    duties: list[PersonaRule] = field(default_factory=list)
    communication: list[Line] = field(default_factory=list)
    use_cases: list[Line] = field(default_factory=list)
    team: list[TeamLine] = field(default_factory=list)
    references: list[FileReference] = field(default_factory=list)
    uncompiled: list[Uncompiled] = field(default_factory=list)
    response: ResponseStructure | None = None
    concerns_at: dict[int, tuple[Concern, ...]] = field(default_factory=dict)  # by the line of a rule, for nested ones

    def drop(self, line: int, text: str, reason: str) -> None:
        """Name a line that became nothing."""
        self.uncompiled.append(Uncompiled(line, text, reason))


def compile_section(section: Section, parts: Parts) -> None:
    """Sort a section's blocks into `parts`. Raises UserError for a response example that is not one."""
    for block in section.blocks:
        if isinstance(block, Loose):
            parts.drop(block.line, block.text, block.reason)
        elif isinstance(block, Fence):
            _compile_fence(block, section.kind, parts)
        elif not _compile_references(block, parts):
            _compile_bullet(block, section, parts)
    if section.kind is SectionKind.RESPONSE and parts.response is None:
        parts.drop(
            section.line, section.heading, "has no JSON example in a code block below it; our own structure is used"
        )


def with_ids(rules: list[PersonaRule], kind: SectionKind, parts: Parts) -> tuple[PersonaRule, ...]:
    """The same lines, each once and with its id."""
    first: dict[str, int] = {}
    kept: list[PersonaRule] = []
    for rule in rules:
        words = padded(rule.text)
        if words in first:
            parts.drop(rule.line, rule.text, f"says the same as line {first[words]}")
        elif not words.strip():
            parts.drop(rule.line, rule.text, "has no words")
        else:
            first[words] = rule.line
            kept.append(replace(rule, id=line_id(kind, rule.text)))
    count = Counter(rule.id for rule in kept)
    return tuple(
        rule if count[rule.id] == 1 else replace(rule, id=f"{rule.id}-{text_hash(rule.text)}") for rule in kept
    )


def _compile_fence(fence: Fence, kind: SectionKind | None, parts: Parts) -> None:
    opening = f"```{fence.info}"
    if kind is not SectionKind.RESPONSE:
        parts.drop(fence.line, opening, "opens a code block outside the response structure")
    elif not is_example(fence):
        parts.drop(fence.line, opening, "opens a code block that is not marked as JSON")
    elif parts.response is not None:
        parts.drop(fence.line, opening, "opens a second response example; the first is used")
    else:
        parts.response = read_example(fence, parts.source)
        for line, key, message in difference_lines(fence, parts.response):
            parts.drop(line, key, f"differs from our response: {message}")


def _compile_bullet(bullet: Bullet, section: Section, parts: Parts) -> None:
    line = Line(bullet.text, bullet.line)
    match section.kind:
        case SectionKind.STANDARDS:
            parts.rules.append(_rule(bullet, parts))
        case SectionKind.DUTIES:
            parts.duties.append(_rule(bullet, parts))
        case SectionKind.COMMUNICATION:
            parts.communication.append(line)
        case SectionKind.EXAMPLES:
            parts.use_cases.append(line)
        case SectionKind.TEAM:
            found = read_team_line(bullet)
            if isinstance(found, str):
                parts.drop(bullet.line, bullet.text, found)
            else:
                parts.team.append(found)
        case SectionKind.RESPONSE:
            parts.drop(
                bullet.line, bullet.text, "is not part of the JSON example, which alone is the response structure"
            )
        case None:
            above = f"stands under “{section.heading}”" if section.heading else "stands above the first heading"
            parts.drop(bullet.line, bullet.text, f"{above}, which is none of the sections we know (docs/personas.md)")
        case _:
            assert_never(section.kind)


def _rule(bullet: Bullet, parts: Parts) -> PersonaRule:
    """A nested bullet without a concern of its own has its parent's. Its id comes later, when all are known."""
    concerns = concerns_in(bullet.text)
    if not concerns and bullet.parent is not None:
        concerns = parts.concerns_at.get(bullet.parent, ())
    parts.concerns_at[bullet.line] = concerns
    return PersonaRule("", bullet.text, bullet.line, concerns)


def _compile_references(bullet: Bullet, parts: Parts) -> bool:
    """Take the files that a bullet names; True when that was all it had to say."""
    first = padded(bullet.text).split(maxsplit=1)[:1]
    only_names = first and first[0] in REFERENCE_WORDS
    quoted = bullet.text.split("`")[1::2]
    files = [path for path in quoted if _is_file(path)]
    for path in files:
        if _stays_inside(path):
            parts.references.append(FileReference(path, bullet.text, bullet.line))
        elif only_names:
            parts.drop(bullet.line, bullet.text, f"names `{path[:80]}`, which is no path inside the repository")
    return bool(only_names and files)


def _is_file(text: str) -> bool:
    """A path with a file's name at its end, as opposed to `application/json`, `/orders` or `Node.js`."""
    if not text or any(char.isspace() for char in text):
        return False
    name = text.rsplit("/", 1)[-1]
    stem, dot, ending = name.rpartition(".")
    return bool(stem and dot and ending) and ("/" in text or ending.lower() in ("md", "yml", "yaml", "json"))


def _stays_inside(path: str) -> bool:
    parts = path.split("/")
    return not any(part in ("", ".", "..") for part in parts) and not set(path) & set('\\:*?"<>|#%')

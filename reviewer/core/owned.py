"""Which files say how pull requests are reviewed: read at the default branch, so that none softens its own. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.own_rules import FILES_MAX, RULES_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIG_PATH: Final = ".github/reviewer.yml"
PERSONA_PATH: Final = ".github/reviewer/persona.chatmode.md"
TEAM_PATH: Final = ".github/reviewer/team.yml"
OWNER_PATHS: Final = (CONFIG_PATH, PERSONA_PATH, TEAM_PATH)
"""What a repository and its organisation may lay down for reviews alone."""

WHOLE_PATHS: Final = (".github/copilot-instructions.md", "AGENTS.md", "CLAUDE.md")
"""Instructions about every file, as editors and coding agents read them."""

SINGLE_PATHS: Final = (*OWNER_PATHS, *WHOLE_PATHS)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder whose files count by their ending, the first `files_max` by name; what lies deeper does not."""

    path: str
    endings: tuple[str, ...]
    files_max: int

    def wanted(self, names: Iterable[str]) -> list[str]:
        """The names that count, sorted; a name that could mean something in a URL is no name of ours."""
        plain = sorted(name for name in names if name.endswith(self.endings) and _NAME_CHARS.issuperset(name))
        return [name for name in plain if not name.startswith(".")][: self.files_max]


INSTRUCTIONS: Final = Folder(".github/instructions", (".instructions.md",), 50)
PERSONAS: Final = (
    Folder(".github/chatmodes", (".chatmode.md",), 50),
    Folder(".github/agents", (".agent.md",), 50),
)
"""Personas of the repository, of which its configuration may choose."""

FOLDERS: Final = (Folder(RULES_FOLDER, (".yml", ".yaml"), FILES_MAX), INSTRUCTIONS, *PERSONAS)
"""Fifty of a kind are more than anybody writes by hand."""


def is_owned(path: str) -> bool:
    """Whether a file says how pull requests are reviewed."""
    return path in SINGLE_PATHS or _folder_of(path) is not None


def is_shared(path: str) -> bool:
    """Whether it is one that other tools read too, and that may have nothing to do with reviews."""
    return path in WHOLE_PATHS or _folder_of(path) in (INSTRUCTIONS, *PERSONAS)


def is_persona(path: str) -> bool:
    """Whether it is a persona of which a configuration may choose."""
    return path == PERSONA_PATH or _folder_of(path) in PERSONAS


def _folder_of(path: str) -> Folder | None:
    above, _, name = path.rpartition("/")
    return next((folder for folder in FOLDERS if folder.path == above and folder.wanted((name,))), None)


_NAME_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")

"""What owners wrote for whoever works on their files: `.github/instructions`, `AGENTS.md` and their like. Pure.

These files are other tools' too, so they are read leniently: of the front matter only `applyTo` and `excludeAgent`
count. They are read at the default branch and told to the model as the owners' words; rules do not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.errors import UserError
from reviewer.core.globs import globs_fault, globs_in, is_about, parts
from reviewer.core.owned import INSTRUCTIONS, WHOLE_PATHS
from reviewer.core.showable import is_unshowable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

SHOWN_BYTES_MAX: Final = 8 * 1024
"""Bytes of one file that the model is shown; hand-written ones have two to six thousand."""

REVIEW_AGENT: Final = "code-review"
"""GitHub's name in `excludeAgent` for who reviews (docs, repository custom instructions)."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """One file. `globs` are the files that it is about, empty for all; `text` is its beginning, as the model is shown
    it, `size` the bytes of all of it. `unused` says why it is not in force, "" when it is.
    """

    source: str
    globs: tuple[str, ...]
    text: str
    size: int
    unused: str = ""

    @property
    def scope(self) -> str:
        """The files that it is about, for readers."""
        return ", ".join(self.globs) or "every file"

    def fits(self, paths: Iterable[str]) -> bool:
        """Whether it is in force and about one of these files."""
        return not self.unused and any(is_about(self.globs, path) for path in paths)


def read_instructions(
    files: Mapping[str, str | UserError], named: Collection[str]
) -> tuple[tuple[Instructions, ...], list[str]]:
    """The instructions among the owner's files, those of narrow scope first, and sentences about what is wrong with
    them. `named` are files that the persona refers to: one without `applyTo` is then about every file.
    """
    found: list[Instructions] = []
    notes: list[str] = []
    texts: dict[str, str] = {}
    for path in (*sorted(path for path in files if path.startswith(INSTRUCTIONS.path + "/")), *WHOLE_PATHS):
        text = files.get(path)
        try:
            if isinstance(text, UserError):
                raise text
            if text is not None and text.strip():
                found.append(_same(_read(path, text, path in named), texts))
        except UserError as error:
            notes.append(f"{str(error).rstrip('.')}. Until then the model is not told what it says.")
    return tuple(found), notes


def clipped(text: str, bytes_max: int) -> str:
    """The first whole lines of a text that are at most so many bytes; it is said when there were more."""
    data = text.encode("utf-8", "replace")
    if len(data) <= bytes_max:
        return text
    kept = data[:bytes_max].decode("utf-8", "ignore")
    whole = kept[: kept.rfind("\n")] if "\n" in kept else kept
    return f"{whole}\n[the rest of this file is not shown]"


def _read(path: str, text: str, is_named: bool) -> Instructions:
    plain = _plain(text)
    front, body = _split(plain)
    kept = Instructions(path, (), clipped(body.strip(), SHOWN_BYTES_MAX), len(text.encode("utf-8", "replace")))
    if path in WHOLE_PATHS:
        return kept
    globs, has_scope = _globs(front, path), any(_values(front, "applyTo"))
    unused = ""
    if REVIEW_AGENT in _values(front, "excludeAgent"):
        unused = f"it says `excludeAgent: {REVIEW_AGENT}`"
    elif not has_scope and not is_named:
        unused = "it has no `applyTo`, and the persona does not refer to it"
    return Instructions(path, globs, kept.text, kept.size, unused)


def _same(read: Instructions, texts: dict[str, str]) -> Instructions:
    """The same without a text that another file has already, or that only points to another one."""
    pointed = read.text.strip().removeprefix("@").removeprefix("./")
    if pointed in WHOLE_PATHS or pointed == "../AGENTS.md":
        return Instructions(read.source, read.globs, read.text, read.size, f"it only points to {pointed}")
    twin = texts.get(read.text)
    if not read.unused and twin is not None and read.source in WHOLE_PATHS:
        return Instructions(read.source, read.globs, read.text, read.size, f"{twin} says the same")
    if not read.unused:
        texts.setdefault(read.text, read.source)
    return read


def _plain(text: str) -> str:
    """Without what is not seen by who reads the file: such characters have been used to hide orders in it."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return "".join(char for char in lines if not is_unshowable(char) and not _is_hidden(ord(char)))


def _is_hidden(code: int) -> bool:
    """Zero-width characters but the joiner of emoji, invisible operators, and tags (U+E0000)."""
    return code in (0x200B, 0x200C, 0x200E, 0x200F, 0xFEFF) or 0x2060 <= code <= 0x2064 or 0xE0000 <= code <= 0xE007F


def _split(text: str) -> tuple[list[str], str]:
    """The lines of the front matter, none where there is no such thing, and the text after it."""
    lines = text.split("\n")
    if lines[0].rstrip() == "---":
        end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
        if end is not None:
            return lines[1:end], "\n".join(lines[end + 1 :])
    return [], text


def _globs(front: list[str], path: str) -> tuple[str, ...]:
    found = globs_in(_values(front, "applyTo"))
    if (fault := globs_fault(found)) is not None:
        line = next(at for at, text in enumerate(front, 2) if text.startswith("applyTo:"))
        raise UserError(f"{path}, line {line}: `applyTo` {fault}")
    return found


def _values(front: list[str], key: str) -> Iterator[str]:
    """What stands behind a key, or in the list below it, without quotes. Not YAML, in which `**` has to be quoted."""
    for at, line in enumerate(front):
        if not line.startswith(f"{key}:"):
            continue
        inline = line.removeprefix(f"{key}:").strip()
        if inline:
            yield from (_bare(part) for part in (parts(inline[1:-1]) if inline[0] == "[" else [inline]))
            continue
        for below in front[at + 1 :]:
            item = below.strip()
            if not item.startswith("- "):
                break
            yield _bare(item[2:])


def _bare(text: str) -> str:
    value = text.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value

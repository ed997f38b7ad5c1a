"""Rules that a repository's owner writes, in ast-grep's own format: data, read at the default branch. Pure.

One file holds one rule, or several with `---` between them. Of ast-grep's keys these count: `id`, `language`, `rule`,
`constraints`, `utils`, `severity`, `message`, `note`, `url`, `files`, `ignores`; `metadata.concern` says which of the
seven concerns it belongs to. Nothing of it is ever a program: the patterns are matched in the worker.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from reviewer.core.concern import Concern, Severity
from reviewer.core.errors import UserError
from reviewer.core.references import is_reference
from reviewer.core.strict_yaml import YamlList, YamlMapping, YamlText, YamlValue, read_yaml

T = TypeVar("T")

RULES_FOLDER: Final = ".github/reviewer/rules"
"""Where the files lie; those that end in `.yml` or `.yaml` are read."""

FILES_MAX: Final = 20
"""Files that are read; more are named."""

RULES_MAX: Final = 50
"""Rules of one repository: each costs 0.1 ms a file, and a reader's patience."""

DEPTH_MAX: Final = 20
"""Nested lists and mappings of one rule; ast-grep's own examples need eight."""

_ID_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_ID_CHARS_MAX: Final = 60
_TEXT_CHARS_MAX: Final = 1_000
_PATTERNS_MAX: Final = 50
_SEVERITIES: Final = {
    "error": Severity.BLOCKER,
    "warning": Severity.WARNING,
    "info": Severity.NOTE,
    "hint": Severity.NOTE,
    "off": None,
}
_ENDINGS: Final = {
    "typescript": (".ts", ".mts", ".cts"),
    "ts": (".ts", ".mts", ".cts"),
    "tsx": (".tsx",),
    "javascript": (".js", ".mjs", ".cjs", ".jsx"),
    "js": (".js", ".mjs", ".cjs", ".jsx"),
}
_BODY: Final = ("rule", "constraints", "utils")
_IGNORED: Final = ("fix", "transform", "rewriters", "labels", "metadata")
"""Keys of ast-grep that are read past: what they do has no place in a comment."""

_NUMBERS: Final = frozenset(("nthChild", "position", "line", "column"))
_SWITCHES: Final = frozenset(("reverse",))


@dataclass(frozen=True, slots=True)
class OwnRule:
    """One rule. `body` is ast-grep's configuration as JSON; `endings` are those of the files it reads."""

    id: str
    source: str
    severity: Severity
    concern: Concern
    message: str
    note: str
    url: str
    endings: tuple[str, ...]
    files: tuple[str, ...]
    ignores: tuple[str, ...]
    body: str

    @property
    def slug(self) -> str:
        """The finding's rule: `own_no-console`."""
        return f"own_{self.id}"


def read_own_rules(text: str, source: str) -> tuple[OwnRule, ...]:
    """The rules of one file; those with `severity: off` are left out. Raises UserError with file, line and mend."""
    found: list[OwnRule] = []
    for offset, document in _documents(text):
        entries = {key.text: value for key, value in read_yaml(document, source, offset, DEPTH_MAX).entries}
        if entries:
            rule = _rule(entries, source, offset + 1)
            found += [] if rule is None else [rule]
    return tuple(found)


def _documents(text: str) -> list[tuple[int, str]]:
    """The documents of a file, each with the number of lines before it."""
    found: list[tuple[int, str]] = []
    start, lines = 0, text.removeprefix("\ufeff").split("\n")
    for at, line in enumerate([*lines, "---"]):
        if line.rstrip() == "---":
            found.append((start, "\n".join(lines[start:at])))
            start = at + 1
    return found


def _rule(entries: dict[str, YamlValue], source: str, line: int) -> OwnRule | None:
    known = ("id", "language", "severity", "message", "note", "url", "files", "ignores", *_BODY, *_IGNORED)
    for key, value in entries.items():
        if key not in known:
            raise UserError(f"{source}, line {value.line}: unknown key `{key[:40]}`; known are {', '.join(known)}")
    severity = _choice(entries, "severity", _SEVERITIES, source, "hint")
    if severity is None:
        return None
    return OwnRule(
        id=_id(entries, source, line),
        source=source,
        severity=severity,
        concern=_concern(entries, source),
        message=_text(entries, "message", source, line),
        note=_text(entries, "note", source, line, needed=False),
        url=_url(entries, source, line),
        endings=_choice(entries, "language", _ENDINGS, source, "typescript"),
        files=_patterns(entries, "files", source),
        ignores=_patterns(entries, "ignores", source),
        body=_body(entries, source, line),
    )


def _id(entries: dict[str, YamlValue], source: str, line: int) -> str:
    text = _text(entries, "id", source, line).lower()
    if len(text) > _ID_CHARS_MAX or not _ID_CHARS.issuperset(text):
        raise UserError(f"{source}, line {entries['id'].line}: an id is letters, digits, `-` and `_`, at most 60")
    return text


def _text(entries: dict[str, YamlValue], key: str, source: str, line: int, *, needed: bool = True) -> str:
    value = entries.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, YamlText) or not value.text.strip() or len(value.text) > _TEXT_CHARS_MAX:
        at = line if value is None else value.line
        raise UserError(f"{source}, line {at}: `{key}` is a text of at most {_TEXT_CHARS_MAX} characters; write one")
    return value.text.strip()


def _choice(entries: dict[str, YamlValue], key: str, choices: Mapping[str, T], source: str, default: str) -> T:
    value = entries.get(key)
    text = default if value is None else value.text.lower() if isinstance(value, YamlText) else ""
    if text not in choices:
        line = 1 if value is None else value.line
        raise UserError(f"{source}, line {line}: `{key}` is one of {', '.join(choices)}")
    return choices[text]


def _concern(entries: dict[str, YamlValue], source: str) -> Concern:
    metadata = entries.get("metadata")
    for key, value in metadata.entries if isinstance(metadata, YamlMapping) else ():
        if key.text == "concern":
            if isinstance(value, YamlText) and value.text in tuple(Concern):
                return Concern(value.text)
            raise UserError(f"{source}, line {value.line}: `concern` is one of {', '.join(Concern)}")
    return Concern.LINT


def _url(entries: dict[str, YamlValue], source: str, line: int) -> str:
    """A page of a standard; any other is left out, as a link in a comment of ours vouches for where it leads."""
    url = _text(entries, "url", source, line, needed=False)
    return url if is_reference(url) else ""


def _patterns(entries: dict[str, YamlValue], key: str, source: str) -> tuple[str, ...]:
    value = entries.get(key)
    if value is None:
        return ()
    items = value.items if isinstance(value, YamlList) else ()
    texts = tuple(item.text for item in items if isinstance(item, YamlText) and 0 < len(item.text) <= 200)
    if not items or len(texts) != len(items) or len(items) > _PATTERNS_MAX:
        raise UserError(f"{source}, line {value.line}: `{key}` is a list of at most {_PATTERNS_MAX} path patterns")
    return texts


def _body(entries: dict[str, YamlValue], source: str, line: int) -> str:
    rule = entries.get("rule")
    if not isinstance(rule, YamlMapping) or not rule.entries:
        at = line if rule is None else rule.line
        raise UserError(f"{source}, line {at}: `rule` is a mapping, such as `pattern: console.log($$$)`; write one")
    return json.dumps({key: _plain(entries[key], "") for key in _BODY if key in entries})


def _plain(value: YamlValue, key: str) -> object:
    """A value with the types that ast-grep expects: texts, but for the few keys that count or switch."""
    if isinstance(value, YamlMapping):
        return {key.text: _plain(item, key.text) for key, item in value.entries}
    if isinstance(value, YamlList):
        return [_plain(item, key) for item in value.items]
    if key in _NUMBERS and value.text.isascii() and value.text.isdigit() and len(value.text) < 7:
        return int(value.text)
    return value.text == "true" if key in _SWITCHES else value.text

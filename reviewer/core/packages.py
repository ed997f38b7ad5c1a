"""What the project uses: package.json and lock files, read as data."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from reviewer.core.jsonc import parse_jsonc, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Version = tuple[int, int]
"""Major and minor."""

_SECTIONS = ("peerDependencies", "devDependencies", "dependencies")
"""The later one wins."""


def asked(texts: Mapping[str, str]) -> dict[str, str]:
    """What the package.json files among texts ask for: package → version range; the root's own wins."""
    found: dict[str, str] = {}
    paths = (path for path in texts if posixpath.basename(path) == "package.json")
    for path in sorted(paths):
        data = table(parse_jsonc(texts[path]))
        for key in _SECTIONS:
            found |= {name: value for name, value in table(data.get(key)).items() if isinstance(value, str)}
    return found


def package_of(module: str) -> str:
    """The package of a module's name: `@nestjs/swagger` of `@nestjs/swagger/dist/x`."""
    return "/".join(module.split("/")[: 2 if module.startswith("@") else 1])


def version(package: str, ranges: Mapping[str, str], texts: Mapping[str, str]) -> Version | None:
    """The version in a lock file that was read, else the least that the range in package.json allows."""
    for path, text in texts.items():
        name = posixpath.basename(path)
        if name == "package-lock.json":
            locked = _npm(package, text)
        elif name == "yarn.lock":
            locked = _yarn(package, text)
        elif name == "pnpm-lock.yaml":
            locked = _pnpm(package, text)
        else:
            continue
        if locked is not None:
            return locked
    return least(ranges.get(package, ""))


def least(wanted: str) -> Version | None:
    """The least version that a range allows: `^4.18.2` → (4, 18); None for tags, links and paths."""
    first = wanted.strip().partition("||")[0].strip().removeprefix("workspace:").removeprefix("npm:")
    if "@" in first:
        first = first.rpartition("@")[2]
    return _numbers(first.lstrip("^~>=v ").split(" ")[0])


def _numbers(text: str) -> Version | None:
    major, _, rest = text.partition(".")
    minor = rest.partition(".")[0].partition("-")[0]
    if not (major.isascii() and major.isdecimal()) or len(major) > 6 or len(minor) > 6:
        return None
    return int(major), int(minor) if minor.isascii() and minor.isdecimal() else 0


def _npm(package: str, text: str) -> Version | None:
    """The entry `"node_modules/express": {` (or `"express": {` of older files) and the line `"version": "4.18.2"` in
    it. Lock files are megabytes: lines are looked at, nothing is parsed."""
    keys = (f'"node_modules/{package}": {{', f'"{package}": {{')
    lines = iter(text.split("\n"))
    for line in lines:
        if line.strip() in keys:
            return _version_line(lines)
    return None


def _yarn(package: str, text: str) -> Version | None:
    """The first entry of a package: `express@^4.18.2:` and the line `version "4.18.2"` (`version: 4.18.2`) in it."""
    lines = iter(text.split("\n"))
    for line in lines:
        if line.lstrip('"').startswith(f"{package}@"):
            return _version_line(lines)
    return None


def _version_line(lines: Iterator[str]) -> Version | None:
    for line in lines:
        words = line.replace(":", " ").replace('"', " ").replace(",", " ").split()
        if not words or words[0] == "}":
            return None
        if words[0] == "version" and len(words) > 1:
            return _numbers(words[1])
    return None


def _pnpm(package: str, text: str) -> Version | None:
    """The first key of a package: `/express@4.18.2:`, `'@nestjs/core@10.0.0(…)':`, `/express/4.18.2:`."""
    for line in text.split("\n"):
        key = line.strip().strip("'").removeprefix("/")
        for mark in ("@", "/"):
            if key.startswith(package + mark) and line.rstrip().endswith((":", "{}")):
                return _numbers(key[len(package) + 1 :].partition("(")[0].partition("_")[0].rstrip("':"))
    return None

"""Where an import leads: relative paths, tsconfig `paths` and `baseUrl`, workspace packages; all read as data.

A name is never matched by its spelling alone: two classes of one name in two folders are two classes.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewer.core.jsonc import parse_jsonc, table
from reviewer.core.packages import package_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

_ENDINGS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_ROOT_ALIASES = ("@root", "@src", "@app", "@server", "@api", "@backend")
"""What projects call their own source folder, and Nest's command line its libraries (`@app/orders`); no packages have
these scopes."""
_OURS = ("workspace:", "link:", "file:", "portal:")
"""How versions start of packages that stand in the repository itself."""

_JS_TO_TS = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}


@dataclass(frozen=True, slots=True)
class _Config:
    """What one tsconfig says about imports. `folder` is where it stands, "" for the root."""

    folder: str
    base: str | None
    paths: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves module names to paths of the tree. Make it with `resolver`."""

    tree: Set[str]
    configs: tuple[_Config, ...] = ()
    packages: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    libraries: frozenset[str] = frozenset()
    _known: dict[tuple[str, str], str | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def resolve(self, importer: str, module: str) -> str | None:
        """The path that `module` means in the file `importer`; None for a library or a file that is not there."""
        key = (importer.rpartition("/")[0], module)
        if key not in self._known:
            self._known[key] = self._find(posixpath.dirname(importer), module)
        return self._known[key]

    def _find(self, folder: str, module: str) -> str | None:
        if module.startswith("."):
            return self._file(posixpath.normpath(posixpath.join(folder, module)))
        for candidate in (
            *self._by_config(folder, module),
            *self._by_package(module),
            *self._by_custom(folder, module),
        ):
            found = self._file(candidate)
            if found is not None:
                return found
        return None

    def _file(self, path: str) -> str | None:
        path = path.removeprefix("./")
        if path.startswith("../"):
            return None
        stem, ending = posixpath.splitext(path)
        spellings = [stem + other for other in _JS_TO_TS.get(ending, ())]
        spellings.append(path)
        spellings.extend(path + other for other in _ENDINGS)
        spellings.extend(f"{path}/index{other}" for other in _ENDINGS)
        return next((spelling for spelling in spellings if spelling in self.tree), None)

    def _by_config(self, folder: str, module: str) -> list[str]:
        """Candidates from the tsconfig files above the importer, the nearest first."""
        found: list[str] = []
        for config in self.configs:
            if config.folder and not (folder + "/").startswith(config.folder + "/"):
                continue
            root = _join(config.folder, config.base or ".")
            for pattern, targets in config.paths:
                rest = _match(pattern, module)
                if rest is not None:
                    found.extend(_join(root, target.replace("*", rest, 1)) for target in targets)
            if config.base is not None:
                found.append(_join(root, module))
        return found

    def _by_package(self, module: str) -> list[str]:
        found: list[str] = []
        for name, folder, entries in self.packages:
            if module == name:
                found.extend(_join(folder, entry) for entry in (*entries, "src/index", "index", "src"))
            elif module.startswith(name + "/"):
                rest = module[len(name) + 1 :]
                found.extend(_join(folder, prefix + rest) for prefix in ("", "src/"))
        return found

    def _by_custom(self, folder: str, module: str) -> list[str]:
        """What projects mean by `src/…`, `@/…`, `@root/…`, `@orders/…` and `api/src/…` when no tsconfig was read that
        says so: a path below a folder above the importer."""
        head, _, rest = module.partition("/")
        if not rest or head.startswith("node:") or package_of(module) in self.libraries:
            return []
        above = [folder]
        while above[-1]:
            above.append(posixpath.dirname(above[-1]))
        name, _, further = rest.partition("/")
        if head in ("src", "@", "~", "#"):
            inner: tuple[str, ...] = (f"src/{rest}", f"{name}/src/{further}") if further else (f"src/{rest}",)
        else:
            plain = module.lstrip("@~#")
            inner = (plain,) if plain == module else (f"src/{plain}", plain)
        if head in _ROOT_ALIASES:
            inner += (f"src/{rest}", f"libs/{name}/src/{further or 'index'}")
        return [_join(root, path) for root in above for path in inner]


def resolver(tree: Set[str], texts: Mapping[str, str]) -> Resolver:
    """A resolver for a tree of paths. `texts` may hold any files; tsconfig and package.json files are looked at."""
    configs: list[_Config] = []
    packages: list[tuple[str, str, tuple[str, ...]]] = []
    libraries: set[str] = set()
    for path, text in texts.items():
        name = posixpath.basename(path)
        folder = posixpath.dirname(path)
        if name.startswith("tsconfig") and name.endswith(".json"):
            configs.append(_config(folder, parse_jsonc(text)))
        elif name == "package.json":
            data = table(parse_jsonc(text))
            called = data.get("name")
            libraries.update(_from_elsewhere(data))
            entries = [data.get(key) for key in ("source", "types", "module", "main")]
            if isinstance(called, str) and called:
                packages.append((called, folder, tuple(entry for entry in entries if isinstance(entry, str))))
    configs.sort(key=lambda config: -len(config.folder))
    return Resolver(tree, tuple(configs), tuple(packages), frozenset(libraries))


def _from_elsewhere(package: Mapping[str, object]) -> Iterator[str]:
    """The packages that a package.json asks for and that are no part of the repository, as far as it says so."""
    for group in ("dependencies", "devDependencies", "peerDependencies"):
        for name, asked in table(package.get(group)).items():
            if isinstance(asked, str) and asked != "*" and not asked.startswith(_OURS):
                yield name


def _config(folder: str, data: object) -> _Config:
    options = table(table(data).get("compilerOptions"))
    base = options.get("baseUrl")
    paths: list[tuple[str, tuple[str, ...]]] = []
    for pattern, targets in table(options.get("paths")).items():
        if isinstance(targets, list):
            paths.append((pattern, tuple(target for target in targets if isinstance(target, str))))
    paths.sort(key=lambda pair: -len(pair[0]))
    return _Config(folder, base if isinstance(base, str) else None, tuple(paths))


def _match(pattern: str, module: str) -> str | None:
    """What the star of a `paths` pattern stands for; "" for an exact match."""
    before, star, after = pattern.partition("*")
    if not star:
        return "" if module == pattern else None
    fits = len(module) >= len(before) + len(after) and module.startswith(before) and module.endswith(after)
    return module[len(before) : len(module) - len(after)] if fits else None


def _join(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))

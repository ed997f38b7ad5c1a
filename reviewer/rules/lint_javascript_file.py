"""A new JavaScript file among TypeScript: nothing checks its types, nor what the code around it passes to it.

Left alone: configuration of tools, scripts, tests, what browsers load, and folders where JavaScript is at home.

Bad::

    src/orders/price.js

Good::

    src/orders/price.ts
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewer.core.change import ChangedFile, FileStatus
from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.jsonc import parse_jsonc, table
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._report import at, report

_ENDINGS = (".js", ".cjs", ".mjs")
_TYPESCRIPT = (".ts", ".mts", ".cts")
_TYPINGS = (".d.ts", ".d.mts", ".d.cts")
_TOOLS = frozenset(
    ("config", "conf", "rc", "setup", "webpack", "babel", "gulpfile", "gruntfile", "knexfile", "ecosystem", "ormconfig",
     "min", "bundle", "worker", "preload", "register", "loader", "plugin", "pnp", "service-worker", "sw", "workbox",
     "metro", "jest", "karma", "rollup", "vite", "esbuild", "tailwind", "postcss", "newrelic", "loadtest", "k6")
)  # fmt: skip
"""Between the dots or dashes of a name: tools and runtimes that load JavaScript themselves."""

_ELSEWHERE = frozenset(
    ("public", "static", "assets", "docs", "doc", "www", "client", "frontend", "web", "ui", "views", "templates", "bin",
     "tools", "config", "lib-js", "wasm", "patches", "plugins", "k6", "load-tests", "website", "dashboard",
     "playground")
)  # fmt: skip
_BACKENDS = ("@nestjs/core", "@nestjs/common", "express", "fastify", "koa", "hono", "@hapi/hapi", "@trpc/server")
_PAGES = (".vue", ".svelte", ".component.ts")
_MARKUP = (".tsx", ".jsx")
_MARKUP_MIN = 5
"""Files with markup that make a folder one of pages; fewer may be the mails of a backend."""

_NEIGHBOURS_MIN = 3
"""Files of code in a folder that say what it is written in."""

_TYPESCRIPT_SHARE = 0.9
_CONFIGURATIONS = frozenset(("tsconfig.json", "tsconfig.base.json", "tsconfig.build.json"))


def inspect(project: Project) -> Iterator[Finding]:
    """JavaScript files that the change added, or made of TypeScript, in folders of TypeScript."""
    if not any(project.uses(package) for package in _BACKENDS):
        return
    fresh = {file.path for file in project.change.files if _is_new_script(file)}
    for path in sorted(fresh):
        others = project.change.tree - fresh
        if _is_tool(path) or not _is_among_typescript(others, path) or _is_page(others, path):
            continue
        if not _is_checked(project, path):
            yield report(
                RULE,
                at(path, 1),
                "This backend is written in TypeScript, and here the compiler sees nothing: a wrong argument or a "
                "missing field shows at run time only. Write the file in TypeScript.",
                symbol="",
                quoted=posixpath.basename(path),
            )


def _is_new_script(file: ChangedFile) -> bool:
    if not file.path.endswith(_ENDINGS) or not is_production(file.path) or file.path.startswith("."):
        return False
    was_typescript = file.status is FileStatus.RENAMED and not (file.old_path or "").endswith(_ENDINGS)
    return file.status is FileStatus.ADDED or was_typescript


def _is_tool(path: str) -> bool:
    folders = path.lower().split("/")
    name = folders.pop()
    words = set(name.replace("-", ".").split("."))
    is_hidden = any(part.startswith(".") for part in (*folders, name))
    return is_hidden or bool(words & _TOOLS) or bool(_ELSEWHERE & set(folders))


def _is_among_typescript(others: frozenset[str], path: str) -> bool:
    """Whether the nearest folder with enough code around a file, below the root, is written in TypeScript."""
    folder = posixpath.dirname(path)
    while folder:
        inside = [one for one in others if one.startswith(folder + "/")]
        typed = sum(one.endswith(_TYPESCRIPT) and not one.endswith(_TYPINGS) for one in inside)
        plain = sum(one.endswith(_ENDINGS) for one in inside)
        if typed + plain >= _NEIGHBOURS_MIN:
            return typed >= _TYPESCRIPT_SHARE * (typed + plain)
        if not posixpath.dirname(folder):
            return typed > 0 and plain == 0  # a small service, all of it written in TypeScript
        folder = posixpath.dirname(folder)
    return False


def _is_checked(project: Project, path: str) -> bool:
    """Whether the compiler checks JavaScript here: the whole of it, or this file."""
    facts = project.head.get(path, FileFacts())
    if any("@ts-check" in comment.text for comment in facts.comments):
        return True
    configurations = (text for name, text in project.texts.items() if posixpath.basename(name) in _CONFIGURATIONS)
    return any(table(table(parse_jsonc(text)).get("compilerOptions")).get("checkJs") is True for text in configurations)


def _is_page(others: frozenset[str], path: str) -> bool:
    """Whether a file lies beside a package.json, as scripts do, or in a source folder of a browser's code."""
    folder = posixpath.dirname(path)
    if f"{folder}/package.json" in others:
        return True
    top = folder
    while folder and f"{folder}/package.json" not in others:
        top, folder = folder, posixpath.dirname(folder)
    inside = [one for one in others if one.startswith(top + "/")]
    mails = sum(one.endswith(_MARKUP) for one in inside)
    return mails >= _MARKUP_MIN or any(one.endswith(_PAGES) for one in inside)


RULE = Rule(
    slug="lint_javascript_file",
    concern=Concern.LINT,
    severity=Severity.WARNING,
    title="A new JavaScript file in a TypeScript backend",
    inspect=inspect,
    references=(
        Reference(
            "TypeScript: type checking JavaScript", "https://www.typescriptlang.org/docs/handbook/intro-to-js-ts.html"
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-use-typescript-on-node-js-with",
)

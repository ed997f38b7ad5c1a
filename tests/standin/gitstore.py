"""The real git repository behind each repository of the stand-in: commits from dicts, and the answers git gives."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.standin.patch import FileDiff, with_patches

_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True, slots=True)
class GitFile:
    """A tree entry with its mode. `content` is the target of a link, or the commit id of a submodule."""

    content: bytes
    mode: str = "100644"


def executable(content: str) -> GitFile:
    """A file with the executable bit."""
    return GitFile(content.encode(), "100755")


def symlink(target: str) -> GitFile:
    """A symbolic link."""
    return GitFile(target.encode(), "120000")


def submodule(commit: str) -> GitFile:
    """A submodule at `commit` (40 hex digits)."""
    return GitFile(commit.encode(), "160000")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tree; `size` is None for trees and submodules."""

    path: str
    mode: str
    kind: str
    sha: str
    size: int | None


class GitStore:
    """One bare repository. Names are text with surrogate escapes for bytes that are no UTF-8."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._commits = 0
        self._diffs: dict[tuple[str, str], tuple[FileDiff, ...]] = {}
        self._objects: dict[str, tuple[str, bytes]] = {}
        self._resolved: dict[str, str] = {}
        self._bases: dict[tuple[str, str], str | None] = {}
        self._ranges: dict[tuple[str, str], list[str]] = {}
        for name in ("objects/info", "refs/heads"):  # what `git init` makes, without starting a process
            (folder / name).mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
        (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n", encoding="ascii")

    def commit(
        self, files: Mapping[str, str | bytes | GitFile], parents: tuple[str, ...] = (), message: str = "Change"
    ) -> str:
        """Write a commit whose whole tree is `files`; returns its id. No two commits are alike: the date moves on."""
        self._commits += 1
        date = f"{1_767_225_600 + self._commits} +0000"
        text = message.encode()
        lines = [b"feature done\n", b"commit refs/heads/__written\nmark :1\n"]
        lines.append(f"committer Mona <mona@example.com> {date}\ndata {len(text)}\n".encode() + text + b"\n")
        lines += [(f"merge {p}\n" if i else f"from {p}\n").encode() for i, p in enumerate(parents)]
        lines.append(b"deleteall\n")
        lines += [_modify(path, content) for path, content in files.items()]
        lines += [b"get-mark :1\n", b"done\n"]
        out = self._git("fast-import", "--quiet", "--force", "--date-format=raw", given=b"".join(lines))
        (self.folder / "refs" / "heads" / "__written").unlink()
        return out.decode().strip()

    def fetch(self, source: Path, revision: str) -> str:
        """Borrow a commit with its history from another repository on this machine; returns its id."""
        elsewhere = ("-C", str(source), "rev-parse")
        sha = _run(*elsewhere, "--verify", "--end-of-options", revision + "^{commit}").decode().strip()
        common = _run(*elsewhere, "--path-format=absolute", "--git-common-dir").decode().strip()
        with (self.folder / "objects" / "info" / "alternates").open("a", encoding="utf-8") as file:
            file.write(f"{common}/objects\n")
        return sha

    def set_ref(self, name: str, sha: str) -> None:
        """Point `refs/…` at a commit."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{sha}\n", encoding="ascii")

    def branch(self, name: str) -> str | None:
        """The commit at the tip of a branch, or None."""
        file = self.folder / "refs" / "heads" / name
        if ".." in name:  # git allows no such branch either
            return None
        return file.read_text(encoding="ascii").strip() if file.is_file() else None

    def resolve(self, expression: str) -> str | None:
        """The object that an expression names (`main`, a SHA, `HEAD:src/a.ts`), or None."""
        if expression.startswith("-") or "\n" in expression or "\0" in expression:
            return None
        if expression in self._resolved:
            return self._resolved[expression]
        out = self._cat(expression, "--batch-check=%(objectname)").rstrip(b"\n")
        sha = out.decode("utf-8", "replace")
        if not _is_sha(sha):
            return None
        if _is_sha(expression[:40]):  # what starts with an id means the same for ever
            self._resolved[expression] = sha
        return sha

    def object(self, expression: str) -> tuple[str, str, bytes] | None:
        """Id, kind (blob, tree, commit, tag) and bytes of what the expression names, or None."""
        sha = expression if _is_sha(expression) and self._objects.get(expression) else self.resolve(expression)
        if sha is None:
            return None
        if sha not in self._objects:
            head, _, rest = self._cat(sha, "--batch=%(objecttype) %(objectsize)").partition(b"\n")
            kind, size = head.decode().split(" ")
            if kind == "missing" or size == "missing":  # a SHA resolves to itself, also when git has no such object
                return None
            self._objects[sha] = (kind, rest[: int(size)])
        return (sha, *self._objects[sha])

    def tree(self, expression: str, recursive: bool) -> list[Entry]:
        """The entries of a tree, as `git ls-tree` has them (recursive: with the trees themselves, as GitHub)."""
        flags = ("-r", "-t") if recursive else ()
        out = self._git("ls-tree", "-z", "--full-tree", "--long", *flags, expression)
        entries = []
        for line in out.split(b"\0")[:-1]:
            head, _, name = line.partition(b"\t")
            mode, kind, sha, size = head.decode().split()
            path = name.decode("utf-8", "surrogateescape")
            entries.append(Entry(path, mode, kind, sha, None if size == "-" else int(size)))
        return entries

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits by id, or None for unrelated histories."""
        if (one, other) not in self._bases:
            out = self._git("merge-base", one, other, allowed=(0, 1)).decode().strip()
            self._bases[one, other] = out or None
        return self._bases[one, other]

    def commits(self, base: str, head: str) -> list[str]:
        """The commits of head (both by id) that base has not, oldest first."""
        if (base, head) not in self._ranges:
            self._ranges[base, head] = self._git("rev-list", "--reverse", f"{base}..{head}").decode().split()
        return self._ranges[base, head]

    def diff(self, base: str, head: str) -> tuple[FileDiff, ...]:
        """What three-dot comparison shows: merge base to head, renames found, one FileDiff a file."""
        start = self.merge_base(base, head) or base
        if (start, head) not in self._diffs:
            common = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--full-index", "-M", start, head)
            raw = self._git(*common[:-2], "--raw", "--no-abbrev", "-z", *common[-2:])
            counts = self._git(*common[:-2], "--numstat", "-z", *common[-2:])
            patches = self._git(*common[:-2], "--patch", "--submodule=short", *common[-2:])
            self._diffs[start, head] = with_patches(raw, counts, patches)
        return self._diffs[start, head]

    def raw_diff(self, base: str, head: str) -> bytes:
        """The diff as text, three dots."""
        start = self.merge_base(base, head) or base
        return self._git("diff", "--no-color", "--no-ext-diff", "--full-index", "-M", start, head)

    def _cat(self, expression: str, mode: str) -> bytes:
        return self._git("cat-file", mode, given=expression.encode("utf-8", "surrogateescape") + b"\n")

    def _git(self, *arguments: str, given: bytes = b"", allowed: tuple[int, ...] = (0,)) -> bytes:
        return _run("--git-dir", str(self.folder), *arguments, given=given, allowed=allowed)


def _run(*arguments: str, given: bytes = b"", allowed: tuple[int, ...] = (0,)) -> bytes:
    done = subprocess.run(["git", *arguments], input=given, capture_output=True, env=_ENVIRONMENT, check=False)
    if done.returncode not in allowed:
        raise ValueError(f"git {' '.join(arguments[:4])}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout


def _is_sha(text: str) -> bool:
    return len(text) == 40 and all(c in "0123456789abcdef" for c in text)


def _modify(path: str, content: str | bytes | GitFile) -> bytes:
    """One line of git fast-import."""
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogateescape")
    file = content if isinstance(content, GitFile) else GitFile(content)
    name = _quoted(path)
    if file.mode == "160000":
        return b"M 160000 " + file.content + b" " + name + b"\n"
    return f"M {file.mode} inline ".encode() + name + f"\ndata {len(file.content)}\n".encode() + file.content + b"\n"


def _quoted(path: str) -> bytes:
    """A path the way fast-import reads it back: C-quoted, every unusual byte as an octal number."""
    raw = path.encode("utf-8", "surrogateescape")
    return b'"' + b"".join(bytes([b]) if 32 < b < 127 and b not in b'"\\' else b"\\%03o" % b for b in raw) + b'"'

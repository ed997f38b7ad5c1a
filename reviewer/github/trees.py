"""What a commit's tree says of its files: mode, blob id and size by path, in one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel

from reviewer.core.errors import TransientError
from reviewer.github.blob import is_id
from reviewer.github.failures import HttpRefusedError

if TYPE_CHECKING:
    from reviewer.github.client import Repository


class _Entry(BaseModel):
    path: str
    mode: str
    type: str
    sha: str | None = None
    size: int = 0


class _Tree(BaseModel):
    tree: list[_Entry]
    truncated: bool = False


class _Commit(BaseModel):
    sha: str


class _Comparison(BaseModel):
    merge_base_commit: _Commit


@dataclass(frozen=True, slots=True)
class Leaf:
    """One file of a tree: git's mode, its blob id (a submodule's commit), its bytes (0 for a submodule)."""

    mode: str
    blob: str
    size: int


@dataclass(frozen=True, slots=True)
class Tree:
    """Every file of a commit by path; `truncated` when GitHub did not list all (above 100,000 entries or 7 MB)."""

    leaves: dict[str, Leaf] = field(default_factory=dict)
    truncated: bool = False

    def mode(self, path: str) -> str:
        """A file's mode, "" where it is not known."""
        leaf = self.leaves.get(path)
        return "" if leaf is None else leaf.mode

    def size(self, path: str) -> int:
        """A file's bytes, 0 where they are not known."""
        leaf = self.leaves.get(path)
        return 0 if leaf is None else leaf.size

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes by blob id."""
        return {leaf.blob: leaf.size for leaf in self.leaves.values()}


async def read_tree(repository: Repository, commit: str) -> Tree:
    """The tree of a commit. TransientError for what is no commit id."""
    if not is_id(commit):
        raise TransientError("GitHub named a commit by something that is no commit id")
    route = "/repos/{owner}/{repo}/git/trees/{tree_sha}"
    tree = (await repository.get(route, query={"recursive": "1"}, tree_sha=commit)).into(_Tree)
    leaves = {
        entry.path: Leaf(entry.mode, entry.sha, entry.size)
        for entry in tree.tree
        if entry.type != "tree" and entry.sha is not None
    }
    return Tree(leaves, tree.truncated)


async def merge_base(repository: Repository, base: str, head: str) -> str | None:
    """The commit that a pull request's diff starts from; None where the host does not tell."""
    if not is_id(base) or not is_id(head):
        return None
    route = "/repos/{owner}/{repo}/compare/{basehead}"
    try:  # only page 1 carries files, which we have
        answer = await repository.get(route, query={"per_page": 1, "page": 2}, basehead=f"{base}...{head}")
    except HttpRefusedError:
        return None
    return answer.into(_Comparison).merge_base_commit.sha

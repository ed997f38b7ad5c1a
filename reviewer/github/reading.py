"""A pull request → one Change, in a number of requests that does not grow with its files.

Pull request, files (100 a page), tree at head, then every text by blob id (`blobs`); the base side is rebuilt from
head and patch. Where GitHub shows no patch, the tree at the merge base says whether there is a difference at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.diff import FileDiff, LineKind, UnreadableDiffError, parse_patch, reverse_apply
from reviewer.core.errors import TransientError
from reviewer.core.readable import REGULAR_MODES, too_large, unread_by_name, unread_by_text
from reviewer.github.answers import shaped
from reviewer.github.blob import is_id
from reviewer.github.blobs import NO_TEXT, BlobReader, TextOrReason
from reviewer.github.client import MorePagesError, Repository
from reviewer.github.owner_files import OwnerFiles
from reviewer.github.pull import Pull, read_pull
from reviewer.github.trees import Tree, merge_base, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reviewer.github.standing import Wrote

_PER_PAGE: Final = 100
_PAGES_MAX: Final = 30
"""GitHub lists at most 3,000 files of a pull request (REST description, list pull request files)."""

_LATE_PAGE: Final = 30
_LATE_PAGES_MAX: Final = 4
"""Pages asked again, smaller, for patches that a large page left out; what is missing then is named as not reviewed."""

_NO_DIFF: Final = "GitHub gives no diff for it (binary or too large)"
_MAYBE_LINK: Final = "may be a symbolic link (GitHub does not say)"
_NOT_UTF8: Final = "not UTF-8 text"
_EMPTY_BLOBS: Final = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)
"""Git's id of the empty file, in SHA-1 and SHA-256 repositories."""

_STATUS: Final = {status.value: status for status in FileStatus}
_FILES: Final = "/repos/{owner}/{repo}/pulls/{pull_number}/files"


class _File(BaseModel):
    filename: str
    status: str
    sha: str | None = None
    patch: str | None = None
    previous_filename: str | None = None
    changes: int = 0

    @property
    def removed(self) -> bool:
        return self.status == "removed"


@dataclass(frozen=True, slots=True)
class _Sides:
    """The trees at both ends, `base` None where nobody needed it or the host does not tell; the texts by blob id."""

    head: Tree
    base: Tree | None
    texts: Mapping[str, TextOrReason]


class PullReader:
    """Reads one pull request for one job."""

    def __init__(self, repository: Repository, number: int, bytes_max: int) -> None:
        self._repository = repository
        self._number = number
        self._bytes_max = bytes_max
        self._blobs = BlobReader(repository, number, bytes_max)
        self._tree = Tree()
        self.owned: OwnerFiles | None = None
        """What the owner laid down on the default branch; filled by `change` and `change_at`."""
        self.wrote: Wrote | None = None
        """What stands on the pull request; filled by them, too, where GraphQL told."""

    async def pull(self) -> Pull:
        """The pull request as it stands now."""
        return await read_pull(self._repository, self._number)

    async def change(self, pull: Pull) -> Change:
        """The change at the head that `pull` names. TransientError when the head moved while we read."""
        return (await self._change(pull.head, pull))[0]

    async def change_at(self, head: str) -> tuple[Change, Pull]:
        """The change at `head`, with the pull request read beside it, which says whether it is still to be judged.

        TransientError when its head is another one; whoever tries again asks for the pull request before.
        """
        return await self._change(head, None)

    async def _change(self, head: str, before: Pull | None) -> tuple[Change, Pull]:
        listed, more = await self._files()
        tree = self._tree = await read_tree(self._repository, head)
        _check_listing(listed, tree)
        ids = [file.sha or "" for file in listed if not file.removed and self._unread_by_name(file, tree) is None]
        texts, besides = await self._blobs.first(ids, tree.sizes)
        now = besides.pull or await self.pull()
        if now.head != head:
            raise TransientError("the pull request's head moved while it was read", retry_after_s=1)
        pull = before or now
        self.wrote = now.wrote
        cut = _cut(pull, len(listed), more=more)
        self.owned = besides.owned
        start = await self._start(pull, listed)
        base = await read_tree(self._repository, start) if start else None
        sides = _Sides(tree, base, texts)
        change = Change(
            repository=self._repository.full_name,
            number=pull.number,
            base=start or pull.base,
            head=pull.head,
            files=tuple(self._file(file, sides) for file in listed),
            title=pull.title,
            body=pull.body,
            tree=frozenset(tree.leaves),
            truncated=cut or ("the repository's tree is too large to list whole" if tree.truncated else None),
            commits=now.commits,
        )
        return change, pull

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Texts of unchanged files at head, by path, in one batch; what cannot be read is left out."""
        ids = {
            path: leaf.blob
            for path in paths
            if (leaf := self._tree.leaves.get(path)) is not None
            and leaf.mode in REGULAR_MODES
            and leaf.size <= self._bytes_max
        }
        texts = await self._blobs.texts(ids.values(), self._tree.sizes) if ids else {}
        found = {path: texts[blob][0] for path, blob in ids.items() if blob in texts}
        return {path: text for path, text in found.items() if text is not None}

    async def _files(self) -> tuple[list[_File], bool]:
        """The files that GitHub lists, and whether it has more."""
        listed: list[_File] = []
        more = False
        try:
            pages = self._repository.pages(_FILES, per_page=_PER_PAGE, pages_max=_PAGES_MAX, pull_number=self._number)
            async for item in pages:
                listed.append(shaped(_File, item, _FILES))  # noqa: PERF401 - what came before an error is kept
        except MorePagesError:
            more = True
        return await self._with_late_patches(listed), more

    async def _with_late_patches(self, listed: list[_File]) -> list[_File]:
        """Ask again, in small pages, for patches that a large page left out."""
        late = {
            at // _LATE_PAGE
            for at, file in enumerate(listed)
            if file.patch is None and file.changes and unread_by_name(file.filename, "") is None
        }
        again: dict[str, str] = {}
        for page in sorted(late)[:_LATE_PAGES_MAX] if len(listed) > _LATE_PAGE else ():
            answer = await self._repository.get(
                _FILES, query={"per_page": _LATE_PAGE, "page": page + 1}, pull_number=self._number
            )
            items = answer.json if isinstance(answer.json, list) else []
            shown = [shaped(_File, item, _FILES) for item in items]
            again |= {file.filename: file.patch for file in shown if file.patch is not None}
        return [
            file.model_copy(update={"patch": again[file.filename]})
            if file.patch is None and file.filename in again
            else file
            for file in listed
        ]

    async def _start(self, pull: Pull, listed: Iterable[_File]) -> str | None:
        """The merge base, where a file without patch, or one that may have been a link, cannot be told without it."""
        if any(_is_ambiguous(file) and self._unread_by_name(file, self._tree) is None for file in listed):
            return await merge_base(self._repository, pull.base, pull.head)
        return None

    def _unread_by_name(self, file: _File, tree: Tree) -> str | None:
        name = file.filename
        return unread_by_name(name, tree.mode(name)) or too_large(tree.size(name), self._bytes_max)

    def _file(self, file: _File, sides: _Sides) -> ChangedFile:
        found = ChangedFile(
            path=file.filename,
            status=_STATUS.get(file.status, FileStatus.CHANGED),
            old_path=file.previous_filename,
            blob="" if file.removed else file.sha or "",
        )
        if file.removed:
            mode = "" if sides.base is None else sides.base.mode(file.filename)
            unread = unread_by_name(file.filename, mode)
            unread = unread or (_MAYBE_LINK if not mode and _is_ambiguous(file) else None)
            return replace(found, unread=unread) if unread else _with_base(found, file, "", sides)
        unread = self._unread_by_name(file, sides.head)
        text, reason = (None, None) if unread else sides.texts.get(file.sha or "", (None, NO_TEXT))
        unread = unread or reason
        if unread is None and not sides.head.mode(file.filename) and text and "\n" not in text:
            unread = _MAYBE_LINK
        if unread is not None or text is None:
            return replace(found, unread=unread or NO_TEXT)
        return _with_base(replace(found, head=text), file, text, sides)


def _cut(pull: Pull, listed: int, *, more: bool) -> str | None:
    """Why the list of files is not all of them; None when it is."""
    if not more and pull.changed_files <= listed:
        return None
    return f"GitHub lists only {listed} of {max(pull.changed_files, listed + 1)} changed files"


def _check_listing(listed: Iterable[_File], tree: Tree) -> None:
    """The list of files carries no SHA: a file whose blob is another one at our head shows a list of another head."""
    for file in listed:
        leaf = tree.leaves.get(file.filename)
        if file.removed or leaf is None or leaf.mode not in REGULAR_MODES:
            continue
        if file.sha and is_id(file.sha) and leaf.blob != file.sha:
            raise TransientError("the pull request's head moved while it was read", retry_after_s=1)


def _is_ambiguous(file: _File) -> bool:
    """Whether the list alone does not tell: no patch and no changes are said of a pure rename, of a change of mode,
    and of a file whose differences `.gitattributes` hides; a removed single open line may have been a link.
    """
    if file.removed:
        patch = file.patch or ""
        open_line = patch.endswith("No newline at end of file") or "\n-Subproject commit " in patch
        return open_line and patch.count("\n-") == 1
    return file.patch is None and not file.changes and file.status != "added"


def _with_base(found: ChangedFile, file: _File, head: str, sides: _Sides) -> ChangedFile:
    """The file with its hunks and its text at base, or with the reason why there are none."""
    diff, unread = _diff(file, sides.base)
    base = None if unread else reverse_apply(head, diff)
    if unread is None and (base is None or (found.status is FileStatus.ADDED and base)):
        unread = "its diff does not fit its text"
    if unread is None and any(
        line.kind is LineKind.REMOVED and "\ufffd" in line.text for hunk in diff.hunks for line in hunk.lines
    ):
        unread = _NOT_UTF8  # the patch shows U+FFFD for bytes that are none
    unread = unread or unread_by_text(head or base or "")
    if unread is not None:
        return replace(found, unread=unread)
    return replace(found, diff=diff, base=None if found.status is FileStatus.ADDED else base)


def _diff(file: _File, base: Tree | None) -> tuple[FileDiff, str | None]:
    """The hunks, none where head and base are proved to be the same; or why they are not known."""
    if file.patch is not None:
        try:
            return parse_patch(file.patch), None
        except UnreadableDiffError as error:
            return FileDiff(), str(error)
    leaf = None if base is None else base.leaves.get(file.previous_filename or file.filename)
    same = not file.removed and leaf is not None and leaf.blob == file.sha
    empty = file.status in ("added", "removed") and file.sha in _EMPTY_BLOBS
    return FileDiff(), None if (same or empty) and not file.changes else _NO_DIFF

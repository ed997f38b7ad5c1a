"""A local range or work tree → one Change."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reviewer.core.change import FileStatus
from reviewer.core.errors import UserError
from reviewer.local.reading import LocalReader
from tests.local.folder import BYTES_MAX, Folder

LONG = "".join(f"line {n}\n" for n in range(40))
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "shop")


# ------------------------------------------------------------------------------------------- a range of commits


def test_files_of_a_range_are_read_on_both_sides(folder: Folder) -> None:
    base = folder.commit({"m.ts": LONG, "d.ts": "old\n", "r.ts": LONG.upper(), "x.sh": "1\n", "open": "1\n2", "e": ""})
    (folder.path / "x.sh").chmod(0o755)
    folder.git("mv", "r.ts", "moved to.ts")
    head = folder.commit(
        {"m.ts": LONG.replace("line 3\n", "three\n"), "d.ts": None, "new.ts": "1\r\n", "open": "1\n2\n"}
    )
    change = folder.change(base)
    assert (change.base, change.head, change.repository, change.number) == (base, head, "shop", None)
    assert [(f.path, f.status, f.old_path, f.unread, sorted(f.diff.added)) for f in change.files] == [
        ("d.ts", FileStatus.REMOVED, None, None, []),
        ("m.ts", FileStatus.MODIFIED, None, None, [4]),
        ("moved to.ts", FileStatus.RENAMED, "r.ts", None, []),
        ("new.ts", FileStatus.ADDED, None, None, [1]),
        ("open", FileStatus.MODIFIED, None, None, [2]),
        ("x.sh", FileStatus.MODIFIED, None, None, []),
    ]
    texts = {f.path: (f.base, f.head) for f in change.files}
    assert texts["d.ts"] == ("old\n", None)
    assert texts["moved to.ts"] == (LONG.upper(), LONG.upper())
    assert texts["new.ts"] == (None, "1\r\n")
    assert texts["open"] == ("1\n2", "1\n2\n")
    assert change.tree == {"m.ts", "moved to.ts", "new.ts", "open", "x.sh", "e"}
    assert change.file("d.ts") is not None
    assert {f.path: f.blob for f in change.files}["d.ts"] == ""


def test_what_is_not_read_is_named(folder: Folder) -> None:
    base = folder.commit(
        {"bin": b"\0", "big": "1\n", "latin": b"1\n", "was": b"\xe9\n", "to_link": "1\n", "keep": "1\n"}
    )
    folder.write({"bin": b"\0\1", "big": "x" * 700_000, "latin": b"\xe9\n", "was": "e\n", "lfs": LFS, "to_link": None})
    folder.write({"package-lock.json": "{}", "api.ts": "// @generated\n", "\udcff.ts": "1\n"})
    (folder.path / "link").symlink_to("/etc/passwd")
    (folder.path / "to_link").symlink_to("keep")
    folder.commit({})
    change = folder.change(base)
    assert {file.path: file.unread for file in change.files} == {
        "bin": "binary",
        "big": "larger than 512 KB",
        "latin": "not UTF-8 text",
        "was": "not UTF-8 text",
        "lfs": "stored in Git LFS",
        "link": "symbolic link",
        "to_link": "symbolic link",
        "package-lock.json": "generated (lock file)",
        "api.ts": "generated",
        "\ufffd.ts": "its name is not UTF-8 text",
    }
    assert all(not file.diff.hunks for file in change.files)


def test_a_link_that_became_a_file_is_named(folder: Folder) -> None:
    (folder.path / "a").symlink_to("x")
    base = folder.commit({})
    (folder.path / "a").unlink()
    folder.commit({"a": "1\n"})
    assert folder.reasons(base) == {"a": "its type changed"}


def test_a_submodule_is_named(tmp_path: Path, folder: Folder) -> None:
    other = Folder(tmp_path / "other")
    other.commit({"x": "1\n"})
    base = folder.commit({"a": "1\n"})
    folder.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.path), "sub")
    folder.commit({})
    assert folder.reasons(base) == {".gitmodules": None, "sub": "submodule"}
    inner = Folder(folder.path / "sub")
    before = folder.git("rev-parse", "HEAD").decode().strip()
    inner.commit({"x": "2\n"})
    assert folder.reasons(before, "WORKTREE") == {"sub": "submodule"}
    inner.write({"x": "dirty\n"})
    assert folder.reasons(before, "WORKTREE") == {"sub": "submodule"}


HOSTILE = [
    "-A.js",
    "a?ref=evil",
    "b#c",
    "new\nline",
    'q"uo\\te',
    "tab\t",
    "plan b/ b/x",
    "a b/f",
    "🚀",
    "\u2028",
    "f" * 250,
]


def test_hostile_names_are_only_names(folder: Folder) -> None:
    base = folder.commit(dict.fromkeys(HOSTILE, "1\n"))
    folder.commit(dict.fromkeys(HOSTILE, "1\n2\n"))
    folder.write(dict.fromkeys(HOSTILE, "1\n2\n3\n"))
    for head, added in (("HEAD", {2}), ("WORKTREE", {2, 3})):
        found = {file.path: (file.unread, set(file.diff.added)) for file in folder.change(base, head).files}
        assert found == dict.fromkeys(HOSTILE, (None, added))


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_both_object_formats_are_read(tmp_path: Path, options: tuple[str, ...]) -> None:
    folder = Folder(tmp_path / "x", *options)
    base = folder.commit({"a": "1\n", "gone": "1\n"})
    folder.commit({"a": "2\n"})
    folder.write({"a": "3\n", "b": "4\n", "gone": None})
    assert [(f.path, f.head) for f in folder.change(base).files] == [("a", "2\n")]
    assert [(f.path, f.head) for f in folder.change(base, "WORKTREE").files] == [
        ("a", "3\n"),
        ("b", "4\n"),
        ("gone", None),
    ]


def test_unchanged_files_are_read_at_head(folder: Folder) -> None:
    (folder.path / "link").symlink_to("a")
    base = folder.commit({"a": "1\n", "k": "kept\n", "bin": b"\0", "late": "old\n"})
    folder.commit({"a": "2\n", "late": "new\n"})
    folder.write({"k": "not committed\n"})
    with LocalReader(folder.path, base, "HEAD", BYTES_MAX) as reader:
        reader.change()
        assert reader.texts(["k", "link", "bin", "none", "late"]) == {"k": "kept\n", "late": "new\n"}


# ----------------------------------------------------------------------------------------------- the work tree


def test_uncommitted_work_is_read_whole(folder: Folder) -> None:
    folder.commit({".gitignore": "ignored\nout/\n", "staged": "1\n", "edited": "1\n", "both": "1\n", "gone": "1\n"})
    folder.commit({"removed": "1\n", "old": LONG, "kept": "1\n", "mode": "1\n", "reverted": "1\n"})
    folder.write({"staged": "2\n", "both": "2\n", "fresh": "staged\n", "reverted": "2\n"})
    folder.git("add", "staged", "both", "fresh", "reverted")
    folder.git("rm", "--quiet", "removed")
    folder.write({"edited": "2\n", "both": "3\n", "gone": None, "untracked": "one\n", "ignored": "1\n", "out/x": "1\n"})
    folder.write({"old": None, "new": LONG, "reverted": "1\n"})
    (folder.path / "mode").chmod(0o755)
    folder.git("status")  # it writes the index
    before = (folder.path / ".git" / "index").read_bytes()
    change = folder.change("HEAD", "WORKTREE")
    assert [(f.path, f.status.value, f.base, f.head) for f in change.files] == [
        ("both", "modified", "1\n", "3\n"),
        ("edited", "modified", "1\n", "2\n"),
        ("fresh", "added", None, "staged\n"),
        ("gone", "removed", "1\n", None),
        ("mode", "modified", "1\n", "1\n"),
        ("new", "renamed", LONG, LONG),
        ("removed", "removed", "1\n", None),
        ("staged", "modified", "1\n", "2\n"),
        ("untracked", "added", None, "one\n"),
    ]
    assert {f.path: sorted(f.diff.added) for f in change.files if f.diff.added} == {
        "both": [1],
        "edited": [1],
        "fresh": [1],
        "staged": [1],
        "untracked": [1],
    }
    assert change.head == "WORKTREE"
    assert {f.blob for f in change.files} == {""}
    assert change.tree == {
        ".gitignore",
        "both",
        "edited",
        "fresh",
        "kept",
        "mode",
        "new",
        "reverted",
        "staged",
        "untracked",
    }
    assert before == (folder.path / ".git" / "index").read_bytes()


def test_neighbours_of_uncommitted_work_are_those_of_the_work_tree(folder: Folder) -> None:
    folder.commit({"a": "1\n", "dto.ts": "old\n"})
    base = folder.commit({"dto.ts": "committed\n"})
    folder.write({"a": "2\n", "new.ts": "untracked\n"})
    with LocalReader(folder.path, base, "WORKTREE", BYTES_MAX) as reader:
        reader.change()
        (folder.path / "dto.ts").write_text("changed while it is reviewed\n")
        assert reader.texts(["dto.ts", "new.ts"]) == {"dto.ts": "committed\n", "new.ts": "untracked\n"}


def test_a_branch_and_uncommitted_work_are_read_together(folder: Folder) -> None:
    folder.commit({"a": "1\n", "b": "1\n"})
    folder.git("switch", "--quiet", "--create", "topic")
    folder.commit({"a": "2\n"})
    folder.write({"b": "2\n"})
    assert folder.reasons(None) == {"a": None}
    assert folder.reasons(None, "WORKTREE") == {"a": None, "b": None}


def test_what_is_too_large_in_the_work_tree_is_named_and_not_stored(folder: Folder) -> None:
    folder.commit({"tracked": "1\n", "a": "1\n"})
    folder.write({"tracked": "x" * 5000, "dump.sql": "x" * 5000, "a": "2\n"})
    with LocalReader(folder.path, "HEAD", "WORKTREE", 2048) as reader:
        change = reader.change()
        assert max(path.stat().st_size for path in Path(reader.scratch).rglob("*") if path.is_file()) < 2048
    assert [(f.path, f.status.value, f.unread) for f in change.files] == [
        ("a", "modified", None),
        ("dump.sql", "added", "larger than 2 KB"),
        ("tracked", "modified", "larger than 2 KB"),
    ]


def test_odd_things_in_the_work_tree_do_not_stop_it(folder: Folder) -> None:
    folder.commit({"a": "1\n", "folder/x": "1\n", "file": "1\n", "swap/y": "1\n"})
    Folder(folder.path / "nested").commit({"x": "1\n"})
    os.mkfifo(folder.path / "pipe")
    (folder.path / "passwd").symlink_to("/etc/passwd")
    (folder.path / "dangling").symlink_to("nowhere")
    folder.write({"folder/x": None, "file": None})
    (folder.path / "folder").rmdir()
    folder.write({"folder": "a file now\n", "file/in": "a folder now\n", "swap/y": None})
    (folder.path / "swap").rmdir()
    (folder.path / "elsewhere").mkdir()
    folder.write({"elsewhere/y": "1\n"})
    (folder.path / "swap").symlink_to("elsewhere")
    assert folder.reasons("HEAD", "WORKTREE") == {
        "dangling": "symbolic link",
        "elsewhere/y": None,
        "file": None,
        "file/in": None,
        "folder": None,
        "folder/x": None,
        "nested": "another git repository",
        "passwd": "symbolic link",
        "swap": "symbolic link",
    }


def test_a_merge_in_conflict_is_read_as_it_lies_there(folder: Folder) -> None:
    folder.commit({"a": "1\n", "b": "1\n"})
    folder.git("switch", "--quiet", "--create", "topic")
    folder.commit({"a": "2\n", "b": "2\n"})
    folder.git("switch", "--quiet", "main")
    folder.commit({"a": "3\n", "b": None})
    folder.git("merge", "--quiet", "topic", fails=True)
    folder.write({"b": None})
    change = folder.change("HEAD", "WORKTREE")
    assert [(file.path, file.unread) for file in change.files] == [("a", None)]
    assert "<<<<<<<" in (change.files[0].head or "")


def test_a_file_that_is_only_intended_is_read(folder: Folder) -> None:
    folder.commit({"a": "1\n"})
    folder.write({"b": "2\n"})
    folder.git("add", "--intent-to-add", "b")
    assert [(f.path, f.head) for f in folder.change("HEAD", "WORKTREE").files] == [("b", "2\n")]


def test_a_change_right_after_the_index_was_written_is_seen(folder: Folder) -> None:
    """Git trusts a file's time unless it is that of the index: the copy of the index must keep it."""
    folder.commit({"a": "1\n"})
    folder.git("config", "core.trustCTime", "false")
    index, file = folder.path / ".git" / "index", folder.path / "a"
    known = file.stat()
    folder.write({"a": "2\n"})
    os.utime(file, ns=(known.st_atime_ns, known.st_mtime_ns))
    os.utime(index, ns=(known.st_atime_ns, known.st_mtime_ns))
    assert [f.head for f in folder.change("HEAD", "WORKTREE").files] == ["2\n"]


# ------------------------------------------------------------------------------------- where the range begins


def test_the_default_branch_is_found(folder: Folder, tmp_path: Path) -> None:
    first = folder.commit({"a": "1\n"})
    folder.git("branch", "--quiet", "--move", "develop")
    folder.git("switch", "--quiet", "--create", "topic")
    folder.commit({"b": "1\n"})
    for name in ("develop", "master", "main"):
        folder.git("branch", "--quiet", "--force", name, first)
        assert folder.change(None).base == first
        folder.git("branch", "--quiet", "--force", name, "topic")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(folder.path), str(clone)], check=True)
    there = Folder(clone)
    there.git("remote", "set-head", "origin", "develop")
    there.git("switch", "--quiet", "--create", "mine")
    parted = there.git("rev-parse", "HEAD").decode().strip()
    there.commit({"c": "1\n"})
    assert there.change(None).base == parted


def test_a_base_that_went_on_is_left_at_the_merge_base(folder: Folder) -> None:
    parted = folder.commit({"a": "1\n"})
    folder.git("switch", "--quiet", "--create", "topic")
    folder.commit({"b": "1\n"})
    folder.git("switch", "--quiet", "main")
    folder.commit({"c": "1\n"})
    change = folder.change("main", "topic")
    assert (change.base, [file.path for file in change.files]) == (parted, ["b"])


def test_a_detached_head_and_a_folder_below_the_top_are_read(folder: Folder) -> None:
    folder.commit({"a": "1\n", "deep/er/x": "1\n"})
    folder.git("switch", "--quiet", "--detach")
    folder.commit({"a": "2\n"})
    with LocalReader(folder.path / "deep" / "er", None, "HEAD", BYTES_MAX) as reader:
        change = reader.change()
    assert (change.repository, [file.path for file in change.files]) == ("shop", ["a"])


def test_a_bare_repository_and_a_linked_work_tree_are_read(folder: Folder, tmp_path: Path) -> None:
    base = folder.commit({"a": "1\n"})
    folder.commit({"a": "2\n"})
    folder.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "HEAD")
    (tmp_path / "linked" / "a").write_text("3\n")
    with LocalReader(tmp_path / "linked", base, "WORKTREE", BYTES_MAX) as reader:
        assert [file.head for file in reader.change().files] == ["3\n"]
    bare = tmp_path / "store.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(folder.path), str(bare)], check=True)
    with LocalReader(bare, base, "HEAD", BYTES_MAX) as reader:
        change = reader.change()
    assert (change.repository, [file.head for file in change.files]) == ("store", ["2\n"])
    with pytest.raises(UserError, match="has no work tree"):
        LocalReader(bare, base, "WORKTREE", BYTES_MAX)


def test_a_shallow_clone_says_what_it_lacks(folder: Folder, tmp_path: Path) -> None:
    folder.commit({"a": "1\n"})
    folder.git("switch", "--quiet", "--create", "topic")
    folder.commit({"b": "1\n"})
    folder.git("switch", "--quiet", "main")
    folder.commit({"c": "1\n"})
    clone = tmp_path / "clone"
    source = folder.path.as_uri()
    subprocess.run(["git", "clone", "--quiet", "--depth=1", "--no-single-branch", source, str(clone)], check=True)
    with pytest.raises(UserError, match=r"shallow .* git fetch --unshallow"):
        LocalReader(clone, "origin/main", "origin/topic", BYTES_MAX)


def test_what_cannot_be_read_is_one_sentence(folder: Folder, tmp_path: Path) -> None:
    def said(where: Path, base: str | None, head: str) -> str:
        with pytest.raises(UserError) as caught:
            LocalReader(where, base, head, BYTES_MAX)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    plain = tmp_path / "plain"
    plain.mkdir()
    assert "there is no folder" in said(tmp_path / "none", None, "HEAD")
    assert "is not a git repository" in said(plain, None, "HEAD")
    assert "has no commit" in said(folder.path, None, "HEAD")
    assert "has no commit" in said(folder.path, None, "WORKTREE")
    folder.commit({"a": "1\n"})
    assert "no commit is named 'none'" in said(folder.path, "none", "HEAD")
    for hostile in ("--output=x", "-x", "HEAD:a", "", " ", "a\0b", "HEAD^{tree}", "\udcff"):
        assert said(folder.path, "HEAD", hostile or " ")
    folder.git("switch", "--quiet", "--orphan", "other")
    folder.commit({"b": "1\n"})
    assert "no common history" in said(folder.path, "main", "other")
    folder.git("branch", "--quiet", "--delete", "--force", "main")
    assert "no default branch was found" in said(folder.path, None, "HEAD")


# ---------------------------------------------------------------------------------- the repository's own wishes

SETTINGS = {
    "diff.noprefix": "true",
    "diff.mnemonicPrefix": "true",
    "diff.renames": "false",
    "diff.context": "0",
    "diff.interHunkContext": "99",
    "diff.algorithm": "patience",
    "diff.suppressBlankEmpty": "true",
    "diff.relative": "true",
    "diff.submodule": "log",
    "diff.ignoreSubmodules": "all",
    "diff.wordRegex": ".",
    "diff.colorMoved": "zebra",
    "color.ui": "always",
    "color.diff": "always",
    "core.quotePath": "false",
    "core.abbrev": "4",
    "core.pager": "false",
    "core.autocrlf": "input",
    "status.showUntrackedFiles": "no",
    "status.relativePaths": "true",
}


@pytest.mark.parametrize("head", ["HEAD", "WORKTREE"])
def test_nobodys_settings_change_what_is_read(folder: Folder, head: str) -> None:
    text = "".join(f"line {n}\n\n" for n in range(30))
    base = folder.commit({"a": text, "old": LONG})
    folder.commit({"a": text.replace("line 9\n", "nine\n").replace("line 15\n", ""), "old": None, "new é": LONG})
    folder.write({"z": "1\n"})
    plain = folder.change(base, head)
    for name, value in SETTINGS.items():
        folder.git("config", name, value)
    (folder.path / ".git" / "order").write_text("z*\nn*\n")
    folder.git("config", "diff.orderFile", str(folder.path / ".git" / "order"))
    assert folder.change(base, head) == plain
    assert len(plain.files[0].diff.hunks) == 2


@pytest.mark.parametrize("head", ["HEAD", "WORKTREE"])
@pytest.mark.parametrize("place", [".gitattributes", ".git/info/attributes"])
def test_attributes_hide_nothing(folder: Folder, head: str, place: str) -> None:
    base = folder.commit({"a.ts": "1\n", "b.ts": "1\n"})
    folder.write({place: "* -diff binary linguist-generated filter=lfs export-ignore\n"})
    folder.commit({"a.ts": "2\n", "b.ts": "2\n"})
    found = {file.path: (file.unread, sorted(file.diff.added)) for file in folder.change(base, head).files}
    assert (found["a.ts"], found["b.ts"]) == ((None, [1]), (None, [1]))


def test_nothing_of_the_repository_is_run(folder: Folder, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    base = folder.commit({"a.ts": "1\n", "b.ts": LONG})
    program = folder.path / ".git" / "program"
    program.write_text(f"#!/bin/sh\ntouch '{canary}'\ncat\n")
    program.chmod(0o755)
    for hook in ("post-index-change", "pre-commit", "reference-transaction", "post-checkout", "fsmonitor-watchman"):
        (folder.path / ".git" / "hooks" / hook).parent.mkdir(exist_ok=True)
        (folder.path / ".git" / "hooks" / hook).write_text(program.read_text())
        (folder.path / ".git" / "hooks" / hook).chmod(0o755)
    for name in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.odd=name.x.process",
        "filter.odd=name.x.clean",
        "credential.helper",
        "uploadpack.packObjectsHook",
        "gpg.program",
        "alias.diff-tree",
    ):
        with (folder.path / ".git" / "config").open("a") as file:
            file.write(_setting(name, str(program)))
    folder.write({".gitattributes": "* filter=evil diff=evil\nb.ts filter=odd=name.x\n", "a.ts": "2\n", "c.ts": "3\n"})
    folder.write({"b.ts": LONG + "more\n"})
    assert folder.reasons(base, "WORKTREE") == {".gitattributes": None, "a.ts": None, "b.ts": None, "c.ts": None}
    assert not canary.exists()
    folder.git("add", "--all", fails=True)
    assert canary.exists(), "the canary would not have sung"


def _setting(name: str, value: str) -> str:
    section, _, rest = name.partition(".")
    subsection, _, key = rest.rpartition(".")
    header = f'[{section} "{subsection}"]' if subsection else f"[{section}]"
    return f"{header}\n\t{key} = {value}\n"


def test_replaced_objects_are_read_as_they_are(folder: Folder) -> None:
    base = folder.commit({"a": "1\n"})
    head = folder.commit({"a": "evil\n"})
    harmless = folder.commit({"a": "fine\n"})
    folder.git("replace", head, harmless)
    assert [file.head for file in folder.change(base, head).files] == ["evil\n"]


def test_a_promised_object_is_not_fetched(folder: Folder, tmp_path: Path) -> None:
    base = folder.commit({"a": "1\n"})
    folder.commit({"a": "2\n"})
    folder.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    command = ["git", "clone", "--quiet", "--filter=blob:none", "--no-checkout", folder.path.as_uri(), str(clone)]
    subprocess.run(command, check=True)
    with LocalReader(clone, base, "HEAD", BYTES_MAX) as reader, pytest.raises(UserError, match="clone is partial"):
        reader.change()

"""The files API of the stand-in says what git says, and its reviews take exactly the lines that the diff shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.standin.anchors import anchor_of
from tests.standin.caller import Caller
from tests.standin.github import GitHubStandIn
from tests.standin.gitstore import GitFile, GitStore, executable, submodule, symlink
from tests.standin.patch import hunks

TWENTY = "".join(f"row {n}\n" for n in range(20))
Tree = dict[str, str | bytes | GitFile]

BASE: Tree = {
    "modified.ts": "one\ntwo\nthree\n",
    "removed.ts": "gone\n",
    "old-name.ts": TWENTY,
    "moved.ts": TWENTY + "moved as it is\n",
    "image.png": b"\x89PNG\0\1",
    "script.sh": "echo\n",
    "link": symlink("modified.ts"),
    "vendor": submodule("1" * 40),
    "windows.ts": "a\r\nb\r\n",
    "no-end.ts": "last line",
    "plan b/ b/x.ts": "1\n",
    'quo"ted\nname.ts': "1\n",
    "café.ts": "1\n",
    "bytes-\udcff.ts": "1\n",
    "-rf.ts": "1\n",
    "becomes-link.ts": "text\n",
    "separators.ts": "a\u2028b\x0cc\n",
    "dashes.sql": "keep\n-- a comment\n++ plus\n",
    "same.ts": "same\n",
}
HEAD: Tree = {
    "modified.ts": "one\n2\nthree\n",
    "added.ts": "new\n",
    "empty.ts": "",
    "new-name.ts": TWENTY.replace("row 3\n", "row three\n"),
    "elsewhere/moved.ts": TWENTY + "moved as it is\n",
    "image.png": b"\x89PNG\0\2",
    "script.sh": executable("echo\n"),
    "link": symlink("added.ts"),
    "vendor": submodule("2" * 40),
    "windows.ts": "a\r\nc\r\n",
    "no-end.ts": "last line!",
    "plan b/ b/x.ts": "2\n",
    'quo"ted\nname.ts': "2\n",
    "café.ts": "2\n",
    "bytes-\udcff.ts": "2\n",
    "-rf.ts": "2\n",
    "becomes-link.ts": symlink("added.ts"),
    "separators.ts": "a\u2028b\x0cd\n",
    "dashes.sql": "keep\n",
    "same.ts": "same\n",
}

NO_END = "\\ No newline at end of file"
EXPECTED: list[tuple[str, str, int, int, str | None]] = [
    ("-rf.ts", "modified", 1, 1, "@@ -1 +1 @@\n-1\n+2"),
    ("added.ts", "added", 1, 0, "@@ -0,0 +1 @@\n+new"),
    ("becomes-link.ts", "changed", 1, 1, None),
    ("bytes-\ufffd.ts", "modified", 1, 1, "@@ -1 +1 @@\n-1\n+2"),
    ("café.ts", "modified", 1, 1, "@@ -1 +1 @@\n-1\n+2"),
    ("dashes.sql", "modified", 0, 2, "@@ -1,3 +1 @@\n keep\n--- a comment\n-++ plus"),
    ("elsewhere/moved.ts", "renamed", 0, 0, None),
    ("empty.ts", "added", 0, 0, None),
    ("image.png", "modified", 0, 0, None),
    ("link", "modified", 1, 1, f"@@ -1 +1 @@\n-modified.ts\n{NO_END}\n+added.ts\n{NO_END}"),
    ("modified.ts", "modified", 1, 1, "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three"),
    (
        "new-name.ts",
        "renamed",
        1,
        1,
        "@@ -1,7 +1,7 @@\n row 0\n row 1\n row 2\n-row 3\n+row three\n row 4\n row 5\n row 6",
    ),
    ("no-end.ts", "modified", 1, 1, f"@@ -1 +1 @@\n-last line\n{NO_END}\n+last line!\n{NO_END}"),
    ("plan b/ b/x.ts", "modified", 1, 1, "@@ -1 +1 @@\n-1\n+2"),
    ('quo"ted\nname.ts', "modified", 1, 1, "@@ -1 +1 @@\n-1\n+2"),
    ("removed.ts", "removed", 0, 1, "@@ -1 +0,0 @@\n-gone"),
    ("script.sh", "modified", 0, 0, None),
    ("separators.ts", "modified", 1, 1, "@@ -1 +1 @@\n-a\u2028b\x0cc\n+a\u2028b\x0cd"),
    (
        "vendor",
        "modified",
        1,
        1,
        f"@@ -1 +1 @@\n-Subproject commit {'1' * 40}\n+Subproject commit {'2' * 40}",
    ),
    ("windows.ts", "modified", 1, 1, "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r"),
]


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with GitHubStandIn() as github:
        pull = github.open_pull(base_files=BASE, head_files=HEAD)
        with Caller(github, pull) as made:
            yield made


def test_every_kind_of_change_comes_as_git_has_it(caller: Caller) -> None:
    files = caller.get("/pulls/1/files", per_page=100).json()
    shown = [(f["filename"], f["status"], f["additions"], f["deletions"], f.get("patch")) for f in files]
    assert shown == EXPECTED
    old = {f["filename"]: f["previous_filename"] for f in files if "previous_filename" in f}
    assert old == {"new-name.ts": "old-name.ts", "elsewhere/moved.ts": "moved.ts"}


def test_each_sha_is_the_blob_of_the_tree(caller: Caller) -> None:
    head = {e["path"]: e["sha"] for e in caller.get(f"/git/trees/{caller.pull.head_sha}", recursive=1).json()["tree"]}
    base = {e["path"]: e["sha"] for e in caller.get(f"/git/trees/{caller.pull.base_sha}", recursive=1).json()["tree"]}
    for file in caller.get("/pulls/1/files", per_page=100).json():
        tree = base if file["status"] == "removed" else head
        assert file["sha"] == tree[file["filename"]], file["filename"]


def test_a_tree_names_kinds_and_modes(caller: Caller) -> None:
    tree = caller.get(f"/git/trees/{caller.pull.head_sha}", recursive=1).json()
    kinds = {e["path"]: (e["mode"], e["type"], e.get("size")) for e in tree["tree"]}
    assert tree["truncated"] is False
    assert kinds["script.sh"] == ("100755", "blob", 5)
    assert kinds["link"] == ("120000", "blob", 8)
    assert kinds["vendor"] == ("160000", "commit", None)
    assert kinds["elsewhere"] == ("040000", "tree", None)
    flat = caller.get(f"/git/trees/{caller.pull.head_sha}").json()
    assert "elsewhere/moved.ts" not in {e["path"] for e in flat["tree"]}


def test_contents_are_bytes_at_a_ref_also_through_a_hostile_name(caller: Caller) -> None:
    raw = {"Accept": "application/vnd.github.raw+json"}
    path = f"/repos/octo/shop/contents/plan%20b/%20b/x.ts?ref={caller.pull.head_sha}"
    assert caller.http.get(path, headers=raw).content == b"2\n"
    assert caller.http.get(f"/repos/octo/shop/contents/windows.ts?ref={caller.pull.head_sha}", headers=raw).content == (
        b"a\r\nc\r\n"
    )
    assert caller.get("/contents/added.ts").status_code == 404
    root = caller.get("/contents/", ref=caller.pull.head_sha).json()
    assert {e["name"]: e["type"] for e in root}["elsewhere"] == "dir"


def test_the_diff_starts_at_the_merge_base() -> None:
    with GitHubStandIn() as github:
        record = github.add_repository(files={"a.ts": "1\n"})
        pull = github.open_pull(record, head_files={"a.ts": "1\n", "b.ts": "2\n"})
        github.commit_to_base(record, {"a.ts": "changed on main\n"})
        github.push(pull, {"a.ts": "1\n", "b.ts": "3\n"})
        with Caller(github, pull) as caller:
            assert [f["filename"] for f in caller.get("/pulls/1/files").json()] == ["b.ts"]
            compared = caller.get(f"/compare/main...{pull.head_sha}").json()
        assert (compared["status"], compared["ahead_by"], compared["behind_by"]) == ("diverged", 2, 1)
        assert compared["merge_base_commit"]["sha"] != compared["base_commit"]["sha"]


def test_late_patches_and_truncated_trees_are_switches() -> None:
    with GitHubStandIn() as github:
        pull = github.open_pull(base_files={}, head_files={f"{n:02}.ts": "x\n" for n in range(6)})
        github.switches.patches_per_page_max = 2
        github.switches.tree_entries_max = 5
        with Caller(github, pull) as caller:
            pages = [caller.get("/pulls/1/files", per_page=4, page=page).json() for page in (1, 2)]
            assert [["patch" in f for f in page] for page in pages] == [[True, True, False, False], [True, True]]
            tree = caller.get(f"/git/trees/{pull.head_sha}").json()
            assert (len(tree["tree"]), tree["truncated"]) == (5, True)


def test_a_huge_patch_is_withheld_and_a_huge_diff_is_406() -> None:
    with GitHubStandIn() as github:
        pull = github.open_pull(base_files={}, head_files={"big.ts": "x\n" * 20_001, "wide.ts": "y" * 500_001})
        with Caller(github, pull) as caller:
            files = caller.get("/pulls/1/files").json()
            assert [(f["filename"], f["changes"], "patch" in f) for f in files] == [
                ("big.ts", 20_001, False),
                ("wide.ts", 1, False),
            ]
            diff = caller.http.get("/repos/octo/shop/pulls/1", headers={"Accept": "application/vnd.github.diff"})
            assert (diff.status_code, diff.json()["errors"][0]["code"]) == (406, "too_large")


def test_commits_of_a_real_repository_can_be_borrowed(tmp_path: Path) -> None:
    source = GitStore(tmp_path / "source.git")
    base = source.commit({"a.ts": "1\n"})
    source.set_ref("refs/heads/main", source.commit({"a.ts": "2\n"}, (base,)))
    with GitHubStandIn() as github:
        pull = github.import_pull("octo/real", tmp_path / "source.git", base, "main")
        with Caller(github, pull) as caller:
            assert [f["patch"] for f in caller.get("/pulls/1/files").json()] == ["@@ -1 +1 @@\n-1\n+2"]


LINES = st.lists(
    st.sampled_from(["a", "b", "c", "-- x", "++ y", "@@ -1 +1 @@", "\\ no", "", "diff --git a b"]), max_size=40
)


@settings(max_examples=60)
@given(old=LINES, new=LINES, ends=st.tuples(st.booleans(), st.booleans()))
def test_hunks_hold_the_lines_of_both_files_and_all_that_differ(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str], ends: tuple[bool, bool]
) -> None:
    before, after = (
        "\n".join(lines) + ("\n" if end and lines else "") for lines, end in zip((old, new), ends, strict=True)
    )
    git = GitStore(tmp_path_factory.mktemp("git") / "r.git")
    base = git.commit({"f.ts": before, "other": "x\n"})
    head = git.commit({"f.ts": after, "other": "x\n"}, (base,))
    diff = git.diff(base, head)
    shown = hunks(diff[0].patch if diff else None)
    for side, text in ((shown.left, before), (shown.right, after)):
        rows = text.split("\n")
        assert all(rows[number - 1] == row for number, (_, row) in side.items())
    assert bool(shown.headers) is (before != after)
    for number in range(len(after.split("\n")) + 3):
        body: dict[str, object] = {"path": "f.ts", "line": number, "body": "x"}
        if number in shown.right:
            assert anchor_of(diff, body).hunk.split("\n")[-1][1:] == after.split("\n")[number - 1]
        else:
            with pytest.raises(ValueError, match="must be part of the diff"):
                anchor_of(diff, body)

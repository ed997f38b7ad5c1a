"""One Change from a pull request: every kind of file is right, or named with the reason why it was not read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reviewer.core.change import FileStatus
from reviewer.core.diff import LineKind
from reviewer.core.errors import TransientError
from tests.github.reads import Files, reading
from tests.standin.door import Request
from tests.standin.faults import answered, lying
from tests.standin.github import GitHubStandIn
from tests.standin.gitstore import executable, submodule, symlink

LONG = "".join(f"line {n}\n" for n in range(60))
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
HOSTILE = [
    "a?ref=evil.ts",
    "b#frag.ts",
    "-A.js",
    "with\nnewline.ts",
    "plan b/ b/x.ts",
    'tab\t"quote"\\.ts',
    "déjà vu 🚀.ts",
    "%2e%2e/x.ts",
    "...ts",
    ("x" * 199 + "/") * 19 + "deep.ts",
    "Don't \u2028 do.ts",
    "${IFS}$(touch pwned).ts",
    "@evil.rsp",
]  # `../x` and `.git/x` cannot be in a tree: git refuses to make one


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    with GitHubStandIn() as github:
        yield github


ODD: list[tuple[str, Files, Files]] = [
    ("two hunks", {"a": LONG}, {"a": LONG.replace("line 3\n", "three\n").replace("line 50\n", "")}),
    ("added", {}, {"a": LONG}),
    ("added empty", {}, {"a": ""}),
    ("removed", {"a": LONG}, {}),
    ("removed, one open line", {"a": "only"}, {}),
    ("emptied", {"a": LONG}, {"a": ""}),
    ("filled", {"a": ""}, {"a": LONG}),
    ("renamed", {"a": LONG}, {"b": LONG}),
    ("renamed and edited", {"a": LONG}, {"b": LONG.replace("line 9\n", "nine\n")}),
    ("mode only", {"a": LONG}, {"a": executable(LONG)}),
    ("mode and text", {"a": LONG}, {"a": executable(LONG + "more\n")}),
    ("renamed and mode", {"a": LONG}, {"b": executable(LONG)}),
    ("no newline at base", {"a": "1\n2"}, {"a": "1\n2\n"}),
    ("no newline at head", {"a": "1\n2\n"}, {"a": "1\n2"}),
    ("no newline on both sides", {"a": "1\n2"}, {"a": "1\n3"}),
    ("no newline, unchanged", {"a": "1\n2\n3"}, {"a": "0\n2\n3"}),
    ("CRLF", {"a": "1\r\n2\r\n3\r\n"}, {"a": "1\r\ntwo\r\n3\r\n"}),
    ("CRLF to LF", {"a": "1\r\n2\r\n"}, {"a": "1\n2\n"}),
    ("CR in a line", {"a": "1\n2\n"}, {"a": "1\n2\r3\n"}),
    ("line ends that are none", {"a": "1\u2028\x0c\x85\n2\n"}, {"a": "1\u2028\x0c\x85\u2029\n2\x0b\x1c\n"}),
    ("headers as content", {"a": "-- a/x\n@@ -1 +1 @@\n"}, {"a": "++ b/x\n@@ -9 +9 @@\n\\ No newline\n"}),
    ("byte-order mark", {"a": "\ufeff1\n"}, {"a": "\ufeff2\n"}),
    ("NUL late", {"a": "x" * 9_000 + "\n"}, {"a": "x" * 9_000 + "\0\n"}),
    ("U+FFFD that is meant", {"a": "1\n"}, {"a": "1\ufffd\n"}),
]


def together(cases: list[tuple[str, Files, Files]]) -> tuple[Files, Files]:
    """One tree a side, a folder for each case, with texts of its own so that no rename leads from one to another."""
    return tuple(  # type: ignore[return-value]  # two sides, two trees
        {
            f"{name}/{path}": text.replace("line ", f"{name} ") if isinstance(text, str) else text
            for name, *trees in cases
            for path, text in trees[side].items()
        }
        for side in (0, 1)
    )


async def test_every_kind_of_change_is_read_as_git_has_it(github: GitHubStandIn) -> None:
    base, head = together(ODD)
    pull = github.open_pull(base_files=base, head_files=head)
    async with reading(github, pull) as read:
        change = await read.change()
        assert {file.path.split("/")[0]: file.unread for file in change.files} == dict.fromkeys(c[0] for c in ODD)
        read.judge(change)


NAMED: list[tuple[str, Files, Files, str]] = [
    ("binary", {"a": b"\0\1"}, {"a": b"\0\2"}, "binary"),
    ("binary, added", {}, {"a": b"\0\3"}, "binary"),
    ("binary, removed", {"a": b"\0\4"}, {}, "GitHub gives no diff for it (binary or too large)"),
    ("too large", {"a": "1\n"}, {"a": "x" * 3000}, "larger than 2 KB"),
    ("LFS", {"a": LFS}, {"a": LFS.replace("size 1", "size 2")}, "stored in Git LFS"),
    ("submodule", {"a": submodule("1" * 40)}, {"a": submodule("2" * 40)}, "submodule"),
    ("submodule, added", {}, {"a": submodule("3" * 40)}, "submodule"),
    ("submodule, removed", {"a": submodule("4" * 40)}, {}, "submodule"),
    ("link", {"a": symlink("b")}, {"a": symlink("/etc/passwd")}, "symbolic link"),
    ("link, added", {}, {"a": symlink("/etc/shadow")}, "symbolic link"),
    ("link, removed", {"a": symlink("gone")}, {}, "symbolic link"),
    ("file to link", {"a": "1\n"}, {"a": symlink("b")}, "symbolic link"),
    ("link to file", {"a": symlink("b")}, {"a": "1\n"}, "GitHub gives no diff for it (binary or too large)"),
    ("not UTF-8", {"a": b"1\n"}, {"a": b"caf\xe9\n"}, "not UTF-8 text"),
    ("not UTF-8, as long when replaced", {"a": b"1\n"}, {"a": b"\xf0\x9f\x98\n"}, "not UTF-8 text"),
    ("not UTF-8 at base", {"a": b"caf\xe9\n"}, {"a": "café\n"}, "not UTF-8 text"),
    ("lock file", {"package-lock.json": "1\n"}, {"package-lock.json": "2\n"}, "generated (lock file)"),
    ("generated", {"a": "1\n"}, {"a": "// @generated\n1\n"}, "generated"),
    ("name not UTF-8", {}, {"\udcff.ts": "1\n"}, "its name is not UTF-8 text"),
]


async def test_an_empty_file_is_removed_and_nothing_is_missing(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"keep": "1\n", "a": ""}, head_files={"keep": "1\n"})
    async with reading(github, pull) as read:
        file = await read.file("a")
    assert (file.status, file.head, file.base, file.unread) == (FileStatus.REMOVED, None, "", None)


async def test_what_is_not_read_is_named(github: GitHubStandIn) -> None:
    base, head = together([case[:3] for case in NAMED])
    pull = github.open_pull(base_files=base, head_files=head)
    async with reading(github, pull, 2048) as read:
        change = await read.change()
        assert {file.path.split("/")[0]: file.unread for file in change.files} == {case[0]: case[3] for case in NAMED}
        read.judge(change)


async def test_differences_that_github_hides_are_not_taken_for_none(github: GitHubStandIn) -> None:
    """`-diff` in .gitattributes: no patch and no changes, as for a change of mode."""

    def hide(value: object) -> object:
        assert isinstance(value, list)
        return [{k: v for k, v in item.items() if k != "patch"} | {"changes": 0, "additions": 0} for item in value]

    pull = github.open_pull(base_files={"a": "1\n", "b": LONG}, head_files={"a": "evil\n", "c": LONG})
    github.fault("pulls/list-files", lying(hide), times=None)
    async with reading(github, pull) as read:
        files = {file.path: file.unread for file in (await read.change()).files}
    assert files == {"a": "GitHub gives no diff for it (binary or too large)", "c": None}


async def test_a_hostile_name_is_only_a_name(github: GitHubStandIn) -> None:
    base = {path: f"{n}\n" for n, path in enumerate(HOSTILE)}
    pull = github.open_pull(base_files=base, head_files={path: text + "2\n" for path, text in base.items()})
    async with reading(github, pull) as read:
        change = await read.change()
        read.judge(change)
        assert {file.path: (file.unread, file.diff.added) for file in change.files} == dict.fromkeys(
            HOSTILE, (None, frozenset({2}))
        )
        assert await read.reader.texts(HOSTILE) == {path: text + "2\n" for path, text in base.items()}
        assert set(read.operations) == {"pulls/get", "pulls/list-files", "git/get-tree", "graphql"}


async def test_a_name_that_climbs_is_read_by_id_and_asks_nothing_else(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"ab/x": "1\n"}, head_files={"ab/x": "2\n"})

    def climb(value: object) -> object:
        assert isinstance(value, list)
        return [{**item, "filename": "../../../installation/repositories"} for item in value]

    github.fault("pulls/list-files", lying(climb), times=None)
    async with reading(github, pull) as read:
        file = await read.file("../../../installation/repositories")
        assert (file.head, file.unread) == ("2\n", None)
        assert read.operations == ["pulls/get", "pulls/list-files", "git/get-tree", "graphql"]


def many(count: int, text: str) -> dict[str, str]:
    return {f"src/{n}.ts": f"{text} {n}\n" * 3 for n in range(count)}


@pytest.mark.parametrize("count", [5, 60])
async def test_the_number_of_requests_does_not_grow_with_the_files(github: GitHubStandIn, count: int) -> None:
    pull = github.open_pull(base_files=many(count, "old"), head_files=many(count, "new"))
    async with reading(github, pull) as read:
        change = await read.change()
        read.judge(change)
        assert read.operations == ["pulls/get", "pulls/list-files", "git/get-tree", "graphql"]


@pytest.mark.parametrize("count", [5, 60])
async def test_renames_cost_two_requests_however_many(github: GitHubStandIn, count: int) -> None:
    old = many(count, "same text, more than enough to be found again")
    pull = github.open_pull(base_files=old, head_files={"moved/" + path: text for path, text in old.items()})
    async with reading(github, pull) as read:
        change = await read.change()
        assert {file.status for file in change.files} == {FileStatus.RENAMED}
        read.judge(change)
        assert len(read.operations) == 6


async def test_patches_left_out_of_a_large_page_are_asked_for_again(github: GitHubStandIn) -> None:
    github.switches.patches_per_page_max = 40
    pull = github.open_pull(base_files=many(70, "old"), head_files=many(70, "new"))
    async with reading(github, pull) as read:
        change = await read.change()
        assert [file.path for file in change.files if file.unread] == []
        read.judge(change)
        assert read.operations.count("pulls/list-files") == 3


async def test_a_patch_that_never_comes_names_its_file(github: GitHubStandIn) -> None:
    github.switches.patches_per_page_max = 0
    pull = github.open_pull(base_files={"a": "1\n", "b": "1\n"}, head_files={"a": "2\n", "b": "2\n"})
    async with reading(github, pull) as read:
        reasons = {file.unread for file in (await read.change()).files}
    assert reasons == {"GitHub gives no diff for it (binary or too large)"}


async def test_a_patch_of_other_text_names_its_file(github: GitHubStandIn) -> None:
    def lie(value: object) -> object:
        assert isinstance(value, list)
        return [{**item, "patch": "@@ -1 +1 @@\n-1\n+something else"} for item in value]

    pull = github.open_pull(base_files={"a": "1\n"}, head_files={"a": "2\n", "b": "3\n"})
    github.fault("pulls/list-files", lying(lie), times=None)
    async with reading(github, pull) as read:
        assert {file.unread for file in (await read.change()).files} == {"its diff does not fit its text"}


async def test_a_new_file_whose_patch_has_older_lines_is_named(github: GitHubStandIn) -> None:
    def lie(value: object) -> object:
        assert isinstance(value, list)
        return [{**item, "patch": "@@ -1 +1,2 @@\n 1\n+2"} for item in value]

    pull = github.open_pull(base_files={"keep": "1\n"}, head_files={"keep": "1\n", "a": "1\n2\n"})
    github.fault("pulls/list-files", lying(lie), times=None)
    async with reading(github, pull) as read:
        assert (await read.file("a")).unread == "its diff does not fit its text"


async def test_a_list_of_another_head_is_not_reviewed(github: GitHubStandIn) -> None:
    """A replica that lags behind: the head stands still, and the list is an older one."""

    def lag(value: object) -> object:
        assert isinstance(value, list)
        return [{**item, "sha": "0" * 40} for item in value]

    pull = github.open_pull(base_files={"a": "1\n"}, head_files={"a": "2\n"})
    github.fault("pulls/list-files", lying(lag), times=None)
    async with reading(github, pull) as read:
        with pytest.raises(TransientError, match="head moved"):
            await read.change()


async def test_three_thousand_files_are_said_to_be_all_that_is_listed(github: GitHubStandIn) -> None:
    github.switches.files_max = 30
    pull = github.open_pull(base_files=many(50, "old"), head_files=many(50, "new"))
    async with reading(github, pull) as read:
        change = await read.change()
    assert (len(change.files), change.truncated) == (30, "GitHub lists only 30 of 50 changed files")


async def test_more_pages_than_are_read_are_said(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"a": "1\n"}, head_files={"a": "2\n"})
    page = [{"filename": "a", "status": "modified", "sha": None}] * 100
    endless = answered(200, page, {"Link": '<http://127.0.0.1/never>; rel="next"'})
    github.fault("pulls/list-files", endless, times=None)
    async with reading(github, pull) as read:
        change = await read.change()
    assert (len(change.files), change.truncated) == (3000, "GitHub lists only 3000 of 3001 changed files")


async def test_a_tree_too_large_to_list_is_said_and_links_stay_unread(github: GitHubStandIn) -> None:
    github.switches.tree_entries_max = 1
    base: Files = {"a": "1\n", "z": "1\n", "zlink": symlink("x"), "zopen": "open"}
    head: Files = {"a": "2\n", "z": "2\n", "zlink": symlink("/etc/passwd"), "zopen": "changed"}
    pull = github.open_pull(base_files=base, head_files=head)
    async with reading(github, pull) as read:
        change = await read.change()
        read.judge(change)
    maybe = "may be a symbolic link (GitHub does not say)"
    assert {file.path: file.unread for file in change.files} == {"a": None, "z": None, "zlink": maybe, "zopen": maybe}
    assert change.truncated == "the repository's tree is too large to list whole"


async def test_a_deleted_fork_is_read_through_the_base_repository(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"a": "1\n"}, head_files={"a": "2\n"}, fork=True)
    github.delete_fork(pull)
    async with reading(github, pull) as read:
        change = await read.change()
        read.judge(change)
    assert [file.unread for file in change.files] == [None]


async def test_the_diff_starts_where_the_branches_parted(github: GitHubStandIn) -> None:
    record = github.add_repository(files={"a": "1\n", "moved": LONG})
    pull = github.open_pull(record, head_files={"a": "2\n", "there": LONG})
    parted = pull.base_sha
    github.commit_to_base(record, {"a": "1\n", "moved": LONG, "other": "3\n"})
    pull.base_sha = record.git.branch("main") or ""
    async with reading(github, pull) as read:
        change = await read.change()
    assert change.base == parted
    assert {file.path: file.base for file in change.files} == {"a": "1\n", "there": LONG}


@pytest.mark.parametrize("operation", ["pulls/list-files", "git/get-tree", "graphql"])
async def test_a_head_that_moves_while_it_is_read_is_not_reviewed(github: GitHubStandIn, operation: str) -> None:
    pull = github.open_pull(base_files={"a": "1\n", "b": "1\n"}, head_files={"a": "2\n", "b": "2\n"})

    def push(_: Request) -> None:
        github.push(pull, {"a": "2\n", "b": "1\n"})

    github.on(operation, push, times=1)
    async with reading(github, pull) as read:
        with pytest.raises(TransientError, match="head moved"):
            await read.change()


async def test_unchanged_files_are_read_in_one_request(github: GitHubStandIn) -> None:
    keep: Files = {"k1": "one\n", "k2": "two\n", "k3": "one\n", "link": symlink("k1"), "bin": b"\0", "big": "x" * 3000}
    pull = github.open_pull(base_files={**keep, "a": "1\n"}, head_files={**keep, "a": "2\n"})
    async with reading(github, pull, 2048) as read:
        await read.change()
        before = len(read.operations)
        assert await read.reader.texts([*keep, "none"]) == {"k1": "one\n", "k2": "two\n", "k3": "one\n"}
        assert len(read.operations) == before + 1
        assert await read.reader.texts(["none"]) == {}
        assert len(read.operations) == before + 1


async def test_who_opened_it_and_how_it_stands(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"a": "1\n"}, head_files={"a": "2\n"}, author="dep[bot]", draft=True, body=None)
    async with reading(github, pull) as read:
        seen = await read.reader.pull()
        assert (seen.number, seen.head, seen.base) == (pull.number, pull.head_sha, pull.base_sha)
        assert (seen.is_open, seen.is_draft, seen.by_bot, seen.changed_files) == (True, True, "dep[bot]", 1)
        assert (seen.title.reveal(), seen.body.reveal()) == ("Change the shop", "")
        pull.author = None
        github.close(pull)
        seen = await read.reader.pull()
        assert (seen.is_open, seen.by_bot) == (False, None)


async def test_hunks_are_numbered_on_both_sides(github: GitHubStandIn) -> None:
    pull = github.open_pull(base_files={"a": "1\n2\n3\n"}, head_files={"a": "1\nzwei\n3\n4\n"})
    async with reading(github, pull) as read:
        lines = [(line.kind, line.old, line.new, line.text) for line in (await read.file("a")).diff.hunks[0].lines]
    assert lines == [
        (LineKind.CONTEXT, 1, 1, "1"),
        (LineKind.REMOVED, 2, None, "2"),
        (LineKind.ADDED, None, 2, "zwei"),
        (LineKind.CONTEXT, 3, 3, "3"),
        (LineKind.ADDED, None, 4, "4"),
    ]

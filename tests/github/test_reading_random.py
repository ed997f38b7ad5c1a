"""Random trees in real repositories: both readers agree with git and with each other, and GitHub takes every anchor."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.core.anchor import Anchor, Span, place, place_changed
from reviewer.core.change import Change, ChangedFile
from reviewer.core.concern import Side
from reviewer.local.reading import LocalReader
from tests.github.reads import BYTES_MAX, Files, Read, begun, gateway, reading
from tests.standin.caller import Caller
from tests.standin.github import GitHubStandIn
from tests.standin.gitstore import GitFile, executable, submodule, symlink
from tests.standin.json_types import JsonObject

ODD_LINES = ["\x0c", "\u2028", "\x85", "x\r", "--- a/x", "+++ b/x", "@@ -1 +1 @@", "\\ No newline", "", "\ufeff", "é"]
LINES = st.lists(st.one_of(st.sampled_from(ODD_LINES), st.integers(0, 9).map(str)), max_size=30)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + ("\n" if end and lines else ""), LINES, st.booleans())
FILES: st.SearchStrategy[str | bytes | GitFile] = st.one_of(
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS.map(executable),
    st.sampled_from([b"\0bin", b"\xe9\n", b"", GitFile(b"x", "120000"), symlink("a"), submodule("1" * 40)]),
)
NAMES = st.sampled_from(["a.ts", "b.ts", "-A.js", "p b/ b/x", "q?#.ts", "ü/🚀.ts", "n\nl", 'q"\\', "deep/er/x.ts"])
TREES = st.dictionaries(NAMES, FILES, max_size=7)


@st.composite
def edits(draw: st.DrawFn) -> tuple[Files, Files]:
    """Two trees that share files, renamed ones, and edited ones."""
    base, fresh = draw(TREES), draw(TREES)
    head = {name: file for name, file in base.items() if draw(st.booleans())} | fresh
    for file in base.values():
        if isinstance(file, str) and draw(st.booleans()):
            lines = file.split("\n")
            at = draw(st.integers(0, len(lines)))
            lines[at : at + draw(st.integers(0, 2))] = draw(LINES.map(lambda some: some[:3]))
            head[draw(NAMES)] = "\n".join(lines)
    return {"keep": "1\n", **base}, {"keep": "1\n", **head}


def comparable(change: Change) -> dict[str, ChangedFile]:
    """What both readers must agree on; the words of a reason are each one's own."""
    return {
        file.path: replace(file, head=None, base=None, unread="some") if file.unread else file for file in change.files
    }


async def read_both(read: Read, folder: Path) -> Change:
    """The pull request's change, when the local one of the same commits is the same."""
    change = await read.change()
    with LocalReader(folder, read.pull.base_sha, read.pull.head_sha, BYTES_MAX) as local:
        mine = local.change()
    assert comparable(change) == comparable(mine)
    assert change.tree == mine.tree
    assert change.truncated is None
    read.judge(change)
    read.judge(mine)
    return change


def test_both_readers_agree_with_git_on_random_trees() -> None:
    numbers = itertools.count()
    with GitHubStandIn() as github, asyncio.Runner() as runner:
        making = gateway(github)
        app = runner.run(making.__aenter__())

        @settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
        @given(edits())
        def agree(trees: tuple[Files, Files]) -> None:
            name = f"octo/shop-{next(numbers)}"
            pull = github.open_pull(name, base_files=trees[0], head_files=trees[1])
            folder = github.repository_of(pull).git.folder
            runner.run(read_both(runner.run(begun(app, github, pull)), folder))

        try:
            agree()
        finally:
            runner.run(making.__aexit__(None, None, None))


def draw_text(chance: random.Random, length: int) -> list[str]:
    return [chance.choice(["", "}", "\u2028", "x\r", f"line {chance.randrange(10)}"]) for _ in range(length)]


def draw_edit(chance: random.Random, lines: list[str]) -> list[str]:
    edited = list(lines)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(edited) + 1)
        edited[at : at + chance.randrange(4)] = draw_text(chance, chance.randrange(4))
    return edited


def draw_anchor(chance: random.Random, files: list[ChangedFile]) -> Anchor | None:
    """Where a finding anywhere in a file, or past its end, is placed."""
    file = chance.choice(files)
    side, first = chance.choice(list(Side)), chance.randrange(1, 60)
    span = Span(file.path, first, first + chance.choice([0, 0, 1, 3, 9, 40]), side)
    return chance.choice([place, place_changed])(file.diff, span)


def posted(anchor: Anchor) -> JsonObject:
    comment: JsonObject = {"path": anchor.path, "line": anchor.last, "side": anchor.side.value, "body": "x"}
    if anchor.start_line is not None:
        comment |= {"start_line": anchor.start_line, "start_side": anchor.side.value}
    return comment


ANCHORS = 10_000
BATCH = 2_500


async def test_github_takes_ten_thousand_random_anchors() -> None:
    chance = random.Random(20_261_123)
    base = {f"{n}.ts": draw_text(chance, chance.randrange(4, 50)) for n in range(40)}
    head = {name: draw_edit(chance, lines) for name, lines in base.items() if name not in ("0.ts", "1.ts")}
    head |= {"new.ts": draw_text(chance, 30)}
    with GitHubStandIn() as github:
        pull = github.open_pull(
            base_files={name: "\n".join(lines) for name, lines in base.items()},
            head_files={name: "\n".join(lines) for name, lines in head.items()},
        )
        async with reading(github, pull) as read:
            files = list((await read.change()).files)
        findings = refused = 0
        with Caller(github, pull) as caller:
            for _ in range(ANCHORS // BATCH):
                comments: list[JsonObject] = []
                while len(comments) < BATCH:
                    findings += 1
                    anchor = draw_anchor(chance, files)
                    comments += [posted(anchor)] if anchor else []
                answer = caller.post("/pulls/1/reviews", {"event": "COMMENT", "body": "x", "comments": list(comments)})
                refused += answer.status_code != 200
        assert refused == 0
        assert len(github.review_comments(pull)) == ANCHORS
        assert findings > ANCHORS, "some findings are outside of the diff, and none of them was posted"

"""Random histories of a pull request: pushes, rewrites, dismissals, words of people, other rules, a lost summary.

GitHub is a pure model here: what is posted stands, and is read again by the markers that it carries. A reviewer's whole
decision is the real one, from the findings to the texts. A line `bad N` is a rule's finding, `odd N` one that the model
may see or not, `new N` one that a later version's rule sees.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviewer.core.anchor import Span
from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.coverage import gating, take_stock
from reviewer.core.diff import parse_patch
from reviewer.core.finding import Finding
from reviewer.core.hunk_memory import hunk_of
from reviewer.core.memory import Dismissal, Mark, Memory, Said
from reviewer.core.retelling import retellings
from reviewer.core.review import Candidates, Review, assemble
from reviewer.rendering.publication import publish_plan
from reviewer.rendering.remembered import became, fingerprint_in, mark_in, marked, state_of, unmarked, with_state
from tests.rendering.sample import sample_plan

Tree = dict[str, tuple[str, ...]]

BASE: Tree = {f"src/{name}.ts": tuple(f"{name} {number}" for number in range(20)) for name in "ab"}
RULES = {"bad": Origin.CODE, "odd": Origin.MODEL, "new": Origin.CODE}


@dataclass
class Comment:
    """A comment of ours on lines and its thread, as GitHub has them."""

    id: int
    path: str
    line: str
    body: str
    others: bool = False
    resolved_by: str | None = None
    frozen: str | None = None
    """What stood there when a person wrote in the thread."""


@dataclass
class Pull:
    """The pull request as it stands, and what happened on it that must not happen twice."""

    tree: Tree
    heads: list[Tree] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    summary: str | None = None
    version: int = 1
    posted: list[str] = field(default_factory=list)
    hunks: frozenset[str] | None = None
    gating: frozenset[str] = frozenset()
    lifted: set[str] = field(default_factory=set)

    def threads(self) -> tuple[Said, ...]:
        """As they are read: by marker, outdated when the line is no longer in its file."""
        return tuple(
            Said(
                fingerprint_in(one.body),
                one.id,
                f"T{one.id}",
                one.path,
                one.body,
                mark_in(one.body),
                one.resolved_by is not None,
                one.resolved_by or "",
                one.line not in self.tree.get(one.path, ()),
                one.others,
            )
            for one in self.comments
        )


def change_of(tree: Tree, head: str) -> Change:
    files = []
    for path in sorted({*tree, *BASE}):
        old, new = BASE.get(path), tree.get(path)
        if old == new:
            continue
        rows = difflib.unified_diff(old or (), new or (), lineterm="", n=3)
        patch = "\n".join(list(rows)[2:])
        status = FileStatus.ADDED if old is None else FileStatus.REMOVED if new is None else FileStatus.MODIFIED
        text = None if new is None else "\n".join(new)
        files.append(ChangedFile(path, status, parse_patch(patch), head=text))
    return Change("octo/shop", 3, "b" * 40, head, tuple(files), tree=frozenset(tree))


def findings_of(tree: Tree, version: int, seen_by_model: set[str]) -> tuple[Finding, ...]:
    found = []
    for path, lines in tree.items():
        for number, line in enumerate(lines, 1):
            word = line.split(" ")[0]
            if word not in RULES or (word == "odd" and line not in seen_by_model) or (word == "new" and version < 2):
                continue
            found.append(
                Finding(
                    rule=f"data_{word}",
                    concern=Concern.DATA,
                    severity=Severity.BLOCKER,
                    span=Span(path, number, number),
                    title=f"The line is {word}",
                    message="It is wrong. Mend it.",
                    origin=RULES[word],
                    symbol=f"{path[4]}.f",
                    quoted=line + " and so much more of it",
                )
            )
    return tuple(found)


def review(pull: Pull, seen_by_model: set[str]) -> Review:
    """One review of the head, with everything that it writes."""
    head = f"{len(pull.heads):040x}"
    change = change_of(pull.tree, head)
    plan = replace(sample_plan(), gate=Severity.BLOCKER, model="standin")
    state = state_of(pull.summary) if pull.summary is not None else None
    memory = Memory(pull.threads(), state, f"{pull.version:016x}")
    found = Candidates(findings_of(pull.tree, pull.version, seen_by_model))
    made = assemble(change, found, take_stock(change, {}, ()), plan, memory)
    publication = publish_plan(made, handle="bot")
    for said, mark in retellings(made.recalled, pull.threads()):
        (comment,) = [one for one in pull.comments if one.id == said.comment]
        comment.body = unmarked(said.body) if mark is Mark.NONE else marked(said.body, mark, became(mark, head))
    for post in publication.review.comments if publication.review else ():
        pull.posted.append(post.fingerprint)
        line = pull.tree[post.path][post.line - 1]
        pull.comments.append(Comment(len(pull.posted), post.path, line, post.body))
    assert publication.summary is not None
    pull.summary = publication.summary.body
    check(pull, change, made)
    return made


def check(pull: Pull, change: Change, made: Review) -> None:
    assert len(set(pull.posted)) == len(pull.posted), "a comment was posted twice"
    for comment in pull.comments:
        assert comment.frozen in (None, comment.body), "a thread in which a person wrote was touched"
    hunks = frozenset(
        "\n".join((file.path, *(line.kind.value + line.text for line in hunk.lines)))
        for file in change.files
        for hunk in file.diff.hunks
    )
    failing = gating(made.findings, Severity.BLOCKER)
    assert all(one.origin is not Origin.MODEL for one in failing)
    if pull.hunks is not None:
        for one in failing:
            file = change.file(one.path)
            assert file is not None
            (where,) = (
                [hunk for hunk in file.diff.hunks if _holds(hunk.numbered(one.span.side), one)] if one.span else []
            )
            text = "\n".join((file.path, *(line.kind.value + line.text for line in where.lines)))
            names = {one.fingerprint, made.recalled.roots.get(one.fingerprint, "")}
            if text in pull.hunks and names.isdisjoint(pull.lifted):
                assert one.fingerprint in pull.gating, "more fails the check on lines that did not change"
    pull.hunks, pull.gating = hunks, frozenset(one.fingerprint for one in failing)
    pull.lifted.clear()
    assert all(hunk_of(change, one) for one in made.findings)


def _holds(numbered: dict[int, object] | object, one: Finding) -> bool:
    return one.span is not None and isinstance(numbered, dict) and one.span.first in numbered


# ------------------------------------------------------------------------------------------------- what can happen

LINES = st.one_of(
    st.sampled_from(["bad 1", "bad 2", "bad 3", "odd 1", "odd 2", "new 1", "new 2"]),
    st.builds("fine {}".format, st.integers(0, 3)),
)
PATHS = st.sampled_from(["src/a.ts", "src/b.ts", "src/c.ts", "src/d.ts"])
EVENTS = st.one_of(
    st.tuples(st.just("write"), PATHS, st.integers(0, 25), LINES),
    st.tuples(st.just("write"), PATHS, st.integers(0, 25), LINES),
    st.tuples(st.just("cut"), PATHS, st.integers(0, 25), st.just("")),
    st.tuples(st.just("rename"), PATHS, st.integers(0, 3), st.just("")),
    st.tuples(st.just("rewind"), PATHS, st.integers(0, 9), st.just("")),
    st.tuples(st.just("reply"), PATHS, st.integers(0, 9), st.just("")),
    st.tuples(st.just("resolve"), PATHS, st.integers(0, 9), st.just("")),
    st.tuples(st.just("reopen"), PATHS, st.integers(0, 9), st.just("")),
    st.tuples(st.just("dismiss"), PATHS, st.integers(0, 9), st.just("")),
    st.tuples(st.just("upgrade"), PATHS, st.integers(1, 2), st.just("")),
    st.tuples(st.just("lose"), PATHS, st.just(0), st.just("")),
    st.tuples(st.just("again"), PATHS, st.just(0), st.just("")),
)
SIGHT = st.sets(st.sampled_from(["odd 1", "odd 2"]))


def happen(pull: Pull, event: tuple[str, str, int, str]) -> None:
    what, path, number, line = event
    if what in ("write", "cut", "rename", "rewind"):
        push(pull, what, path, number, line)
    elif what in ("upgrade", "lose"):
        ours(pull, what, number)
    elif pull.comments and what != "again":
        say(pull, what, pull.comments[number % len(pull.comments)])


def push(pull: Pull, what: str, path: str, number: int, line: str) -> None:
    """What the author does to the code."""
    lines = pull.tree.get(path, ())
    if what == "write":
        pull.tree = {**pull.tree, path: (*lines[:number], line, *lines[number:])}
    elif what == "cut" and len(lines) > 1:
        pull.tree = {**pull.tree, path: lines[:number] + lines[number + 1 :]}
    elif what == "rename" and lines and (free := f"src/{'abcd'[number]}.ts") not in pull.tree:
        pull.tree = {name: text for name, text in pull.tree.items() if name != path} | {free: lines}
    elif what == "rewind" and pull.heads:
        pull.tree = pull.heads[number % len(pull.heads)]


def ours(pull: Pull, what: str, number: int) -> None:
    """What becomes of the reviewer: another version, a summary that somebody deleted."""
    if what == "upgrade":
        pull.version = number
    else:
        pull.summary = pull.hunks = None  # nothing is known of what was reviewed


def say(pull: Pull, what: str, comment: Comment) -> None:
    """What people say of our comments."""
    if what == "reply":
        comment.others, comment.frozen = True, comment.body
    elif what == "resolve" and comment.resolved_by is None:
        comment.resolved_by = "mona"
    elif what == "reopen":
        comment.resolved_by = None
        pull.lifted.update(pull.posted)  # who takes a dismissal back wants it to count again
    elif what == "dismiss" and pull.summary is not None and (state := state_of(pull.summary)) is not None:
        word = Dismissal(fingerprint_in(comment.body), "mona", "not here")
        pull.summary = with_state(pull.summary, state.with_dismissal(word))


CARRIED_AND_REOPENED: list[tuple[list[tuple[str, str, int, str]], set[str]]] = [
    ([("write", "src/b.ts", 0, "bad 1"), ("cut", "src/a.ts", 0, ""), ("resolve", "src/a.ts", 0, "")], set()),
    ([("write", "src/a.ts", 0, "bad 1"), ("reopen", "src/a.ts", 0, "")], set()),
]


@settings(max_examples=200, deadline=None)
@example(CARRIED_AND_REOPENED)
@given(st.lists(st.tuples(st.lists(EVENTS, min_size=1, max_size=4), SIGHT), min_size=1, max_size=8))
def test_random_histories_repeat_nothing_touch_nobody_s_thread_and_gate_no_unchanged_lines(
    history: list[tuple[list[tuple[str, str, int, str]], set[str]]],
) -> None:
    written = {"src/a.ts": ("bad 1", "odd 1", *BASE["src/a.ts"]), "src/b.ts": ("new 1", *BASE["src/b.ts"])}
    pull = Pull({**BASE, **written})
    review(pull, {"odd 1"})
    pull.heads.append(pull.tree)
    for events, seen_by_model in history:
        for event in events:
            happen(pull, event)
        review(pull, seen_by_model)
        pull.heads.append(pull.tree)

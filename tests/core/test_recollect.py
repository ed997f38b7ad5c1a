"""What is remembered, held against a head: new, open, back, fixed, withdrawn, kept, dismissed, settled, late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.core.anchor import Span
from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.coverage import Gap, take_stock
from reviewer.core.diff import parse_patch
from reviewer.core.finding import Finding
from reviewer.core.gone import Look
from reviewer.core.memory import Dismissal, Mark, Memory, Said, State, Tally
from reviewer.core.recollect import Fate, Held, recollect

A, B = "src/a.ts", "src/b.ts"
LONG = "return this.orders.find({ where: everything });"
GROUND, OTHER_GROUND = "1" * 16, "2" * 16
FIRST, SECOND = "a" * 40, "b" * 40


def change(*files: tuple[str, str], head: str = FIRST, old: dict[str, str] | None = None) -> Change:
    """Added files of one hunk each: path and text. `old` are their earlier names."""
    made = []
    for path, text in files:
        lines = text.split("\n")
        patch = f"@@ -0,0 +1,{len(lines)} @@\n" + "\n".join("+" + line for line in lines)
        name = (old or {}).get(path)
        status = FileStatus.RENAMED if name else FileStatus.ADDED
        made.append(ChangedFile(path, status, parse_patch(patch), head=text, old_path=name))
    return Change("octo/shop", 3, "0" * 40, head, tuple(made), tree=frozenset(path for path, _ in files))


def finding(
    path: str = A, code: str = LONG, *, origin: Origin = Origin.CODE, symbol: str = "f", line: int = 1
) -> Finding:
    return Finding(
        "data_unbounded_list",
        Concern.DATA,
        Severity.BLOCKER,
        Span(path, line, line),
        "Everything is read",
        "Too much. Page it.",
        origin=origin,
        symbol=symbol,
        quoted=code,
    )


def said(one: Finding, **changes: object) -> Said:
    base = Said(one.fingerprint, 71, "T71", one.path, "text")
    return replace(base, **changes)  # type: ignore[arg-type]  # the fields are the test's to choose


def look(head: Change, *gaps: Gap, off: tuple[tuple[str, str], ...] = (), unseen: dict[str, str] | None = None) -> Look:
    paths = frozenset(file.path for file in head.files)
    return Look(take_stock(head, unseen or {}, gaps), paths, frozenset(off))


def first(head: Change, *findings: Finding) -> State:
    """What a first review of a head leaves in the summary."""
    state = recollect(Memory(ground=GROUND), head, findings, look(head)).recalled.state
    assert state is not None
    return state


def second(
    before: State | None, head: Change, *findings: Finding, comments: tuple[Said, ...] = (), ground: str = GROUND
) -> Held:
    return recollect(Memory(comments, before, ground), head, findings, look(head))


def marks(held: Held) -> list[tuple[Mark, bool]]:
    return [(one.mark, one.is_news) for one in held.recalled.gone]


ONE, TWO = change((A, LONG)), change((A, LONG), (B, "export {};"), head=SECOND)


def test_a_first_review_has_only_new_findings_and_no_line_of_changes() -> None:
    held = second(None, ONE, finding())
    assert list(held.recalled.fates.values()) == [Fate.NEW]
    assert held.recalled.state is not None
    assert held.recalled.state.tally == Tally()


def test_the_next_one_tells_since_when_what_is_open() -> None:
    held = second(first(ONE, finding()), TWO, finding(), finding(B, "export {};"), comments=(said(finding()),))
    assert held.recalled.fates == {finding().fingerprint: Fate.OPEN, finding(B, "export {};").fingerprint: Fate.NEW}
    assert held.recalled.comments == {finding().fingerprint: 71}
    assert held.recalled.state is not None
    assert held.recalled.state.tally == Tally(FIRST, new=1, still_open=1)


def test_the_same_head_once_more_tells_what_was_told() -> None:
    once = second(first(ONE, finding()), TWO, finding()).recalled.state
    again = second(once, TWO, finding()).recalled.state
    assert once is not None
    assert again is not None
    assert again.tally == once.tally == Tally(FIRST, still_open=1)


# --------------------------------------------------------------------------------------------- what is not found


def test_what_is_gone_with_its_lines_is_fixed() -> None:
    held = second(first(ONE, finding()), change((A, "fine();"), head=SECOND), comments=(said(finding()),))
    assert marks(held) == [(Mark.FIXED, True)]


def test_what_other_lines_mended_is_fixed_though_its_own_did_not_change() -> None:
    assert marks(second(first(ONE, finding()), TWO)) == [(Mark.FIXED, True)]


@pytest.mark.parametrize("head", [replace(ONE, head=SECOND), ONE], ids=["rebased", "the same head"])
def test_what_is_not_said_any_more_of_the_same_code_is_withdrawn(head: Change) -> None:
    assert marks(second(first(ONE, finding()), head, ground=OTHER_GROUND)) == [(Mark.WITHDRAWN, True)]


def test_what_its_owner_switched_off_is_withdrawn_though_other_lines_changed() -> None:
    off = look(TWO, off=(("data_unbounded_list", A),))
    held = recollect(Memory((), first(ONE, finding()), GROUND), TWO, (), off)
    assert marks(held) == [(Mark.WITHDRAWN, True)]


@pytest.mark.parametrize(
    "unsure",
    [look(TWO, Gap("rule data_unbounded_list", "it failed")), look(TWO, unseen={A: "took too long"})],
    ids=["a rule failed", "the file was not reviewed"],
)
def test_what_could_not_be_looked_at_is_still_open(unsure: Look) -> None:
    held = recollect(Memory((), first(ONE, finding()), GROUND), TWO, (), unsure)
    assert marks(held) == [(Mark.NONE, False)]
    assert held.recalled.kept


def test_what_the_model_does_not_repeat_of_unchanged_lines_is_still_open_and_remembered_as_such() -> None:
    one = finding(origin=Origin.MODEL)
    held = second(first(ONE, one), TWO, comments=(said(one),))
    assert marks(held) == [(Mark.NONE, False)]
    assert marks(second(held.recalled.state, TWO, comments=(said(one),))) == [(Mark.NONE, False)]
    changed = change((A, "other();"), head=SECOND)
    assert marks(second(held.recalled.state, changed, comments=(said(one),))) == [(Mark.FIXED, True)]


@pytest.mark.parametrize(
    ("gap", "is_open"),
    [
        (Gap("model", "it is away"), True),
        (Gap("model", "too many parts", (A,)), True),
        (Gap("model", "too many parts", (B,)), False),
        (Gap("rule data_unbounded_list", "it failed"), False),
    ],
)
def test_what_the_model_has_not_looked_at_is_not_mended_by_another_line_beside_it(gap: Gap, is_open: bool) -> None:
    one = finding(origin=Origin.MODEL)
    changed = change((A, f"more();\n{LONG}"), head=SECOND)
    held = recollect(Memory((said(one),), first(ONE, one), GROUND), changed, (), look(changed, gap))
    assert marks(held) == [(Mark.NONE, False) if is_open else (Mark.FIXED, True)]


def test_without_the_model_nothing_that_it_said_is_mended_unless_its_file_is_gone() -> None:
    one = finding(origin=Origin.MODEL)
    for head, mark in ((change((A, "other();"), head=SECOND), Mark.NONE), (change((B, "x"), head=SECOND), Mark.FIXED)):
        looked = replace(look(head), has_model=False)
        held = recollect(Memory((said(one),), first(ONE, one), GROUND), head, (), looked)
        assert [gone.mark for gone in held.recalled.gone] == [mark]


def test_a_rule_that_failed_has_mended_nothing_on_lines_that_changed() -> None:
    changed = change((A, f"more();\n{LONG}"), head=SECOND)
    looked = look(changed, Gap("rule data_unbounded_list", "it failed"))
    assert marks(recollect(Memory((), first(ONE, finding()), GROUND), changed, (), looked)) == [(Mark.NONE, False)]


def test_a_file_that_github_did_not_list_is_not_mended() -> None:
    short = replace(change((B, "x"), head=SECOND), truncated="only 1 of 2 files is listed")
    assert marks(recollect(Memory((), first(ONE, finding()), GROUND), short, (), look(short))) == [(Mark.NONE, False)]


def test_what_is_told_as_fixed_is_no_news_the_next_time() -> None:
    fixed = change((A, "fine();"), head=SECOND)
    held = second(first(ONE, finding()), fixed)
    assert marks(second(held.recalled.state, fixed)) == [(Mark.FIXED, False)]


# ------------------------------------------------------------------------------------------------ what is carried


def carried(before: Change, old: Finding, after: Change, new: Finding) -> bool:
    held = second(first(before, old), replace(after, head=SECOND), new, comments=(said(old),))
    return held.recalled.comments.get(new.fingerprint) == 71 and held.recalled.roots[new.fingerprint] == old.fingerprint


def test_a_rename_within_the_change_carries() -> None:
    assert carried(ONE, finding(code="x"), change((B, "x"), old={B: A}), finding(B, "x"))


def test_a_rename_by_a_push_carries() -> None:
    assert carried(ONE, finding(code="x"), change((B, "x")), finding(B, "x"))


def test_another_name_of_the_symbol_carries_long_code_and_not_a_word() -> None:
    assert carried(ONE, finding(), ONE, finding(symbol="g"))
    assert not carried(ONE, finding(code="debugger;"), ONE, finding(code="debugger;", symbol="g"))


def test_a_block_that_went_to_another_file_carries_and_a_word_does_not() -> None:
    both = change((A, "fine();"), (B, LONG))
    assert carried(ONE, finding(), both, finding(B))
    assert not carried(ONE, finding(code="debugger;"), both, finding(B, "debugger;"))


def test_a_method_that_went_to_another_class_carries_and_is_not_called_fixed() -> None:
    both, old, new = change((A, "fine();"), (B, LONG)), finding(symbol="Orders.find"), finding(B, symbol="Stock.find")
    assert carried(ONE, old, both, new)
    assert not carried(ONE, old, both, finding(B, symbol="Stock.list"))
    held = second(first(ONE, old), both, new, comments=(said(old),))
    assert (held.recalled.gone, held.recalled.comments) == ((), {new.fingerprint: 71})


def test_a_second_place_of_the_same_code_is_new_while_the_first_is_there() -> None:
    both = change((A, LONG), (B, LONG), head=SECOND)
    held = second(first(ONE, finding()), both, finding(), finding(B), comments=(said(finding()),))
    assert held.recalled.fates[finding(B).fingerprint] is Fate.NEW


def test_a_carried_finding_is_carried_once_more_and_without_a_summary_by_its_path() -> None:
    there = change((B, LONG), head=SECOND)
    held = second(first(ONE, finding()), there, finding(B), comments=(said(finding()),))
    again = second(held.recalled.state, replace(there, head="c" * 40), finding(B), comments=(said(finding()),))
    lost = second(None, there, finding(B), comments=(said(finding()),))
    assert again.recalled.comments == lost.recalled.comments == {finding(B).fingerprint: 71}


# ------------------------------------------------------------------------------------- what people and we ourselves say


def test_what_the_model_says_anew_of_unchanged_lines_is_left_out_and_of_changed_ones_is_new() -> None:
    one = finding(origin=Origin.MODEL)
    held = second(first(ONE), TWO, one)
    assert (held.live, held.settled) == ((), (one,))
    assert second(first(change((A, "other();"))), TWO, one).live == (one,)


def test_a_review_from_nothing_lets_the_model_say_other_things_of_the_same_lines() -> None:
    old, new = finding(origin=Origin.MODEL), finding(code="another one", origin=Origin.MODEL)
    memory = Memory((said(old),), first(ONE, old), GROUND, afresh=True)
    held = recollect(memory, TWO, (new,), look(TWO))
    assert (held.live, marks(held)) == ((new,), [(Mark.WITHDRAWN, True)])
    silent = recollect(memory, TWO, (), look(TWO, Gap("model", "it did not answer")))
    assert marks(silent) == [(Mark.NONE, False)]


def test_a_rule_that_we_brought_gates_no_unchanged_lines_until_they_change() -> None:
    held = second(first(ONE), TWO, finding(), ground=OTHER_GROUND)
    assert [one.late for one in held.live] == [True]
    later = second(held.recalled.state, replace(TWO, head="c" * 40), finding(), ground=OTHER_GROUND)
    assert [one.late for one in later.live] == [True]
    touched = change((A, LONG + "\nmore();"), (B, "export {};"), head="d" * 40)
    assert [one.late for one in second(later.recalled.state, touched, finding(), ground=OTHER_GROUND).live] == [False]


def test_a_rule_that_sees_unchanged_lines_anew_for_what_the_author_changed_elsewhere_gates() -> None:
    assert [one.late for one in second(first(ONE), TWO, finding()).live] == [False]


def test_a_dismissal_holds_over_a_rename_and_a_hand_may_be_taken_back() -> None:
    word = Dismissal(finding().fingerprint, "mona", "not here")
    state = first(ONE, finding()).with_dismissal(word)
    there = change((B, LONG), head=SECOND)
    held = second(state, there, finding(B), comments=(said(finding()),))
    assert (held.live, held.recalled.dismissed) == ((), ((finding(B), word),))
    assert second(held.recalled.state, there, finding(B)).recalled.dismissed == ((finding(B), word),)
    by_hand = second(
        first(ONE, finding()), TWO, finding(), comments=(said(finding(), is_resolved=True, resolved_by="mo"),)
    )
    assert by_hand.recalled.dismissed == ((finding(), Dismissal(finding().fingerprint, "mo", by_hand=True)),)
    opened = second(by_hand.recalled.state, TWO, finding(), comments=(said(finding()),))
    untold = second(by_hand.recalled.state, TWO, finding(), comments=(said(finding(), is_resolved=None),))
    assert (opened.live, untold.live) == ((finding(),), ())


def test_a_dismissed_finding_without_a_comment_that_was_mended_and_is_back_stays_dismissed() -> None:
    one = finding()
    state = first(ONE, one).with_dismissal(Dismissal(one.fingerprint, "mona", "known"))
    for head in (TWO, change((B, "export {};"), head="c" * 40)):
        after = second(state, head).recalled.state
        assert after is not None
        state = after
    held = second(state, ONE, one)
    assert held.live == ()
    assert [said.why for _, said in held.recalled.dismissed] == ["known"]


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_finding_that_was_carried_then_dismissed_then_mended_is_known_when_it_is_back(by_hand: bool) -> None:
    old, new = finding(symbol="Orders.find"), finding(B, symbol="Stock.find")
    there, mended = change((B, LONG), head=SECOND), change((B, "fine();"), head="c" * 40)
    comment = said(old, is_resolved=by_hand, resolved_by="mona" if by_hand else "")
    carried_over = second(first(ONE, old), there, new, comments=(comment,)).recalled.state
    assert carried_over is not None
    if not by_hand:
        carried_over = carried_over.with_dismissal(Dismissal(old.fingerprint, "mona", "not here"))
    without = second(carried_over, mended, comments=(comment,)).recalled.state
    once_more = second(without, replace(mended, head="d" * 40), comments=(comment,)).recalled.state
    back = second(once_more, replace(there, head="e" * 40), new, comments=(comment,))
    assert back.recalled.comments == {new.fingerprint: 71}
    assert [one.by for _, one in back.recalled.dismissed] == ([] if by_hand else ["mona"])
    assert back.recalled.fates == ({new.fingerprint: Fate.BACK} if by_hand else {})


def test_a_finding_that_comes_back_is_told_as_such_also_where_a_person_closed_its_thread() -> None:
    fixed = second(first(ONE, finding()), change((A, "fine();"), head=SECOND)).recalled.state
    marked = said(finding(), mark=Mark.FIXED)
    held = second(fixed, replace(ONE, head="c" * 40), finding(), comments=(marked,))
    assert (held.recalled.fates, held.recalled.back) == ({finding().fingerprint: Fate.BACK}, (marked,))
    closed = said(finding(), is_resolved=True, resolved_by="mona")
    assert second(fixed, replace(ONE, head="c" * 40), finding(), comments=(closed,)).live == (finding(),)

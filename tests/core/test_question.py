"""Follow-up questions: an id that survives a push, one question about many places, a bounded number."""

from __future__ import annotations

from dataclasses import replace

from reviewer.core.anchor import Span
from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding
from reviewer.core.question import ASKED_MAX, TEXT_CHARS_MAX, Question, each_once, left_open, question_about, short

HERE = Finding("data_x", Concern.DATA, Severity.NOTE, Span("src/a.ts", 3, 4), "T", "M", quoted="a()", question="Meant?")


def test_the_id_survives_lines_that_move_and_changes_with_the_text_and_the_finding() -> None:
    moved = replace(HERE, span=Span("src/a.ts", 30, 31))
    same = {question_about(HERE, "Is it  meant?").id, question_about(moved, "is it meant?").id}
    others = {question_about(replace(HERE, quoted="b()"), "Is it meant?").id, question_about(HERE, "Why?").id}
    assert (len(same), len(same | others)) == (1, 3)


def test_a_question_is_told_with_its_id_and_its_place() -> None:
    assert question_about(HERE, "Is it\nmeant?").told == "`q-302434` Is it meant? (`src/a.ts:3-4`)"
    assert Question("Why?").told.endswith("` Why?")


def test_one_question_of_many_findings_is_asked_once_and_hangs_on_the_first() -> None:
    there = replace(HERE, span=Span("src/b.ts", 9, 9), quoted="b()")
    (only,) = left_open((HERE, there))
    assert (only.finding, only.places) == (HERE.fingerprint, ("src/a.ts:3-4", "src/b.ts:9"))


def test_no_more_are_asked_than_are_answered_and_none_is_longer_than_is_read() -> None:
    many = [Question(f"Number {number}?") for number in range(50)]
    assert each_once((*many, *many, Question(""))) == tuple(many[:ASKED_MAX])
    assert len(short("word " * 1_000)) <= TEXT_CHARS_MAX

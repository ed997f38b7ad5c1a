"""What is said in a thread of a reply to a finding: whole texts."""

from __future__ import annotations

from dataclasses import replace

from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.finding import Finding
from reviewer.rendering.replied import a_rule_s, held, withdrawn

FINDING = Finding("data_race", Concern.DATA, Severity.WARNING, None, "Two at once", "Lock it.", origin=Origin.MODEL)
ID = FINDING.fingerprint[:8]


def test_what_is_withdrawn_says_why_and_from_when_on() -> None:
    assert withdrawn("line-7", "the job runs alone").body == (
        "↩️ **Withdrawn**, after your reply: the job runs alone. From the next review on it is off this pull request,"
        " and the summary lists it with your reply as the reason.\n\n<!-- reviewer:answer line-7 -->"
    )


def test_what_a_rule_finds_is_left_to_people() -> None:
    assert a_rule_s("line-7", replace(FINDING, origin=Origin.BOTH), "the job runs alone", "bot").body == (
        "The model takes your point: the job runs alone. But the rule `data_race` reports this, and not the model"
        f" alone: it stands until one of you takes it off with `@bot dismiss {ID} REASON`."
        "\n\n<!-- reviewer:answer line-7 -->"
    )


def test_what_stands_says_why_and_who_may_take_it_off() -> None:
    assert held("line-7", FINDING, "", "bot").body == (
        "It stands, as far as the code shows: the model gives no reason."
        f" If you know better, `@bot dismiss {ID} REASON` takes it off.\n\n<!-- reviewer:answer line-7 -->"
    )

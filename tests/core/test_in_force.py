"""What is in force and where it came from; what a pull request would change; severity, tone, and what is off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.concern import Concern, Severity
from reviewer.core.configuration import (
    CONFIG_PATH,
    NO_DEFAULTS,
    PERSONA_PATH,
    TEAM_PATH,
    Defaults,
    Files,
    Stock,
    make_plan,
)
from reviewer.core.coverage import take_stock
from reviewer.core.in_force import SETTINGS, in_force, proposals
from reviewer.core.levels import SWITCHED_OFF
from reviewer.core.own_rules import RULES_FOLDER
from reviewer.core.review import Candidates, assemble
from tests.core.test_configuration import ORGANISATION, PERSONA, TEAM
from tests.rendering.sample import sample_change, sample_plan, sample_review

RULE = "id: no-old\nlanguage: TypeScript\nmessage: Old\nrule: {pattern: old()}\n"


def shown(own: Files, defaults: Defaults = NO_DEFAULTS) -> dict[str, tuple[str, str]]:
    plan = make_plan(sample_plan(), own, defaults)
    return {one.name: (one.value, one.source) for one in in_force(plan)}


def test_every_setting_is_shown_with_where_it_came_from() -> None:
    found = shown({})
    assert set(SETTINGS) - {"team", "personas"} <= found.keys()
    assert found["gate"] == ("off", "default")
    assert found["limits.comments_max"] == (str(sample_plan().limits.comments_max), "the operator")
    assert found["persona"][1] == "the operator"


def test_each_value_names_its_owner_file_and_line() -> None:
    text = "gate: blocker\nconcerns:\n  lint: off\nlimits:\n  comments_max: 50\n"
    text += "team:\n  - {role: Team Lead, handle: lena}\n"
    theirs = {CONFIG_PATH: "model: {forks: false}\npaths: {ignore: [a, b]}\n", TEAM_PATH: TEAM}
    found = shown(
        {CONFIG_PATH: text, PERSONA_PATH: PERSONA, f"{RULES_FOLDER}/a.yml": RULE}, Defaults(theirs, ORGANISATION)
    )
    most = sample_plan().limits.comments_max
    assert {
        "gate": ("blocker", f"{CONFIG_PATH}, line 1"),
        "concerns.lint": ("off", f"{CONFIG_PATH}, line 3"),
        "limits.comments_max": (str(most), f"the operator, below the 50 of {CONFIG_PATH}, line 5"),
        "model.forks": ("off", f"{ORGANISATION}, {CONFIG_PATH}, line 1"),
        "paths.ignore": ("a, b", f"{ORGANISATION}, {CONFIG_PATH}, line 2"),
        "persona": (f"persona ({PERSONA_PATH})", PERSONA_PATH),
        "team: Team Lead": ("lena, lena for architecture", f"{CONFIG_PATH}, line 7"),
        "own_no-old": ("note, lint: Old", f"{RULES_FOLDER}/a.yml"),
    }.items() <= found.items()


def edited(files: dict[str, str | None], unread: str | None = None) -> Change:
    changed = (
        ChangedFile(path, FileStatus.MODIFIED if text is not None else FileStatus.REMOVED, head=text, unread=unread)
        for path, text in files.items()
    )
    return replace(sample_change(), files=tuple(changed))


def proposed(own: Files, files: dict[str, str | None], unread: str | None = None) -> tuple[str, ...]:
    first, *rest = proposals(sample_plan(), own, NO_DEFAULTS, Stock(), edited(files, unread)) or ("",)
    assert not first or "It is itself reviewed under what is on the default branch now" in first
    return tuple(rest)


@pytest.mark.parametrize(
    ("own", "files", "said"),
    [
        ({}, {"src/a.ts": "x"}, ()),
        ({CONFIG_PATH: "gate: off"}, {CONFIG_PATH: "gate: 'off' # the same"}, ("nothing would change.",)),
        ({CONFIG_PATH: "gate: blocker"}, {CONFIG_PATH: "gate: off"}, ("`gate`: blocker → off",)),
        ({CONFIG_PATH: "gate: blocker"}, {CONFIG_PATH: None}, ("`gate`: blocker → off",)),
        ({}, {CONFIG_PATH: "concerns: {security: off}"}, ("`concerns.security`: not set → off",)),
        ({}, {CONFIG_PATH: "paths: {ignore: ['**']}"}, ("`paths.ignore`: none → **",)),
        ({}, {f"{RULES_FOLDER}/a.yml": RULE}, ("`own_no-old`: not set → note, lint: Old",)),
        (
            {PERSONA_PATH: PERSONA},
            {PERSONA_PATH: PERSONA.replace("Validate every request body.", "Trust them.")},
            ("the persona no longer asks for “Validate every request body.”", "the persona asks for “Trust them.”"),
        ),
        (
            {PERSONA_PATH: PERSONA},
            {PERSONA_PATH: PERSONA.replace("Ours", "Yours")},
            ("the persona's text changes, not its standards",),
        ),
    ],
)
def test_a_pull_request_is_told_what_it_would_change(
    own: Files, files: dict[str, str | None], said: tuple[str, ...]
) -> None:
    assert proposed(own, files) == said


def test_a_pull_request_is_told_what_it_would_break() -> None:
    first, *_ = proposed({CONFIG_PATH: "gate: blocker"}, {CONFIG_PATH: "gate: up"})
    assert first == f"it would be broken: {CONFIG_PATH}, line 1: `gate` is one of off, blocker, warning."
    first, *_ = proposed({}, {CONFIG_PATH: None}, "binary")
    assert first == f"it would be broken: {CONFIG_PATH} cannot be read: it is binary."


def test_a_long_value_is_cut() -> None:
    (said,) = proposed({}, {CONFIG_PATH: "paths: {ignore: [" + ", ".join(f"{'x' * 90}{at}" for at in range(9)) + "]}"})
    assert len(said) < 300


# ------------------------------------------------------------------------------------------ levels and tone


def reviewed(text: str) -> tuple[dict[str, Severity], list[str]]:
    findings = sample_review().findings
    plan = make_plan(replace(sample_plan(), notes=()), {CONFIG_PATH: text})
    assert not plan.gaps
    change = sample_change()
    made = assemble(change, Candidates(findings), take_stock(change, {}, ()), plan)
    off = [item.rule for item in made.dropped if item.reason == SWITCHED_OFF]
    return {finding.rule: finding.severity for finding in made.findings}, off


def test_a_rule_goes_before_its_concern_and_off_is_counted() -> None:
    before, none = reviewed("")
    assert none == []
    rule = next(found.rule for found in sample_review().findings if found.concern is Concern.DATA)
    mine = {found.rule for found in sample_review().findings if found.concern is Concern.DATA}
    after, off = reviewed(f"concerns: {{data: off}}\nrules: {{{rule}: note}}\n")
    assert after[rule] is Severity.NOTE
    assert set(off) == mine - {rule}
    assert after.keys() == before.keys() - set(off)
    after, off = reviewed("concerns: {" + ", ".join(f"{concern.value}: off" for concern in Concern) + "}")
    assert (after, set(off)) == ({}, set(before))


def test_a_raised_severity_can_gate() -> None:
    change = sample_change()
    note = replace(
        next(found for found in sample_review().findings if found.origin.value == "code"), severity=Severity.NOTE
    )
    for text, conclusion in (
        ("gate: blocker", "neutral"),
        (f"gate: blocker\nrules: {{{note.rule}: blocker}}", "failure"),
    ):
        plan = make_plan(sample_plan(), {CONFIG_PATH: text})
        assert assemble(change, Candidates((note,)), take_stock(change, {}, ()), plan).conclusion.value == conclusion


def test_a_brief_tone_says_only_how_to_mend_it() -> None:
    change = sample_change()
    finding = replace(sample_review().findings[0], message="It loses money. Round once, at the end.")
    plan = make_plan(sample_plan(), {CONFIG_PATH: "tone: brief"})
    (shown,) = assemble(change, Candidates((finding,)), take_stock(change, {}, ()), plan).findings
    assert (shown.message, shown.fingerprint) == ("Round once, at the end.", finding.fingerprint)

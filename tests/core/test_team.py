from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.errors import UserError
from reviewer.core.team import NO_TEAM, Member, load_team

ROOT = Path(__file__).resolve().parents[2]
LEAD = "  - {role: Team Lead, areas: [], name: Ada, handle: ada}\n"


def rows(**changes: str) -> str:
    """A team of two, the second of which is written as the test wants."""
    found = {"role": "QA Lead", "areas": "[tests]", "name": "Bob", "handle": "bob", **changes}
    second = "".join(f"    {key}: {value}\n" for key, value in found.items() if value)
    return f"members:\n{LEAD}  -\n{second}"


def test_the_example_names_damilare_as_team_lead_and_architect() -> None:
    team = load_team((ROOT / "personas" / "team.yml").read_text(encoding="utf-8"), "personas/team.yml")
    assert team.lead == Member(
        role="Team Lead / Architect",
        roles=("team-lead", "architect"),
        areas=("architecture", "cross-cutting"),
        name="Damilare",
        handle="damilare",
        line=12,
    )
    assert team.by_role("Architect") == team.lead
    examples = [member.handle for member in team.members if member != team.lead]
    assert examples
    assert all(handle.startswith("octo") for handle in examples)


def test_a_member_is_found_by_role_and_by_area_however_they_are_written() -> None:
    team = load_team(rows(areas="[API design, tests]"), "t.yml")
    assert team.by_role("QA lead") is team.by_role("qa-lead") is team.for_area("api-design") is team.for_area("Tests")
    assert team.by_role("Cook") is None
    assert team.for_area("") is None


def test_no_team_has_no_lead() -> None:
    assert NO_TEAM.lead is None


@pytest.mark.parametrize(
    "handle", ["a", "octo-cat", "Octo1", "o-c-t-o", "x" * 39, "ada_octo", "octo/qa", "octo/qa-team_2.0"]
)
def test_a_github_handle_is_taken(handle: str) -> None:
    assert load_team(rows(handle=f"'{handle}'"), "t.yml").members[1].handle == handle


@pytest.mark.parametrize(
    "handle",
    [
        "-a", "a-", "a--b", "x" * 40, "a b", "a.b", "é", "octo/", "/qa", "octo/qa/x", "octo/../x", "octo/..", "octo/é",
        "a_", "_a", "a_b_c", "a<b>", "ada\\n", "dependabot[bot]",
    ],
)  # fmt: skip
def test_what_is_no_github_handle_is_refused(handle: str) -> None:
    with pytest.raises(UserError, match=r"^t\.yml, line 7: .* is not a GitHub handle; write a login, or"):
        load_team(rows(handle=f"'{handle}'"), "t.yml")


BAD: list[tuple[str, str]] = [
    ("", "t.yml, line 1: the key `members` is missing; add it"),
    ("members:", "t.yml, line 1: `members` must be a list with at least one member"),
    ("members: []", "t.yml, line 1: `members` must be a list with at least one member"),
    ("[a]", "t.yml, line 1: must be a mapping of keys to values; write `key: value` lines"),
    ("members:\n  - x", "t.yml, line 2: must have the keys `role`, `areas`, `name`, `handle`"),
    (rows() + "people: []", "t.yml, line 8: the key `people` is not known; known are `members`"),
    (rows(mail="x"), "t.yml, line 8: the key `mail` is not known; known are `role`, `areas`, `name`, `handle`"),
    (rows(handle=""), "t.yml, line 4: the key `handle` is missing; add it"),
    (rows(handle="'@bob'"), "t.yml, line 7: the handle is written without the `@`"),
    (rows(handle="@bob"),
     "t.yml, line 7: not YAML (found character '@' that cannot start any token);"
     " put texts with special characters in quotes"),
    (rows(name="[Bob]"), "t.yml, line 6: `name` must be a text; write it on one line"),
    (rows(name="' '"), "t.yml, line 6: `name` must be a text; write it on one line"),
    (rows(name="x" * 101), "t.yml, line 6: `name` must be one line of at most 100 characters"),
    (rows(name='"a\\nb"'), "t.yml, line 6: `name` must be one line of at most 100 characters"),
    (rows(name='"a\\eb"'), "t.yml, line 6: holds a character that cannot be shown; write plain text"),
    (rows(name='"\\ud800"'), "t.yml, line 6: holds a character that cannot be shown; write plain text"),
    (rows(name="&n Bob"), "t.yml, line 6: anchors and aliases are not read; write the value out"),
    (rows(name="*n"), "t.yml, line 6: anchors and aliases are not read; write the value out"),
    (rows(name="!!python/object:x.y Bob"), "t.yml, line 6: tags such as `!!str` are not read; write the plain value"),
    (rows(areas="tests"), "t.yml, line 5: `areas` must be a list; write `areas: [database, api]`"),
    (rows(areas="[[tests]]"), "t.yml, line 5: `areas` must be a text; write it on one line"),
    (rows(areas="['?']"), "t.yml, line 5: an area has no letters; write one such as `database`"),
    (rows(areas="[a, A]"),
     "t.yml, line 4: the area `a` is already given in line 4; each has one owner"
     " (several people can be one `organisation/team`)"),
    (rows(role="team lead"),
     "t.yml, line 4: the role `team-lead` is already given in line 2; each has one owner"
     " (several people can be one `organisation/team`)"),
    (rows(role="'/'"), "t.yml, line 4: the role has no letters; write one such as `Backend Lead`"),
    (rows(role="Author"), "t.yml, line 4: `author` is who opened the pull request; name another role"),
    (rows().replace("Team Lead", "Cook"), "t.yml: names no Team Lead; give one member `role: Team Lead`"),
    (rows() + "    name: Eve\n", "t.yml, line 8: the key `name` is there twice; keep one"),
    (rows() + "---\na: b\n", "t.yml, line 8: a second document starts here; keep one, without `---`"),
    ("members:\n" + LEAD * 101, "t.yml, line 2: lists more than 100 members; name teams instead"),
    ("[[[[[[[x]]]]]]]", "t.yml, line 1: nested more than 6 deep; flatten it"),
    ("? [a]\n: b", "t.yml, line 1: a key must be plain text"),
    ("#" * 65_537, "t.yml: is larger than 64 KB; list only people who get findings"),
    ("a: \x00", "t.yml, line 1: not YAML that can be read; write plain keys and texts"),
    ("a: \udc80", "t.yml, line 1: not YAML that can be read; write plain keys and texts"),
    ('a: "\\UFFFFFFFF"', "t.yml, line 1: not YAML that can be read; write plain keys and texts"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), BAD)
def test_a_bad_team_file_is_refused_with_line_and_mend(text: str, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        load_team(text, "t.yml")
    assert str(refused.value) == sentence


PIECES = st.sampled_from(
    [
        rows(), "members:", "\n", "  - ", "role: Team Lead", "areas: [a]", "[", "{", "]", "}", "&a ", "*a", "!x ", "? ",
        ": ", "%YAML 9.9\n", "---\n", "...\n", "'", '"', "\\", "|", ">", "#", "\t", "- ",
    ]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_is_a_team_or_refused_for_a_person(text: str) -> None:
    try:
        team = load_team(text, "t.yml")
    except UserError as refused:
        assert str(refused).startswith("t.yml")
        assert "\n" not in str(refused)
        return
    assert team.lead is not None

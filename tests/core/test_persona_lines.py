"""Ways of writing a persona: what is tolerated, what is reported line by line, what is refused in which sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.concern import Concern
from reviewer.core.errors import UserError
from reviewer.core.persona import Persona, compile_persona, decode_persona
from reviewer.core.persona_report import describe
from reviewer.core.persona_team import RoutingRule, TeamTable
from reviewer.core.team import NO_TEAM

HERE = Path(__file__).parent / "personas"
HEAD = "---\ndescription: reviews\n---\n"
STANDARDS = "## Coding Standards\n- Validate all input; trust nobody.\n"


def compiled(body: str) -> Persona:
    return compile_persona(HEAD + body, "p.md")


def dropped(body: str) -> list[tuple[int, str, str]]:
    persona = compiled(body)
    return [(line.line_number, line.text, line.reason) for line in persona.uncompiled]


# ------------------------------------------------------------------------------------------------ tolerated


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n- ", "\n* "),
        lambda text: text.replace("\n- ", "\n+   "),
        lambda text: text.replace("\n- ", "\n1. "),
        lambda text: text.replace("\n- ", "\n12) "),
        lambda text: text.replace("\n- ", "\n  - "),
        lambda text: text.replace("\n## ", "\n### "),
        lambda text: text.replace("\n## ", "\n# "),
        lambda text: text.replace("````", "```````"),
        lambda text: text.replace("````", "~~~"),
        lambda text: text + "\n\n---\n\n* * *\n",
    ],
    ids=["CRLF", "BOM", "stars", "plus", "dots", "brackets", "indented", "###", "#", "long fence", "tildes", "rules"],
)
def test_the_owners_file_in_another_style_compiles_to_the_same(change: Callable[[str], str]) -> None:
    text = (HERE / "backend-engineer.chatmode.md").read_text(encoding="utf-8")
    plain, other = compile_persona(text, "p.md"), compile_persona(change(text), "p.md")
    for part in (
        "rules", "duties", "communication", "use_cases", "response_structure", "routing", "escalation", "reports",
        "team_tables", "team_lead", "references", "uncompiled",
    ):  # fmt: skip
        assert getattr(other, part) == getattr(plain, part)


def test_optional_sections_may_be_missing() -> None:
    persona = compiled(STANDARDS)
    assert (persona.duties, persona.routing, persona.team_lead, persona.uncompiled) == ((), (), None, ())


def test_a_bullet_over_several_lines_is_one_rule() -> None:
    (rule,) = compiled("## Standards\n- Validate all\n  input, and\nsay so.\n").rules
    assert (rule.text, rule.line) == ("Validate all input, and say so.", 5)


def test_a_nested_bullet_is_a_rule_of_its_parents_concern() -> None:
    parent, child, apart = compiled("## Standards\n- Validate input:\n  - the body\n- Be kind.\n").rules
    assert (parent.concerns, child.text, child.concerns) == ((Concern.VALIDATION,), "the body", (Concern.VALIDATION,))
    assert apart.concerns == ()


def test_nesting_ends_at_a_heading() -> None:
    (duty,) = compiled("## Standards\n- Validate input:\n## Duties\n  - Be kind.\n").duties
    assert duty.concerns == ()


def test_bold_stays_in_the_quoted_line_and_out_of_the_id() -> None:
    (rule,) = compiled("## Standards\n- **Validate** all input.\n").rules
    assert (rule.text, rule.id) == ("**Validate** all input.", "standards-validate-all-input")


def test_an_underlined_heading_is_a_heading() -> None:
    assert [rule.line for rule in compiled("Coding Standards\n----------------\n\n- Test it.\n").rules] == [7]


def test_a_heading_that_says_nothing_belongs_to_the_one_above_it() -> None:
    persona = compiled("## Standards\n### Handlers\n- Validate input.\n## Others\n- Drink tea.\n")
    assert [rule.text for rule in persona.rules] == ["Validate input."]
    assert [line.text for line in persona.uncompiled] == ["Drink tea."]


def test_the_first_heading_of_level_1_is_a_title_when_there_are_lower_ones() -> None:
    persona = compiled("# Backend Persona\n" + STANDARDS + "## Others\n- Drink tea.\n")
    assert persona.title == "Backend Persona"
    assert [line.text for line in persona.uncompiled] == ["Drink tea."]


def test_a_code_block_hides_what_looks_like_headings_and_bullets() -> None:
    persona = compiled(STANDARDS + "\n~~~~\n## Team\n- Route x to the y.\n~~~\n~~~~\n")
    assert (len(persona.rules), persona.routing) == (1, ())


# ----------------------------------------------------------------------------------------- nothing is silent

SILENT: list[tuple[str, list[tuple[int, str, str]]]] = [
    ("Prose.\n" + STANDARDS, [(4, "Prose.", "is not a bullet")]),
    (STANDARDS + "-\n", [(6, "-", "is an empty bullet")]),
    (STANDARDS + "- ...\n", [(6, "...", "has no words")]),
    (STANDARDS + "- **Validate** all input, trust nobody!\n",
     [(6, "**Validate** all input, trust nobody!", "says the same as line 5")]),
    (STANDARDS + "\n<!-- not yet\n- Log all.\n-->\n",
     [(7, "<!-- not yet", "stands in an HTML comment"), (8, "- Log all.", "stands in an HTML comment"),
      (9, "-->", "stands in an HTML comment")]),
    (STANDARDS + "```ts\nx()\n```\n", [(6, "```ts", "opens a code block outside the response structure")]),
    (STANDARDS + "## Hobbies\n- Chess.\n",
     [(7, "Chess.", "stands under “Hobbies”, which is none of the sections we know (docs/personas.md)")]),
    ("- Early.\n" + STANDARDS,
     [(4, "Early.", "stands above the first heading, which is none of the sections we know (docs/personas.md)")]),
    (STANDARDS + "- See `../secrets.md`.\n",
     [(6, "See `../secrets.md`.", "names `../secrets.md`, which is no path inside the repository")]),
    (STANDARDS + "- Reference: `/etc/conf.md`\n",
     [(6, "Reference: `/etc/conf.md`", "names `/etc/conf.md`, which is no path inside the repository")]),
    (STANDARDS + "## Team\n- Be nice.\n",
     [(7, "Be nice.", "neither routes, escalates nor reports; begin it with `Route`, `Escalate` or `Report`")]),
    (STANDARDS + "## Team\n- Route database issues.\n",
     [(7, "Route database issues.", "names nobody; end it with `to the backend lead` or `to Ada (Backend Lead)`")]),
    (STANDARDS + "## Team\n- Route issues to the lead.\n",
     [(7, "Route issues to the lead.",
       "does not say what to route; write `Route database issues to the backend lead`")]),
    (STANDARDS + "## Team\n- Route tests to the QA lead and the DBA.\n",
     [(7, "Route tests to the QA lead and the DBA.", "names more than one recipient; write a line for each")]),
    (STANDARDS + "## Team\n- Route tests to Ada (QA Lead) or Bob (DBA).\n",
     [(7, "Route tests to Ada (QA Lead) or Bob (DBA).", "names more than one recipient; write a line for each")]),
    (STANDARDS + "## Team\n- Route tests to Ada (QA\n",
     [(7, "Route tests to Ada (QA", "opens a bracket that is not closed; write `to Ada (Backend Lead)`")]),
    (STANDARDS + "## Team\n- Report to whoever it was that asked for it\n",
     [(7, "Report to whoever it was that asked for it",
       "names no role in a few words; end it with `to the backend lead` or `to Ada (Backend Lead)`")]),
    (STANDARDS + "## Response\nSay it well.\n- summary\n",
     [(6, "Response", "has no JSON example in a code block below it; our own structure is used"),
      (7, "Say it well.", "is not a bullet"),
      (8, "summary", "is not part of the JSON example, which alone is the response structure")]),
    (STANDARDS + "## Response\n```yaml\na: b\n```\n",
     [(6, "Response", "has no JSON example in a code block below it; our own structure is used"),
      (7, "```yaml", "opens a code block that is not marked as JSON")]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), SILENT)
def test_a_line_that_became_nothing_is_named_with_its_reason(body: str, expected: list[tuple[int, str, str]]) -> None:
    assert dropped(body) == expected


def test_a_second_example_is_reported() -> None:
    example = '```json\n{"summary": "s"}\n```\n'
    reasons = [reason for _, _, reason in dropped(STANDARDS + "## Response\n" + example * 2)]
    assert "opens a second response example; the first is used" in reasons


def test_differences_from_our_response_stand_at_their_keys_line() -> None:
    example = '## Response\n```json\n{\n  "overview": "s",\n  "mood": "glad",\n  "steps": "one"\n}\n```\n'
    assert [(line, key) for line, key, _ in dropped(STANDARDS + example)] == [
        (7, "code_samples"),
        (7, "follow_up_questions"),
        (7, "resources"),
        (10, "mood"),
        (11, "steps"),
    ]


def test_front_matter_that_we_do_not_use_is_reported() -> None:
    text = f"---\nmodel: big\ntools: [shell]\ndescription: d\n---\n{STANDARDS}"
    found = [(line.line_number, line.text, line.reason) for line in compile_persona(text, "p.md").uncompiled]
    assert found == [
        (2, "model: big", "is front matter that we do not use"),
        (3, "tools", "asks for tools; a reviewer is given none"),
    ]


# -------------------------------------------------------------------------------------------- team lines

ROUTES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("Route security issues to the security lead", ("security",), "security-lead", None),
    ("**Route security issues to the Security Lead!**", ("security",), "security-lead", None),
    ("Send queries, migrations and schemas to Ada (DBA).", ("queries", "migrations", "schemas"), "dba", "Ada"),
    ("Security issues go to the security lead.", ("security",), "security-lead", None),
    ("All test problems should be routed to the QA lead.", ("test",), "qa-lead", None),
    ("Route requests to alter tables to the DBA for advice.", ("requests to alter tables",), "dba", None),
    ("Route what is added to the queue to the DBA.", ("what is added to the queue",), "dba", None),
    ("Route API/database issues to the author", ("api", "database"), "author", None),
    ("Assign tests to Bob (QA Lead), who knows them.", ("tests",), "qa-lead", "Bob"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "subjects", "role", "name"), ROUTES)
def test_a_routing_line_in_many_words(line: str, subjects: tuple[str, ...], role: str, name: str | None) -> None:
    (found,) = compiled(f"{STANDARDS}## Team\n- {line}\n").routing
    assert (found.subjects, found.role, found.name, found.text) == (subjects, role, name, line)


def test_an_escalation_needs_no_subject() -> None:
    (found,) = compiled(STANDARDS + "## Team\n- Escalate to the Team Lead when in doubt.\n").escalation
    assert (found.subjects, found.role) == ((), "team-lead")


def test_the_line_that_points_at_the_team_table_is_kept() -> None:
    persona = compiled(STANDARDS + "## Team\n- Reference the team table for assignments and escalation.\n")
    text = "Reference the team table for assignments and escalation."
    assert (persona.team_tables, persona.uncompiled) == ((TeamTable(text, 7),), ())


def test_a_role_longer_than_a_label_is_not_a_role() -> None:
    body = STANDARDS + "## Team\n- Route tests to the " + "x" * 41 + "\n"
    assert [reason for _, _, reason in dropped(body)] == [
        "names no role in a few words; end it with `to the backend lead` or `to Ada (Backend Lead)`"
    ]


# ------------------------------------------------------------------------------------------------- refused

BROKEN: list[tuple[str, str]] = [
    ("", "p.md, line 1: has no front matter; start the file with `---`, `description: ...`, `---`"),
    (STANDARDS, "p.md, line 1: has no front matter; start the file with `---`, `description: ...`, `---`"),
    ("---\ndescription: d\n", "p.md, line 1: the front matter is never closed; add a line `---` after it"),
    ("---\n---\n" + STANDARDS,
     "p.md, line 2: the front matter has no description; add `description: who this reviewer is`"),
    ("---\ndescription: ''\n---\n" + STANDARDS,
     "p.md, line 2: the front matter has no description; add `description: who this reviewer is`"),
    ("---\na: b\ndescription: a: b\n---\n",
     "p.md, line 3: not YAML (mapping values are not allowed here); put texts with special characters in quotes"),
    ("---\ndescription: d\ndescription: e\n---\n", "p.md, line 3: the key `description` is there twice; keep one"),
    ("---\ndescription: &a d\n---\n", "p.md, line 2: anchors and aliases are not read; write the value out"),
    ("---\ndescription: !!str d\n---\n", "p.md, line 2: tags such as `!!str` are not read; write the plain value"),
    ('---\ndescription: "\\UFFFFFFFF"\n---\n',
     "p.md, line 2: not YAML that can be read; write plain keys and texts"),
    ('---\ndescription: "\\0"\n---\n',
     "p.md, line 2: holds a character that cannot be shown; write plain text"),
    ("---\n- description\n---\n", "p.md, line 2: must be a mapping of keys to values; write `key: value` lines"),
    (HEAD, "p.md: has no standards to review by; add a section `## Coding Standards` with bullets"),
    (HEAD + "## Coding Standards\nBe good.\n",
     "p.md: has no standards to review by; add a section `## Coding Standards` with bullets"),
    (HEAD + "## Coding Standards\n- a\x00b\n",
     "p.md, line 5: holds the character U+0000; save the file as plain UTF-8 text"),
    (HEAD + "## Coding Standards\n- a\x1b[31mb\n",
     "p.md, line 5: holds the character U+001B; save the file as plain UTF-8 text"),
    (HEAD + "## Coding Standards\n- a\rb\n",
     "p.md, line 5: holds the character U+000D; save the file as plain UTF-8 text"),
    (HEAD + "## Coding Standards\n- a\u202eb\n",
     "p.md, line 5: holds the character U+202E; save the file as plain UTF-8 text"),
    (HEAD + "## Coding Standards\n- a\udc80b\n",
     "p.md, line 5: holds the character U+DC80; save the file as plain UTF-8 text"),
    (HEAD + STANDARDS + "```ts\n- x\n", "p.md, line 6: the code block is never closed; end it with a line `````"),
    (HEAD + STANDARDS + "````\n```\n", "p.md, line 6: the code block is never closed; end it with a line ``````"),
    (HEAD + STANDARDS + "<!-- x\n", "p.md, line 6: the comment is never closed; end it with `-->`"),
    (HEAD + STANDARDS + "- " + "x" * 65536, "p.md: is larger than 64 KB; keep what a reviewer must know"),
    (HEAD + STANDARDS + "## Response\n```json\n{\n  summary\n}\n```\n",
     "p.md, line 9: the response example is not JSON (Expecting property name enclosed in double quotes);"
     " mend it, without comments"),
    (HEAD + STANDARDS + "## Response\n```json\n[]\n```\n",
     'p.md, line 7: the response example must be a JSON object; write {"summary": "...", ...}'),
    (HEAD + STANDARDS + "## Response\n```json\n" + "[" * 20_000 + "\n```\n",
     "p.md, line 7: the response example cannot be read as JSON; make it a small example"),
    (HEAD + STANDARDS + "## Response\n```json\n{\"a\": " + "9" * 5_000 + "}\n```\n",
     "p.md, line 7: the response example cannot be read as JSON; make it a small example"),
    (HEAD + STANDARDS + '## Response\n```json\n{"steps": [], "steps": []}\n```\n',
     "p.md, line 7: the response example has the key `steps` twice; keep one"),
    (HEAD + STANDARDS + '## Response\n```json\n{"\\ud800": 1}\n```\n',
     "p.md, line 7: a key of the response example has a character that cannot be shown; rename it"),
    (HEAD + STANDARDS + "## Response\n```json\n{" + ",".join(f'"{n}": 1' for n in range(31)) + "}\n```\n",
     "p.md, line 7: the response example has more than 30 keys in one object; keep fewer"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), BROKEN)
def test_a_broken_file_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        compile_persona(text, "p.md")
    assert str(refused.value) == sentence


def test_bytes_that_are_not_utf_8_are_refused_with_their_line() -> None:
    with pytest.raises(UserError, match=r"^p\.md, line 2: is not UTF-8 text; save the file as UTF-8$"):
        decode_persona(b"---\na: \xff\n---\n", "p.md")


# ----------------------------------------------------------------------------------------- for any text at all

PIECES = st.sampled_from(
    [
        "---\n", HEAD, "## Coding Standards\n", "# Team\n", "## Response\n", "- Validate input\n", "  * tests\n",
        "1. a\n", "```json\n", "```\n", "~~~~\n", '{"summary": 1}\n', "{}\n", "[", "<!--", "-->\n", "- Route ",
        "database issues ", " to the ", "lead", "(", ")", "/", " and ", "\n", "\r\n", "===\n", "`a/b.md`", "- See ",
        "**", "é", "- ", "\t",
    ]
)  # fmt: skip
ROWS = st.lists(PIECES, max_size=40).map("".join)
TEXTS = st.one_of(st.text(), ROWS, ROWS.map(lambda rows: HEAD + STANDARDS + rows))


@given(TEXTS)
def test_any_text_is_compiled_or_refused_for_a_person(text: str) -> None:
    try:
        persona = compile_persona(text, "p.md")
    except UserError as refused:
        assert str(refused).startswith("p.md")
        assert "\n" not in str(refused)
        return
    assert describe(persona, NO_TEAM).startswith("Persona ")


def accounted_for(persona: Persona) -> set[int]:
    lines: set[int] = {line.line_number for line in persona.uncompiled}
    for part in (
        persona.rules, persona.duties, persona.communication, persona.use_cases, persona.routing, persona.escalation,
        persona.reports, persona.team_tables, persona.references,
    ):  # fmt: skip
        lines.update(item.line for item in part)
    return lines


SECTIONS = st.sampled_from(
    ["## Coding Standards", "## Duties", "## Tone", "## Team", "## Response", "## Use cases", "## Hobbies", "# Title"]
)
BULLETS = st.sampled_from(
    [
        "- Validate input", "* Test", "  - nested one", "- Route tests to the QA lead", "- Escalate to Ada", "7. Seven",
        "- See `docs/a.md`", "- See `../a.md`", "-", "- !", "- Report to the Team Lead", "- team table",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(SECTIONS, BULLETS), max_size=30))
def test_every_bullet_became_something_or_is_named(rows: list[str]) -> None:
    persona = compiled(STANDARDS + "\n".join(rows))
    numbers = {number for number, row in enumerate(rows, 6) if not row.startswith("#")}
    assert numbers - accounted_for(persona) == set()


def calls_while(work: Callable[[], object]) -> int:
    """Functions called, Python's and C's: a cost that is the same on every machine."""
    count = 0

    def tally(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(tally)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


HOSTILE: dict[str, Callable[[int], str]] = {
    "headings": lambda n: "## \n" * n,
    "deeper headings": lambda n: "".join("#" * (1 + at % 6) + " h\n" for at in range(n)),
    "bullets": lambda n: "".join(f"- line {at}\n" for at in range(n)),
    "same bullets": lambda n: "- a\n" * n,
    "nested bullets": lambda n: "".join(" " * (at % 90) + f"- a{at}\n" for at in range(n)),
    "one parent": lambda n: "- a\n" + "".join(f"  - b{at}\n" for at in range(n)),
    "continued": lambda n: "- a\n" + "b\n" * n,
    "underlines": lambda n: "a\n=\n" * n,
    "fences": lambda n: "```\n```\n" * n,
    "comments": lambda n: "<!--\n-->\n" * n,
    "recipients": lambda n: "## Team\n- Route a" + " to (the" * n,
    "subjects": lambda n: "## Team\n- Route " + "a or b, " * n + "to the lead",
    "references": lambda n: "- " + "`a/b.c` " * n,
    "ticks": lambda n: "- " + "`a.md" * n,
}


@pytest.mark.parametrize("family", HOSTILE)
def test_twice_the_text_costs_about_twice_the_calls(family: str) -> None:
    once, twice = (calls_while(partial(compiled, STANDARDS + HOSTILE[family](n))) for n in (500, 1_000))
    assert twice < 2.5 * once


def test_the_count_of_calls_sees_quadratic_work() -> None:
    def quadratic(n: int) -> int:
        return sum(len(str(one)) for one in range(n) for _ in range(n))

    once, twice = (calls_while(partial(quadratic, n)) for n in (30, 60))
    assert twice > 2.5 * once


def test_a_routing_line_is_what_routing_takes() -> None:
    (line,) = compiled(STANDARDS + "## Team\n- Route tests to the QA lead\n").routing
    assert isinstance(line, RoutingRule)
    assert line.concerns == (Concern.TESTS,)

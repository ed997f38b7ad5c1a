"""Rules that an owner writes in ast-grep's format: read as data, and a mistake names its line."""

from __future__ import annotations

import pytest

from reviewer.core.concern import Concern, Severity
from reviewer.core.errors import UserError
from reviewer.core.own_rules import OwnRule, read_own_rules

SOURCE = ".github/reviewer/rules/a.yml"
WHOLE = """
id: No-Legacy-Client
language: Tsx
severity: error
message: Use the new client.
note: |
  The legacy client
  retries for ever.
url: https://eslint.org/docs
files: ["src/**"]
ignores: ["src/old/**"]
rule:
  pattern: new LegacyClient($$$)
  inside: { kind: class_body, stopBy: end, nthChild: 2 }
constraints: { A: { regex: "^x" } }
utils: { u: { any: [ { kind: string }, { nthChild: { position: 2, reverse: true } } ] } }
fix: new Client()
metadata: { concern: solid, team: core }
"""


def test_every_key_of_ast_grep_has_its_place() -> None:
    assert read_own_rules(WHOLE, SOURCE) == (
        OwnRule(
            id="no-legacy-client",
            source=SOURCE,
            severity=Severity.BLOCKER,
            concern=Concern.SOLID,
            message="Use the new client.",
            note="The legacy client\nretries for ever.",
            url="https://eslint.org/docs",
            endings=(".tsx",),
            files=("src/**",),
            ignores=("src/old/**",),
            body='{"rule": {"pattern": "new LegacyClient($$$)", "inside": {"kind": "class_body", "stopBy": "end", '
            '"nthChild": 2}}, "constraints": {"A": {"regex": "^x"}}, '
            '"utils": {"u": {"any": [{"kind": "string"}, {"nthChild": {"position": 2, "reverse": true}}]}}}',
        ),
    )


def test_a_file_may_hold_several_and_one_that_is_off_is_left_out() -> None:
    plain = "id: {}\nmessage: m\nrule: {{ kind: debugger_statement }}\nseverity: {}\n"
    text = "---\n" + "---\n".join([plain.format("a", "warning"), plain.format("b", "off"), plain.format("c", "hint")])
    assert [(rule.slug, rule.severity) for rule in read_own_rules(text, SOURCE)] == [
        ("own_a", Severity.WARNING),
        ("own_c", Severity.NOTE),
    ]


def test_a_link_to_anywhere_is_left_out() -> None:
    (rule,) = read_own_rules("id: a\nmessage: m\nurl: https://evil.test/x\nrule: { kind: string }\n", SOURCE)
    assert rule.url == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: a\nmessage: m\n", "line 1: `rule` is a mapping"),
        ("id: a\nrule: { kind: x }\n", "line 1: `message` is a text"),
        ("message: m\nrule: { kind: x }\n", "line 1: `id` is a text"),
        ("id: a b\nmessage: m\nrule: { kind: x }\n", "line 1: an id is letters"),
        ("id: a\nmessage: m\nseverity: fatal\nrule: { kind: x }\n", "line 3: `severity` is one of error"),
        ("id: a\nmessage: m\nlanguage: Rust\nrule: { kind: x }\n", "line 3: `language` is one of typescript"),
        ("id: a\nmessage: m\nfiles: src\nrule: { kind: x }\n", "line 3: `files` is a list"),
        ("id: a\nmessage: m\nrun: rm\nrule: { kind: x }\n", "line 3: unknown key `run`"),
        ("id: a\nmessage: m\nmetadata: { concern: style }\nrule: { kind: x }\n", "line 3: `concern` is one of lint"),
        ("id: a\nmessage: m\nrule: { kind: x }\n---\nid: b\n", "line 5: `message`"),
        ("id: &a a\n", "line 1: anchors and aliases"),
        ("id: [\n", "not YAML"),
        ("id: a\nmessage: m\nrule: " + "{ has: " * 30 + "{ kind: x }" + "}" * 30 + "\n", "nested more than 20 deep"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_own_rules(text, SOURCE)
    assert said in str(caught.value)
    assert str(caught.value).startswith(SOURCE)

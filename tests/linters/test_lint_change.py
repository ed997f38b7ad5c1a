"""Both linters over a change: what becomes a finding, what is left to the project, what is said about the rest."""

from __future__ import annotations

from inline_snapshot import snapshot

from reviewer.core.change import Change, FileStatus
from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Suggestion
from reviewer.linters import Linted, lint_change
from reviewer.linters.oxlint import NOT_ALONE, known_rules
from tests.linters.changes import change, changed
from tests.linters.known_rules import known

PRETTIER = {".prettierrc": '{"singleQuote": true}'}
TIDY = "export const a = 'a';\n"
UNTIDY = 'export const a = "a"\n'

Heard = tuple[tuple[Finding, ...], dict[str, str], tuple[str, ...]]
NOTHING: Heard = ((), {}, ())


def heard(linted: Linted) -> Heard:
    """All of it that a reader hears of."""
    return linted.findings, dict(linted.unseen), linted.notes


def told(linted: Linted) -> list[tuple[str, str, int]]:
    return [(finding.rule, finding.path, finding.span.first) for finding in linted.findings if finding.span]


async def only(subject: Change, configuration: dict[str, str | None] | None = None) -> Finding:
    linted = await lint_change(subject, configuration or {})
    (finding,) = linted.findings
    return finding


async def test_a_finding_says_what_where_and_why() -> None:
    finding = await only(change(changed("src/a.ts", "f();\n", "f();\n  debugger;\n")))
    assert finding.concern is Concern.LINT
    assert (finding.span.first, finding.span.last) == (2, 2) if finding.span else False
    assert finding.quoted == "  debugger;"
    assert finding.suggestion is None
    assert [finding.title, finding.message, finding.references[0].url] == snapshot(
        [
            "A debugger statement was left in",
            "With a debugger attached the process stops here, with all its requests. Remove it.",
            "https://eslint.org/docs/latest/rules/no-debugger",
        ]
    )


async def test_notes_of_one_rule_become_one_finding_that_names_the_lines() -> None:
    text = "import { a, b } from 'x';\nimport { c } from 'y';\nf();\nimport { d } from 'z';\n"
    finding = await only(change(changed("a.ts", None, text)))
    assert finding.rule == "lint_no_unused_vars"
    assert finding.message.endswith("The same on lines 2 and 4.")


async def test_warnings_stay_apart() -> None:
    linted = await lint_change(change(changed("a.ts", None, "debugger;\nf();\ndebugger;\n")), {})
    assert told(linted) == [("lint_no_debugger", "a.ts", 1), ("lint_no_debugger", "a.ts", 3)]


async def test_any_is_left_alone_in_tests_and_migrations() -> None:
    text = "export const a: any = 1;\n"
    off = (changed("a.spec.ts", None, text), changed("migrations/1700-a.ts", None, text))
    linted = await lint_change(change(*off, changed("a.ts", None, text)), {})
    assert told(linted) == [("lint_no_explicit_any", "a.ts", 1)]


async def test_what_the_project_switched_off_stays_off() -> None:
    subject = change(changed("src/a.ts", None, "debugger;\nexport const a: any = 1;\n"))
    rules = '{"rules": {"@typescript-eslint/no-explicit-any": "off"}}'
    assert told(await lint_change(subject, {".eslintrc.json": rules})) == [("lint_no_debugger", "src/a.ts", 1)]


async def test_a_configuration_in_the_change_switches_nothing_off() -> None:
    rules = changed(".eslintrc.json", None, '{"rules": {"no-debugger": "off"}}')
    assert told(await lint_change(change(rules, changed("a.ts", None, "debugger;\n")), {})) == [
        ("lint_no_debugger", "a.ts", 1)
    ]


async def test_a_program_as_configuration_is_said_once() -> None:
    subject = change(changed("a.ts", None, TIDY), changed("b.ts", None, TIDY))
    linted = await lint_change(subject, {"eslint.config.mjs": "", "prettier.config.js": ""})
    assert linted.notes == snapshot(
        (
            "`eslint.config.mjs` cannot be read without executing it: our own choice of lint rules stands in for it.",
            "`prettier.config.js` cannot be read without executing it: format is not checked.",
        )
    )
    assert linted.unseen == {}


async def test_files_that_nobody_linted_are_named() -> None:
    nested = "export const a = " + "(" * 2000 + "1" + ")" * 2000 + ";\n"
    subject = change(changed("a.ts", None, nested), changed("b.ts", None, "const = 1;\n"), changed("c.ts", None, TIDY))
    linted = await lint_change(subject, {})
    assert linted.unseen == snapshot(
        {
            "a.ts": "oxlint crashed on it",
            "b.ts": "it has a syntax error, so the lint rules could not read it",
        }
    )


async def test_a_base_that_kills_the_tool_hides_nothing_at_head() -> None:
    nested = "export const a = " + "(" * 2000 + "1" + ")" * 2000 + ";\n"
    linted = await lint_change(change(changed("a.ts", nested, "debugger;\n")), PRETTIER)
    assert told(linted) == [("lint_no_debugger", "a.ts", 1)]
    assert linted.unseen == {}


async def test_removed_and_foreign_files_are_no_ones_business() -> None:
    subject = change(
        changed("a.ts", "debugger;\n", None), changed("a.py", None, "debugger;\n"), changed("b.ts", TIDY, TIDY)
    )
    assert heard(await lint_change(subject, {})) == NOTHING


# ------------------------------------------------------------------------------------------------------- format


async def test_a_file_that_was_formatted_and_is_no_longer_is_one_finding_with_a_suggestion() -> None:
    base = "export const a = 'a';\nexport const b = 'b';\n"
    finding = await only(change(changed("a.ts", base, base.replace("'b';", '"b"'))), {**PRETTIER})
    assert (finding.rule, finding.span.first if finding.span else 0) == ("lint_format", 2)
    assert finding.suggestion == Suggestion(2, 2, "export const b = 'b';")
    assert finding.quoted == 'export const b = "b"'
    assert [finding.title, finding.message] == snapshot(
        [
            "The file is not formatted as the project's Prettier configuration says",
            "It was formatted before this change. One place differs; `prettier --write` mends it.",
        ]
    )


async def test_old_dirt_is_not_reported() -> None:
    subject = change(changed("a.ts", UNTIDY, UNTIDY + "export const b = 'b'\n"))
    assert heard(await lint_change(subject, {**PRETTIER})) == NOTHING


async def test_a_new_file_is_reported() -> None:
    finding = await only(change(changed("a.ts", None, UNTIDY)), {**PRETTIER})
    assert finding.suggestion == Suggestion(1, 1, "export const a = 'a';")


async def test_without_a_prettier_configuration_nothing_is_said() -> None:
    assert heard(await lint_change(change(changed("a.ts", None, UNTIDY)), {})) == NOTHING


async def test_many_places_get_no_suggestion() -> None:
    head = "".join(f'export const a{number} = "a"\nf();\n' for number in range(6))
    finding = await only(change(changed("a.ts", None, head)), {**PRETTIER})
    assert finding.suggestion is None
    assert finding.message.endswith("Too much differs for single suggestions: run `prettier --write` on it.")


async def test_a_change_of_the_format_itself_is_not_judged_by_the_old_one() -> None:
    configuration = changed(".prettierrc", PRETTIER[".prettierrc"], '{"singleQuote": false}')
    linted = await lint_change(change(configuration, changed("a.ts", TIDY, 'export const a = "b";\n')), {**PRETTIER})
    assert heard(linted) == ((), {}, ("This change edits the configuration of the format: format is not checked.",))


async def test_a_configuration_that_the_change_removes_or_adds_formats_nothing() -> None:
    removed = changed(".prettierrc", PRETTIER[".prettierrc"], None)
    assert removed.status is FileStatus.REMOVED
    linted = await lint_change(change(removed, changed("a.ts", None, UNTIDY)), {**PRETTIER})
    assert linted.findings == ()
    added = changed(".prettierrc", None, PRETTIER[".prettierrc"])
    assert heard(await lint_change(change(added, changed("a.ts", None, UNTIDY)), {})) == NOTHING


async def test_an_ignore_file_in_the_change_hides_nothing() -> None:
    subject = change(
        changed(".gitignore", None, "*"), changed(".oxfmtignore", None, "*"), changed("a.ts", None, UNTIDY)
    )
    assert told(await lint_change(subject, {**PRETTIER})) == [("lint_format", "a.ts", 1)]


async def test_a_missing_line_end_is_told_without_a_suggestion() -> None:
    finding = await only(change(changed("a.ts", TIDY, TIDY + "export const b = 'b';")), {**PRETTIER})
    assert finding.suggestion is None
    assert (finding.span.first if finding.span else 0) == 2


async def test_line_ends_of_the_file_itself_are_kept_with_auto() -> None:
    configuration: dict[str, str | None] = {".prettierrc": "singleQuote: true\nendOfLine: auto\n"}
    windows = TIDY.replace("\n", "\r\n")
    assert heard(await lint_change(change(changed("a.ts", None, windows)), configuration)) == NOTHING


async def test_a_directive_for_the_rest_of_the_file_is_not_heeded_in_what_the_change_adds() -> None:
    text = "/* eslint-disable -- generated by a tool, see ADR-12 */\n/* oxlint-disable */\ndebugger;\n"
    assert told(await lint_change(change(changed("a.ts", None, text)), {})) == [("lint_no_debugger", "a.ts", 3)]


async def test_a_directive_for_one_line_is_its_author_s_business() -> None:
    text = "// eslint-disable-next-line no-debugger -- until issue 7 is found\ndebugger;\n"
    assert told(await lint_change(change(changed("a.ts", None, text)), {})) == []


async def test_a_rule_that_the_project_made_an_error_is_reported_in_one_finding_a_file() -> None:
    head = "console.log(1);\nf();\nconsole.log(2);\n"
    configuration: dict[str, str | None] = {".eslintrc.json": '{"rules": {"no-console": "error"}}'}
    finding = await only(change(changed("a.ts", "f();\n", head)), configuration)
    assert [finding.rule, finding.severity, finding.title, finding.message] == snapshot(
        [
            "lint_no_console",
            Severity.NOTE,
            "The project's own lint rule no-console is broken",
            "Unexpected console statement. Delete this console statement. The same on line 3.",
        ]
    )
    assert heard(await lint_change(change(changed("a.ts", "f();\n", head)), {})) == NOTHING


async def test_options_of_the_project_hold_and_options_that_oxlint_refuses_cost_only_their_rule() -> None:
    rules = '{"rules": {"no-console": ["error", {"allow": ["warn"]}], "max-lines": ["error", {"max": "many"}]}}'
    subject = change(changed("a.ts", "f();\n", "f();\nconsole.warn(1);\nconsole.log(1);\ndebugger;\n"))
    linted = await lint_change(subject, {".eslintrc.json": rules})
    assert told(linted) == [("lint_no_console", "a.ts", 3), ("lint_no_debugger", "a.ts", 4)]


async def test_what_the_project_only_warns_of_is_a_note() -> None:
    finding = await only(
        change(changed("a.ts", "f();\n", "f();\ndebugger;\n")), {".eslintrc": "rules:\n  no-debugger: warn\n"}
    )
    assert finding.severity is Severity.NOTE


async def test_files_that_the_projects_linter_leaves_out_are_named() -> None:
    subject = change(changed("a.ts", "f();\n", "f();\ndebugger;\n"))
    linted = await lint_change(subject, {".eslintignore": "a.ts"})
    assert linted.findings == ()
    assert linted.notes == ("The project's linter leaves out `a.ts`, and so do the lint rules here.",)


def test_the_rules_that_a_project_may_ask_for_are_those_of_the_installed_oxlint() -> None:
    assert known_rules() == frozenset(known()) - NOT_ALONE


async def test_a_repeat_is_reported_where_it_stands_and_not_where_the_first_one_does() -> None:
    head = "if (a) {\n  f();\n} else if (b) {\n  g();\n} else if (a) {\n  h();\n}\n"
    assert told(await lint_change(change(changed("a.ts", None, head)), {})) == [("lint_no_dupe_else_if", "a.ts", 5)]

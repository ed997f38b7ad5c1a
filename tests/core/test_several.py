"""Several personas: every finding has one owner, every file is somebody's, each check run is concluded by its own."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from reviewer.core.anchor import Span
from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.concern import Concern, Severity, Side
from reviewer.core.configuration import CONFIG_PATH, NO_DEFAULTS, Defaults, Files, make_plan
from reviewer.core.coverage import Gap, conclude, take_stock
from reviewer.core.finding import Finding
from reviewer.core.in_force import in_force, proposals
from reviewer.core.persona import Persona, Watch
from reviewer.core.plan import Plan
from reviewer.core.publication import Conclusion
from reviewer.core.review import Candidates, Review, assemble
from reviewer.core.several import owner_of, part_of, readers, watches
from reviewer.operator_plan import operator_plan, operator_stock
from reviewer.rendering.check_runs import checks_told, gravest
from reviewer.rendering.publication import publish_plan
from reviewer.settings import load
from reviewer.workflow.wording import Subject, ask_about
from tests.rendering.sample import sample_change, sample_plan, sample_review

STOCK = operator_stock()
BACKEND, DEVOPS, FRONTEND, SECURITY = (STOCK.personas[name] for name in sorted(STOCK.personas))
AGENT = ".github/agents/mine.agent.md"
MINE = "---\ndescription: 'Mine'\nname: {}\n---\n\n## Coding standards\n\n- Validate every request body.\n"


def planned(text: str, more: Files | None = None, operator: str = "backend", defaults: Defaults = NO_DEFAULTS) -> Plan:
    plan = operator_plan(load({"REVIEWER_PERSONA": operator}))
    return make_plan(plan, {CONFIG_PATH: text, **(more or {})}, defaults, STOCK)


def found(path: str, concern: Concern = Concern.DATA, severity: Severity = Severity.WARNING) -> Finding:
    span = Span(path, 1, 1, Side.RIGHT) if path else None
    return Finding(f"{concern.value}_x", concern, severity, span, f"Something about {path}", "It fails. Mend it.")


def reviewed(plan: Plan, files: tuple[str, ...], *findings: Finding, gap: str = "", unread: str = "") -> Review:
    changed = tuple(ChangedFile(path, FileStatus.ADDED, head="x", unread=unread or None) for path in files)
    change = replace(sample_change(), files=changed)
    return assemble(change, Candidates(findings), take_stock(change, {}, [Gap("model", gap)] if gap else []), plan)


# ----------------------------------------------------------------------------------------------- whose finding it is


@pytest.mark.parametrize(
    ("personas", "path", "concern", "owner"),
    [
        ((BACKEND,), "web/a.tsx", Concern.SECURITY, BACKEND),
        ((SECURITY,), "src/a.ts", Concern.LINT, SECURITY),
        ((BACKEND, SECURITY), "src/a.ts", Concern.SECURITY, SECURITY),
        ((SECURITY, BACKEND), "src/a.ts", Concern.SECURITY, SECURITY),
        ((BACKEND, SECURITY), "src/a.ts", Concern.VALIDATION, SECURITY),
        ((BACKEND, SECURITY), "src/a.ts", Concern.DATA, BACKEND),
        ((BACKEND, FRONTEND), "web/a.tsx", Concern.DATA, FRONTEND),
        ((BACKEND, FRONTEND), "src/a.ts", Concern.DATA, BACKEND),
        ((BACKEND, FRONTEND, SECURITY), "web/a.tsx", Concern.SECURITY, FRONTEND),
        ((BACKEND, SECURITY, FRONTEND), "web/a.tsx", Concern.SECURITY, SECURITY),
        ((FRONTEND, DEVOPS), "src/a.ts", Concern.DATA, FRONTEND),
        ((DEVOPS, FRONTEND), "src/a.ts", Concern.DATA, DEVOPS),
        ((BACKEND, FRONTEND), "", Concern.TESTS, FRONTEND),
        ((BACKEND, SECURITY), "", Concern.TESTS, BACKEND),
    ],
)
def test_a_finding_is_the_first_ones_whose_it_can_be(
    personas: tuple[Persona, ...], path: str, concern: Concern, owner: Persona
) -> None:
    assert owner_of(path, concern, personas) is owner


def test_every_finding_has_exactly_one_check_run_and_every_file_at_least_one() -> None:
    """For personas that watch anything at all."""
    chance = random.Random(5)
    paths = ("src/a.ts", "web/b.tsx", "infra/c.tf", "Dockerfile", "README.md")
    globs = ((), ("src/**",), ("web/**", "Dockerfile"), ("nothing/**",))
    for _ in range(150):
        who = [
            replace(
                BACKEND,
                name=f"p{at}",
                watch=Watch(chance.choice(globs), tuple(chance.sample(list(Concern), chance.randrange(3)))),
            )
            for at in range(chance.randrange(1, 5))
        ]
        plan = replace(sample_plan(), persona=who[0], others=tuple(who[1:]), gate=Severity.BLOCKER)
        findings = [
            found(chance.choice((*paths, "")), chance.choice(list(Concern)), chance.choice(list(Severity)))
            for _ in range(chance.randrange(6))
        ]
        whole = reviewed(plan, paths, *findings, gap=chance.choice(("", "it was away")))
        parts = [part_of(whole, persona) for persona in plan.personas]
        shown = [finding for part in parts for finding in part.findings]
        assert sorted(map(id, shown)) == sorted(map(id, whole.findings))
        assert {entry.path for part in parts for entry in part.coverage.entries} == set(paths)
        for part in parts:
            assert part.conclusion is conclude(part.coverage, part.findings, plan.gate)
            assert part.coverage.gaps == whole.coverage.gaps
        fails = any(part.conclusion is Conclusion.FAILURE for part in parts)
        assert fails is (whole.conclusion is Conclusion.FAILURE)
        if whole.conclusion is not Conclusion.SUCCESS:
            assert not all(part.conclusion is Conclusion.SUCCESS for part in parts)


def test_one_persona_alone_has_the_whole_review() -> None:
    review = sample_review()
    assert part_of(review, review.plan.persona) is review
    assert {finding.persona for finding in review.findings} == {""}


# ---------------------------------------------------------------------------------------------- check runs, comments


def test_each_check_run_is_concluded_by_its_own_files_and_findings() -> None:
    plan = planned("personas: [backend, security, frontend]\ngate: blocker\n")
    files = ("src/a.ts", "web/b.tsx")
    review = reviewed(plan, files, found("src/a.ts", Concern.SECURITY, Severity.BLOCKER), found("src/a.ts"))
    said = checks_told(review, "reviewer / backend", {})
    assert {name: post.conclusion.value for name, post in said.items()} == {
        "reviewer / backend": "neutral",
        "reviewer / security": "failure",
        "reviewer / frontend": "success",
    }
    assert list(said) == ["reviewer / backend", "reviewer / security", "reviewer / frontend"]
    assert {name: len(post.annotations) for name, post in said.items()} == {
        "reviewer / backend": 1,
        "reviewer / security": 1,
        "reviewer / frontend": 0,
    }
    assert said["reviewer / frontend"].title == "Nothing to report · 1 file reviewed · rules only"
    assert gravest(said.values()) is Conclusion.FAILURE


def test_a_persona_without_a_file_of_its_own_is_no_success() -> None:
    said = checks_told(reviewed(planned("personas: [backend, frontend]"), ("src/a.ts",)), "reviewer / backend", {})
    assert {name: post.conclusion.value for name, post in said.items()} == {
        "reviewer / backend": "success",
        "reviewer / frontend": "neutral",
    }
    assert said["reviewer / frontend"].title == "Nothing to review · rules only"


@pytest.mark.parametrize(("gap", "unread"), [("the model was away", ""), ("", "binary")])
def test_what_nobody_saw_is_nobodys_success(gap: str, unread: str) -> None:
    plan = planned("personas: [backend, security]")
    review = reviewed(plan, ("src/a.ts",), gap=gap, unread=unread)
    assert {post.conclusion for post in checks_told(review, "reviewer / backend", {}).values()} == {Conclusion.NEUTRAL}


def test_the_announced_check_run_is_that_of_its_name_or_the_firsts() -> None:
    review = reviewed(planned("personas: [security, backend]"), ("src/a.ts",), found("src/a.ts", Concern.SECURITY))
    said = checks_told(review, "reviewer / backend", {})
    assert [(name, len(post.annotations)) for name, post in said.items()] == [
        ("reviewer / backend", 0),
        ("reviewer / security", 1),
    ]
    review = reviewed(planned("personas: [security, frontend]"), ("src/a.ts",), found("src/a.ts", Concern.SECURITY))
    said = checks_told(review, "reviewer / backend", {})
    assert [(name, len(post.annotations)) for name, post in said.items()] == [
        ("reviewer / backend", 1),
        ("reviewer / frontend", 0),
    ]


def test_comments_and_routing_are_those_of_the_findings_persona() -> None:
    change = sample_change()
    plan = planned("personas: [backend, security]")
    review = assemble(change, Candidates(sample_review().findings), take_stock(change, {}, ()), plan)
    made = publish_plan(review, handle="bot")
    assert made.review is not None
    by_name = {"backend": BACKEND, "security": SECURITY}
    assert {finding.persona for finding in review.findings} == set(by_name)
    bodies = {comment.fingerprint: comment.body for comment in made.review.comments}
    for item in review.inline:
        assert f"— persona `{item.finding.persona}` ·" in bodies[item.finding.fingerprint]
        line = by_name[item.finding.persona].rule_for(item.finding.concern)
        assert line is not None
    assert "Personas `backend` and `security`" in made.summary.body if made.summary else False
    secure = next(one for one in review.findings if one.concern is Concern.SECURITY)
    assert secure.owner in ("security-lead", "team-lead")


# ------------------------------------------------------------------------------------------------------ the model


def test_every_file_is_put_to_the_model_once_with_the_standards_of_all_who_watch_it() -> None:
    paths = ("src/a.ts", "web/b.tsx", "Dockerfile")
    files = {file.path: file for file in sample_change().files}
    one = next(file for file in files.values() if file.diff.hunks)
    change = replace(sample_change(), files=tuple(replace(one, path=path) for path in paths))
    plan = planned("personas: [backend, frontend, devops]\npaths: {instructions: [{paths: [Dockerfile], text: Slim.}]}")
    asked = ask_about(Subject(change, plan, ()), 24_000)
    assert sorted(path for batch in asked.batches for path in batch.paths) == sorted(paths)
    told = {path: batch.system for batch in asked.batches for path in batch.paths}
    for path, persona in (("web/b.tsx", FRONTEND), ("Dockerfile", DEVOPS)):
        for rule in (*BACKEND.rules, *persona.rules):
            assert rule.text in told[path]
    assert FRONTEND.rules[3].text not in told["src/a.ts"]
    assert ["Slim." in told[path] for path in paths] == [False, False, True]


def test_one_persona_is_asked_as_ever() -> None:
    change = sample_change()
    assert readers(change, (BACKEND,)) == ((BACKEND, change),)


def test_what_nobody_watches_is_read_by_the_first() -> None:
    files = (ChangedFile("src/a.ts", FileStatus.ADDED), ChangedFile("web/b.tsx", FileStatus.ADDED))
    change: Change = replace(sample_change(), files=files)
    grouped = readers(change, (FRONTEND, DEVOPS))
    assert [(persona.name, len(part.files)) for persona, part in grouped] == [("frontend", 2)]
    assert not watches(DEVOPS, "src/a.ts", (FRONTEND, DEVOPS))


# ---------------------------------------------------------------------------------------------------- configuration


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("personas: [backend, security]", "backend, security"),
        ("personas: [security]", "security"),
        (f"personas: [frontend, {AGENT}]", "frontend, mine"),
        ("personas: []", "backend"),
        ("persona: devops", "devops"),
        ("gate: off", "backend"),
    ],
)
def test_several_are_named_in_the_configuration(text: str, names: str) -> None:
    plan = planned(text, {AGENT: MINE.format("mine")})
    assert (plan.persona_names, plan.gaps) == (names, ())


def test_the_operators_several_review_until_an_owner_says_otherwise() -> None:
    assert planned("gate: off", operator="backend,security").persona_names == "backend, security"
    assert planned("persona: devops", operator="backend,security").persona_names == "devops"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("persona: backend\npersonas: [security]", "line 2: `personas` and `persona` are both set; keep one"),
        ("personas:\n  - backend\n  - nobody", "line 3: `personas`: there is no persona of that name; known are"),
        ("personas: [backend, backend]", "line 1: `personas`: `backend` is there twice; name each once"),
        ("personas: [a, b, c, d, e, f]", "`personas` holds more than 5 entries"),
        ("personas: backend", "`personas` is a list; write `personas: [one, two]`"),
        ("personas: ['']", "`personas` is a text of 1 to 200 characters"),
    ],
)
def test_a_mistake_about_several_is_told(text: str, said: str) -> None:
    plan = planned(text)
    assert said in plan.notes[-2]
    assert [gap.part for gap in plan.gaps] == ["configuration"]


def test_a_broken_one_is_left_out_and_told() -> None:
    plan = planned(f"personas: [backend, {AGENT}, security]", {AGENT: "---\na: [\n---\n"})
    assert plan.persona_names == "backend, security"
    assert plan.notes[-1].endswith(". Until then the others review without it.")
    assert plan.gaps[0].reason.endswith("so the personas backend and security reviewed")
    plan = planned(f"personas: [{AGENT}]", {AGENT: "---\na: [\n---\n"})
    assert plan.persona_names == "backend"
    assert plan.notes[-1].endswith(". Until then the operator's own setting stands in.")


def test_two_of_one_name_would_have_one_check_run() -> None:
    plan = planned(f"personas: [security, {AGENT}]", {AGENT: MINE.format("security")})
    assert plan.persona_names == "security"
    assert f"{AGENT}: is called `security` as another one is; give it a `name` of its own" in plan.notes[-1]
    assert [gap.part for gap in plan.gaps] == ["persona"]


@pytest.mark.parametrize(
    ("theirs", "own", "names", "line"),
    [
        ("personas: [backend, security]", "gate: off", "backend, security", 1),
        ("personas: [backend, security]", "persona: devops", "devops", 1),
        ("persona: devops", "personas: [backend, security]", "backend, security", 1),
        ("personas: [backend, security]", "gate: off\npersonas: [frontend, devops]", "frontend, devops", 2),
    ],
)
def test_who_names_personas_of_their_own_wants_none_of_the_organisations(
    theirs: str, own: str, names: str, line: int
) -> None:
    plan = planned(own, defaults=Defaults({CONFIG_PATH: theirs}, "octo/.github"))
    assert (plan.persona_names, plan.gaps) == (names, ())
    (row,) = (one for one in in_force(plan) if one.name == "persona")
    where = f"octo/.github, {CONFIG_PATH}" if own == "gate: off" else CONFIG_PATH
    assert (row.value.count("personas/"), row.source) == (names.count(",") + 1, f"{where}, line {line}")


def test_a_pull_request_is_told_which_personas_it_would_change() -> None:
    own: Files = {CONFIG_PATH: f"personas: [backend, {AGENT}]", AGENT: MINE.format("mine")}
    edited = (
        ChangedFile(CONFIG_PATH, FileStatus.MODIFIED, head=f"personas: [{AGENT}, security]"),
        ChangedFile(AGENT, FileStatus.MODIFIED, head=MINE.format("mine").replace("Validate", "Ignore")),
    )
    operator = operator_plan(load({}))
    first, *rest = proposals(operator, own, NO_DEFAULTS, STOCK, replace(sample_change(), files=edited))
    assert AGENT in first
    assert rest == [
        f"`persona`: backend (personas/backend.chatmode.md), mine ({AGENT}) → mine ({AGENT}),"
        " security (personas/security.chatmode.md)",
        "the persona no longer asks for “Validate every request body.”",
        "the persona asks for “Ignore every request body.”",
    ]

"""docs/rules.md: every rule with its precision as judged by hand, and the persona's lines with their rules.

`python -m benchmarks.rules` writes it. The verdicts are in `benchmarks/judged/<rule>.tsv`: hits in public
repositories at one commit, each looked at by a person's eyes and called right (a senior reviewer would want to be told,
and it is true) or wrong.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from reviewer.core.concern import Concern
from reviewer.core.persona import Persona, compile_persona, decode_persona
from reviewer.core.rule import Rule
from reviewer.rules import all_rules
from tests.rules.cases import read_cases

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "rules.md"
JUDGED = ROOT / "benchmarks" / "judged"
CASES = ROOT / "tests" / "rules"
PERSONA = ROOT / "personas" / "backend.chatmode.md"

ONLY_A_MODEL = {
    "standards-use-typescript-on-node-js-with": "names the stack, which is a choice",
    "duties-ensure-security": "sums up what the standards say one by one, and they have rules",
    "duties-act-as-the-senior-backend-engineer": "says who reviews, not what",
    "duties-own-the-design": "says who reviews, not what",
    "duties-collaborate-with-the-frontend": "is done by routing: who is asked stands in the summary",
}
"""Lines of the persona without a rule of their own, and why."""


def page() -> str:
    """The whole document."""
    persona = compile_persona(decode_persona(PERSONA.read_bytes(), PERSONA.name), PERSONA.name)
    return "\n".join([*_head(), *_rules(), *_lines(persona), ""])


def verdicts(rule: Rule) -> Counter[str]:
    """How many hits of a rule were called right and wrong."""
    path = JUDGED / f"{rule.slug}.tsv"
    if not path.is_file():
        return Counter()
    with path.open(encoding="utf-8", newline="") as file:
        return Counter(row["verdict"] for row in csv.DictReader(file, delimiter="\t"))


def _head() -> Iterator[str]:
    rules = all_rules()
    totals: Counter[str] = sum((verdicts(rule) for rule in rules), Counter())
    yield "# Rules"
    yield ""
    yield (
        f"{len(rules)} rules that need no model, beside the lint rules of oxlint and the format. "
        "Written by `python -m benchmarks.rules`; do not edit."
    )
    yield "A case is a piece of TypeScript in `tests/rules/<rule>.md`: a fault that must be found, or a correct twin."
    yield (
        f"Precision is hits called right by hand, of up to 30 in public backends that the rules were tuned on as well "
        f"({totals['right']} right of {totals.total()}): optimistic, and no word on how much is missed."
    )


def _rules() -> Iterator[str]:
    for concern in Concern:
        yield ""
        yield f"## {concern.value}"
        yield ""
        yield "| rule | finds | severity | faults / twins | right / judged |"
        yield "| --- | --- | --- | --- | --- |"
        for rule in (rule for rule in all_rules() if rule.concern is concern):
            found = verdicts(rule)
            judged = f"{found['right']} / {found.total()}" if found.total() else "no hit"
            yield f"| `{rule.slug}` | {rule.title} | {rule.severity.value} | {_cases(rule)} | {judged} |"


def _cases(rule: Rule) -> str:
    cases = read_cases(CASES / f"{rule.slug}.md")
    faults = sum(1 for case in cases if case.expected)
    return f"{faults} / {len(cases) - faults}"


def _lines(persona: Persona) -> Iterator[str]:
    yield ""
    yield "## The persona's lines"
    yield ""
    yield "| line of `personas/backend.chatmode.md` | rules | faults / twins |"
    yield "| --- | --- | --- |"
    for line in (*persona.rules, *persona.duties):
        served = [rule for rule in all_rules() if persona.rule_for(rule.concern, rule.serves) == line]
        if served:
            yield f"| {line.text} | {', '.join(f'`{rule.slug}`' for rule in served)} | {_sum(served)} |"
        else:
            yield f"| {line.text} | only a model: {ONLY_A_MODEL[line.id]} | |"


def _sum(rules: list[Rule]) -> str:
    counts = [tuple(int(part) for part in _cases(rule).split(" / ")) for rule in rules]
    return f"{sum(faults for faults, _ in counts)} / {sum(twins for _, twins in counts)}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

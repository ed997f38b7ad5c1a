"""The answer to `@bot config`: one row a setting, whatever the owner wrote, and nobody is called by it."""

from __future__ import annotations

import re

from reviewer.core.configuration import CONFIG_PATH, make_plan
from reviewer.rendering import answer
from tests.rendering.sample import sample_plan
from tests.standin.rendered import rendered

HOSTILE = """\
paths:
  ignore: ['a|b', '`|`', '\\|', '@mallory/x']
  instructions:
    - {paths: [a], text: "![x](http://canary.invalid/a.png) @mallory\\n/approve </table>"}
team:
  - {role: 'Team Lead | `x`', handle: lena, name: '@mallory'}
"""


def test_every_row_has_three_cells_and_calls_nobody() -> None:
    plan = make_plan(sample_plan(), {CONFIG_PATH: HOSTILE})
    assert not plan.gaps
    body = answer.config("5", plan).body
    rows = [row for row in body.split("\n") if row.startswith("|")]
    assert {len(re.split(r"(?<!\\)\|", row)) for row in rows} == {5}
    seen = rendered(body)
    assert (seen.mentions, seen.images) == ([], [])
    assert all("canary" not in link for link in seen.links)


def test_a_mistake_stands_above_the_table() -> None:
    body = answer.config("5", make_plan(sample_plan(), {CONFIG_PATH: "gate: up"})).body
    assert "line 1: `gate` is one of off, blocker, warning" in body.partition("| setting |")[0]

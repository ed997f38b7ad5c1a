"""The whole life of a pull request through real HTTP: after each step exactly what the golden page shows."""

from __future__ import annotations

from pathlib import Path

from tests.workflow.life import PAGES, STEPS, lived
from tests.workflow.nursery import Nursery
from tests.workflow.stage import LEAD, stage


async def test_after_each_step_of_its_life_exactly_that_stands_on_a_pull_request(
    nursery: Nursery, tmp_path: Path
) -> None:
    with stage(nursery, tmp_path) as play:
        pages, comments = await lived(play)
        told = play.told(LEAD)
    assert pages == {path.name: path.read_text("utf-8") for path in PAGES.glob("*.md")}
    assert len(pages) == len(STEPS)
    assert len(comments) == len(set(comments))
    assert told == 1

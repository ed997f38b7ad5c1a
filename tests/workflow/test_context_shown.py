"""The real service shows the model what a change relies on, and asks GitHub for nothing more than the rules do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.shop import SERVICE, SHOP
from tests.workflow.nursery import Nursery
from tests.workflow.stage import Stage, stage

HEAD = {
    **SHOP,
    "src/orders/orders.service.ts": SERVICE.replace("findOne(id: number)", "findOne(id: number, x: boolean)"),
}


@pytest.fixture(scope="module")
def play(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(nursery, tmp_path_factory.mktemp("service"), model=True) as play:
        yield play


async def test_callers_and_commits_are_shown_and_cost_no_request(play: Stage) -> None:
    pull = play.pull(HEAD, SHOP, title="Look strictly")
    before = len(play.github.requests)
    await play.review(pull)
    assert play.model is not None
    (asked,) = [one for one in play.model.requests if 'title "Look strictly"' in one.prompt]
    rows = asked.said_by("user").split("\n")
    assert 'CONTEXT caller of OrdersService.findOne, unchanged: "src/reports/report.job.ts"' in rows
    assert "   const first = await orders.findOne(1);" in rows
    assert "Callers were looked for in 8 of 8 unchanged source files." in rows
    assert next(row for row in rows if row.startswith("commits ")).startswith('commits "')
    queries = [str(one.json) for one in play.github.requests[before:] if one.operation == "graphql"]
    assert sum("object(oid" in query for query in queries) <= 2, queries

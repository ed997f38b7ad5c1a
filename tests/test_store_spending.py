"""What the model cost, and what it said: rows that survive a restart, never another tenant's, never readable code."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from reviewer.core.budget import Account, Ceiling, Scope, Spent, accounts
from reviewer.store import Store
from reviewer.store.verdicts import VERDICT_BYTES_MAX

ROWS = accounts("1/7#3@h:p:automatic", "1/7#3", "2026-11-23")
DIGEST = "d" * 64


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Store]:
    store = await Store.open(f"sqlite:///{folder / 'reviewer.db'}")
    try:
        yield store
    finally:
        await store.close()


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


# ----------------------------------------------------------------------------------------------------- spending


async def test_a_charge_is_on_every_account_and_survives_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        assert await store.spending.charge(ROWS, (), Spent(100, 7)) is None
        await store.spending.correct(ROWS, Spent(-40, -2))
    async with opened(tmp_path) as store:
        assert [await store.spending.spent(row) for row in ROWS] == [Spent(60, 5)] * 3


async def test_a_charge_that_would_pass_one_ceiling_is_on_no_account(tmp_path: Path) -> None:
    ceilings = (Ceiling(Scope.REVIEW, 1_000), Ceiling(Scope.REPOSITORY_MONTH, 150))
    async with opened(tmp_path) as store:
        assert await store.spending.charge(ROWS, ceilings, Spent(100)) is None
        why = await store.spending.charge(ROWS, ceilings, Spent(100))
        assert why == "the ceiling of 150 tokens for one repository and month is reached"
        assert [await store.spending.spent(row) for row in ROWS] == [Spent(100)] * 3


async def test_reviews_at_once_do_not_pass_a_ceiling_together(tmp_path: Path) -> None:
    ceilings = (Ceiling(Scope.PULL_DAY, 1_000),)
    async with opened(tmp_path) as store:
        charges = (store.spending.charge(ROWS, ceilings, Spent(100)) for _ in range(50))
        said = await asyncio.gather(*charges)
        assert sum(why is None for why in said) == 10
        assert await store.spending.spent(ROWS[1]) == Spent(1_000)


async def test_another_day_another_pull_request_and_another_tenant_have_accounts_of_their_own(tmp_path: Path) -> None:
    others = (
        *accounts("1/7#3@h:q:automatic", "1/7#3", "2026-12-01"),
        *accounts("2/7#3@h:p:automatic", "2/7#3", "2026-11-23"),
    )
    async with opened(tmp_path) as store:
        await store.spending.charge(ROWS, (), Spent(100))
        assert [await store.spending.spent(row) for row in others] == [Spent()] * 6


# ----------------------------------------------------------------------------------------------------- verdicts


async def test_a_verdict_is_found_by_its_digest_after_a_restart_and_by_its_tenant_only(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.verdicts.keep("1/7", {DIGEST: "said"})
    async with opened(tmp_path) as store:
        assert await store.verdicts.kept("1/7", frozenset({DIGEST, "other"})) == {DIGEST: "said"}
        assert await store.verdicts.kept("2/7", frozenset({DIGEST})) == {}
        assert await store.verdicts.kept("1/8", frozenset({DIGEST})) == {}


async def test_the_database_alone_tells_nothing_of_the_code_that_a_verdict_is_about(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.verdicts.keep("1/7", {DIGEST: "Canary7741xq"})
        found = on_disk(tmp_path)
    found += on_disk(tmp_path)
    assert b"Canary7741xq" not in found
    assert DIGEST.encode() not in found


async def test_a_verdict_that_was_tampered_with_is_none(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.verdicts.keep("1/7", {DIGEST: "said"})
    with sqlite3.connect(tmp_path / "reviewer.db") as connection:
        connection.execute("UPDATE verdicts SET sealed = zeroblob(40)")
    connection.close()
    async with opened(tmp_path) as store:
        assert await store.verdicts.kept("1/7", frozenset({DIGEST})) == {}


async def test_a_verdict_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.verdicts.keep("1/7", {"a": "x" * VERDICT_BYTES_MAX, "b": "x" * (VERDICT_BYTES_MAX + 1)})
        assert set(await store.verdicts.kept("1/7", frozenset("ab"))) == {"a"}


async def test_an_installation_that_leaves_takes_its_verdicts_and_accounts_along(tmp_path: Path) -> None:
    kept = Account(Scope.REPOSITORY_MONTH, "11/7", "2026-11")
    async with opened(tmp_path) as store:
        for tenant in ("1/7", "11/7"):
            await store.verdicts.keep(tenant, {DIGEST: "said"})
        await store.spending.charge((*ROWS, kept), (), Spent(1))
        await store.purge(1)
        assert await store.verdicts.kept("1/7", frozenset({DIGEST})) == {}
        assert await store.verdicts.kept("11/7", frozenset({DIGEST})) == {DIGEST: "said"}
        assert [await store.spending.spent(row) for row in (*ROWS, kept)] == [Spent()] * 3 + [Spent(1)]


async def test_what_is_old_is_deleted(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.verdicts.keep("1/7", {DIGEST: "said"})
        await store.spending.charge(ROWS, (), Spent(1))
        assert (await store.verdicts.remove_old(3_600), await store.spending.remove_old(3_600)) == (0, 0)
        assert (await store.verdicts.remove_old(-1), await store.spending.remove_old(-1)) == (1, 3)

"""What the model may ask for: files and symbols of the same commit, nothing else, and only so much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.wanted import WANTS_MAX, Want, answer, paths_to_read, usable, within
from tests.core.shop import SERVICE, SHOP, shop_changed

PROJECT = shop_changed({"src/orders/orders.service.ts": SERVICE.replace("delete(id)", "softDelete(id)")})
TEXTS = {**SHOP, **PROJECT.texts}


@pytest.mark.parametrize(
    ("want", "path", "lines"),
    [
        (Want(symbol="CreateOrder"), "src/orders/create-order.dto.ts", (1, 4)),
        (Want(symbol="OrdersService.remove"), "src/orders/orders.service.ts", (18, 20)),
        (Want(symbol="PeopleService.findOne"), "src/people/people.service.ts", (2, 4)),
        (Want(symbol="total"), "src/money/total.ts", (1, 3)),
        (Want("src/orders/order.entity.ts", "Order"), "src/orders/order.entity.ts", (3, 10)),
        (Want(path="src/money/total.ts"), "src/money/total.ts", (1, 4)),
        (Want(symbol="CreateOrder.coupon"), "src/orders/create-order.dto.ts", (3, 3)),
    ],
)
def test_a_file_or_symbol_of_the_commit_is_shown(want: Want, path: str, lines: tuple[int, int]) -> None:
    block = answer(want, PROJECT.change, TEXTS, PROJECT.head)
    assert block is not None
    assert (block.path, block.rows[0][0], block.rows[-1][0]) == (path, *lines)


@pytest.mark.parametrize(
    "want",
    [
        Want(path="../etc/passwd"),
        Want(path="/etc/passwd"),
        Want(path="https://example.com/a.ts"),
        Want(path="src/none.ts"),
        Want(symbol="nothing"),
        Want("src/money/total.ts", "nothing"),
    ],
)
def test_what_is_not_in_the_tree_is_not_there_and_is_not_read(want: Want) -> None:
    assert answer(want, PROJECT.change, TEXTS, PROJECT.head) is None
    assert set(paths_to_read(want, PROJECT.change)) <= PROJECT.change.tree


@given(st.builds(Want, st.text(max_size=30), st.text(max_size=30)))
def test_only_paths_of_the_tree_are_ever_read(want: Want) -> None:
    assert set(paths_to_read(want, PROJECT.change)) <= PROJECT.change.tree


def test_files_called_like_a_symbol_are_read_for_it() -> None:
    assert paths_to_read(Want(symbol="CreateOrder"), PROJECT.change)[0] == "src/orders/create-order.dto.ts"


def test_only_so_many_wants_are_answered_and_each_once() -> None:
    many = [Want(symbol=f"s{n % 10}()") for n in range(40)]
    assert usable(many) == tuple(Want(symbol=f"s{n}") for n in range(WANTS_MAX))
    assert usable([Want(), Want(symbol="a\nb"), Want(path="x" * 500), Want(path=" ./src/a.ts ")]) == (Want("src/a.ts"),)


def test_answers_are_cut_to_what_is_left_and_the_rest_is_said_not_to_be_there() -> None:
    one = answer(Want(path="src/money/total.ts"), PROJECT.change, TEXTS, PROJECT.head)
    assert one is not None
    kept = list(within([one, one, one], 170))
    assert [None if block is None else len(block.rows) for block in kept] == [4, 1, None]

"""Which files of a change are shown together, and in which order."""

from __future__ import annotations

import pytest

from reviewer.core.batches import groups, risk
from reviewer.core.change import Change
from reviewer.core.project import Project
from reviewer.typescript.extract import extract
from tests.core.shop import SHOP, shop_changed
from tests.linters.changes import changed


def grouped(project: Project) -> tuple[tuple[str, ...], ...]:
    change: Change = project.change
    return groups(project, change.files)


def test_a_source_its_dto_and_its_test_are_one_group_and_the_test_stands_behind_its_source() -> None:
    heads = {path: text + "\n// more\n" for path, text in SHOP.items() if "people" not in path and "money" not in path}
    found = grouped(shop_changed(dict(heads)))
    orders = next(group for group in found if "src/orders/orders.service.ts" in group)
    at = orders.index("src/orders/orders.service.ts")
    assert orders[at + 1] == "src/orders/orders.service.spec.ts"
    assert {"src/orders/create-order.dto.ts", "src/orders/orders.controller.ts"} <= set(orders)


def test_every_file_is_in_exactly_one_group() -> None:
    heads = {path: text + "\n// more\n" for path, text in SHOP.items()} | {"README.md": "Shop\n"}
    found = grouped(shop_changed(dict(heads)))
    assert sorted(path for group in found for path in group) == sorted(heads)


def test_the_riskiest_group_goes_first() -> None:
    texts = {
        "src/words/words.ts": "export const a = 1;\n",
        "src/auth/auth.guard.ts": "export const b = 1;\n",
        "src/payments/refund.service.ts": "export const c = 1;\n",
        "docs/a.md": "a\n",
    }
    found = grouped(shop_changed(dict(texts), {}))
    assert found == (
        ("src/payments/refund.service.ts",),
        ("src/auth/auth.guard.ts",),
        ("src/words/words.ts",),
        ("docs/a.md",),
    )


@pytest.mark.parametrize(
    ("riskier", "safer"),
    [
        ("src/auth/jwt.guard.ts", "src/users/users.controller.ts"),
        ("src/db/migrations/1-orders.ts", "src/orders/orders.controller.ts"),
        ("src/orders/orders.controller.ts", "src/orders/orders.dto.ts"),
        ("src/orders/orders.dto.ts", "src/orders/words.ts"),
        ("src/orders/words.ts", "src/orders/orders.spec.ts"),
        ("prisma/schema.prisma", "README.md"),
    ],
)
def test_risk_follows_what_a_mistake_costs(riskier: str, safer: str) -> None:
    one, other = (changed(path, "", "export const a = 1;\n") for path in (riskier, safer))
    assert risk(one, None) > risk(other, None)


def test_a_file_that_writes_data_on_a_written_line_is_riskier() -> None:
    text = "export const run = () => db.orders.delete(1);\n"
    assert risk(changed("src/a.ts", "", text), extract(text)) == risk(changed("src/a.ts", "", text), None) + 20

"""What is shown beside a change: what it relies on and who relies on it, within bounds, and steady."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reviewer.core.context import Block, Context, Role
from reviewer.core.context_near import callers_wanted, naming
from reviewer.core.context_pack import SHARE_OF_SOURCE, SMALL_BYTES, SYMBOLS_ALL, choose_context, diff_bytes, symbols_of
from reviewer.core.enclosing import shown_lines
from tests.core.shop import SERVICE, SHOP, chosen, shop_changed, shown_with

PATH = "src/orders/orders.service.ts"


def edited(old: str, new: str) -> dict[str, str | None]:
    assert old in SERVICE
    return {PATH: SERVICE.replace(old, new)}


def of_role(context: Context, role: Role, path: str = PATH) -> list[tuple[str, str]]:
    return [(about, place) for found, about, place in shown_with(context, path) if found is role]


def block(context: Context, role: Role, place: str) -> Block:
    return next(one for one in context.around(PATH).blocks if one.role is role and one.path == place)


def test_a_changed_contract_shows_the_callers_that_were_not_touched() -> None:
    context = chosen(edited("findOne(id: number): Promise<Order | null>", "findOne(id: number): Promise<Order>"))
    callers = of_role(context, Role.CALLER)
    assert callers == [
        ("OrdersService.findOne", "src/orders/orders.controller.ts"),
        ("OrdersService.findOne", "src/reports/report.job.ts"),
    ]
    rows = dict(block(context, Role.CALLER, "src/orders/orders.controller.ts").rows)
    assert rows[7] == "    const order = await this.service.findOne(id);"
    assert rows[8] == "    if (order === null) {"


def test_a_method_of_that_name_on_another_class_is_no_caller() -> None:
    context = chosen(edited("findOne(id: number)", "findOne(id: number, strict: boolean)"))
    assert not any("people" in place for _, place in of_role(context, Role.CALLER))


def test_what_written_lines_call_is_shown() -> None:
    context = chosen(edited("total(dto.lines)", "total(dto.lines) * 2"))
    assert ("total", "src/money/total.ts") in of_role(context, Role.CALLED)
    assert block(context, Role.CALLED, "src/money/total.ts").rows[1] == (
        2,
        "  return lines.reduce((sum, line) => sum + line.price, 0);",
    )


def test_types_that_a_changed_function_takes_are_shown() -> None:
    context = chosen(edited("total(dto.lines)", "total(dto.lines) * 2"))
    shown = of_role(context, Role.TYPE) + of_role(context, Role.SCHEMA)
    assert ("CreateOrder", "src/orders/create-order.dto.ts") in shown
    assert ("Order", "src/orders/order.entity.ts") in shown


def test_the_stored_shape_behind_a_query_is_shown() -> None:
    text = SHOP["src/money/total.ts"].replace("return lines", "Order.create({});\n  return lines")
    context = chosen({"src/money/total.ts": text})
    assert ("Order", "src/orders/order.entity.ts") in of_role(context, Role.SCHEMA, "src/money/total.ts")


def test_the_titles_of_tests_that_name_a_changed_symbol_are_shown() -> None:
    context = chosen(edited("await this.orders.delete(id);", "await this.orders.softDelete(id);"))
    rows = block(context, Role.TEST, "src/orders/orders.service.spec.ts").rows
    assert rows == ((8, "  it('removes an order', async () => {"),)


def test_users_of_what_is_gone_are_shown_first() -> None:
    without = SERVICE[: SERVICE.index("  async findOne")] + SERVICE[SERVICE.index("  async create") :]
    context = chosen({PATH: without})
    assert ("OrdersService.findOne", "src/reports/report.job.ts") in of_role(context, Role.CALLER)


def test_users_of_a_removed_file_are_shown() -> None:
    context = chosen({"src/money/total.ts": None})
    assert of_role(context, Role.CALLER, "src/money/total.ts") == [("total", PATH)]


def test_users_of_a_field_that_is_gone_are_shown() -> None:
    base = {**SHOP, "src/orders/coupons.ts": (
        "import { CreateOrder } from './create-order.dto';\n\n"
        "export function coupon(dto: CreateOrder): string {\n  return dto.coupon ?? '';\n}\n"
    )}  # fmt: skip
    path = "src/orders/create-order.dto.ts"
    context = chosen({path: "export class CreateOrder {\n  lines: Line[];\n}\n"}, base)
    assert ("CreateOrder.coupon", "src/orders/coupons.ts") in of_role(context, Role.CALLER, path)


def test_classes_that_implement_a_changed_interface_are_shown() -> None:
    port = "src/mail/mailer.ts"
    base = {
        port: "export interface Mailer {\n  send(to: string): Promise<void>;\n}\n",
        "src/mail/smtp.ts": (
            "import { Mailer } from './mailer';\n\nexport class Smtp implements Mailer {\n"
            "  async send(to: string): Promise<void> {}\n}\n"
        ),
    }
    context = chosen({port: base[port].replace("}\n", "  close(): void;\n}\n")}, base)
    assert of_role(context, Role.IMPLEMENTER, port) == [("Mailer", "src/mail/smtp.ts")]


def test_the_function_around_a_hunk_is_shown_whole() -> None:
    body = "".join(f"    const step{n} = await this.step({n});\n" for n in range(30))
    base = {PATH: SERVICE.replace("    const sum", f"{body}    const sum")}
    context = chosen({PATH: base[PATH].replace("step(15)", "step(51)")}, base)
    file = shop_changed({PATH: base[PATH].replace("step(15)", "step(51)")}, base).change.files[0]
    lines = {line for first, last in context.around(PATH).ranges for line in range(first, last + 1)} | shown_lines(file)
    start = next(at for at, row in enumerate(base[PATH].split("\n"), 1) if "async create" in row)
    assert set(range(start, start + 34)) <= lines
    assert 6 in lines, "the head of the class"


def test_of_a_long_function_its_head_is_shown() -> None:
    body = "".join(f"    const step{n} = await this.step({n});\n" for n in range(300))
    base = {PATH: SERVICE.replace("    const sum", f"{body}    const sum")}
    ranges = chosen({PATH: base[PATH].replace("step(150)", "step(51)")}, base).around(PATH).ranges
    assert sum(last - first + 1 for first, last in ranges) <= 4
    assert any(first == 13 for first, _ in ranges)


def test_nothing_is_shown_twice() -> None:
    heads = edited("total(dto.lines)", "total(dto.lines) * 2")
    heads["src/money/total.ts"] = SHOP["src/money/total.ts"].replace("0)", "1)")
    project = shop_changed(heads)
    context = choose_context(project)
    shown = [(file.path, line) for file in project.change.files for line in shown_lines(file)]
    for file in project.change.files:
        around = context.around(file.path)
        lines = [(file.path, line) for first, last in around.ranges for line in range(first, last + 1)]
        lines += [(one.path, number) for one in around.blocks for number, _ in one.rows]
        assert len(lines) == len(set(lines))
        assert not set(lines) & set(shown)


def test_each_file_keeps_to_its_room_however_much_there_is_to_show() -> None:
    wide = f"  // {'x' * 600}\n"
    callers = {
        f"src/jobs/job{n}.ts": (
            "import { OrdersService } from '../orders/orders.service';\n\n"
            f"export async function job{n}(orders: OrdersService) {{\n{wide * 2}"
            f"  await orders.findOne({n});\n{wide * 2}}}\n"
        )
        for n in range(30)
    }
    heads = edited("findOne(id: number)", "findOne(id: number, strict: boolean)")
    project = shop_changed(heads, {**SHOP, **callers})
    (file,) = project.change.files
    blocks = choose_context(project).around(PATH).blocks
    assert 0 < sum(1 for one in blocks if one.path in callers) < 12
    assert sum(one.size for one in blocks) <= SMALL_BYTES + SHARE_OF_SOURCE * diff_bytes(file)


def test_a_push_to_another_file_leaves_what_is_shown_as_it_was() -> None:
    heads = edited("findOne(id: number)", "findOne(id: number, strict: boolean)")
    other = "src/people/people.service.ts"
    first = chosen({**heads, other: SHOP[other].replace("find(id)", "findBy(id)")})
    second = chosen({**heads, other: SHOP[other].replace("find(id)", "findBy(id, true)").replace("id:", "key:")})
    assert first.around(PATH) == second.around(PATH)


def test_the_same_change_has_the_same_context() -> None:
    heads = edited("total(dto.lines)", "total(dto.lines) * 2")
    assert chosen(heads) == chosen(heads)


# ---------------------------------------------------------------------------------------------- which files are read


@pytest.mark.parametrize("files_max", [1, 3, 100])
def test_the_likeliest_callers_are_read_and_no_more_than_allowed(files_max: int) -> None:
    project = shop_changed(edited("delete(id)", "softDelete(id)"))
    wanted = callers_wanted(project.change, files_max)
    assert len(wanted) == min(files_max, len(SHOP) - 1)
    assert PATH not in wanted
    assert set(wanted[:3]) <= set(SHOP)
    assert "src/people/people.service.ts" not in wanted[:3]


def test_no_file_is_read_for_a_change_of_tests_alone() -> None:
    project = shop_changed({"src/orders/orders.service.spec.ts": "it('x', () => {});\n"})
    assert callers_wanted(project.change, 100) == ()


def test_only_texts_that_have_a_name_in_them_are_parsed() -> None:
    assert list(naming({"a.ts": "x.create()", "b.ts": "x.remove()"}, ["create", "id", ""])) == ["a.ts"]


# ---------------------------------------------------------------------------------------------------------- hostile


def hostile() -> Mapping[str, str]:
    """Names that meet everywhere, and more of them than any repository has."""
    calls = "".join(f"export function f{n}() {{ return this.a.f{n - 1}(f{n}(), new C{n}()); }}\n" for n in range(400))
    return {f"src/m{n}/a{n}.service.ts": f"import {{ f1 }} from '../m0/a0.service';\n{calls}" for n in range(12)}


def test_a_hostile_change_keeps_to_its_room() -> None:
    base = hostile()
    heads = {path: text.replace("return", "await") for path, text in base.items() if "m1/" in path or "m2/" in path}
    project = shop_changed(dict(heads), base)
    context = choose_context(project)
    for file in project.change.files:
        assert sum(one.size for one in context.around(file.path).blocks) <= SMALL_BYTES + diff_bytes(file)


def test_users_are_looked_for_within_bounds_in_a_change_of_very_many_files() -> None:
    body = "".join(f"  m{n}(a: number) {{ return this.m{n + 1}(a); }}\n" for n in range(25))
    base = {f"src/d{at % 20}/c{at}.service.ts": f"export class C{at} {{\n{body}}}\n" for at in range(400)}
    project = shop_changed({path: text.replace("a: number", "a: string") for path, text in base.items()}, base)
    context = choose_context(project)
    symbols = [symbol for file in project.change.files for symbol in symbols_of(project, file)]
    looked_for = {one.about for file in project.change.files for one in context.around(file.path).blocks}
    assert len(looked_for) <= SYMBOLS_ALL < len(symbols)
    assert sorted(path for group in context.groups for path in group) == sorted(base)

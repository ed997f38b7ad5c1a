"""A small shop whose service, DTO and entity are used in places that a change does not touch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reviewer.core.context import Context, Role
from reviewer.core.context_pack import choose_context
from reviewer.core.project import Project
from reviewer.typescript.extract import extract
from tests.linters.changes import change, changed

SERVICE = """\
import { Repository } from 'typeorm';
import { CreateOrder } from './create-order.dto';
import { Order } from './order.entity';
import { total } from '../money/total';

export class OrdersService {
  constructor(private readonly orders: Repository<Order>) {}

  async findOne(id: number): Promise<Order | null> {
    return this.orders.findOneBy({ id });
  }

  async create(dto: CreateOrder): Promise<Order> {
    const sum = total(dto.lines);
    return this.orders.save({ ...dto, sum });
  }

  async remove(id: number): Promise<void> {
    await this.orders.delete(id);
  }
}
"""

SHOP: Mapping[str, str] = {
    "src/orders/orders.service.ts": SERVICE,
    "src/orders/create-order.dto.ts": "export class CreateOrder {\n  lines: Line[];\n  coupon?: string;\n}\n",
    "src/orders/order.entity.ts": (
        "import { Column, Entity } from 'typeorm';\n\n@Entity()\nexport class Order {\n"
        "  @Column()\n  id: number;\n\n  @Column({ nullable: true })\n  coupon: string | null;\n}\n"
    ),
    "src/money/total.ts": (
        "export function total(lines: Line[]): number {\n"
        "  return lines.reduce((sum, line) => sum + line.price, 0);\n}\n"
    ),
    "src/orders/orders.controller.ts": (
        "import { OrdersService } from './orders.service';\n\nexport class OrdersController {\n"
        "  constructor(private readonly service: OrdersService) {}\n\n"
        "  async show(id: number) {\n    const order = await this.service.findOne(id);\n"
        "    if (order === null) {\n      throw new NotFoundException();\n    }\n    return order;\n  }\n}\n"
    ),
    "src/reports/report.job.ts": (
        "import { OrdersService } from '../orders/orders.service';\n\n"
        "export async function report(orders: OrdersService): Promise<string> {\n"
        "  const first = await orders.findOne(1);\n  return first ? 'some' : 'none';\n}\n"
    ),
    "src/people/people.service.ts": (
        "export class PeopleService {\n  async findOne(id: number) {\n    return this.people.find(id);\n  }\n}\n"
    ),
    "src/people/people.controller.ts": (
        "import { PeopleService } from './people.service';\n\nexport class PeopleController {\n"
        "  constructor(private readonly people: PeopleService) {}\n\n"
        "  show(id: number) {\n    return this.people.findOne(id);\n  }\n}\n"
    ),
    "src/orders/orders.service.spec.ts": (
        "import { OrdersService } from './orders.service';\n\ndescribe('orders', () => {\n"
        "  it('finds an order', async () => {\n    expect(await new OrdersService(store).findOne(1)).toBeDefined();\n"
        "  });\n\n"
        "  it('removes an order', async () => {\n    await new OrdersService(store).remove(1);\n  });\n});\n"
    ),
}


def shop_changed(heads: Mapping[str, str | None], base: Mapping[str, str] = SHOP) -> Project:
    """The shop as a change that gives these files other texts (None removes one), everything else unchanged."""
    files = [changed(path, base.get(path), text) for path, text in heads.items()]
    texts = {path: text for path, text in base.items() if path not in heads}
    there = {**texts, **{path: text for path, text in heads.items() if text is not None}}
    one = replace(change(*files), tree=frozenset(there), neighbours=texts)
    before = {path: extract(base[path]) for path in heads if path in base}
    return Project(one, {path: extract(text) for path, text in there.items()}, before)


def shown_with(context: Context, path: str) -> list[tuple[Role, str, str]]:
    """Role, symbol and place of everything that is shown with a file."""
    return [(block.role, block.about, block.path) for block in context.around(path).blocks]


def chosen(heads: Mapping[str, str | None], base: Mapping[str, str] = SHOP) -> Context:
    """The context of such a change."""
    return choose_context(shop_changed(heads, base))

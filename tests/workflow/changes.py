"""Changes that the workflow's tests have reviewed: small, with known findings, or of any number of files."""

from __future__ import annotations

from collections.abc import Mapping

CONTROLLER = "src/orders/orders.controller.ts"
SERVICE = "src/orders/orders.service.ts"

_CONTROLLER = """\
import { Body, Controller, Post } from '@nestjs/common';
import { CreateOrderDto } from './create-order.dto';
import { OrdersService } from './orders.service';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Post()
  create(@Body() order: CreateOrderDto): Promise<string> {
    return this.orders.create(order);
  }
}
"""
_SERVICE = """\
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

@Injectable()
export class OrdersService {
  constructor(private readonly database: DataSource) {}

  async search(text: string): Promise<unknown> {
    return this.database.query('SELECT * FROM orders WHERE title = $1', [text]);
  }
}
"""
SQL_LINE = 9
"""The line of SERVICE at head where SQL is put together from strings."""

DEBUGGER_LINE = 11
"""The line of CONTROLLER at head where a `debugger` statement was left."""

BASE: Mapping[str, str] = {"package.json": '{"name": "shop"}\n', CONTROLLER: _CONTROLLER, SERVICE: _SERVICE}
HEAD: Mapping[str, str] = {
    **BASE,
    CONTROLLER: _CONTROLLER.replace("    return this.orders", "    debugger;\n    return this.orders"),
    SERVICE: _SERVICE.replace(
        "query('SELECT * FROM orders WHERE title = $1', [text])",
        "query(`SELECT * FROM orders WHERE title = '${text}'`)",
    ),
}
"""A blocker for security (the Team Lead's) and lint findings (the author's)."""

CLEAN: Mapping[str, str] = {**BASE, SERVICE: _SERVICE.replace("title = $1", "name = $1")}
"""A change in which nothing is found."""


def many(count: int) -> tuple[dict[str, str], dict[str, str]]:
    """Base and head of a change of `count` TypeScript files."""
    base = {f"src/part{n}/value{n}.ts": f"export const value{n}: number = {n};\n" for n in range(count)}
    return base, {path: text + "export const more = 'x';\n" for path, text in base.items()}


def pushed(number: int) -> dict[str, str]:
    """HEAD once more, with another unchanged-in-kind line: the head of the `number`-th push."""
    return {**HEAD, "src/pushes.ts": f"export const pushes = {number};\n"}

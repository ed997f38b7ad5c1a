"""What the project uses and stores, and its own rate for a convention."""

from __future__ import annotations

import pytest

from reviewer.core.conventions import Rate
from reviewer.core.packages import least
from tests.core.test_project import project_of


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("^4.18.2", (4, 18)), ("~0.3", (0, 3)), (">=5 <6", (5, 0)), ("10", (10, 0)), ("v2.1", (2, 1)),
        ("^3 || ^4", (3, 0)), ("workspace:^1.2.0", (1, 2)), ("npm:express@4.17.1", (4, 17)), ("5.0.0-beta.1", (5, 0)),
        ("*", None), ("latest", None), ("", None), ("file:../x", None), ("9" * 5000, None), ("1.x", (1, 0)),
    ],
)  # fmt: skip
def test_a_range_has_a_least_version(wanted: str, found: tuple[int, int] | None) -> None:
    assert least(wanted) == found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package-lock.json", '{\n  "packages": {\n    "": { "dependencies": {\n "express": "^4" } },\n'
         '    "node_modules/express": {\n      "resolved": "x",\n      "version": "4.21.2",\n'),
        ("package-lock.json", '{\n  "dependencies": {\n    "express": {\n      "version": "4.21.2"\n'),
        ("yarn.lock", 'express-x@^1:\n  version "1.0.0"\n\nexpress@^4.18.2, express@^4.19:\n  version "4.21.2"\n'),
        ("yarn.lock", '"express@npm:^4.18.2":\n  version: 4.21.2\n'),
        ("pnpm-lock.yaml", "packages:\n\n  express-x@1.0.0:\n  'express@4.21.2(supports-color@8)':\n"),
        ("pnpm-lock.yaml", "packages:\n  /express/4.21.2:\n    dev: false\n"),
    ],
)  # fmt: skip
def test_a_lock_file_says_it_exactly(path: str, text: str) -> None:
    project = project_of({}, texts={"package.json": '{"dependencies": {"express": "^4.18.2"}}', path: text})
    assert project.version("express") == (4, 21)


@pytest.mark.parametrize("lock", ["", "express@^4:\n\nother@1:\n  version 9.9.9\n", "expressly@1:\n  version 9.9.9\n"])
def test_without_an_entry_in_a_lock_file_the_range_is_what_is_known(lock: str) -> None:
    project = project_of({}, texts={"package.json": '{"dependencies": {"express": "^4.18.2"}}', "yarn.lock": lock})
    assert (project.version("express"), project.version("koa")) == ((4, 18), None)


ENTITIES = {
    "src/order.entity.ts": "import { Entity, Column as C, Index, PrimaryGeneratedColumn } from 'typeorm';\n"
    "@Entity('orders') @Index(['customer', 'day'])\nexport class Order {\n  @PrimaryGeneratedColumn() id: number;\n"
    "  @C({ unique: true }) code: string;\n  @C() customer: string;\n  @C() day: Date;\n  notStored = 1;\n}\n"
    "@Entity() class NotOurs {}\nimport { Entity as Other } from './other';\n@Other() class Fake {}\n",
    "src/cat.ts": "import { Schema, model } from 'mongoose';\n"
    "const CatSchema = new Schema({ name: { type: String, index: true }, age: Number });\n"
    "export const Cat = model('Kitten', CatSchema);\n",
    "src/dog.schema.ts": "import { Prop, Schema } from '@nestjs/mongoose';\n"
    "@Schema() export class Dog { @Prop({ unique: false }) name: string; }",
}
PRISMA = """\
// model Old {
model User {
  id    Int    @id @default(autoincrement())
  email String @unique // the login
  name  String?
  posts Post[]

  @@index([name, email])
  @@map("users")
}
enum Role { A }
"""


def test_entities_of_every_orm_have_their_fields_and_indexes() -> None:
    found = project_of(ENTITIES, texts={"prisma/schema.prisma": PRISMA}).entities
    assert {name: (one.orm, one.path, one.first, one.last) for name, one in found.items()} == {
        "Order": ("typeorm", "src/order.entity.ts", 2, 9),
        "NotOurs": ("typeorm", "src/order.entity.ts", 10, 10),
        "Kitten": ("mongoose", "src/cat.ts", 2, 2),
        "Dog": ("mongoose", "src/dog.schema.ts", 2, 2),
        "User": ("prisma", "prisma/schema.prisma", 2, 10),
    }
    indexed = {name: [field.name for field in one.fields if field.is_indexed] for name, one in found.items()}
    assert indexed == {
        "Order": ["id", "code", "customer"], "NotOurs": [], "Kitten": ["name"], "Dog": [],
        "User": ["id", "email", "name"],
    }  # fmt: skip
    assert found["Order"].names == {"id", "code", "customer", "day"}
    assert [(field.name, field.type, field.line) for field in found["User"].fields] == [
        ("id", "Int", 3), ("email", "String", 4), ("name", "String?", 5), ("posts", "Post[]", 6)
    ]  # fmt: skip


def test_a_convention_is_what_enough_siblings_do() -> None:
    text = "import { Controller, Get, UseGuards } from '@nestjs/common';\n@Controller('a')\nexport class A {\n"
    text += "  @Get('a') @UseGuards(G) a() {}\n  @Get('b') @UseGuards(G) b() {}\n  @Get('c') c() {}\n}"
    project = project_of({"src/a.ts": text})
    routes = project.routes["src/a.ts"]
    found = project.rate(lambda route: bool(route.method and route.method.decorators[1:]), routes)
    assert (found, found.is_usual(), found.is_usual(0.9)) == (Rate(2, 3), True, False)
    assert not Rate(2, 2).is_usual() and Rate(0, 0).share == 0.0

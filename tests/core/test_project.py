from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.diff import FileDiff, parse_patch
from reviewer.core.facts import FileFacts
from reviewer.core.jsonc import parse_jsonc
from reviewer.core.neighbours import NEIGHBOURS_MAX, neighbours_wanted
from reviewer.core.project import Project
from reviewer.core.request_data import inputs, reached_classes
from reviewer.core.resolution import resolver
from reviewer.core.source_paths import is_off, is_production, is_test
from reviewer.typescript.extract import extract


def project_of(
    head: dict[str, str], base: dict[str, str] | None = None, texts: dict[str, str] | None = None
) -> Project:
    """A project where every file of `head` that differs from `base` is rewritten by the change."""
    base, texts = base or {}, texts or {}
    files = tuple(
        ChangedFile(
            path, FileStatus.MODIFIED if path in base else FileStatus.ADDED, _rewritten(text), text, base.get(path)
        )
        for path, text in head.items()
        if base.get(path) != text
    )
    change = Change("octo/shop", 1, "b", "a", files, tree=frozenset(head) | frozenset(texts), neighbours=texts)
    return Project(change, _facts(head), _facts(base))


def _rewritten(text: str) -> FileDiff:
    rows = text.removesuffix("\n").split("\n")
    return parse_patch("\n".join([f"@@ -0,0 +1,{len(rows)} @@", *(f"+{row}" for row in rows)]) + "\n")


def _facts(texts: dict[str, str]) -> dict[str, FileFacts]:
    return {path: extract(text) for path, text in texts.items()}


# ------------------------------------------------------------------------------------------------ imports


@pytest.mark.parametrize(
    ("importer", "module", "found"),
    [
        ("src/orders/a.ts", "./b", "src/orders/b.ts"),
        ("src/orders/a.ts", "./b.js", "src/orders/b.ts"),
        ("src/orders/a.ts", "../shared", "src/shared/index.ts"),
        ("src/orders/a.ts", "@app/shared", "src/shared/index.ts"),
        ("src/orders/a.ts", "@app/orders/b", "src/orders/b.ts"),
        ("src/orders/a.ts", "src/orders/b", "src/orders/b.ts"),
        ("src/orders/a.ts", "shared", "src/shared/index.ts"),
        ("src/orders/a.ts", "@octo/contracts", "packages/contracts/src/index.ts"),
        ("src/orders/a.ts", "@octo/contracts/order", "packages/contracts/src/order.ts"),
        ("packages/web/src/a.ts", "@/b", "packages/web/src/b.ts"),
        ("src/orders/a.ts", "@nestjs/common", None),
        ("src/orders/a.ts", "./missing", None),
        ("src/a.ts", "../../etc/passwd", None),
    ],
)
def test_an_import_leads_to_its_file(importer: str, module: str, found: str | None) -> None:
    tree = {
        "src/orders/a.ts", "src/orders/b.ts", "src/shared/index.ts", "packages/contracts/src/index.ts",
        "packages/contracts/src/order.ts", "packages/web/src/b.ts", "etc/passwd",
    }  # fmt: skip
    texts = {
        "tsconfig.json": '{ /* ours */ "compilerOptions": { "baseUrl": "src", "paths": { "@app/*": ["./*"] } }, }',
        "packages/contracts/package.json": '{"name": "@octo/contracts", "main": "dist/index.js"}',
    }
    assert resolver(tree, texts).resolve(importer, module) == found


@pytest.mark.parametrize(
    "module",
    [
        "@/ships/dock",
        "src/ships/dock",
        "api/src/ships/dock",
        "@ships/dock",
        "@/api/ships/dock",
        "@root/ships/dock",
        "@api/ships/dock",
    ],
)
def test_an_alias_leads_to_a_path_below_a_folder_above_where_no_configuration_was_read(module: str) -> None:
    tree = {"apps/api/src/ships/dock.ts", "apps/api/src/main.ts"}
    assert resolver(tree, {}).resolve("apps/api/src/main.ts", module) == "apps/api/src/ships/dock.ts"
    assert resolver(tree, {}).resolve("apps/api/src/main.ts", "ships/berth") is None


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("@app/ships", "libs/ships/src/index.ts"),
        ("@app/ships/dock", "libs/ships/src/dock.ts"),
        ("@nestjs/ships", None),
        ("@root/berth", None),
    ],
)
def test_a_library_of_the_workspace_is_no_package(module: str, found: str | None) -> None:
    tree = {"apps/api/src/main.ts", "libs/ships/src/index.ts", "libs/ships/src/dock.ts"}
    assert resolver(tree, {}).resolve("apps/api/src/main.ts", module) == found


@pytest.mark.parametrize(("asked", "found"), [("^1.2.0", None), ("workspace:*", "src/protocols/tus/store.ts")])
def test_a_package_from_elsewhere_is_no_folder_of_that_name(asked: str, found: str | None) -> None:
    texts = {"package.json": f'{{"dependencies": {{"@tus/store": "{asked}"}}}}'}
    known = resolver({"src/protocols/tus/store.ts", "src/protocols/tus/index.ts"}, texts)
    assert known.resolve("src/protocols/tus/index.ts", "@tus/store") == found


@pytest.mark.parametrize("text", ["", "{", "[" * 90_000, '{"a": 1, // b\n}', '{"a": "// no comment, }"}', "x" * 70_000])
def test_a_configuration_is_read_or_nothing(text: str) -> None:
    assert parse_jsonc(text) in (None, {"a": 1}, {"a": "// no comment, }"})


def test_a_name_is_followed_through_renames_and_barrels() -> None:
    project = project_of(
        {
            "src/a.ts": "import { Input as In } from './types';\nimport * as types from './types';",
            "src/types/index.ts": "export { CreateOrder as Input } from './order';\nexport * from "
            "'./user';\nexport * from '.';",
            "src/types/order.ts": "export class CreateOrder {}",
            "src/types/user.ts": "class Person {}\nexport { Person as User };",
            "src/other/order.ts": "export class Input {}",
        }
    )
    found = project.declaration("src/a.ts", "In")
    assert found is not None and (found.path, found.item.name) == ("src/types/order.ts", "CreateOrder")
    user = project.declaration("src/a.ts", "types.User")
    assert user is not None and (user.path, user.item.name) == ("src/types/user.ts", "Person")
    assert project.declaration("src/a.ts", "Input") is None
    assert project.declaration("src/a.ts", "types.Nobody") is None


# ------------------------------------------------------------------------------------------------ what the change wrote


def test_a_call_that_only_moved_is_not_introduced() -> None:
    project = project_of(
        {"src/a.ts": "function a() {\n  f(1);\n}\nfunction b() {\n  f(1);\n}\n"},
        {"src/a.ts": "function a() { f(1); }\n"},
    )
    calls = {call.symbol: call for call in project.head["src/a.ts"].calls}
    assert not project.introduced("src/a.ts", calls["a"])
    assert project.introduced("src/a.ts", calls["b"])


def test_a_renamed_file_is_compared_with_its_old_self() -> None:
    project = project_of({"src/new.ts": "f(1);\n"}, {"src/old.ts": "f(1);\n"})
    renamed = replace(project.change.files[0], old_path="src/old.ts", status=FileStatus.RENAMED)
    project.change = replace(project.change, files=(renamed,))
    assert not project.introduced("src/new.ts", project.head["src/new.ts"].calls[0])


# ------------------------------------------------------------------------------------------------ routes

NEST = """\
import * as nest from '@nestjs/common';
import { Post as Create, Body } from '@nestjs/common';
import { Get } from './my-own';
@nest.Controller({ path: 'orders', version: '2' })
export class Orders {
  @nest.Get(['open', 'all']) open() {}
  @Create(':id/refund') refund(@Body() body: Refund, @Body('note') note: string) {}
  @Get('not-a-route') other() {}
}
@Controller('x')
class NotNest { @nest.Get() a() {} }
"""


def test_nest_routes_are_known_by_import() -> None:
    project = project_of({"src/orders.ts": NEST})
    assert [(route.verb, route.path, route.symbol) for route in project.routes["src/orders.ts"]] == [
        ("GET", "/orders/open", "Orders.open"),
        ("POST", "/orders/:id/refund", "Orders.refund"),
    ]
    assert [(one.source, one.field, one.param.type.text) for one in inputs(project)] == [
        ("Body", "", "Refund"), ("Body", "note", "string")
    ]  # fmt: skip


def test_express_and_fastify_routes_are_known_by_their_router() -> None:
    project = project_of(
        {
            "src/app.ts": "import express, { Router as R } from 'express';\nimport { router as shared } from "
            "'./router';\n"
            "const app = express();\nconst r = R();\n"
            "app.get('/a', h);\nr.route('/b').get(h).put(guard, h);\nshared.delete('/c', [one, two], h);\n"
            "http.get('/d', h);\ncache.get('/e', 1);\napp.get('title');\n",
            "src/router.ts": "import { Router } from 'express';\nconst made = Router();\nexport { made as router };",
            "src/plugin.ts": "import { FastifyInstance } from 'fastify';\n"
            "export default async (server: FastifyInstance) => {\n  server.post('/f', { schema }, async (q, s) "
            "=> {});\n};",
            "src/class.ts": "import express from 'express';\nclass A {\n  private router = express.Router();\n"
            "  constructor() { this.router.get(this.path('g'), h).patch('/h', h); }\n}",
        }
    )
    found = [(path, route.symbol, len(route.middleware)) for path, routes in project.routes.items() for route in routes]
    assert sorted(found) == [
        ("src/app.ts", "DELETE /c", 2), ("src/app.ts", "GET /a", 0), ("src/app.ts", "GET /b", 0), ("src/app.ts",
        "PUT /b", 1),
        ("src/class.ts", "GET g", 0), ("src/class.ts", "PATCH /h", 0), ("src/plugin.ts", "POST /f", 1),
    ]  # fmt: skip


def test_a_new_route_is_one_that_was_not_there_before() -> None:
    head = "import { Router } from 'express';\nconst r = Router();\nr.get('/b', h);\nr.get('/a', h);\n"
    base = "import { Router } from 'express';\nconst r = Router();\nr.get('/a', h);\n"
    project = project_of({"src/r.ts": head}, {"src/r.ts": base})
    assert [route.symbol for route in project.new_routes("src/r.ts")] == ["GET /b"]


def test_request_data_reaches_nested_and_mapped_classes_only() -> None:
    project = project_of(
        {
            "src/orders.controller.ts": "import { Body, Controller, Post } from '@nestjs/common';\n"
            "import { CreateOrder } from './dto';\n@Controller()\nexport class Orders {\n"
            "  @Post() create(@Body() body: CreateOrder): Answer {}\n}\nclass Answer {}",
            "src/dto/index.ts": "export * from './create-order';",
            "src/dto/create-order.ts": "import { Line } from './line';\nimport { OmitType, IntersectionType } "
            "from '@nestjs/swagger';\n"
            "class Base { id: string }\nclass Extra {}\nclass Unrelated {}\n"
            "export class CreateOrder extends IntersectionType(OmitType(Base, ['id']), Extra) { lines: Line[]; }",
            "src/dto/line.ts": "export class Line { product?: Product | null; }\nexport class Product "
            "{}\nexport class Other {}",
        }
    )
    assert sorted(one.item.name for one in reached_classes(project)) == [
        "Base",
        "CreateOrder",
        "Extra",
        "Line",
        "Product",
    ]


# ------------------------------------------------------------------------------------------------ what the project uses


def test_what_the_project_uses_is_read_from_package_json_or_seen_in_imports() -> None:
    project = project_of(
        {"src/a.ts": "import x from '@nestjs/swagger/dist/x';"},
        texts={"package.json": '{"dependencies": {"zod": "^3"}}'},
    )
    assert project.uses("zod") and project.uses("@nestjs/swagger") and not project.uses("joi")
    assert project.packages == {"zod": "^3"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/orders.spec.ts", "test"), ("test/app.e2e-spec.ts", "test"), ("src/__tests__/a.ts", "test"),
        ("src/a_test.ts", "test"), ("src/orders.unit-spec.ts", "test"),
        ("apps/web/playwright/helpers.ts", "test"),
        ("src/migration-job-store.ts", "production"), ("src/migration.controller.ts", "production"),
        ("src/add-owner.migration.ts", "off"), ("src/migrations/order.service.ts", "off"),
        ("src/migration-3.ts", "off"),
        ("src/migrations/1-a.ts", "off"), ("src/fake-mailer.ts", "off"), ("src/user.seed.ts", "off"),
        ("src/mail.tsx", "off"),
        ("src/orders.ts", "production"), ("src/contest/latest.ts", "production"), ("src/seedling/fakery.ts",
        "production"),
        ("src/business-unit.ts", "production"), ("src/auth.config.ts", "production"), ("src/slack.integration.ts",
        "production"),
    ],
)  # fmt: skip
def test_a_path_says_what_a_file_is_for(path: str, kind: str) -> None:
    assert (is_test(path), is_off(path), is_production(path)) == (kind == "test", kind == "off", kind == "production")


# ------------------------------------------------------------------------------------------------ neighbours


def test_the_wanted_neighbours_are_what_the_rules_ask_for() -> None:
    controller = (
        "import { Body, Controller } from '@nestjs/common';\nimport { CreateOrderDto } from './dto';\n"
        "import { Auth } from '../auth';\n@Controller()\nexport class Orders { a(@Body() b: CreateOrderDto) {} }"
    )
    project = project_of({"src/orders/orders.controller.ts": controller})
    tree = {
        "package.json", "nest-cli.json", "src/orders/dto/index.ts", "src/orders/dto/create-order.dto.ts", "src/auth.ts",
        "src/orders/orders.controller.spec.ts", "test/orders.e2e-spec.ts", "test/users.e2e-spec.ts",
        "src/users/users.controller.ts",
        "src/orders/orders.controller.ts", "src/elsewhere.ts",
    }  # fmt: skip
    change = replace(project.change, tree=frozenset(tree))
    assert neighbours_wanted(change, project.head) == (
        "package.json", "nest-cli.json", "src/orders/dto/index.ts", "src/orders/dto/create-order.dto.ts",
        "src/orders/orders.controller.spec.ts", "test/orders.e2e-spec.ts", "src/auth.ts",
        "src/users/users.controller.ts",
    )  # fmt: skip


def test_a_changed_dto_brings_the_controller_beside_it() -> None:
    project = project_of({"src/orders/dto/create-order.dto.ts": "export class CreateOrderDto {}"})
    change = replace(
        project.change, tree=frozenset({"src/orders/orders.controller.ts", "src/users/users.controller.ts"})
    )
    assert neighbours_wanted(change, project.head) == ("src/orders/orders.controller.ts",)


def test_what_stands_in_front_of_changed_routes_is_read_too() -> None:
    project = project_of(
        {
            "src/orders/router.ts": "import { Router } from 'express';\nimport { prisma } from '../prisma';\n"
            "export const router = Router();",
        }
    )
    tree = {"src/app.ts", "src/orders/index.ts", "src/users/index.ts", "prisma/schema.prisma", "src/prisma.ts"}
    change = replace(project.change, tree=frozenset(tree))
    assert neighbours_wanted(change, project.head) == (
        "src/orders/index.ts", "src/app.ts", "prisma/schema.prisma", "src/prisma.ts"
    )  # fmt: skip
    plain = project_of({"src/orders/total.ts": "export const total = 1;"})
    assert neighbours_wanted(replace(plain.change, tree=frozenset(tree)), plain.head) == ()


def test_neighbours_are_few_however_many_there_are() -> None:
    imports = "".join(f"import {{ a{n} }} from './m{n}';\n" for n in range(300))
    project = project_of({f"src/f{n}.ts": imports for n in range(50)})
    change = replace(project.change, tree=frozenset(f"src/m{n}.ts" for n in range(300)))
    assert len(neighbours_wanted(change, project.head)) <= NEIGHBOURS_MAX

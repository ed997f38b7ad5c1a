"""Which files a review reads beside the changed ones, where only paths lead from a handler to its route."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.core.behind_index import FOUND_MAX, BehindIndex
from reviewer.core.nearby_routes import CONTRACTS_MAX, ROUTERS_MAX, ROUTES_MAX
from reviewer.core.neighbours import NEIGHBOURS_MAX, neighbours_wanted
from tests.core.test_project import project_of

HANDLERS = "import { Request, Response } from 'express';\nimport { save } from '../services/order';\n"
HANDLERS += "export const create = async (req: Request, res: Response) => { res.json(await save(req.body)); };\n"
ROUTER = "import { Router } from 'express';\nexport const router = Router();\nrouter.get('/', list);\n"


def wanted(path: str, text: str, tree: set[str]) -> tuple[str, ...]:
    project = project_of({path: text})
    return neighbours_wanted(replace(project.change, tree=frozenset(tree | {path})), project.head)


def test_changed_handlers_bring_their_likely_routes_the_root_and_the_contract() -> None:
    found = wanted(
        "src/controllers/order.controller.ts",
        HANDLERS,
        {
            "package.json", "src/app.ts", "src/routes/index.ts", "src/routes/order.route.ts", "src/routes/v1/users.ts",
            "src/api/orders.router.ts", "src/controllers/all-routes.ts", "src/services/order.ts", "src/models/order.ts",
            "src/other/cart.routes.ts", "src/routes/order.route.spec.ts", "tests/order.test.ts", "docs/openapi.yaml",
            "src/routes/order/order.mapper.ts", "node/openapi.yaml", "src/migrations/routes.ts", "docs/routes.md",
        },
    )  # fmt: skip
    assert found == (
        "package.json", "src/app.ts", "src/routes/index.ts",
        "src/routes/order.route.ts", "src/api/orders.router.ts", "src/controllers/all-routes.ts",
        "src/routes/v1/users.ts", "docs/openapi.yaml",
        "src/routes/order.route.spec.ts", "tests/order.test.ts",
        "src/services/order.ts",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/orders/handlers.js", "exports.create = (req, res) => res.send(1);"),
        ("src/orders/create.ts", "export async function create(request, reply) { return save(request.body); }"),
        ("src/orders/create.ts", "export default asyncHandler(async (_req, res, next) => next());"),
        ("src/orders/create.ts", "export class Orders { create = async ({ body }: Request, res: Response) => {}; }"),
        ("src/orders/order.controller.ts", "export class Orders { create(dto: CreateOrder) {} }"),
        ("src/orders/create.ts", "module.exports = { create: (req, res) => res.send(1) };"),
    ],
)
def test_handlers_are_known_however_they_are_written(path: str, text: str) -> None:
    assert "src/orders/order.routes.ts" in wanted(path, text, {"src/orders/order.routes.ts"})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/orders/order.service.ts", "export class Orders { save(order: Order, by: User) {} }"),
        ("src/orders/order.entity.ts", "import { Entity } from 'typeorm';\n@Entity()\nexport class Order {}"),
        ("src/migrations/1-order.ts", "export class A { up(req, res) {} }"),
        ("src/orders/order.spec.ts", "export const fake = (req, res) => {};"),
        ("src/orders/order.ts", "const handler = (req, res) => {};"),
        ("src/orders/order.controller.ts", "import { Controller } from '@nestjs/common';\n@Controller()\n"
         "export class A { a(@Req() req: Request, @Res() res: Response) {} }"),
    ],
)  # fmt: skip
def test_what_answers_no_requests_brings_no_routes(path: str, text: str) -> None:
    assert wanted(path, text, {"src/orders/order.routes.ts"}) == ()


def test_a_changed_router_brings_a_few_of_its_siblings_the_root_and_the_contract() -> None:
    siblings = {f"src/routes/r{n}.ts" for n in range(9)}
    found = wanted("src/routes/orders.ts", ROUTER, siblings | {"src/server.ts", "openapi.json", "src/users.router.ts"})
    assert found == (
        "src/server.ts", "openapi.json", "src/routes/r0.ts", "src/routes/r1.ts", "src/routes/r2.ts", "src/routes/r3.ts"
    )  # fmt: skip
    assert len(found) == 2 + ROUTERS_MAX
    features = {
        "src/users/users.router.ts",
        "src/carts/cart.routes.ts",
        "lib/carts/cart.routes.ts",
        "src/carts/cart.ts",
    }
    found = wanted("src/orders/orders.router.ts", ROUTER, features)
    assert found == ("src/carts/cart.routes.ts", "src/users/users.router.ts")


def test_a_contract_is_looked_for_at_the_usual_places_of_the_package() -> None:
    places = {
        "openapi.yaml", "apps/api/docs/swagger.json", "apps/api/src/openapi.yml", "apps/web/openapi.yaml",
        "apps/api/test/fixtures/openapi.json",
    }  # fmt: skip
    found = wanted("apps/api/src/orders/orders.router.ts", ROUTER, places)
    assert found == ("apps/api/src/openapi.yml", "apps/api/docs/swagger.json")
    assert len(found) == CONTRACTS_MAX
    assert wanted("apps/api/src/total.ts", "export const total = 1;", places) == ()


def test_a_contract_may_be_called_after_the_project() -> None:
    places = {"orders-api.yml", "v1.openapi.json", "docs/capital.yml", "docker-compose.yml", "src/i18n/apiKey.json"}
    assert wanted("src/orders/orders.router.ts", ROUTER, places) == ("orders-api.yml", "v1.openapi.json")


def test_the_routes_of_handlers_are_few_and_stay_within_the_whole() -> None:
    imports = "".join(f"import {{ a{n} }} from './m{n}';\n" for n in range(90))
    tree = {f"src/orders/m{n}.ts" for n in range(90)} | {f"src/orders/order{n}.routes.ts" for n in range(90)}
    tree |= {f"test/order{n}.test.ts" for n in range(90)} | {"src/app.ts", "package.json"}
    found = wanted("src/orders/order.controller.ts", imports + HANDLERS, tree)
    assert len(found) <= NEIGHBOURS_MAX
    assert found[:2] == ("package.json", "src/app.ts")
    assert sum("routes" in path for path in found) == ROUTES_MAX


def test_a_router_with_its_handlers_in_place_needs_no_other_routes() -> None:
    text = ROUTER + "router.post('/', (req, res) => res.send(1));\n"
    assert wanted("src/orders/orders.router.ts", text, {"lib/order.routes.ts"}) == ()


def test_handlers_that_import_no_framework_bring_the_root_too() -> None:
    text = "export async function create(request, reply) { return 1; }"
    assert wanted("src/orders/create.ts", text, {"src/server.ts", "app.js"}) == ("src/server.ts", "app.js")


BEHIND = {
    "src/validate/index.ts", "src/validate/order.schema.ts", "src/validate/deep/inner/order-item.dto.ts",
    "src/validate/too/deep/inner/order.schema.ts", "src/validate/order.schema.md", "src/other/order.schema.ts",
    "src/validate/user.entity.ts", "src/validated/user.ts", "index.ts",
}  # fmt: skip


@pytest.mark.parametrize(
    ("index", "name", "found"),
    [
        ("src/validate/index.ts", "orderSchema", ("src/validate/order.schema.ts",)),
        ("src/validate/index.ts", "OrderItemDto", ("src/validate/deep/inner/order-item.dto.ts",)),
        ("src/validate/index.ts", "User", ("src/validate/user.entity.ts",)),
        ("src/validate/index.ts", "index", ()),
        ("src/validate/index.ts", "Berth", ()),
        ("src/validate/index.ts", "", ()),
        ("src/validate/order.schema.ts", "orderSchema", ()),
        ("src/validate/user.entity.ts", "orderSchema", ("src/validate/order.schema.ts",)),
        ("src/validate/user.entity.ts", "OrderItemDto", ()),
        ("index.ts", "orderSchema", ()),
    ],
)
def test_behind_an_index_is_what_is_called_like_the_name(index: str, name: str, found: tuple[str, ...]) -> None:
    assert BehindIndex(BEHIND).files(index, name) == found


def test_behind_an_index_the_nearest_few_are_taken() -> None:
    tree = {f"src/{folder}/order.ts" for folder in "abcdef"} | {"src/order.ts"}
    found = BehindIndex(tree).files("src/index.ts", "Order")
    assert (found[0], len(found)) == ("src/order.ts", FOUND_MAX)


def test_what_a_changed_file_takes_from_an_index_is_read_behind_it() -> None:
    text = "import { orderSchema, save as keep } from './validate';\nimport { db } from '@root/stores';\nkeep(db);\n"
    found = wanted("src/orders.ts", text, BEHIND | {"src/validate/save.ts", "src/stores/index.ts", "src/stores/db.ts"})
    assert {"src/validate/order.schema.ts", "src/validate/save.ts", "src/stores/db.ts"} <= set(found)

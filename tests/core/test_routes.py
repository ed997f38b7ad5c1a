"""Routers however they are written: their routes, what stands in front of them, and who answers."""

from __future__ import annotations

import pytest

from reviewer.core.handlers import handler_of
from reviewer.core.mounts import in_front
from tests.core.test_project import project_of

APP = """\
import express from 'express';
import { orders } from './orders';
import { makeUsers } from './users';
import auth from './auth';
const app = express();
app.get('/open', open);
app.use(helmet());
app.use('/api', auth, orders);
app.use(requireLogin);
app.use(makeUsers());
app.use('/late', require('./late'));
"""
ORDERS = """\
import { Router } from 'express';
import { controller } from './controller';
import * as free from './free';
const router = Router();
router.use('/:id/lines', lines);
const lines = Router({ mergeParams: true });
lines.get('/', free.list);
router.post('/orders', [limit, check], asyncHandler(controller.create));
router.route('/orders/:id').get(controller.read.bind(controller))
  .put(may('write'), (req, res) => controller.write(req, res));
router.delete('/orders/:id', free.erase);
export { router as orders };
"""
FILES = {
    "src/app.ts": APP,
    "src/orders.ts": ORDERS,
    "src/controller.ts": "class Orders {\n  async create(req, res) {}\n  read(req, res) {}\n  write(req, res) {}\n}\n"
    "export const controller = new Orders();\n",
    "src/free.ts": "export * from './erase';\nexport const list = async (req, res) => {};\n",
    "src/erase.ts": "export async function erase(req, res) {}\n",
    "src/users.ts": "import { Router } from 'express';\nexport function makeUsers() {\n  const r = Router();\n"
    "  r.get('/users', me);\n  function me(req, res) {}\n  return r;\n}\n",
    "src/late.ts": "const { Router } = require('express');\nconst router = Router();\n"
    "router.get('/x', (req, res) => res.send(1));\nmodule.exports = router;\n",
    "src/auth.ts": "export default function auth(req, res, next) {}",
}


def test_the_whole_path_and_all_middleware_stand_in_front() -> None:
    project = project_of(FILES)
    found = {}
    for path, routes in project.routes.items():
        for route in routes:
            front = in_front(project, path, route)
            found[f"{route.verb} {front.path}"] = [value.text for _, value in front.middleware]
            assert front.is_rooted
    assert found == {
        "GET /open": [],
        "GET /api/:id/lines": ["helmet", "auth"],
        "POST /api/orders": ["helmet", "auth", "limit", "check"],
        "GET /api/orders/:id": ["helmet", "auth"],
        "PUT /api/orders/:id": ["helmet", "auth", "may"],
        "DELETE /api/orders/:id": ["helmet", "auth"],
        "GET /users": ["helmet", "requireLogin"],
        "GET /late/x": ["helmet", "requireLogin"],
    }


def test_the_handler_is_found_where_it_stands() -> None:
    project = project_of(FILES)
    found = {}
    for path, routes in project.routes.items():
        for route in routes:
            place = handler_of(project, path, route)
            symbol = project.head[place[0]].functions[place[1]].symbol if place else ""
            found[route.symbol] = (place[0], symbol) if place else None
    assert found == {
        "GET /open": None,
        "GET /": ("src/free.ts", "list"),
        "POST /orders": ("src/controller.ts", "Orders.create"),
        "GET /orders/:id": ("src/controller.ts", "Orders.read"),
        "PUT /orders/:id": ("src/controller.ts", "Orders.write"),
        "DELETE /orders/:id": ("src/erase.ts", "erase"),
        "GET /users": ("src/users.ts", "makeUsers.me"),
        "GET /x": ("src/late.ts", ""),
    }


FASTIFY = """\
import Fastify, { type FastifyPluginAsync } from 'fastify';
import plugin from './plugin';
const app = Fastify();
app.addHook('onRequest', verifyJwt);
app.register(plugin, { prefix: '/v1' });
app.route({ method: ['PUT', 'PATCH'], url: '/a/:id', schema: { body }, preHandler: [guard], handler: change });
app.withTypeProvider<Zod>().get('/typed', { schema }, async (request) => {});
const inner: FastifyPluginAsync = async (fastify) => { fastify.post('/b', { schema, handler: async () => {} }); };
async function change(request, reply) {}
"""


def test_fastify_routes_are_objects_plugins_and_chains() -> None:
    project = project_of(
        {
            "src/app.ts": FASTIFY,
            "src/plugin.ts": "import type { FastifyInstance } from 'fastify';\n"
            "export default async function (app: FastifyInstance) { app.get('/c', async () => {}); }",
        }
    )
    routes = {
        f"{route.verb} {in_front(project, path, route).path}": handler_of(project, path, route) is not None
        for path, found in project.routes.items()
        for route in found
    }
    assert routes == {"PUT /a/:id": True, "PATCH /a/:id": True, "GET /typed": True, "POST /b": True, "GET /v1/c": True}
    front = in_front(project, "src/plugin.ts", project.routes["src/plugin.ts"][0])
    assert [value.text for _, value in front.middleware] == ["verifyJwt"]


@pytest.mark.parametrize(
    "code",
    [
        "const cache = new Map(); cache.get('/a', h);",
        "import axios from 'axios'; axios.get('/a', h);",
        "import express from 'express'; const app = express(); app.get('title'); app.route('/x'); app.set('a', b);",
        "import { Router } from './my-own'; const r = Router(); r.get('/a', h);",
        "export function load(app) { app.get('/a', h); }",
    ],
)
def test_what_only_looks_like_a_route_is_none(code: str) -> None:
    assert project_of({"src/a.ts": code}).routes == {}


def test_routers_in_a_ring_end() -> None:
    ring = "import { Router } from 'express';\nimport { b } from './{other}';\nexport const {own} = Router();\n"
    texts = {
        f"src/{own}.ts": ring.replace("{ b }", f"{{ {other} }}").replace("{other}", other).replace("{own}", own)
        + f"{own}.use('/{own}', {other});\n{own}.get('/x', h);\n"
        for own, other in (("a", "b"), ("b", "a"))
    }
    project = project_of(texts)
    front = in_front(project, "src/a.ts", project.routes["src/a.ts"][0])
    assert (front.path, front.is_rooted) == ("/a/b/x", False)


def test_a_handler_that_does_more_than_hand_on_is_the_handler() -> None:
    text = "import express from 'express';\nconst app = express();\nfunction log(req) {}\n"
    project = project_of({"src/a.ts": text + "app.get('/a', (req, res) => { log(req); res.send(1); });"})
    assert handler_of(project, "src/a.ts", project.routes["src/a.ts"][0]) == ("src/a.ts", 1)


def test_graphql_operations_are_resolvers() -> None:
    project = project_of(
        {
            "src/orders.resolver.ts": "import { Resolver, Query, Mutation as Change, Args } from '@nestjs/graphql';\n"
            "@Resolver(() => Order)\nexport class Orders {\n  @Query(() => [Order], { name: 'orders' }) all() {}\n"
            "  @Change() create(@Args('input') input: NewOrder) {}\n  @Change('drop') remove() {}\n}\n"
            "class NotOne { @Query() a() {} }"
        }
    )
    assert project.routes == {}
    assert [(one.verb, one.path, one.symbol) for one in project.resolvers["src/orders.resolver.ts"]] == [
        ("QUERY", "orders", "Orders.all"),
        ("MUTATION", "create", "Orders.create"),
        ("MUTATION", "drop", "Orders.remove"),
    ]

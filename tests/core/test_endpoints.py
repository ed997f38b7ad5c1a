"""Endpoints: what is seen of who may call a route, what is checked, tested and described, and what is not known."""

from __future__ import annotations

import pytest

from reviewer.core.endpoints import Endpoint
from reviewer.core.evidence import Evidence, worst
from reviewer.core.guards import guards_by_name
from reviewer.core.project import Project
from tests.core.test_project import project_of

YES, NO, UNKNOWN, NOT_NEEDED = Evidence.YES, Evidence.NO, Evidence.UNKNOWN, Evidence.NOT_NEEDED

CONTROLLER = """\
import { Body, Controller, Get, Param, Post, Query, Req, UseGuards, Version } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation } from '@nestjs/swagger';
import { Auth, Public } from '../auth';
import { NewOrder, Plain, Page, Shape } from './dto';
@Controller({ path: 'orders', version: '2' })
export class OrdersController {
  @Post() @Auth('admin') @ApiOperation({ summary: 'Create' }) create(@Body() body: NewOrder) {}
  @Get(':id') @UseGuards(JwtGuard) read(@Param('id') id: string, @Query() page: Page) {}
  @Post(':id/refund') refund(@Body() body: Plain) {}
  @Get('list') @Public() list(@Query('q') q: string) {}
  @Post('raw') @ApiExcludeEndpoint() raw(@Body(new ZodPipe(schema)) body: unknown) {}
  @Post('shape') @Version(['1', '3']) shape(@Body() body: Shape) {}
  @Post('login') login(@Body() body: Missing) {}
}
"""
AUTH = """\
import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
export * from './public';
const Admins = () => UseGuards(AdminGuard);
export const Auth = (...roles: string[]) => applyDecorators(SetMetadata('roles', roles), UseGuards(JwtGuard), Admins());
"""
DTO = """\
import { IsInt, IsString } from 'class-validator';
import { PartialType } from '@nestjs/mapped-types';
import { IsId } from './is-id';
export class NewOrder { @IsString() name: string; }
export class Plain { name: string; }
export class Page extends PartialType(Paging) {}
class Paging { @IsId() from: string; }
export interface Shape { a: string }
"""
FILES = {
    "src/orders/orders.controller.ts": CONTROLLER,
    "src/orders/dto.ts": DTO,
    "src/orders/is-id.ts": "import { applyDecorators } from '@nestjs/common';\n"
    "import { IsUUID } from 'class-validator';\n"
    "export function IsId() { return applyDecorators(IsUUID()); }\n",
    "src/auth/index.ts": AUTH,
    "src/auth/public.ts": "import { SetMetadata } from '@nestjs/common';\n"
    "export const Public = () => SetMetadata('isPublic', true);\n",
    "test/orders.spec.ts": "it('refunds', () => request(app).post('/orders/7/refund').expect(201));\n"
    "it('creates', () => new OrdersController().create({}));",
}
MAIN = """\
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
const app = await NestFactory.create(AppModule);
app.setGlobalPrefix('api');
app.enableVersioning({ type: VersioningType.URI });
"""
MODULE = """\
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
@Module({ providers: [{ provide: APP_GUARD, useClass: RolesGuard }, { provide: APP_GUARD, useClass: ThrottlerGuard }] })
export class AppModule {}
"""


def by_symbol(project: Project, path: str) -> dict[str, Endpoint]:
    return {one.symbol.rpartition(".")[2]: one for one in project.endpoints(path)}


def orders(extra: dict[str, str] | None = None) -> dict[str, Endpoint]:
    return by_symbol(project_of({**FILES, **(extra or {})}), "src/orders/orders.controller.ts")


def test_what_a_client_sends_is_checked_by_dtos_pipes_and_the_projects_own_validators() -> None:
    assert {name: one.validated for name, one in orders().items()} == {
        "create": YES, "read": YES, "refund": NO, "list": NOT_NEEDED, "raw": YES, "shape": NO, "login": UNKNOWN,
    }  # fmt: skip


def test_guards_are_found_on_methods_and_in_composites_through_imports() -> None:
    found = orders()
    assert {name: one.guarded for name, one in found.items()} == {
        "create": YES, "read": YES, "refund": NO, "list": NOT_NEEDED, "raw": NO, "shape": NO, "login": NOT_NEEDED,
    }  # fmt: skip
    assert (found["create"].guards, found["read"].guards) == (("JwtGuard", "AdminGuard"), ("JwtGuard",))


def test_a_global_guard_guards_every_route_that_is_not_open() -> None:
    found = orders({"src/main.ts": MAIN, "src/app.module.ts": MODULE})
    assert {name: one.guarded for name, one in found.items()} == {
        "create": YES, "read": YES, "refund": YES, "list": NOT_NEEDED, "raw": YES, "shape": YES, "login": YES,
    }  # fmt: skip
    assert found["refund"].guards == ("RolesGuard",)


def test_without_the_root_and_without_a_habit_nothing_is_known_of_guards() -> None:
    text = "import { Controller, Get } from '@nestjs/common';\n@Controller('a')\nexport class A { @Get('b') b() {} }"
    assert by_symbol(project_of({"src/a.ts": text}), "src/a.ts")["b"].guarded is UNKNOWN
    rooted = {"src/a.ts": text, "src/main.ts": MAIN, "src/app.module.ts": "export class AppModule {}"}
    assert by_symbol(project_of(rooted), "src/a.ts")["b"].guarded is NO


@pytest.mark.parametrize(
    ("routes", "guarded"),
    [("'*'", YES), ("A", YES), ("{ path: 'a/b', method: RequestMethod.GET }", YES), ("'other'", NO),
     ("{ path: 'a/b', method: RequestMethod.POST }", NO)],
)  # fmt: skip
def test_middleware_of_a_module_guards_the_routes_it_is_for(routes: str, guarded: Evidence) -> None:
    project = project_of(
        {
            "src/a.ts": "import { Controller, Get } from '@nestjs/common';\n@Controller('a')\n"
            "export class A { @Get('b') b() {} }",
            "src/main.ts": MAIN,
            "src/app.module.ts": "export class AppModule {\n  configure(consumer) {\n"
            f"    consumer.apply(AuthMiddleware).exclude('x').forRoutes({routes});\n  }}\n}}",
        }
    )
    assert by_symbol(project, "src/a.ts")["b"].guarded is guarded


@pytest.mark.parametrize(
    ("decorator", "guarded"),
    [
        ("@UseGuards(ThrottlerGuard)", NO), ("@Maybe(true)", YES), ("@Maybe({ public: true })", NOT_NEEDED),
        ("@SetMetadata('isPublic', true)", NOT_NEEDED), ("@UseGuards(JwtGuard)", YES),
    ],
)  # fmt: skip
def test_what_a_decorator_says_of_callers(decorator: str, guarded: Evidence) -> None:
    project = project_of(
        {
            "src/a.ts": "import { applyDecorators, Controller, Get, SetMetadata, UseGuards } from '@nestjs/common';\n"
            "const Public = (on) => SetMetadata('isPublic', on);\n"
            "const Maybe = (on) => applyDecorators(Public(on), UseGuards(JwtGuard));\n"
            f"@Controller('a')\nexport class A {{ @Get('b') {decorator} b() {{}} }}"
        }
    )
    assert by_symbol(project, "src/a.ts")["b"].guarded is guarded


def test_the_whole_url_has_prefix_version_and_parameters() -> None:
    found = orders({"src/main.ts": MAIN, "src/app.module.ts": MODULE})
    assert (found["read"].url, found["read"].params, found["read"].versions) == ("/api/v2/orders/:id", ("id",), ("2",))
    assert (found["shape"].versions, found["read"].handler) == (("1", "3"), ("src/orders/orders.controller.ts", 1))


def test_routes_are_tested_by_path_or_handler_and_documented_by_swagger() -> None:
    found = orders()
    assert {name for name, one in found.items() if one.tested is YES} == {"create", "refund"}
    assert {name: one.documented for name, one in found.items()} == {
        "create": YES, "read": NO, "refund": NO, "list": NO, "raw": NOT_NEEDED, "shape": NO, "login": NO,
    }  # fmt: skip


def test_a_test_that_was_not_read_leaves_it_open_whether_the_route_is_tested() -> None:
    project = project_of({"src/a.ts": "import e from 'express';\nconst app = e();\napp.get('/a', h);"})
    assert project.endpoints("src/a.ts")[0].tested is NO
    project = project_of(
        {"src/a.ts": "import e from 'express';\nconst app = e();\napp.get('/a', h);"}, texts={"src/a.spec.ts": ""}
    )
    assert project.endpoints("src/a.ts")[0].tested is UNKNOWN


EXPRESS = """\
import express from 'express';
import { validate } from './validate';
const app = express();
app.post('/open', (req, res) => { save(req.body); });
app.post('/checked', validate(schema), (req, res) => { save(req.body); });
app.post('/parsed', (req, res) => { save(Order.parse(req.body)); });
app.get('/plain', (req, res) => { res.send('x'); });
app.get('/mine', (req, res) => { res.send(req.user); });
app.post('/elsewhere', elsewhere);
app.use(requireAuth);
app.post('/late', ({ body }, res) => { save(body); });
/** @openapi /told */
app.get('/told/:id', ifOwner('x'), (req, res) => {});
"""


def test_routers_are_seen_as_controllers_are() -> None:
    project = project_of({"src/app.ts": EXPRESS}, texts={"package.json": '{"dependencies": {"swagger-jsdoc": "6"}}'})
    found = {one.url: (one.validated, one.guarded, one.documented) for one in project.endpoints("src/app.ts")}
    assert found == {
        "/open": (NO, NO, NO),
        "/checked": (YES, NO, NO),
        "/parsed": (YES, NO, NO),
        "/plain": (NOT_NEEDED, NO, NO),
        "/mine": (NOT_NEEDED, UNKNOWN, NO),
        "/elsewhere": (UNKNOWN, UNKNOWN, NO),
        "/late": (NO, YES, NO),
        "/told/:id": (NOT_NEEDED, YES, YES),
    }


@pytest.mark.parametrize(
    ("said", "tested"),
    [
        ("`/api/v1/orders/${order.id}?full=1`", YES), ("'/orders/7'", YES), ("`${base}/orders/${id}`", YES),
        ("'http://localhost:3000/api/v1/orders/7'", YES), ("'/api/v1/orders'", NO), ("'/orders/7/refund'", NO),
        ("'/users/7'", NO), ("'orders'", NO), ("'/7'", NO),
    ],
)  # fmt: skip
def test_a_route_is_tested_by_a_path_that_ends_as_it_does(said: str, tested: Evidence) -> None:
    project = project_of(
        {
            "src/app.ts": "import e from 'express';\nconst app = e();\napp.get('/api/v1/orders/:id', h);",
            "test/a.spec.ts": f"it('x', () => get({said}));",
        }
    )
    assert project.endpoints("src/app.ts")[0].tested is tested


def test_a_shorter_path_in_a_test_may_be_another_route() -> None:
    text = "import e from 'express';\nconst app = e();\napp.get('/shops/orders/:id', h);"
    project = project_of({"src/app.ts": text, "test/a.spec.ts": "it('x', () => get('/orders/7'));"})
    assert project.endpoints("src/app.ts")[0].tested is NO


def test_graphql_operations_are_endpoints() -> None:
    project = project_of(
        {
            "src/orders.resolver.ts": "import { Resolver, Query, Mutation, Args } from '@nestjs/graphql';\n"
            "import { UseGuards } from '@nestjs/common';\n@Resolver() @UseGuards(GqlGuard)\nexport class Orders {\n"
            "  @Query(() => [Order], { description: 'All' }) all(@Args('id') id: string) {}\n"
            "  @Mutation(() => Order) create(@Args('input') input: NewOrder) {}\n}\n"
            "import { IsInt } from 'class-validator';\nclass NewOrder { @IsInt() a: number }"
        }
    )
    found = {(one.verb, one.url): one for one in project.endpoints("src/orders.resolver.ts")}
    assert {key: (one.validated, one.guarded, one.documented) for key, one in found.items()} == {
        ("QUERY", "all"): (NOT_NEEDED, YES, YES),
        ("MUTATION", "create"): (YES, YES, NO),
    }


@pytest.mark.parametrize(
    ("name", "guards"),
    [("requireAuth", True), ("passport.authenticate", True), ("isAdmin", True), ("verify_jwt", True),
     ("csrfToken", False), ("helmet.frameguard", False), ("auth.optional", False), ("bodyParser", False)],
)  # fmt: skip
def test_middleware_that_lets_only_some_through_is_known_by_name(name: str, guards: bool) -> None:
    assert guards_by_name(name) is guards


def test_the_worst_part_speaks_for_all() -> None:
    assert (worst([YES, NO, UNKNOWN]), worst([YES, UNKNOWN]), worst([YES]), worst([])) == (NO, UNKNOWN, YES, NOT_NEEDED)


def test_decorators_are_taken_apart_and_say_when_something_was_not_read() -> None:
    project = project_of(
        {
            "src/a.ts": "import { Auth } from './auth';\nimport { Lost } from './lost';\n"
            "import { Api as Lib } from 'lib';\n"
            "@Auth('x') class A {}\n@Lib() @Lost() class B {}\n@Own() class C {}\nfunction Own() { return Own(); }",
            "src/auth.ts": "import * as nest from '@nestjs/common';\n"
            "export function Auth(role) {\n"
            "  return nest.applyDecorators(nest.UseGuards(G), ...(role ? [nest.Header('a')] : []));\n}",
            "src/lost.ts": "export { Lost } from './gone';",
        }
    )
    first, second, third = (project.decorators("src/a.ts", one.decorators) for one in project.head["src/a.ts"].classes)
    assert [(one.name, one.module, one.is_direct) for one in first.items] == [
        ("Auth", "", True),
        ("UseGuards", "@nestjs/common", False),
        ("Header", "@nestjs/common", False),
    ]
    assert (first.is_complete, second.is_complete) == (True, False)
    assert [one.name for one in second.of("lib")] == ["Api"]
    assert 1 < len(third.items) < 10

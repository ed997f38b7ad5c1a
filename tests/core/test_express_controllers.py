"""Controllers whose decorated methods are handlers of Express: their routes, what stands in front, where they hang."""

from __future__ import annotations

from reviewer.core.evidence import Evidence
from reviewer.core.expr import ExprKind
from reviewer.core.mounts import in_front
from tests.core.test_project import project_of

APP = """\
import { Server } from '@overnightjs/core';
import { json } from 'express';
import { Shelves } from './shelves';
export class App extends Server {
  constructor() {
    super();
    this.app.use(json());
    const shelves = new Shelves();
    super.addControllers([shelves]);
  }
}
"""
SHELVES = """\
import { ChildControllers, ClassMiddleware, Controller, Get } from '@overnightjs/core';
import { Jars } from './jars';
import { signedIn } from './auth';
@Controller('shelves')
@ClassMiddleware([signedIn])
@ChildControllers([new Jars()])
export class Shelves {
  @Get()
  list(req, res) { res.json([]); }
}
"""
JARS = """\
import * as http from '@overnightjs/core';
import { isAdmin } from './auth';
import { later } from 'express-later';
@http.Controller('jars')
export class Jars {
  @http.Get(':id')
  @http.Get('one/:id')
  @http.Middleware([isAdmin])
  read(req, res) { res.json(req.params.id); }

  @http.Delete(':id') @http.Wrapper(later)
  async remove(req, res) { await drop(req.params.id); }

  help() {}
}
"""
PROJECT = {"src/app.ts": APP, "src/shelves.ts": SHELVES, "src/jars.ts": JARS}


def test_the_methods_of_overnights_controllers_are_routes_with_their_middleware() -> None:
    project = project_of(PROJECT)
    read, again, remove = project.routes["src/jars.ts"]
    assert (read.symbol, again.symbol, remove.symbol) == (
        "GET /jars/:id",
        "GET /jars/one/:id",
        "DELETE /jars/:id",
    )
    assert [one.text for one in read.middleware] == ["isAdmin"]
    assert (read.method, read.router) == (None, "Jars")
    place = project.handler("src/jars.ts", read)
    assert place is not None and project.head[place[0]].functions[place[1]].symbol == "Jars.read"


def test_what_wraps_a_handler_is_seen() -> None:
    remove = project_of(PROJECT).routes["src/jars.ts"][2]
    assert remove.handler is not None and (remove.handler.kind, remove.handler.text) == (ExprKind.CALL, "later")


def test_children_stand_behind_their_parents_and_the_application() -> None:
    project = project_of(PROJECT)
    front = in_front(project, "src/jars.ts", project.routes["src/jars.ts"][0])
    assert front.path == "/shelves/jars/:id" and front.is_rooted
    assert [one.text for _, one in front.middleware] == ["json", "signedIn", "isAdmin"]
    guarded = {one.url: one.guarded for one in project.endpoints("src/jars.ts")}
    assert guarded["/shelves/jars/:id"] is Evidence.YES


def test_inversifys_controllers_take_middleware_after_the_path_and_catch_what_is_thrown() -> None:
    controller = """\
import { controller, httpGet, httpMethod } from 'inversify-express-utils';
import { known, mayRead } from './auth';
@controller('/jars', known)
export class Jars {
  @httpGet('/:id', mayRead) async read(req, res) {}
  @httpMethod('patch', '/:id') async change(req, res) {}
}
"""
    read, change = project_of({"src/jars.ts": controller}).routes["src/jars.ts"]
    assert (read.symbol, change.symbol) == ("GET /jars/:id", "PATCH /jars/:id")
    assert [one.text for one in read.middleware] == ["known", "mayRead"]
    assert read.handler is not None and read.handler.kind is ExprKind.CALL


def test_a_decorator_of_that_name_from_elsewhere_is_none_of_them() -> None:
    text = SHELVES.replace("@overnightjs/core", "./decorators")
    assert "src/shelves.ts" not in project_of({"src/shelves.ts": text}).routes

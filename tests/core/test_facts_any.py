"""The questions of the project hold for any text, and for files that a stranger made large."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.endpoints import ENDPOINTS_MAX
from tests.core.test_project import project_of

PIECES = [
    "import express, { Router } from 'express';\n",
    "import { a, b as c } from './b';\n",
    "export * from './a';\n",
    "import { Controller, Get, Body, UseGuards } from '@nestjs/common';\n",
    "import { Resolver, Query } from '@nestjs/graphql';\n",
    "const app = express();\n",
    "const a = Router();\n",
    "export { a };\n",
    "export default a;\n",
    "app.use('/x', a);\n",
    "a.use(a);\n",
    "app.use(auth, require('./b'));\n",
    "a.get('/:id', b);\n",
    "a.route('/x').get(a.b.bind(a)).post(c(b));\n",
    "app.route({ method: ['GET'], url: '/y', handler: b });\n",
    "const b = c(b);\n",
    "const c = b;\n",
    "b();\n",
    "function b(req, res) { return b(req); }\n",
    "export const b = (req, res) => c(req, res);\n",
    "@Controller('x') @A() class B extends C {\n",
    "@Get(':a') @UseGuards(G) @A() m(@Body() d: B) {}\n",
    "}\n",
    "const A = () => applyDecorators(A(), UseGuards(G));\n",
    "@Resolver() class D {\n",
    "@Query() q() {}\n",
    "(",
    ")",
    "{",
    "`${",
    "const S = new Schema({ a: { type: String } });\n",
    "import { Schema } from 'mongoose';\n",
    "=",
    ".",
    ",",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25), st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_text_has_endpoints_and_entities(first: list[str], second: list[str]) -> None:
    project = project_of({"src/a.ts": "".join(first), "src/b.ts": "".join(second)}, texts={"x.prisma": "".join(first)})
    for path in project.head:
        for one in project.endpoints(path):
            assert one.url.startswith("/") or one.verb in ("QUERY", "MUTATION")
            assert one.handler is None or one.handler[1] < len(project.head[one.handler[0]].functions)
    assert all(one.path in (*project.head, "x.prisma") for one in project.entities.values())


def test_a_large_file_of_routes_costs_no_more_than_its_length() -> None:
    """Not a measurement: squared, these would take minutes."""
    routes = "import express from 'express';\nconst app = express();\n" + "app.use(auth);\n" * 1500
    routes += "".join(
        f"app.get('/r{n}', h{n}(h{n}, h{n}, h{n}));\nconst h{n} = h{n + 1}(h{n + 1}, h{n + 1});\n" for n in range(800)
    )
    composites = "import { Controller, Get } from '@nestjs/common';\n@Controller() class A {\n"
    composites += "".join(f"@Get('{n}') @C0() m{n}() {{}}\n" for n in range(300)) + "}\n"
    composites += "".join(f"const C{n} = () => [{', '.join([f'C{n + 1}()'] * 40)}];\n" for n in range(8))
    project = project_of({"src/a.ts": routes, "src/c.ts": composites})
    assert len(project.endpoints("src/a.ts")) == ENDPOINTS_MAX
    assert len(project.endpoints("src/c.ts")) == 300

"""One review, as every text of `rendering` shows it: a NestJS shop gets new order routes, and seven things are found.

The change is complete (files at base and head, their diffs), so that places and pages are the real ones.
"""

from __future__ import annotations

import difflib
from dataclasses import replace

from reviewer.core.anchor import Span
from reviewer.core.change import Change, ChangedFile, FileStatus
from reviewer.core.concern import Concern, Origin, Severity
from reviewer.core.coverage import Coverage, Gap, take_stock
from reviewer.core.diff import FileDiff, parse_patch
from reviewer.core.evidence import Evidence
from reviewer.core.finding import Finding, Reference, Suggestion
from reviewer.core.matrix import MatrixRow
from reviewer.core.notice import Notice
from reviewer.core.persona import compile_persona
from reviewer.core.plan import Plan
from reviewer.core.review import Candidates, Dropped, Review, Usage, assemble
from reviewer.core.team import load_team

BASE = "9b1f0c4de2a7586b3f40c2d19e8a7765f0b3c218"
HEAD = "3f2a91c7d05be4418c6a2f9e7b1d0853a64cf9e2"

PERSONA = """\
---
description: 'Senior Backend Engineer for a shop. Owns API, data and backend architecture.'
---

# Backend

## Persona & Responsibilities

- Own the design, implementation, and review of all backend APIs, data models, and business logic.
- Ensure security, scalability, and code quality across the backend codebase.
- Collaborate with frontend, DevOps, and security teams.

## Coding & Workflow Standards

- Structure APIs with RESTful conventions; document endpoints with OpenAPI/Swagger.
- Enforce Prettier and ESLint rules; never commit code with lint errors.
- Apply SOLID principles and modular architecture; keep code testable and maintainable.
- Validate all input and sanitize outputs; never trust client data.
- Write unit, integration, and API tests for all new features.

## Response Structure

```json
{
  "summary": "<Overview>",
  "steps": ["<Step>"],
  "code_samples": {"backend": "<code>"},
  "follow_up_questions": ["<Question>"],
  "resources": [{"title": "<Title>", "url": "<link>"}]
}
```

## Team Context

- Route database or API design issues to the backend lead.
- Escalate cross-cutting concerns to the Team Lead.
- Report the outcome and status directly to Damilare (Team Lead / Architect) for review and next steps.
"""

TEAM = """\
members:
  - role: Team Lead / Architect
    areas: [architecture]
    name: Damilare
    handle: damilare
  - role: Backend Lead
    areas: [database, api-design]
    name: Ada
    handle: ada-backend
  - role: Security Lead
    areas: [security]
    name: Nora
    handle: nora-security
"""

FIRST = Notice(live=("damilare", "ada-backend", "nora-security"), told=("damilare", "ada-backend", "nora-security"))
"""The notice of a pull request's first summary: everybody is called."""

LATER = Notice(told=FIRST.told)
"""That of a later one: everybody has been."""

CONTROLLER_BASE = """\
import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { OrdersService } from './orders.service';
import { OrderDto } from './dto/order.dto';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get(':id')
  @ApiOperation({ summary: 'One order' })
  @ApiOkResponse({ type: OrderDto })
  findOne(@Param('id') id: string) {
    return this.orders.findOne(id);
  }
}
"""

CONTROLLER_HEAD = """\
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { OrdersService } from './orders.service';
import { OrderDto } from './dto/order.dto';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get(':id')
  @ApiOperation({ summary: 'One order' })
  @ApiOkResponse({ type: OrderDto })
  findOne(@Param('id') id: string) {
    return this.orders.findOne(id);
  }

  @Get()
  search(@Query('status') status: string) {
    return this.orders.search(status);
  }

  @Post()
  create(@Body() body: any) {
    return this.orders.create(body);
  }
}
"""

SERVICE_BASE = """\
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Mailer } from '../mail/mailer';

@Injectable()
export class OrdersService {
  constructor(
    private readonly db: DataSource,
    private readonly mailer: Mailer,
  ) {}

  findOne(id: string) {
    return this.db.query('SELECT * FROM orders WHERE id = $1', [id]);
  }
}
"""

SERVICE_HEAD = """\
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Mailer } from '../mail/mailer';

@Injectable()
export class OrdersService {
  constructor(
    private readonly db: DataSource,
    private readonly mailer: Mailer,
  ) {}

  findOne(id: string) {
    return this.db.query('SELECT * FROM orders WHERE id = $1', [id]);
  }

  search(status: string) {
    return this.db.query(`SELECT * FROM orders WHERE status = '${status}'`);
  }

  async create(body: CreateOrder) {
    const orders = await this.db.getRepository('orders').save(body.lines);
    orders.forEach(async (order) => {
      await this.mailer.confirm(order);
    });
    return orders;
  }
}
"""

DTO_HEAD = """\
import { IsInt, IsUUID } from 'class-validator';

export class CreateOrder {
  @IsUUID()
  customer: string;

  lines: OrderLine[];

  coupon: string;
}

export class OrderLine {
  @IsUUID()
  product: string;

  @IsInt()
  quantity: number;
}
"""

SPEC_BASE = """\
describe('OrdersController', () => {
  it('finds one order', async () => {
    expect(await controller.findOne('1')).toEqual(order);
  });
});
"""

SPEC_HEAD = SPEC_BASE.replace("  it('finds", "  it.only('finds")

CONTROLLER = "src/orders/orders.controller.ts"
SERVICE = "src/orders/orders.service.ts"
DTO = "src/orders/dto/create-order.dto.ts"
SPEC = "src/orders/orders.controller.spec.ts"
DUMP = "db/seed/orders.sql"


def changed(path: str, base: str | None, head: str | None, unread: str | None = None) -> ChangedFile:
    """A file of a change with the diff that its two texts have."""
    after = FileStatus.REMOVED if head is None else FileStatus.MODIFIED
    status = FileStatus.ADDED if base is None else after
    rows = difflib.unified_diff((base or "").split("\n")[:-1], (head or "").split("\n")[:-1], lineterm="")
    patch = "\n".join(list(rows)[2:])
    return ChangedFile(path, status, parse_patch(patch), head=head, base=base, blob="0" * 40, unread=unread)


def sample_change() -> Change:
    """The change that is reviewed."""
    files = (
        ChangedFile(DUMP, FileStatus.ADDED, FileDiff(), unread="larger than 512 KB"),
        changed(DTO, None, DTO_HEAD),
        changed(SPEC, SPEC_BASE, SPEC_HEAD),
        changed(CONTROLLER, CONTROLLER_BASE, CONTROLLER_HEAD),
        changed(SERVICE, SERVICE_BASE, SERVICE_HEAD),
    )
    return Change("octo/shop", 7, BASE, HEAD, files, author="mona")


OWASP_SQL = Reference(
    "OWASP: SQL injection prevention",
    "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
)
NEST_VALIDATION = Reference("NestJS: validation", "https://docs.nestjs.com/techniques/validation")
NEST_OPENAPI = Reference("NestJS: OpenAPI operations", "https://docs.nestjs.com/openapi/operations")
MDN_FOREACH = Reference(
    "MDN: Array.prototype.forEach()",
    "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Array/forEach",
)


def line_of(text: str, words: str) -> int:
    """The number of the first line that holds these words."""
    return next(number for number, row in enumerate(text.split("\n"), 1) if words in row)


def _sql() -> Finding:
    at = line_of(SERVICE_HEAD, "status = '${status}'")
    return Finding(
        rule="security_sql_from_strings",
        concern=Concern.SECURITY,
        severity=Severity.BLOCKER,
        span=Span(SERVICE, at, at),
        title="SQL is put together from strings",
        message="`status` is put into the text of the query. Whoever controls it can read or change other data. "
        "Write a placeholder and pass the value as a parameter.",
        confidence=0.95,
        origin=Origin.BOTH,
        symbol="OrdersService.search",
        quoted="this.db.query",
        suggestion=Suggestion(at, at, "    return this.db.query('SELECT * FROM orders WHERE status = $1', [status]);"),
        references=(OWASP_SQL,),
    )


def _body() -> Finding:
    at = line_of(CONTROLLER_HEAD, "@Body() body")
    return Finding(
        rule="validation_unvalidated_body",
        concern=Concern.VALIDATION,
        severity=Severity.BLOCKER,
        span=Span(CONTROLLER, at, at),
        title="A request body is not validated",
        message="The body is typed `any`, so `ValidationPipe` lets everything through. "
        "Take the body as a class whose fields have class-validator decorators.",
        confidence=0.95,
        symbol="OrdersController.create",
        quoted="@Body() body: any",
        suggestion=Suggestion(at, at, "  create(@Body() body: CreateOrder) {"),
        references=(NEST_VALIDATION,),
    )


def _foreach() -> Finding:
    at = line_of(SERVICE_HEAD, "orders.forEach")
    return Finding(
        rule="data_async_foreach",
        concern=Concern.DATA,
        severity=Severity.BLOCKER,
        span=Span(SERVICE, at, at + 2),
        title="An async callback in forEach is never awaited",
        message="`forEach` does not wait for the promises that its callback returns: the code after it runs too early, "
        "and an error in the callback is an unhandled rejection. Use `for (const … of …)` with `await`, or "
        "`await Promise.all(….map(async …))` if the order does not matter.",
        confidence=0.97,
        symbol="OrdersService.create",
        quoted="orders.forEach",
        suggestion=Suggestion(
            at, at + 2, "    for (const order of orders) {\n      await this.mailer.confirm(order);\n    }"
        ),
        references=(MDN_FOREACH,),
    )


def _dto(words: str) -> Finding:
    at = line_of(DTO_HEAD, words)
    name = words.split(":", maxsplit=1)[0]
    return Finding(
        rule="validation_bare_dto_property",
        concern=Concern.VALIDATION,
        severity=Severity.WARNING,
        span=Span(DTO, at, at),
        title="A field of a request has no validator",
        message=f"`{name}` arrives with `POST /orders` and has no validator, while one of its siblings does: it is "
        "dropped under `whitelist: true`, and unchecked otherwise. Add the validators its type needs.",
        confidence=0.9,
        symbol=f"CreateOrder.{name}",
        quoted=words,
        references=(NEST_VALIDATION,),
        question="May an order come without a `coupon`?" if name == "coupon" else None,
    )


def _docs() -> Finding:
    at = line_of(CONTROLLER_HEAD, "@Post()")
    return Finding(
        rule="api_docs_undocumented_route",
        concern=Concern.API_DOCS,
        severity=Severity.WARNING,
        span=Span(CONTROLLER, at, at + 3),
        title="A new route is not documented",
        message="`POST /orders` has no OpenAPI documentation, while 1 of 1 other routes have it. "
        "Say what it does with `@ApiOperation`, and what it answers with `@ApiOkResponse` and its kin.",
        confidence=0.9,
        symbol="OrdersController.create",
        quoted="POST /orders",
        references=(NEST_OPENAPI,),
    )


def _transaction() -> Finding:
    at = line_of(SERVICE_HEAD, "findOne(id")
    return Finding(
        rule="model_data_null_order",
        concern=Concern.DATA,
        severity=Severity.NOTE,
        span=Span(SERVICE, at - 11, at - 11),
        title="Two routes read orders in two ways",
        message="`findOne` and `search` each write their own SQL, so a change of the table has to be made twice. "
        "Consider one repository class for both.",
        confidence=0.8,
        origin=Origin.MODEL,
        symbol="OrdersService",
        quoted="import",
    )


def _untested() -> Finding:
    return Finding(
        rule="tests_untested_route",
        concern=Concern.TESTS,
        severity=Severity.WARNING,
        span=None,
        title="New behaviour without a test",
        message="No test names `GET /orders`, `POST /orders`, which this change adds. "
        "Add a test for what each promises, and for how it refuses.",
        confidence=0.85,
        symbol="GET /orders POST /orders",
    )


ENDPOINTS = (
    MatrixRow("GET", "/orders", "OrdersController.findAll", CONTROLLER, line_of(CONTROLLER_HEAD, "@Get()"),
              Evidence.NOT_NEEDED, Evidence.YES, Evidence.NO, Evidence.YES, Evidence.NOT_NEEDED),
    MatrixRow("POST", "/orders", "OrdersController.create", CONTROLLER, line_of(CONTROLLER_HEAD, "@Post()"),
              Evidence.NO, Evidence.UNKNOWN, Evidence.NO, Evidence.NO, Evidence.NOT_NEEDED),
)  # fmt: skip


def sample_plan() -> Plan:
    """The plan of the sample: a persona, two people, a model, one note about the configuration."""
    return Plan(
        persona=compile_persona(PERSONA, "personas/backend.chatmode.md"),
        team=load_team(TEAM, "personas/team.yml"),
        model="example-model",
        notes=(".github/reviewer.yml, line 4: unknown key `path`; did you mean `paths`?",),
    )


def sample_review() -> Review:
    """The review of the sample: six findings on lines, two told in the summary, one file not reviewed."""
    change = sample_change()
    dropped = (
        Dropped("security_sql_from_strings", SERVICE, 17, "duplicate"),
        Dropped("model_solid_service", SERVICE, 6, "unanchored quote"),
    )
    findings = (
        _sql(),
        _body(),
        _foreach(),
        _dto("lines: OrderLine[]"),
        _dto("coupon: string"),
        _docs(),
        _transaction(),
        _untested(),
    )
    found = Candidates(tuple(findings), tuple(dropped), endpoints=ENDPOINTS)
    review = assemble(change, found, take_stock(change, {}, ()), sample_plan())
    usage = Usage(2, 4310, 612, 11, (("read", 0.6), ("rules", 0.2), ("model", 4.1)))
    return replace(review, usage=usage)


def clean_review() -> Review:
    """Nothing was found, everything was looked at, no model is configured."""
    change = sample_change()
    whole = replace(change, files=tuple(file for file in change.files if file.unread is None))
    plan = replace(
        sample_plan(), model=None, notes=(), rules_only="No model is configured: this is what the rules found."
    )
    return assemble(whole, Candidates(()), take_stock(whole, {}, ()), plan)


def blind_review() -> Review:
    """Nothing was found, and that says little: a file and the model are missing."""
    change = sample_change()
    gap = Gap("model", "the model's server did not answer within 180 seconds")
    return assemble(
        change,
        Candidates(()),
        take_stock(change, {SPEC: "the linter crashed on it"}, (gap,)),
        replace(sample_plan(), notes=()),
    )


__all__ = [
    "Coverage",
    "blind_review",
    "changed",
    "clean_review",
    "line_of",
    "sample_change",
    "sample_plan",
    "sample_review",
]

"""Small changes, one persona and answers, as the tests of the model need them."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

from reviewer.core.change import Change
from reviewer.core.persona import Persona, compile_persona
from reviewer.core.untrusted import Untrusted
from reviewer.llm.answer import Answer, Believed, believe
from tests.linters.changes import change, changed
from tests.standin.json_types import JsonObject

PERSONA = """\
---
description: 'Senior Backend Engineer for a shop.'
---

# Backend

## Coding & Workflow Standards

- Validate all input; never trust client data.
- Write integration tests for new features.
- Prefer boring code.
"""

BASE = """\
import { Repository } from 'typeorm';

export class OrdersService {
  constructor(private readonly orders: Repository<Order>) {}

  async cancel(id: number): Promise<void> {
    const order = await this.orders.findOneBy({ id });
    if (order === null) {
      throw new NotFoundException();
    }
    await this.orders.remove(order);
  }
}
"""

HEAD = BASE.replace(
    """\
    if (order === null) {
      throw new NotFoundException();
    }
    await this.orders.remove(order);
""",
    """\
    await this.orders.remove(order!);
    this.events.emit('cancelled', id);
""",
)

PATH = "src/orders.service.ts"


@cache
def persona() -> Persona:
    return compile_persona(PERSONA, "personas/backend.chatmode.md")


def small_change() -> Change:
    """A service that lost its null check; beside it a new file, a renamed one without text and a binary one."""
    files = (
        changed(PATH, BASE, HEAD),
        changed("src/new.ts", None, "export const retries = 3;\n"),
        changed("src/moved.ts", "a\n", "a\n"),
        replace(changed("logo.png", "x\n", "y\n"), unread="binary"),
    )
    title = Untrusted('Cancel orders "quickly"')
    return replace(change(*files), title=title, body=Untrusted("Closes #12.\n\nNo migration."))


def finding(**values: object) -> JsonObject:
    """One finding as a model gives it, about the line that was written."""
    usual: JsonObject = {
        "path": PATH,
        "start_line": 8,
        "end_line": 8,
        "quote": "    await this.orders.remove(order!);",
        "concern": "data",
        "severity": "blocker",
        "confidence": 0.9,
        "title": "A missing order is removed",
        "message": "For an unknown id `order` is null, and `remove` throws: the client gets 500 instead of 404.",
        "failure": "",
        "persona_rule": None,
        "replacement": None,
    }
    return {**usual, **values}


def answer(*findings: JsonObject, questions: tuple[str, ...] = ()) -> JsonObject:
    """A whole answer."""
    asked = list(questions)
    return {"summary": "Cancels faster.", "findings": list(findings), "follow_up_questions": asked, "wants": []}


def believed(*findings: JsonObject, about: Change | None = None, paths: tuple[str, ...] = (PATH,)) -> Believed:
    """What is left of these findings."""
    parsed = Answer.model_validate_json(json.dumps(answer(*findings)))
    return believe(parsed, about or small_change(), paths, "m")

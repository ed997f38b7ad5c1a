"""What a rule left out because there was too much of it is said."""

from __future__ import annotations

from reviewer.rules import inspect
from reviewer.rules.security_sql_from_strings import RULE
from tests.core.test_project import project_of

_FILE = "import { Pool } from 'pg';\nconst pool = new Pool();\nexport async function f(id: string) {\n"


def queries(count: int) -> str:
    return _FILE + "  await pool.query(`select * from boats where id = ${id}`);\n" * count + "}\n"  # noqa: S608 (TypeScript to look at)


def test_more_queries_than_are_looked_at_are_a_gap() -> None:
    findings, failures = inspect(project_of({"src/boats.ts": queries(510)}), [RULE])
    assert findings
    assert [(one.slug, "first 500 queries of `src/boats.ts`" in one.reason) for one in failures] == [(RULE.slug, True)]


def test_few_queries_leave_no_gap() -> None:
    assert inspect(project_of({"src/boats.ts": queries(3)}), [RULE])[1] == ()

"""A schema that the service changes by itself when it starts: one renamed field, and a column is dropped with its data.

`synchronize: true` (TypeORM) and `sync({ alter: true })` or `sync({ force: true })` (Sequelize) make the database like
the entities, without migration and without asking. Switched by the environment, and in tests, it is left alone.

Bad::

    TypeOrmModule.forRoot({ type: 'postgres', synchronize: true })

Good::

    TypeOrmModule.forRoot({ type: 'postgres', synchronize: false, migrationsRun: true })
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import ExprKind
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._report import at, report
from reviewer.rules._text import written_lines

_ON = ("synchronize: true", '"synchronize": true', "'synchronize': true", "autoSchemaSync: true")
_LOCAL = ("local", "dev", "example", "sample", "demo", "sqlite")
"""Words in the paths of configurations that no customer's data depends on."""


def inspect(project: Project) -> Iterator[Finding]:
    """Switches that the change turned on."""
    said_in: set[str] = set()
    if project.uses("typeorm") or project.uses("@nestjs/typeorm"):
        for file, line, text in written_lines(project, lambda file: _is_configuration(file.path)):
            if _turns_on(text):
                yield _finding(file.path, line, "`synchronize: true`", "", "synchronize: true")
    for file, _ in project.production:
        for call in project.new_calls(file.path):
            name = call.callee.rpartition(".")[2]
            options = call.args[0] if call.args and name in ("sync", "drop") else None
            if options is None or options.kind is not ExprKind.OBJECT:
                continue
            pairs = zip(options.keys, options.parts, strict=True)
            key = next((key for key, value in pairs if key in ("force", "alter") and value.text == "true"), "")
            if key and file.path not in said_in and (project.uses("sequelize") or project.uses("sequelize-typescript")):
                said_in.add(file.path)
                yield _finding(file.path, call.first, f"`sync({{ {key}: true }})`", call.symbol, call.code)


def _turns_on(text: str) -> bool:
    """Whether a line says `synchronize: true` and nothing that depends on the environment."""
    said = text.split("//", maxsplit=1)[0].strip().rstrip(",;")
    is_in_object = any(one in f"{said} " for one in _ON) and said.endswith(("}", "})", "])"))
    return said in _ON or (is_in_object and "?" not in said and "process.env.NODE_ENV" not in said)


def _is_configuration(path: str) -> bool:
    is_read = path.endswith((".ts", ".js", "ormconfig.json", ".mts", ".cts"))
    return is_read and is_production(path) and not any(word in path.lower() for word in _LOCAL)


def _finding(path: str, line: int, what: str, symbol: str, code: str) -> Finding:
    return report(
        RULE,
        at(path, line),
        f"{what} lets every start of the service change the schema: a renamed field drops its column with the data. "
        "Switch it off and write migrations.",
        symbol=symbol,
        quoted=code,
    )


RULE = Rule(
    slug="data_schema_synchronize",
    concern=Concern.DATA,
    severity=Severity.WARNING,
    title="The schema is changed at start-up",
    inspect=inspect,
    references=(Reference("NestJS: database", "https://docs.nestjs.com/techniques/database"),),
    confidence=0.9,
    page=__doc__ or "",
)

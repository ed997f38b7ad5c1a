"""GraphQL's playground or introspection is on for everybody, in production too: the whole schema, to read and try out.

Bad::

    GraphQLModule.forRoot({ playground: true, introspection: true })

Good::

    GraphQLModule.forRoot({ playground: !isProduction, introspection: !isProduction })
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._auth import entries, is_true
from reviewer.rules._auth_stages import Stages
from reviewer.rules._report import at, report

_SWITCHES = frozenset(("playground", "introspection", "graphiql", "includeStacktraceInErrorResponses"))
_MODULES = ("@nestjs/graphql", "@apollo/server", "apollo-server", "@nestjs/apollo", "mercurius", "graphql-yoga",
            "express-graphql", "@nestjs/mercurius", "@apollo/gateway")  # fmt: skip


def inspect(project: Project) -> Iterator[Finding]:
    """Switches of a GraphQL server that the change turned on for everybody."""
    for file, facts in project.production:
        is_server = any(item.module.startswith(_MODULES) for item in facts.imports)
        said: set[str] = set()
        stages = facts.index.once(Stages)
        for item in entries(facts) if is_server else ():
            if item.key not in _SWITCHES or not is_true(item.value) or item.is_chosen or item.fact.symbol in said:
                continue
            if not project.wrote(file.path, item.value.first) or project.was_there(file.path, item.fact):
                continue
            if stages.decide(item.fact):
                continue
            said.add(item.fact.symbol)
            yield report(
                RULE,
                at(file.path, item.value.first),
                f"`{item.key}` is on in production too: everybody reads the whole schema, with what no client uses. "
                "Turn it on only outside of production.",
                symbol=item.fact.symbol,
                quoted=item.key,
            )


RULE = Rule(
    slug="security_public_playground",
    concern=Concern.SECURITY,
    severity=Severity.NOTE,
    title="The schema is open to everybody",
    inspect=inspect,
    references=(
        Reference("OWASP: GraphQL", "https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html"),
    ),
    confidence=0.85,
    page=__doc__ or "",
)

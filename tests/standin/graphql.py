"""GitHub's GraphQL endpoint: a real executor over the part of GitHub's schema in `github.graphql`."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from tests.standin import graph
from tests.standin.call import Actor, RefusalError, Reply
from tests.standin.graph_refused import GraphRefusalError
from tests.standin.json_types import JsonObject, as_object
from tests.standin.state import World

SDL = Path(__file__).parent / "github.graphql"


@functools.cache
def schema() -> GraphQLSchema:
    """The schema with its resolvers; it is read-only."""
    made = build_schema(SDL.read_text(encoding="utf-8"))
    graph.connect(made)
    return made


def answer(world: World, actor: Actor, body: bytes) -> Reply:
    """POST /graphql. Errors come with status 200, as GitHub sends them; only bad credentials and JSON do not."""
    if actor.token is None:
        raise RefusalError(401, "This endpoint requires you to be authenticated.")
    try:
        asked = as_object(json.loads(body))
        query = asked["query"]
    except (ValueError, TypeError, KeyError) as error:
        raise RefusalError(400, "Problems parsing JSON") from error
    if not isinstance(query, str):
        raise RefusalError(400, "A query attribute must be specified and must be a string.")
    extra = set(asked) - {"query", "variables", "operationName"}
    if extra:
        world.violations.append(f"graphql: unknown body keys {sorted(extra)}")
    variables = as_object(asked.get("variables") or {})
    return Reply(200, _executed(world, actor, query, variables))


def _executed(world: World, actor: Actor, query: str, variables: JsonObject) -> JsonObject:
    try:
        document = parse(query)
    except GraphQLError as error:
        world.violations.append(f"graphql: {error.message}")
        return {"errors": [_error(error)]}
    if problems := validate(schema(), document):
        world.violations.extend(f"graphql: {problem.message}" for problem in problems)
        return {"errors": [_error(problem, kind="undefinedField") for problem in problems]}
    context = graph.Context(world, actor, mutates=_is_mutation(document))
    result = execute_sync(schema(), document, None, context, variables)
    if not isinstance(result, ExecutionResult):
        raise TypeError("the executor answered incrementally")
    value: JsonObject = {}
    if result.data is not None:
        value["data"] = result.data
    if result.errors:
        own = [e for e in result.errors if not isinstance(e.original_error, GraphRefusalError)]
        world.violations.extend(f"graphql: {e.message}" for e in own)  # wrong variables, or a fault of ours
        value["errors"] = [_error(e) for e in result.errors]
    return value


def _is_mutation(document: DocumentNode) -> bool:
    definitions = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    return any(d.operation is OperationType.MUTATION for d in definitions)


def _error(error: GraphQLError, kind: str | None = None) -> JsonObject:
    """An error in GitHub's shape: `type` beside `message` for refusals, `extensions.code` for bad queries."""
    shown: JsonObject = {"message": error.message}
    if error.locations:
        shown["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        shown["path"] = list(error.path)
    if isinstance(error.original_error, GraphRefusalError):
        shown["type"] = error.original_error.type
    if kind is not None:
        shown["extensions"] = {"code": kind}
    return shown

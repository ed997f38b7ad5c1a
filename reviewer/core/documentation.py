"""Whether a route is described for those who call it: Swagger decorators, schemas, `@openapi` comments, GraphQL
descriptions."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from reviewer.core.decorations import decorations
from reviewer.core.evidence import Evidence
from reviewer.core.expr import ExprKind
from reviewer.core.jsonc import parse_jsonc, table
from reviewer.core.router_routes import option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewer.core.expr import Expr
    from reviewer.core.project import Project
    from reviewer.core.routes import Route

SWAGGER = "@nestjs/swagger"
_FASTIFY = ("@fastify/swagger", "fastify-swagger")
_COMMENTS = ("swagger-jsdoc", "swagger-autogen", "express-jsdoc-swagger", "tsoa")
_TAGS = ("@openapi", "@swagger", "#swagger", "@summary", "@route")
_SILENT = frozenset(
    ("ApiTags", "ApiBearerAuth", "ApiSecurity", "ApiCookieAuth", "ApiBasicAuth", "ApiOAuth2", "ApiExtraModels",
     "ApiHideProperty", "ApiConsumes", "ApiProduces")
)  # fmt: skip
"""Decorators that say nothing about what a route does."""

_HIDDEN = ("ApiExcludeEndpoint", "ApiExcludeController")


def nest_documentation(project: Project, path: str, route: Route) -> Evidence:
    """Whether a controller's method is described; NOT_NEEDED where the project has no Swagger or hides the route."""
    if not project.uses(SWAGGER):
        return Evidence.NOT_NEEDED
    own = decorations(project, path, route.method.decorators if route.method else ())
    outer = decorations(project, path, route.owner.decorators if route.owner else ())
    if own.named(*_HIDDEN) or outer.named(*_HIDDEN):
        return Evidence.NOT_NEEDED
    if any(one.name.startswith("Api") and one.name not in _SILENT for one in own.of(SWAGGER)):
        return Evidence.YES
    if _is_commented(project, path, route) and _reads_comments(project):
        return Evidence.YES
    return Evidence.NO if own.is_complete else Evidence.UNKNOWN


def _is_commented(project: Project, path: str, route: Route) -> bool:
    lines = (route.first - 1, route.head - 1)
    return any(one.text.startswith("/**") for line in lines for one in project.head[path].index.comments(line))


def _reads_comments(project: Project) -> bool:
    """Whether the Swagger plugin of nest-cli.json makes descriptions of comments."""
    texts = (text for path, text in project.texts.items() if posixpath.basename(path) == "nest-cli.json")
    for text in texts:
        plugins = table(table(parse_jsonc(text)).get("compilerOptions")).get("plugins")
        for plugin in plugins if isinstance(plugins, list) else ():
            found = table(plugin)
            if found.get("name") == SWAGGER and table(found.get("options")).get("introspectComments") is True:
                return True
    return False


def router_documentation(project: Project, path: str, route: Route, middleware: Iterable[tuple[str, Expr]]) -> Evidence:
    """Whether a router's route is described: a schema for Fastify's Swagger, a comment for swagger-jsdoc."""
    if any(project.uses(name) for name in _FASTIFY):
        objects = (value for _, value in middleware if value.kind is ExprKind.OBJECT)
        return Evidence.YES if any("schema" in value.keys for value in objects) else Evidence.NO
    if project.documents_by_comment and any(project.uses(name) for name in _COMMENTS):
        comments = project.head[path].index.comments(route.first - 1)
        return Evidence.YES if any(tag in one.text for one in comments for tag in _TAGS) else Evidence.NO
    return Evidence.NOT_NEEDED


def documents_by_comment(project: Project) -> bool:
    """Whether any file with routes describes one in a comment."""
    comments = (one.text for path in project.routes for one in project.head[path].comments)
    return any(tag in text for text in comments for tag in _TAGS)


def graphql_documentation(project: Project, path: str, route: Route) -> Evidence:
    """Whether an operation has a description; NOT_NEEDED where no operation of the project has one."""
    if _has_description(route):
        return Evidence.YES
    others = (one for routes in project.resolvers.values() for one in routes)
    return Evidence.NO if any(map(_has_description, others)) else Evidence.NOT_NEEDED


def _has_description(route: Route) -> bool:
    found = route.method.decorators if route.method else ()
    return any(option(arg, "description") is not None for one in found for arg in one.args)

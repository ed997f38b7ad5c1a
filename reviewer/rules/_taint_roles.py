"""What a parameter is to the client's data: the request, what was sent, an uploaded file; handlers of routes."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import ExprKind
from reviewer.core.facts import FileFacts, Function, Param
from reviewer.core.routes import NEST, handler_scope, original
from reviewer.rules._request import CLIENT_FIELDS, request_name

if TYPE_CHECKING:
    from reviewer.core.project import Project
    from reviewer.core.routes import Route

_FILE_NAMES: Final = frozenset(("originalname", "originalFilename", "filename", "name"))
"""Fields of an uploaded file that the client writes (multer, formidable, busboy, express-fileupload)."""

ADDRESS_FIELDS: Final = frozenset(("path", "url", "originalUrl", "querystring"))
"""Fields of a request that hold the address it was sent to, as the client wrote it."""

_REQUESTS = frozenset(("req", "request", "_req", "_request"))
_REQUEST_TYPES: Final = frozenset(
    ("Request", "express.Request", "Express.Request", "FastifyRequest", "ExpressRequest", "AuthRequest",
     "AuthenticatedRequest", "AuthedRequest", "RequestWithUser", "CustomRequest", "IRequest", "TypedRequest",
     "ValidatedRequest", "Req", "IncomingRequest")
)  # fmt: skip
_CONTEXT_TYPES: Final = frozenset(("Koa.Context", "Koa.ParameterizedContext", "RouterContext", "Router.RouterContext"))
_VERBS: Final = frozenset(("get", "post", "put", "patch", "delete", "all", "use"))
_LOOSE_PIPES: Final = frozenset(("ValidationPipe", "DefaultValuePipe", "TrimPipe", "ParseArrayPipe"))
"""Pipes that leave a text a text."""

_NAMED: Final = (ExprKind.NAME, ExprKind.MEMBER)


class Role(Enum):
    """What a parameter is to the client's data."""

    REQUEST = "request"
    """The request of Express, Fastify or NestJS's `@Req()`; the data is in its fields."""
    CONTEXT = "context"
    """Koa's context."""
    DATA = "data"
    """What the client sent: `@Body() dto`, `@Query('q') q`, `@Args('id') id`."""
    PROCEDURE = "procedure"
    """The options of a tRPC procedure; the data is its `input`."""
    ARGUMENTS = "arguments"
    """The arguments of a GraphQL resolver in a map: `(parent, args, context)`."""
    FILE = "file"
    """An uploaded file, whose name the client chose."""


_DECORATORS: Final = {
    **{(NEST, name): Role.DATA for name in ("Body", "Query", "Param", "Headers")},
    **{(NEST, name): Role.REQUEST for name in ("Req", "Request")},
    **{(NEST, name): Role.FILE for name in ("UploadedFile", "UploadedFiles")},
    ("@nestjs/graphql", "Args"): Role.DATA, ("type-graphql", "Arg"): Role.DATA, ("type-graphql", "Args"): Role.DATA,
    ("@nestjs/websockets", "MessageBody"): Role.DATA, ("@nestjs/microservices", "Payload"): Role.DATA,
    **{(module, name): Role.DATA for module in ("tsoa", "@tsoa/runtime")
       for name in ("Body", "BodyProp", "Query", "Queries", "Path", "Header", "FormField")},
    ("tsoa", "Request"): Role.REQUEST, ("@tsoa/runtime", "Request"): Role.REQUEST,
    **{(module, name): Role.DATA for module in ("inversify-express-utils", "@inversifyjs/http-core")
       for name in ("requestBody", "queryParam", "requestParam", "requestHeaders", "Body", "Query", "Params")},
    **{(module, name): Role.DATA for module in ("@tsed/common", "@tsed/platform-params")
       for name in ("BodyParams", "QueryParams", "PathParams", "HeaderParams")},
}  # fmt: skip


def role(facts: FileFacts, function: Function, index: int) -> Role | None:
    """What the parameter at `index` of a function is, None when requests do not fill it."""
    param = function.params[index]
    for decorator in param.decorators:
        name, module = original(facts, decorator.name)
        if (module, name) in _DECORATORS:
            return _DECORATORS[module, name]
    if index <= 1 and request_name(function) is not None:
        return Role.REQUEST if index == (1 if len(function.params) == 4 else 0) else None
    asked = param.type.name
    if (schemed := _of_schema(facts, function, index)) is not None:
        return schemed
    is_request = asked.endswith("Request") and param.name in _REQUESTS and not param.decorators
    if is_request or (asked in _REQUEST_TYPES and (param.fields or param.name)):
        return Role.REQUEST
    if param.decorators or index > 0 or asked not in ("", "any"):
        return Role.CONTEXT if index == 0 and asked in _CONTEXT_TYPES else None
    if param.fields:
        is_handler = bool(function.passed_to) and {"body", "query", "params"} & set(param.fields)
        return Role.REQUEST if is_handler and _is_verb(function.passed_to) else None
    if param.name == "req" or (param.name in _REQUESTS and _is_verb(function.passed_to)):
        return Role.REQUEST
    return Role.CONTEXT if param.name == "ctx" and _is_verb(function.passed_to) else None


def _of_schema(facts: FileFacts, function: Function, index: int) -> Role | None:
    """The part of a GraphQL resolver's arguments, or of a tRPC procedure's options."""
    if index == 1 and _is_resolver(facts, function):
        return Role.ARGUMENTS
    return Role.PROCEDURE if index == 0 and _is_procedure(function) else None


def _is_resolver(facts: FileFacts, function: Function) -> bool:
    """Whether a function is a resolver in a map of them: `Query: { boat: (_parent, { id }, context) => … }`."""
    is_named = function.params[0].name.lstrip("_") in ("", "parent", "root", "source", "obj")
    return is_named and not function.passed_to and bool({"Query", "Mutation"} & set(facts.names))


def _is_procedure(function: Function) -> bool:
    owner, _, last = function.passed_to.rpartition(".")
    param = function.params[0]
    takes = "input" in param.fields or param.name in ("opts", "options")
    return takes and last in ("query", "mutation", "subscription") and "procedure" in owner.lower()


def is_piped(param: Param) -> bool:
    """Whether a decorated parameter goes through a pipe that makes a number, an id or another checked thing of it."""
    args = (arg for decorator in param.decorators for arg in decorator.args)
    names = (arg.text.rpartition(".")[2] for arg in args if arg.kind in (ExprKind.NAME, ExprKind.NEW, ExprKind.MEMBER))
    return any(name not in _LOOSE_PIPES for name in names)


def sent(what: Role, steps: tuple[str, ...]) -> tuple[str, ...] | None:
    """The steps inside what the client sent, () for all of it; None when these steps lead to nothing of a client's.

    `steps` start at the parameter: ("body", "email") gives ("email",) for a request.
    """
    if what in (Role.DATA, Role.ARGUMENTS):
        return steps
    if what is Role.PROCEDURE:
        return steps[1:] if steps[:1] == ("input",) else None
    if what is Role.FILE:
        return steps if steps and steps[-1] in _FILE_NAMES else None
    if what is Role.CONTEXT and steps[:1] == ("request",):
        steps = steps[1:]
    if not steps:
        return None
    if steps[0] in CLIENT_FIELDS:
        return steps[1:]
    if steps[0] in ADDRESS_FIELDS:
        return steps
    if steps[0] in ("file", "files") and len(steps) > 1 and steps[-1] in _FILE_NAMES:
        return steps[1:]
    return None


def _is_verb(callee: str) -> bool:
    return callee.rpartition(".")[2] in _VERBS


def handler_place(project: Project, path: str, route: Route) -> tuple[str, int] | None:
    """File and scope of a router's handler: written in place, a function of the file, or one that is imported."""
    facts = project.head[path]
    scope = handler_scope(route.handler)
    if scope >= 0 or route.handler is None:
        return (path, scope) if scope >= 0 else None
    named = route.handler
    if named.kind is ExprKind.CALL:  # `asyncHandler(create)`, else `create()`, which makes the handler
        named = next((part for part in named.parts if part.kind in _NAMED), named)
    if named.kind not in (*_NAMED, ExprKind.CALL):
        return None
    root, name = named.text.partition(".")[0], named.text.replace("()", "").rpartition(".")[2]
    imported = facts.imported(root)
    if imported is None:
        return _only(facts, path, name)
    target = project.imported_path(path, root)
    if target is None or target not in project.head:
        return None
    if named.text.replace("()", "") == root:
        name = project.head[target].index.exported(imported.name)
    return _only(project.head[target], target, name)


def _only(facts: FileFacts, path: str, name: str) -> tuple[str, int] | None:
    """The one function of a name, or the one that it returns when it takes no request itself."""
    found = facts.index.functions(name)
    if len(found) != 1:
        return None
    if facts.functions[found[0]].params and role(facts, facts.functions[found[0]], 0) is not None:
        return path, found[0]
    inner = [scope for scope in facts.index.within(found[0]) if facts.functions[scope].parent == found[0]]
    makes = [scope for scope in inner if request_name(facts.functions[scope]) is not None]
    return path, (makes[0] if len(makes) == 1 else found[0])

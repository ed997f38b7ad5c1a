"""Frameworks whose decorators mean what NestJS's mean: their names are answered as those, so that every rule that
knows a controller, a body or a verb of NestJS knows theirs.

routing-controllers differs in one thing: it converts parameters to their declared type by itself, and refuses what
does not fit (its `ActionParameterHandler`); `converts_by_type` tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts

NEST = "@nestjs/common"
ROUTING = "routing-controllers"

_MEANT = {
    "JsonController": "Controller", "Controller": "Controller", "Get": "Get", "Post": "Post", "Put": "Put",
    "Patch": "Patch", "Delete": "Delete", "Head": "Head", "All": "All", "Body": "Body", "BodyParam": "Body",
    "QueryParam": "Query", "QueryParams": "Query", "Param": "Param", "Params": "Param", "HeaderParam": "Headers",
    "HeaderParams": "Headers", "Req": "Req", "Res": "Res", "HttpCode": "HttpCode", "Redirect": "Redirect",
    "Render": "Render",
}  # fmt: skip
"""Names of routing-controllers, and those of NestJS that mean the same."""

_PARAMETERS = {
    "inversify-express-utils": {
        "requestBody": "Body", "queryParam": "Query", "requestParam": "Param", "requestHeaders": "Headers",
        "request": "Req", "response": "Res",
    },
    "@decorators/express": {
        "Body": "Body", "Query": "Query", "Params": "Param", "Headers": "Headers", "Request": "Req", "Response": "Res",
    },
}  # fmt: skip
"""Decorators of parameters, in libraries whose methods are handlers of Express (`core/express_controllers.py`)."""


def as_known(name: str, module: str) -> tuple[str, str]:
    """A name and its module, as NestJS's where it means the same."""
    if module == ROUTING and name in _MEANT:
        return _MEANT[name], NEST
    meant = _PARAMETERS.get(module, {}).get(name)
    return (meant, NEST) if meant is not None else (name, module)


def converts_by_type(facts: FileFacts) -> bool:
    """Whether the parameters of a file's routes are converted to their declared types without a pipe."""
    return any(item.module == ROUTING for item in facts.imports)

"""Answers of 400 and 422 in the code of a handler: it checks by hand what a client sent."""

from __future__ import annotations

from reviewer.core.facts import FileFacts

_REFUSALS = (
    "status(400", "status(422", "sendStatus(400", "sendStatus(422", "code(400", "code(422", "BAD_REQUEST", "BadRequest",
    "UNPROCESSABLE", "createError(400", "HttpError(400", "AppError(400", "ValidationError", "httpErrors.badRequest",
    "Boom.badRequest", "statusCode: 400", "ctx.throw(400", "ctx.throw(422", "ctx.assert(",
)  # fmt: skip


def refuses(code: str) -> bool:
    """Whether a piece of code answers 400 or 422, or throws what becomes that: a check by hand."""
    return any(mark in code for mark in _REFUSALS)


def by_hand(facts: FileFacts, scope: int) -> bool:
    """Whether a handler answers 400 or 422 somewhere: a check by hand."""
    inside = facts.index.within(scope)
    if any(refuses(call.code) for call in facts.index.calls(inside)):
        return True
    set_status = (one.value.text for one in facts.index.bindings(inside) if one.name.endswith(".status"))
    return any(value in ("400", "422") for value in set_status)  # Koa: `ctx.status = 400`

"""A new route that refuses some requests, with tests that never send one of those.

The guard and the checks are what keeps the wrong request out, and they are what nobody notices when they break. Said
only when the tests of the route were read, and in the words that they use themselves.

Bad::

    it('creates', () => request(app).post('/orders').send(order).expect(201));   // and nothing else

Good::

    it('refuses a stranger', () => request(app).post('/orders').send(order).expect(401));
    it('refuses an empty order', () => request(app).post('/orders').send({}).expect(400));
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.facts import Call, Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import Route, nest_name
from reviewer.core.rule import Rule
from reviewer.rules._mentions import Mentions
from reviewer.rules._report import at, report
from reviewer.rules._testing import Test
from reviewer.rules._validators import mentions_validation, validated

_REFUSAL_STATUS_MIN = 400
_REFUSAL_STATUS_MAX = 499
_REFUSALS = frozenset(
    ("toThrow", "toThrowError", "rejects", "rejectedWith", "throws", "BAD_REQUEST", "UNAUTHORIZED", "FORBIDDEN",
     "NOT_FOUND", "CONFLICT", "UNPROCESSABLE_ENTITY", "BadRequestException", "UnauthorizedException",
     "ForbiddenException", "NotFoundException", "ConflictException", "UnprocessableEntityException",
     "mockRejectedValue")
)  # fmt: skip
_WORDS = ("refus", "reject", "invalid", "unauthor", "forbid", "denie", "fail", "error", "missing", "not found",
          "without", "throw", "bad request", "4xx", "wrong", "deny")  # fmt: skip


def inspect(project: Project) -> Iterator[Finding]:
    """New routes with a guard or a check whose tests ask for no refusal."""
    mentions = project.once(Mentions)
    for file, facts in project.production:
        for route in project.new_routes(file.path):
            why = _refuses(project, file.path, facts, route)
            tests = list(mentions.requests_of_route(route)) if why else []
            if tests and not any(_is_refusal(one, test) for one, test in tests) and not mentions.may_be_elsewhere:
                yield report(
                    RULE,
                    at(file.path, route.head),
                    f"`{route.symbol}` {why}, and its tests never send what it must refuse. Add a test for the "
                    "refused request: without a login, and with a wrong body.",
                    symbol=route.symbol,
                    quoted="",
                )


def _refuses(project: Project, path: str, facts: FileFacts, route: Route) -> str:
    """What a route does that refuses requests, in words; "" when nothing is known of it."""
    if route.method is None or route.owner is None:
        checked = any(mentions_validation(facts, value) for value in route.middleware)
        return "checks its input in front of the handler" if checked else ""
    decorators = (*route.method.decorators, *route.owner.decorators)
    if any(nest_name(facts, one) == "UseGuards" for one in decorators):
        return "has a guard"
    for param in route.method.params:
        is_body = any(nest_name(facts, one) == "Body" for one in param.decorators)
        declared = project.declaration(path, param.type.name) if is_body and param.type.name else None
        item = declared.item if declared is not None else None
        if declared is not None and isinstance(item, Class) and validated(project.head[declared.path], item):
            return f"checks its body (`{item.name}`)"
    return ""


def _is_refusal(facts: FileFacts, test: Test) -> bool:
    title = test.call.args[0].text.lower()
    if any(word in title for word in _WORDS):
        return True
    return any(_speaks_of_refusal(call) for call in facts.index.calls(test.within))


def _speaks_of_refusal(call: Call) -> bool:
    steps = set(call.callee.replace("()", "").split("."))
    texts = [arg.text for arg in call.args] + [part.text for arg in call.args for part in arg.parts]
    words = {word for text in texts for word in text.split(".")}
    codes = (int(text) for text in texts if text.isdigit())
    return bool(_REFUSALS & (steps | words)) or any(
        _REFUSAL_STATUS_MIN <= code <= _REFUSAL_STATUS_MAX for code in codes
    )


RULE = Rule(
    slug="tests_only_happy_path",
    concern=Concern.TESTS,
    severity=Severity.NOTE,
    title="No test asks for a refusal",
    inspect=inspect,
    references=(Reference("NestJS: testing", "https://docs.nestjs.com/fundamentals/testing"),),
    confidence=0.7,
    page=__doc__ or "",
)

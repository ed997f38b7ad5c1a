"""An expected refusal that reaches the client as another error, most often as 500.

In NestJS a plain `Error` becomes "Internal server error": the client cannot tell a wrong id from an outage, and the
alarm rings for nothing. The same holds for `res.status(500)` with "not found" in it, and for an exception whose class
says something else than its text. Looked for in controllers and services of projects that throw HTTP exceptions
otherwise, for texts that speak of the class's own resource.

Bad::

    if (!order) throw new Error('Order not found');
    throw new NotFoundException('Quantity is required');

Good::

    if (!order) throw new NotFoundException('Order not found');
    throw new BadRequestException('Quantity is required');
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Throw
from reviewer.core.expr import NOWHERE, Expr
from reviewer.core.facts import Class, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import NEST, nest_name, original
from reviewer.core.rule import Rule
from reviewer.core.source_paths import is_production
from reviewer.rules._answers import all_answers, keys_of, status_of, text_of
from reviewer.rules._report import at, report

_MEANINGS = (
    (404, ("not found", "does not exist", "doesn't exist", "no such")),
    (409, ("already exists", "already taken", "already in use", "already registered")),
    (403, ("forbidden", "not allowed", "access denied", "permission")),
    (401, ("unauthorized", "not authenticated", "invalid credentials", "invalid token")),
    (400, ("invalid ", "is required", "must be ", "are required")),
)
"""What the words of an error mean, first match first."""

_EXCEPTIONS = {
    400: "BadRequestException", 401: "UnauthorizedException", 403: "ForbiddenException", 404: "NotFoundException",
    409: "ConflictException", 500: "InternalServerErrorException", 422: "UnprocessableEntityException",
}  # fmt: skip
_STATUSES = {name: status for status, name in _EXCEPTIONS.items()}
_CLOSE = frozenset(((404, 500), (400, 500), (400, 404), (409, 500), (409, 404), (403, 500), (401, 500)))
"""(meant, said) pairs that are surely wrong; the others are taste, as a 400 for "already exists" is."""

_HTTP_THROWS_MIN = 2
_ROLES = ("Controller", "Injectable")
_SPEAKERS = ("Controller", "Service")
_BACKGROUND = ("processor", "consumer", "cron", "job", "gateway", "strategy", "seeder", "config", "listener", "cli",
               "migrat", "bootstrap", "subscriber", "worker", "factory", "provider", "adapter", "client")  # fmt: skip


def inspect(project: Project) -> Iterator[Finding]:
    """Refusals that the change wrote, and that answer with another status than their words mean."""
    yield from _thrown(project)
    yield from _answered(project)


def _thrown(project: Project) -> Iterator[Finding]:
    plain_is_wrong = _http_throws(project) >= _HTTP_THROWS_MIN and not _maps_errors(project)
    for file, facts in project.production:
        before = {(throw.symbol, throw.code) for throw in project.before(file.path).throws}
        # What a try around the throw may turn into something else.
        caught = {(call.scope, call.first) for call in facts.calls if call.in_try and call.is_new}
        for throw in facts.throws:
            is_old = (throw.symbol, throw.code) in before or not project.wrote(file.path, throw.first, throw.last)
            if is_old or (throw.scope, throw.value.first) in caught:
                continue
            text = _text(throw.value)
            said = _status(facts, throw.value)
            for meant in _meant(text):
                is_plain = original(facts, throw.value.text) == ("Error", "")
                said = 500 if is_plain and plain_is_wrong else said
                is_taste = said == 404 and "invalid" in text  # an id that cannot exist may well be "not found"
                if said is None or (meant, said) not in _CLOSE or is_taste:
                    continue
                if said != 500 or _speaks_of_its_resource(facts, throw, file.path, text):
                    yield _finding(file.path, throw, said, meant)


def _finding(path: str, throw: Throw, said: int, meant: int) -> Finding:
    return report(
        RULE,
        at(path, throw.first, throw.last),
        f"`{throw.value.text}` reaches the client as {said}, while its text means {meant}: the client cannot tell what "
        f"it did wrong{', and alarms take it for an outage' if said == 500 else ''}. Throw `{_EXCEPTIONS[meant]}`.",
        symbol=throw.symbol,
        quoted=throw.code,
    )


def _meant(text: str) -> tuple[int, ...]:
    return next(((status,) for status, words in _MEANINGS if any(word in text for word in words)), ())


def _text(value: Expr) -> str:
    for part in value.parts[:1]:
        return text_of(part) or text_of(keys_of(part).get("message"))
    return ""


def _status(facts: FileFacts, value: Expr) -> int | None:
    """The status an exception of NestJS answers with; None for other errors."""
    name, module = original(facts, value.text)
    if module != NEST:
        return None
    return status_of(value.parts[1]) if name == "HttpException" and len(value.parts) > 1 else _STATUSES.get(name)


def _speaks_of_its_resource(facts: FileFacts, throw: Throw, path: str, text: str) -> bool:
    """Whether a controller or service misses what it is named for: "order not found" in `OrdersService`."""
    owner = facts.index.declared(throw.symbol.partition(".")[0])
    if not isinstance(owner, Class) or any(word in (owner.name + path).lower() for word in _BACKGROUND):
        return False
    if not any(nest_name(facts, one) in _ROLES for one in owner.decorators):
        return False
    words = [word.strip(".,:'\"`${}()") for word in text.split()]
    known = owner.name.lower()
    if not owner.name.endswith(_SPEAKERS):
        return False  # a repository knows nothing of HTTP, a use case may check its own state
    return _meant(text) == (409,) or any(
        len(word) > 2 and word.rstrip("s") in known for word in words if word not in ("the", "for", "not")
    )


def _http_throws(project: Project) -> int:
    """How often code that was read throws HTTP exceptions of NestJS."""
    return sum(
        1 for facts in project.head.values() for throw in facts.throws if original(facts, throw.value.text)[1] == NEST
    )


def _maps_errors(project: Project) -> bool:
    """Whether a filter catches everything, and may give plain errors a status of its own."""
    for facts in project.head.values():
        for item in facts.classes:
            for one in item.decorators:
                if nest_name(facts, one) == "Catch" and (not one.args or any(a.text == "Error" for a in one.args)):
                    return True
    return False


def _answered(project: Project) -> Iterator[Finding]:
    """`res.status(500)` for what is not there."""
    production = {file.path for file, _ in project.production}
    said: set[tuple[str, int]] = set()
    for path, symbol, answer in all_answers(project):
        if answer.status != 500 or answer.call.catch != NOWHERE or path not in production:
            continue
        keys = keys_of(answer.body)
        told = [text_of(keys.get(key)) for key in ("error", "message", "msg")] if keys else [text_of(answer.body)]
        meant = _meant(" ".join(told))
        if meant and meant[0] in (404, 409, 400) and (path, answer.call.first) not in said and is_production(path):
            said.add((path, answer.call.first))
            if project.introduced(path, answer.call):
                yield report(
                    RULE,
                    at(path, answer.call.first, answer.call.last),
                    f"This answers 500 for what the client did, while its text means {meant[0]}: the client cannot "
                    f"tell a wrong request from an outage, and alarms take it for one. Answer {meant[0]}.",
                    symbol=symbol,
                    quoted=answer.call.code,
                )


RULE = Rule(
    slug="api_docs_wrong_error_status",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="The error has the wrong status",
    inspect=inspect,
    references=(
        Reference("NestJS: exception filters", "https://docs.nestjs.com/exception-filters"),
        Reference(
            "MDN: HTTP response status codes", "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status"
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-structure-apis-by-rest",
)

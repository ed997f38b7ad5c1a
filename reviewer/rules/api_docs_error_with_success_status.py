"""An error that is answered with a status of success: clients, retries and alarms take it for the result.

`res.json({ error: … })` answers 200, and so does what a NestJS handler returns from a catch. A client that looks at the
status goes on with a body it does not expect, and no dashboard shows the failure. Webhooks and RPC, whose callers want
200, are left alone, and so is a project where most errors are answered so.

Bad::

    catch (error) { res.json({ error: error.message }); }

Good::

    catch (error) { res.status(500).json({ error: 'The order could not be stored' }); }
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.control_flow import Catch
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._answers import Answer, all_answers, in_catch, keys_of, text_of
from reviewer.rules._given_errors import given_errors
from reviewer.rules._report import at, report

_ERROR_KEYS = ("error", "errors", "err", "errorMessage")
_BESIDE_ERROR = frozenset(
    ("message", "msg", "code", "status", "statusCode", "details", "detail", "success", "ok", "timestamp", "path",
     "stack", "name", "title", "type", "reason", "requestId", *_ERROR_KEYS)
)  # fmt: skip
_FLAGS = ("success", "ok")
_WORDS = ("not found", "unauthori", "forbidden", "does not exist", "doesn't exist", "something went wrong",
          "internal server error", "already exists", "access denied", "permission denied", "bad request")  # fmt: skip
_WORDS_OF_REFUSAL = ("invalid", "failed", "required", "missing", "expired", "incorrect", "wrong", "could not", "cannot")
"""Words that make an error of `success: false`; a check that says no is a result."""

_CALLERS_WANT_200 = ("webhook", "hook", "graphql", "rpc", "slack", "callback", "health", "telegram", "twilio", "stripe")
_HOUSE_STYLE_RATE = 0.5
_HOUSE_STYLE_MIN = 3
"""Other answers with an error in them that must be known before their rate means anything."""


def inspect(project: Project) -> Iterator[Finding]:
    """Answers with an error and a status of success that the change wrote."""
    production = {file.path for file, _ in project.production}
    fresh: dict[tuple[str, int], tuple[str, Answer]] = {}
    others: list[bool] = []
    for path, symbol, answer in all_answers(project):
        if not _is_error(project.head[path], answer) or answer.status is None:
            continue
        if path in production and project.introduced(path, answer.call):
            fresh.setdefault((path, answer.call.first), (symbol, answer))
        else:
            others.append(_succeeds(answer))
    if len(others) < _HOUSE_STYLE_MIN or sum(others) / len(others) <= _HOUSE_STYLE_RATE:
        for (path, line), (symbol, answer) in fresh.items():
            if _succeeds(answer) and not any(word in (path + symbol).lower() for word in _CALLERS_WANT_200):
                yield _finding(path, line, symbol, answer.call.code, f"with status {answer.status}")
    yield from _returned(project)
    yield from _given(project)


def _given(project: Project) -> Iterator[Finding]:
    """Errors that a handler returns, or gives Koa as its body, and that no other code here gives so already."""
    production = {file.path for file, _ in project.production}
    found = list(given_errors(project))
    fresh = [one for one in found if one.path in production and project.introduced(one.path, one.binding)]
    if len(found) - len(fresh) >= _HOUSE_STYLE_MIN:
        return
    for one in fresh:
        if not any(word in (one.path + one.symbol).lower() for word in _CALLERS_WANT_200):
            yield _finding(one.path, one.binding.first, one.symbol, one.binding.code, "with status 200")


def _finding(path: str, line: int, symbol: str, code: str, how: str) -> Finding:
    return report(
        RULE,
        at(path, line),
        f"This error is answered {how}: a client that looks at the status takes it for the result, and no retry or "
        "alarm sees the failure. Answer with the status of the error (400, 404, 409, 500 …).",
        symbol=symbol,
        quoted=code,
    )


def _succeeds(answer: Answer) -> bool:
    return answer.status is not None and 200 <= answer.status < 300 and answer.status != 207


def _is_error(facts: FileFacts, answer: Answer) -> bool:
    keys = keys_of(answer.body)
    told = text_of(keys.get("message") or keys.get("msg"))
    refuses = any(_is_false(value) for key, value in keys.items() if key in _FLAGS)
    if refuses and (in_catch(answer.call) or any(word in told for word in (*_WORDS, *_WORDS_OF_REFUSAL))):
        return True
    param = facts.catches[answer.call.catch].param if in_catch(answer.call) else ""
    if any(_tells(keys[key], param) for key in _ERROR_KEYS if key in keys):
        return keys.keys() <= _BESIDE_ERROR
    told = told if keys else text_of(answer.body)
    return (
        keys.keys() <= _BESIDE_ERROR
        and len(told) < 200
        and any(word in told for word in _WORDS)
        and "<html" not in told
    )


def _is_false(value: Expr) -> bool:
    return value.kind is ExprKind.CONSTANT and value.text == "false"


def _tells(value: Expr, caught: str) -> bool:
    """Whether a value under `error` is one: a text, a message, or what was caught."""
    if value.kind in (ExprKind.STRING, ExprKind.TEMPLATE, ExprKind.CONCAT):
        return bool(value.text)
    if value.kind is ExprKind.CHOICE:
        return all(_tells(part, caught) for part in value.parts)
    if value.kind is ExprKind.MEMBER and value.text.endswith(".message"):
        return True
    return bool(caught) and value.text.partition(".")[0] == caught


# ------------------------------------------------------------------------------------------------------------ NestJS


def _returned(project: Project) -> Iterator[Finding]:
    """What a controller's method returns from a catch, instead of throwing."""
    for file, facts in project.production:
        methods = {route.method.scope: route for route in project.routes.get(file.path, ()) if route.method is not None}
        if not methods or any(word in file.path.lower() for word in _CALLERS_WANT_200):
            continue
        before = {clause.code for clause in project.before(file.path).catches}
        for clause in facts.catches:
            route = methods.get(clause.scope)
            if route is None or clause.throws or any("hook" in step for step in route.path.split("/")):
                continue
            is_new = clause.code not in before and project.wrote(file.path, clause.first, clause.last)
            if is_new and _returns_error(clause):
                yield _finding(file.path, clause.first, route.symbol, clause.code, "with a status of success")


def _returns_error(clause: Catch) -> bool:
    """Whether what a catch returns is an object that says it is an error (facts fold blanks to one space)."""
    returned = clause.code.partition("return {")[2].partition("}")[0]
    keys = {pair.partition(":")[0].strip(): pair.partition(":")[2].strip() for pair in returned.split(",")}
    if any(keys.get(flag) == "false" for flag in _FLAGS):
        return True
    told = [value for key, value in keys.items() if key in _ERROR_KEYS and keys.keys() <= _BESIDE_ERROR]
    return any(value[:1] in "'\"`" or value.partition(".")[0] == clause.param for value in told if value)


RULE = Rule(
    slug="api_docs_error_with_success_status",
    concern=Concern.API_DOCS,
    severity=Severity.WARNING,
    title="An error is answered as a success",
    inspect=inspect,
    references=(
        Reference(
            "MDN: HTTP response status codes", "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status"
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
    serves="standards-structure-apis-by-rest",
)

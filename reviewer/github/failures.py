"""GitHub's refusals and faults, told apart by one table: who can mend it, and when to ask again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from types import MappingProxyType

from reviewer.core.errors import RefusedError, ReviewerError, TransientError
from reviewer.github.answers import JSON, Answer, GraphAnswer, GraphError

MESSAGE_CHARS_MAX = 200
"""How much of GitHub's own sentence goes into ours; enough for every text in its documentation."""

ERRORS_MAX = 20
"""How many entries of a 422's `errors` are kept; a review has at most some dozens of comments."""

PAUSE_S_MAX = 3600.0
"""Longest wait believed; the primary limit resets every hour (REST docs, rate limits)."""

_SECRET = re.compile(r"gh[a-z]_[A-Za-z0-9._-]{8,512}|github_pat_\w{8,512}|eyJ[A-Za-z0-9._-]{8,4096}")
# Linear: each alternative starts with a fixed word and is one bounded class; no nesting.


class HttpRefusedError(RefusedError):
    """GitHub said no, and asking again will not change it. `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AbsentError(HttpRefusedError):
    """404 or 410: not there, or not for us (GitHub hides private things behind 404)."""


class UnauthorizedError(HttpRefusedError):
    """401: the token or the App's key is not accepted."""


class UnprocessableError(HttpRefusedError):
    """422: understood and refused. `errors` are GitHub's texts, one each, for those who can act on them."""

    def __init__(self, message: str, errors: tuple[str, ...]) -> None:
        super().__init__(message, 422)
        self.errors = errors

    def says(self, words: str) -> bool:
        """Whether one of GitHub's texts holds `words`, whatever the case."""
        return any(words.lower() in text.lower() for text in self.errors)


class Kind(Enum):
    """What a failed answer means for us."""

    CREDENTIALS = "credentials"
    LIMIT = "limit"
    TOO_QUICK = "too quick"
    FAULT = "fault"
    PERMISSION = "permission"
    ABSENT = "absent"
    UNPROCESSABLE = "unprocessable"
    REFUSED = "refused"


PAUSES_S: Mapping[Kind, float | None] = MappingProxyType({Kind.LIMIT: 60.0, Kind.TOO_QUICK: 180.0, Kind.FAULT: None})
"""Seconds to wait where GitHub does not say: at least one minute for a secondary limit (REST docs, rate
limits), minutes for "was submitted too quickly" (seen: cli/cli#4801); a fault is left to the caller's own
back-off.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: these statuses, with one of these signs (none: always), mean `kind`."""

    statuses: range
    signs: tuple[str, ...]
    kind: Kind


def _only(status: int) -> range:
    return range(status, status + 1)


TABLE: tuple[Row, ...] = (
    Row(_only(401), (), Kind.CREDENTIALS),
    Row(_only(404), (), Kind.ABSENT),
    Row(_only(410), (), Kind.ABSENT),
    Row(_only(451), (), Kind.REFUSED),
    Row(_only(403), ("header:retry-after", "header:exhausted", "text:rate limit", "text:abuse"), Kind.LIMIT),
    Row(_only(403), ("text:secondary rate", "text:submitted too quickly"), Kind.LIMIT),
    Row(_only(429), (), Kind.LIMIT),
    Row(range(200, 600), ("header:html",), Kind.FAULT),
    Row(_only(403), ("text:not accessible by integration",), Kind.PERMISSION),
    Row(_only(403), (), Kind.REFUSED),
    Row(
        _only(422),
        ("text:submitted too quickly", "text:secondary rate", "text:abuse detection"),
        Kind.TOO_QUICK,
    ),
    Row(_only(422), (), Kind.UNPROCESSABLE),
    Row(_only(408), (), Kind.FAULT),
    Row(_only(409), (), Kind.FAULT),
    Row(_only(425), (), Kind.FAULT),
    Row(range(500, 600), (), Kind.FAULT),
    Row(range(300, 500), (), Kind.REFUSED),
)
"""First line that fits wins. Sources: REST docs (rate limits, troubleshooting); HTML is GitHub's unicorn page
or a gateway.
"""


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed answer as it came: header names in lower case, body as bytes, `now` in Unix seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    route: str
    now: float


def kind_of(failed: Failed) -> Kind:
    """What the answer means, by the table."""
    present = _signs(failed)
    for row in TABLE:
        if failed.status in row.statuses and (not row.signs or any(_shows(sign, present) for sign in row.signs)):
            return row.kind
    return Kind.FAULT  # 1xx and 6xx and above: no HTTP server says that in earnest


def _signs(failed: Failed) -> tuple[frozenset[str], str]:
    marks = set()
    if "retry-after" in failed.headers:
        marks.add("header:retry-after")
    if failed.headers.get("x-ratelimit-remaining", "").strip() == "0":
        marks.add("header:exhausted")
    if failed.headers.get("content-type", "").lower().startswith("text/html"):
        marks.add("header:html")
    message, errors = _texts(failed.body)
    return frozenset(marks), " ".join((message, *errors)).lower()


def _shows(sign: str, present: tuple[frozenset[str], str]) -> bool:
    marks, text = present
    return sign.removeprefix("text:") in text if sign.startswith("text:") else sign in marks


def failure(failed: Failed) -> ReviewerError:
    """The exception for a failed answer: route, status, GitHub's sentence and request id; never a body or a
    token.
    """
    kind, text = kind_of(failed), _sentence(failed)
    match kind:
        case Kind.LIMIT | Kind.TOO_QUICK | Kind.FAULT:
            return TransientError(text, _pause(failed) or PAUSES_S[kind])
        case Kind.CREDENTIALS:
            return UnauthorizedError(text, failed.status)
        case Kind.ABSENT:
            return AbsentError(text, failed.status)
        case Kind.UNPROCESSABLE:
            message, errors = _texts(failed.body)
            return UnprocessableError(text, (message, *errors))
        case Kind.PERMISSION | Kind.REFUSED:
            return HttpRefusedError(text + _lacking(failed, kind), failed.status)


def _lacking(failed: Failed, kind: Kind) -> str:
    if kind is not Kind.PERMISSION:
        return ""
    wanted = _clean(failed.headers.get("x-accepted-github-permissions", "")) or "not named by GitHub"
    return f"; the App lacks a permission (needed: {wanted})"


def _sentence(failed: Failed) -> str:
    message, errors = _texts(failed.body)
    said = "; ".join(part for part in (message, *errors[:3]) if part)
    request = _clean(failed.headers.get("x-github-request-id", ""))
    return (
        f"{failed.route}: GitHub answered {failed.status}"
        + (f" ({said[:MESSAGE_CHARS_MAX]})" if said else "")
        + (f", request {request}" if request else "")
    )


def _texts(body: bytes) -> tuple[str, tuple[str, ...]]:
    """GitHub's `message` and `errors` texts, cleaned and cut; empty when the body is something else."""
    try:
        value: JSON = json.loads(body)
    except (ValueError, RecursionError):
        return "", ()
    if not isinstance(value, dict):
        return "", ()
    listed = value.get("errors")
    errors = listed if isinstance(listed, list) else [listed] if isinstance(listed, str) else []
    return _clean(value.get("message")), tuple(_clean(_error_text(error)) for error in errors[:ERRORS_MAX])


def _error_text(error: JSON) -> JSON:
    if not isinstance(error, dict):
        return error
    if error.get("message"):
        return error["message"]
    return " ".join(str(error[key]) for key in ("resource", "field", "code") if error.get(key))


def _clean(value: JSON) -> str:
    """One printable line of at most MESSAGE_CHARS_MAX characters, with anything that looks like a token
    struck out.
    """
    if not isinstance(value, str):
        return ""
    line = "".join(sign if sign.isprintable() else " " for sign in value[: 4 * MESSAGE_CHARS_MAX])
    return _SECRET.sub("(secret)", line)[:MESSAGE_CHARS_MAX]


def _pause(failed: Failed) -> float | None:
    """Seconds to wait by GitHub's own word: `Retry-After` (seconds or date), else the reset of an exhausted
    limit.
    """
    said = failed.headers.get("retry-after", "").strip()
    at = said if said.isdecimal() else None
    if at is not None:
        return _bounded(float(at[:9]))
    if said:
        try:
            return _bounded(parsedate_to_datetime(said).timestamp() - failed.now)
        except (ValueError, OverflowError):
            return None
    reset = failed.headers.get("x-ratelimit-reset", "").strip()
    if failed.headers.get("x-ratelimit-remaining", "").strip() == "0" and reset.isdecimal():
        return _bounded(float(reset[:12]) - failed.now + 1.0)
    return None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 1.0), PAUSE_S_MAX)


def graph_answer(answer: Answer, now: float) -> GraphAnswer:
    """The usable part of a GraphQL answer (status 200), or its failure raised.

    Usable is an answer that holds at least one value: `{"repository": null}` beside an error is none. The
    primary limit answers 200 with RATE_LIMITED (GraphQL docs, rate limits). A query that the host does not
    understand has no `type` but `extensions.code`; an error with neither is a fault of GitHub's ("Something
    went wrong").
    """
    value = answer.json if isinstance(answer.json, dict) else {}
    listed = value.get("errors")
    errors = tuple(_graph_error(entry) for entry in (listed if isinstance(listed, list) else [])[:ERRORS_MAX])
    data = value.get("data")
    limited = any(error.kind == "RATE_LIMITED" or "secondary rate" in error.message.lower() for error in errors)
    if not limited and isinstance(data, dict) and (not errors or _holds_a_value(data)):
        return GraphAnswer(data, errors)
    kinds = sorted({error.kind for error in errors if error.kind})
    said = "; ".join(error.message for error in errors[:3])[:MESSAGE_CHARS_MAX]
    text = f"{answer.route}: GitHub answered {', '.join(kinds) or 'without data'}" + (f" ({said})" if said else "")
    if limited:
        raise TransientError(
            text,
            _pause(Failed(answer.status, answer.headers, b"", answer.route, now)) or PAUSES_S[Kind.LIMIT],
        )
    if "NOT_FOUND" in kinds:
        raise AbsentError(text, 404)
    if kinds:
        raise HttpRefusedError(text, 403 if "FORBIDDEN" in kinds else 422)
    raise TransientError(text)


def _graph_error(entry: JSON) -> GraphError:
    if not isinstance(entry, dict):
        return GraphError("", "", "")
    extensions, path = entry.get("extensions"), entry.get("path")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    dotted = ".".join(str(part) for part in path) if isinstance(path, list) else ""
    return GraphError(_clean(entry.get("type") or code), _clean(dotted), _clean(entry.get("message")))


def _holds_a_value(value: JSON) -> bool:
    if isinstance(value, dict):
        return any(_holds_a_value(inner) for inner in value.values())
    return value is not None

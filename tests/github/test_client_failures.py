"""The error table: (status, headers, body) → who can mend it, and when to ask again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.errors import RefusedError, ReviewerError, TransientError
from reviewer.github.failures import (
    AbsentError,
    Failed,
    HttpRefusedError,
    UnauthorizedError,
    UnprocessableError,
    failure,
)

NOW = 1_800_000_000.0
IN_90_S = "Fri, 15 Jan 2027 08:01:30 GMT"
LONG_AGO = "Wed, 21 Oct 2015 07:28:00 GMT"
HTML = {"content-type": "text/html; charset=utf-8"}
NO_ACCESS = "Resource not accessible by integration"
SECONDARY = "You have exceeded a secondary rate limit and have been temporarily blocked"
PRIMARY = "API rate limit exceeded for installation ID 5."


def say(message: str, *errors: object) -> bytes:
    return json.dumps({"message": message, "errors": list(errors)} if errors else {"message": message}).encode()


def exhausted(reset: str) -> dict[str, str]:
    return {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}


TABLE: list[tuple[int, dict[str, str], bytes, type[ReviewerError], float | None]] = [
    (401, {}, say("Bad credentials"), UnauthorizedError, None),
    (401, {}, say("A JSON web token could not be decoded"), UnauthorizedError, None),
    (401, HTML, b"<html>", UnauthorizedError, None),
    (401, {"retry-after": "5"}, b"", UnauthorizedError, None),
    # limits
    (403, {"retry-after": "30"}, say(SECONDARY), TransientError, 30),
    (403, {"retry-after": "0"}, say(SECONDARY), TransientError, 1),
    (403, {"retry-after": IN_90_S}, say(SECONDARY), TransientError, 90),
    (403, {"retry-after": LONG_AGO}, say(SECONDARY), TransientError, 1),
    (403, {"retry-after": "soon"}, say(SECONDARY), TransientError, 60),
    (403, {"retry-after": "-5"}, say(SECONDARY), TransientError, 60),
    (403, {"retry-after": "9" * 5000}, say(SECONDARY), TransientError, 3600),
    (403, {"retry-after": "²"}, say(SECONDARY), TransientError, 60),
    (403, {"retry-after": "Mon, 99 Foo 99999 99:99:99 GMT"}, say(SECONDARY), TransientError, 60),
    (403, {"retry-after": "30"}, b"", TransientError, 30),
    (403, {}, say(SECONDARY), TransientError, 60),
    (403, {}, say("You have triggered an abuse detection mechanism. Please retry later."), TransientError, 60),
    (403, {}, say(PRIMARY), TransientError, 60),
    (403, exhausted(str(int(NOW) + 100)), say(PRIMARY), TransientError, 101),
    (403, exhausted(str(int(NOW) - 100)), say(PRIMARY), TransientError, 1),
    (403, exhausted(str(int(NOW) + 90_000)), say(PRIMARY), TransientError, 3600),
    (403, exhausted("never"), say(PRIMARY), TransientError, 60),
    (403, {**exhausted(str(int(NOW) + 100)), "retry-after": "7"}, say(SECONDARY), TransientError, 7),
    (403, {"x-ratelimit-remaining": "0"}, say("Forbidden"), TransientError, 60),
    (403, {**HTML, "retry-after": "20"}, b"<html>", TransientError, 20),
    (429, {}, b"", TransientError, 60),
    (429, {"retry-after": "12"}, say("Too many requests"), TransientError, 12),
    (429, {"retry-after": IN_90_S}, b"", TransientError, 90),
    (429, exhausted(str(int(NOW) + 10)), b"", TransientError, 11),
    (429, HTML, b"<html>", TransientError, 60),
    (422, {}, say("Validation Failed", "was submitted too quickly"), TransientError, 180),
    (422, {"retry-after": "9"}, say("was submitted too quickly"), TransientError, 9),
    # refusals
    (403, {}, say(NO_ACCESS), HttpRefusedError, None),
    (403, {"x-ratelimit-remaining": "4999"}, say(NO_ACCESS), HttpRefusedError, None),
    (403, {}, say("This installation has been suspended"), HttpRefusedError, None),
    (403, {}, say("Repository access blocked"), HttpRefusedError, None),
    (403, {}, b"", HttpRefusedError, None),
    (403, {}, b"[1]", HttpRefusedError, None),
    (404, {}, say("Not Found"), AbsentError, None),
    (404, HTML, b"<html>", AbsentError, None),
    (410, {}, say("This API version is gone"), AbsentError, None),
    (451, {}, say("Repository access blocked"), HttpRefusedError, None),
    (451, HTML, b"<html>", HttpRefusedError, None),
    (400, {}, say("Problems parsing JSON"), HttpRefusedError, None),
    (405, {}, b"", HttpRefusedError, None),
    (406, {}, say("Sorry, the diff exceeded the maximum number of files (300)."), HttpRefusedError, None),
    (413, {}, b"", HttpRefusedError, None),
    (415, {}, b"", HttpRefusedError, None),
    (304, {}, b"", HttpRefusedError, None),
    (422, {}, say("Unprocessable Entity", "line must be part of the diff"), UnprocessableError, None),
    (422, {}, b"not json", UnprocessableError, None),
    # faults
    (403, HTML, b"<html>", TransientError, None),
    (400, HTML, b"<html>", TransientError, None),
    (200, HTML, b"<html>unicorn</html>", TransientError, None),
    (408, {}, b"", TransientError, None),
    (409, {}, say("Conflict"), TransientError, None),
    (425, {}, b"", TransientError, None),
    (500, {}, say("Server Error"), TransientError, None),
    (502, HTML, b"<html>unicorn</html>", TransientError, None),
    (502, {}, b'{"message": "Serv', TransientError, None),
    (503, {"retry-after": "120"}, b"", TransientError, 120),
    (504, {}, b"[" * 100_000, TransientError, None),
    (599, {}, b"", TransientError, None),
]


@pytest.mark.parametrize(("status", "headers", "body", "kind", "pause_s"), TABLE)
def test_each_answer_has_its_kind(
    status: int, headers: dict[str, str], body: bytes, kind: type[ReviewerError], pause_s: float | None
) -> None:
    error = failure(Failed(status, headers, body, "GET /x", NOW))
    assert type(error) is kind
    assert getattr(error, "retry_after_s", None) == pause_s
    assert str(error).startswith(f"GET /x: GitHub answered {status}")


def test_a_missing_permission_is_named() -> None:
    headers = {"x-accepted-github-permissions": "checks=write", "x-github-request-id": "ABCD:1"}
    error = failure(Failed(403, headers, say(NO_ACCESS), "POST /x", NOW))
    assert str(error) == (
        "POST /x: GitHub answered 403 (Resource not accessible by integration), request ABCD:1; "
        "the App lacks a permission (needed: checks=write)"
    )


def test_a_422_keeps_the_texts_whatever_their_form() -> None:
    listed = ("plain", {"message": "told"}, {"resource": "Review", "field": "line", "code": "invalid"}, 7, None)
    error = failure(Failed(422, {}, say("Validation Failed", *listed), "POST /x", NOW))
    assert isinstance(error, UnprocessableError)
    assert error.errors == ("Validation Failed", "plain", "told", "Review line invalid", "", "")
    assert error.says("LINE")
    assert not error.says("pending")


def test_errors_as_one_text_are_kept_too() -> None:
    error = failure(Failed(422, {}, b'{"message": "Bad", "errors": "no range"}', "POST /x", NOW))
    assert isinstance(error, UnprocessableError)
    assert error.errors == ("Bad", "no range")


def test_what_github_says_is_cut_and_made_one_line() -> None:
    error = failure(Failed(400, {}, say("a\nb\x1b[31m" + "c" * 5000), "GET /x", NOW))
    assert len(str(error)) < 260
    assert str(error).startswith("GET /x: GitHub answered 400 (a b [31mccc")


@pytest.mark.parametrize(
    "secret",
    ["ghs_16C7e42F292c6912E7", "ghs_42_eyJhbGciOi.eyJpc3M.sig-_x", "github_pat_11ABCDEFG0", "eyJhbGciOi.eyJ.xyz"],
)
def test_a_token_in_githubs_sentence_is_struck_out(secret: str) -> None:
    error = failure(Failed(400, {}, say(f"bad {secret}", secret), "GET /x", NOW))
    assert str(error) == "GET /x: GitHub answered 400 (bad (secret); (secret))"


@given(
    status=st.integers(100, 699),
    headers=st.dictionaries(
        st.sampled_from(
            ["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "content-type", "x-github-request-id"]
        ),
        st.text(max_size=30) | st.sampled_from(["0", "60", "text/html"]),
    ),
    body=st.binary(max_size=60) | st.builds(say, st.text(max_size=40), st.text() | st.none() | st.lists(st.integers())),
)
def test_every_answer_gets_one_of_the_two_kinds(status: int, headers: dict[str, str], body: bytes) -> None:
    error = failure(Failed(status, headers, body, "GET /x", NOW))
    assert isinstance(error, TransientError) != isinstance(error, RefusedError)
    assert "\n" not in str(error)
    assert getattr(error, "retry_after_s", None) is None or 1 <= getattr(error, "retry_after_s", 0.0) <= 3600

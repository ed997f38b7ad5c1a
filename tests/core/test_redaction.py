"""Secrets never survive, and ordinary text does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.core.redaction import Redactor

PEM = "-----BEGIN RSA PRIVATE KEY-----\nTk9UIEEgS0VZ\nTk9SIFRISVM=\n-----END RSA PRIVATE KEY-----\n"

TOKENS = [
    "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
    "ghs_123_eyJhbGciOi.JSUzI1NiJ9-abc_def",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    "sk-proj-abcdefghijklmnopqrstuvwxyz",
    "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiIxMjM0NSJ9.c2lnbmF0dXJlc2ln",
    "Bearer abcdef123456",
]


@pytest.mark.parametrize("token", TOKENS)
def test_what_looks_like_a_token_is_replaced(token: str) -> None:
    assert Redactor(())(f"before {token} after") == "before [redacted] after"


@pytest.mark.parametrize(
    "text", ["ask-me-later-about-this-one", "task sk-1", "ghs_short", "eyJ.a.b", "the bearer of news"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert Redactor(("bot",))(text) == text


@given(st.text(min_size=6).filter(lambda secret: len(secret.strip()) >= 6 and "\n" not in secret), st.text(), st.text())
def test_a_known_secret_never_survives_raw_or_as_json(secret: str, before: str, after: str) -> None:
    redact = Redactor((secret,))
    assert secret not in redact(before + secret + after) or secret in before + "[redacted]" + after
    assert json.dumps(secret)[1:-1] not in redact(json.dumps(" " + secret + " "))


def test_each_line_of_a_key_is_a_secret() -> None:
    redact = Redactor((PEM,))
    assert "Tk9U" not in redact(json.dumps({"key": PEM})) + redact("line 2 is Tk9UIEEgS0VZ") + redact(PEM)

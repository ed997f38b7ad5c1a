"""How an operator may write a setting's value. Each function takes the text and returns it in one form.

Raises ValueError with half a sentence that says what to write; the text itself is never in it, it may be a secret.
"""

from __future__ import annotations

import base64
import binascii
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from reviewer.core.budget import Price

_PRICE_MAX: Final = 1_000_000
"""Money for a million tokens: above one a token it is a slip."""


def origin(url: str) -> str:
    """An https URL, or http to this machine, without what could redirect, identify or leak."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    odd = not url.isascii() or not url.isprintable() or " " in url or "\\" in url
    if odd or parts.scheme not in ("https", "http") or not host or parts.username or parts.query or parts.fragment:
        raise ValueError("write https://HOST or https://HOST/PATH, without user, query and fragment")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("plain http is for this machine only (localhost, 127.0.0.1); write https://…")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def names(text: str) -> tuple[str, ...]:
    """Values separated by commas, none of them empty."""
    values = tuple(value.strip() for value in text.split(","))
    if "" in values:
        raise ValueError("one of the comma-separated values is empty")
    return values


def handle(text: str) -> str:
    """A GitHub login."""
    plain = text.isascii() and text.replace("-", "").isalnum() and len(text) <= 39
    if not plain:
        raise ValueError("write a GitHub login: letters, digits and hyphens, at most 39, without the @")
    return text


def key(text: str) -> str:
    """A PEM key as it is, with \\n for its line ends, or in base64: the ways in which a variable can hold one."""
    text = text.replace("\\n", "\n").strip()
    if not text.startswith("-----BEGIN"):
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode("ascii").strip()
        except (binascii.Error, UnicodeDecodeError):
            text = ""
    if not text.startswith("-----BEGIN") or "PRIVATE KEY-----" not in text:
        raise ValueError("it is not a private key in PEM form (nor one in base64)")
    return text + "\n"


def database(url: str) -> str:
    """An SQLite or PostgreSQL URL; `postgres` is another word for the latter."""
    scheme, separator, rest = url.partition("://")
    known = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}
    if not separator or scheme not in known or not rest.strip("/"):
        raise ValueError("write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
    return f"{known[scheme]}{separator}{rest}"


def level(text: str) -> str:
    """A log level in our words, from ours or Probot's."""
    probot = {"trace": "debug", "warn": "warning", "fatal": "critical"}
    return probot.get(text.lower(), text.lower())


def prices(text: str) -> dict[str, Price]:
    """`MODEL=PROMPT/ANSWER`, separated by commas: money for a million tokens, in whatever currency."""
    found: dict[str, Price] = {}
    for part in names(text):
        model, is_set, both = part.rpartition("=")
        prompt, is_two, completion = both.partition("/")
        try:
            price = Price(float(prompt), float(completion))
        except ValueError:
            price = Price(-1.0, -1.0)
        fits = is_set and is_two and model.strip() and model.strip() not in found
        if not fits or not all(0 <= value <= _PRICE_MAX for value in (price.prompt, price.completion)):
            raise ValueError("write MODEL=PROMPT/ANSWER, MODEL=… with money for a million tokens, as in gpt-x=0.25/2")
        found[model.strip()] = price
    return found

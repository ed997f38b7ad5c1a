"""Addresses: every URL we ask for is built here, and none can leave the route it was meant for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

import httpx

from reviewer.core.errors import RefusedError

Segment = str | int
"""What fills a `{name}` of a route template."""

Query = Mapping[str, str | int]
"""A query string's names and values; encoded by httpx."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")  # over our own templates only; linear
_LOOSE = frozenset("/\\?#%")
_FOLLOWED = ("repositories/", "repos/")
"""Where GitHub sends readers of a renamed or moved repository (`/repositories/ID/…`)."""


def api_root(api_url: str) -> httpx.URL:
    """The REST root, ending in "/". RefusedError unless it is https, or http on this machine's loopback."""
    try:
        url = httpx.URL(api_url)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise RefusedError("GITHUB_API_URL is not a URL") from error
    if url.userinfo or url.query or url.fragment or not url.host:
        raise RefusedError("GITHUB_API_URL must be scheme, host and path only, such as https://HOST/api/v3")
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.host)):
        raise RefusedError("GITHUB_API_URL must start with https:// (http:// only for this machine itself)")
    return url.copy_with(raw_path=url.raw_path.rstrip(b"/") + b"/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def graphql_url(root: httpx.URL) -> httpx.URL:
    """GraphQL's address beside the REST root: `/api/graphql` for an Enterprise Server's `/api/v3/`, else
    `/graphql`.
    """
    base = root.raw_path
    path = base.removesuffix(b"v3/") if base.endswith(b"/api/v3/") else base
    return root.copy_with(raw_path=path + b"graphql")


def address(root: httpx.URL, template: str, segments: Mapping[str, Segment], query: Query | None = None) -> httpx.URL:
    """The URL of `template` with its `{names}` filled in, each percent-encoded.

    `{path}` may hold several segments (a file's path); every other name is one segment. RefusedError for
    anything that could be read as another route: httpx folds "..", and some servers decode "%2f" before they
    route.
    """
    path = root.raw_path + _expand(template, segments).encode("ascii").removeprefix(b"/")
    url = root.copy_with(raw_path=path)
    if query:
        url = url.copy_with(params={name: str(value) for name, value in query.items()})
    at_home = (url.scheme, url.host, url.port) == (root.scheme, root.host, root.port)
    if not at_home or url.raw_path.partition(b"?")[0] != path:
        raise RefusedError(f"{template}: refused to ask for an address outside of this route")
    return url


def _expand(template: str, segments: Mapping[str, Segment]) -> str:
    return _PLACEHOLDER.sub(lambda found: _encoded(template, found[1], str(segments[found[1]])), template)


def _encoded(template: str, name: str, value: str) -> str:
    parts = value.split("/") if name == "path" else [value]
    if name != "path" and not _LOOSE.isdisjoint(value):
        raise RefusedError(f"{template}: refused a {name} that holds one of / \\ ? # %")
    if any(_is_hostile(part) for part in parts):
        raise RefusedError(f"{template}: refused a {name} that could lead to another route")
    return "/".join(quote(part, safe="", errors="strict") for part in parts)


def _is_hostile(part: str) -> bool:
    """Empty, a dot segment however often encoded, a backslash, a control character, or not Unicode text."""
    plain = unquote(unquote(part))
    if plain in ("", ".", "..") or "\\" in plain:
        return True
    return any(ord(sign) < 0x20 or ord(sign) == 0x7F or 0xD800 <= ord(sign) <= 0xDFFF for sign in part)


def redirected(root: httpx.URL, asked: httpx.URL, location: str, route: str) -> httpx.URL:
    """Where a redirect leads; RefusedError for another origin or for anything but a repository's route."""
    try:
        url = asked.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise RefusedError(f"{route}: GitHub answered with a redirect that is not a URL") from error
    inside = url.path.removeprefix(root.path) if url.path.startswith(root.path) else ""
    origin = (url.scheme, url.host, url.port, url.userinfo)
    if origin != (root.scheme, root.host, root.port, b""):
        raise RefusedError(f"{route}: refused a redirect to another host")
    if not inside.startswith(_FOLLOWED):
        raise RefusedError(f"{route}: refused a redirect to another route")
    return url

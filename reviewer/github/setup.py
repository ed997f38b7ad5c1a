"""Registering the App: GitHub's manifest flow, as far as it is not a web page.

The browser posts the manifest to `registration_url`, GitHub sends it back with a code, and `registered` turns the code
into the App's credentials. All three within one hour (docs, registering a GitHub App from a manifest).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
import yaml
from pydantic import BaseModel

from reviewer.core.errors import UserError
from reviewer.github.answers import JSON
from reviewer.github.auth import PERMISSIONS, AppCredentials
from reviewer.github.routes import address, api_root
from reviewer.github.wire import Call, Patience, Wire

_CONVERSION = "/app-manifests/{code}/conversions"
_NOBODY = AppCredentials("0", "")
"""Nothing is signed during set-up: the code is the credential."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the service is reached: GitHub posts deliveries to `webhook`, the browser comes back to `redirect`."""

    webhook: str
    redirect: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A new App, as GitHub tells it once and never again. The secrets are in no `repr`."""

    app_id: int
    slug: str
    page: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


class _Conversion(BaseModel):
    id: int
    slug: str
    html_url: str
    pem: str
    webhook_secret: str


def manifest(app_yml: str, addresses: Addresses) -> dict[str, JSON]:
    """The manifest that GitHub wants, from the text of `app.yml` and this service's addresses.

    UserError when the file is not a manifest, or asks for other permissions than the five that are used.
    """
    try:
        found: JSON = yaml.safe_load(app_yml)
    except (yaml.YAMLError, ValueError) as error:  # a date such as 2024-13-45 is a plain ValueError
        raise UserError("app.yml is not YAML") from error
    if not isinstance(found, dict) or not found.get("name") or not found.get("url"):
        raise UserError("app.yml is not a GitHub App manifest: it needs at least name and url")
    if found.get("default_permissions") != dict(PERMISSIONS):
        wanted = ", ".join(f"{name}: {level}" for name, level in PERMISSIONS.items())
        raise UserError(f"app.yml must ask for exactly these permissions: {wanted}")
    hook: dict[str, JSON] = {"url": addresses.webhook, "active": True}
    return {**found, "hook_attributes": hook, "redirect_url": addresses.redirect}


def registration_url(api_url: str, state: str, organization: str | None = None) -> str:
    """The page to which the browser posts the field `manifest`; `state` comes back and must be compared."""
    root, query = _web_root(api_root(api_url)), {"state": state}
    if organization is None:
        return str(address(root, "/settings/apps/new", {}, query))
    return str(address(root, "/organizations/{organization}/settings/apps/new", {"organization": organization}, query))


def _web_root(root: httpx.URL) -> httpx.URL:
    """The web host of a REST root: `api.github.com` and `api.SUB.ghe.com` lose the prefix, a server its `/api/v3`."""
    host = root.host
    if host == "api.github.com" or (host.startswith("api.") and host.endswith(".ghe.com")):
        host = host.removeprefix("api.")
    return root.copy_with(host=host, raw_path=b"/")


async def registered(code: str, api_url: str) -> Registered:
    """Turn the code of the browser's return into the App's credentials; it works once.

    RefusedError for a wrong or used code, TransientError when GitHub cannot answer.
    """
    wire = Wire(_NOBODY, api_url, Patience())
    try:
        call = Call("POST", address(wire.root, _CONVERSION, {"code": code}), f"POST {_CONVERSION}")
        told = (await wire.ask(wire.unsigned, call, lambda: None)).into(_Conversion)
    finally:
        await wire.aclose()
    return Registered(told.id, told.slug, told.html_url, told.pem, told.webhook_secret)

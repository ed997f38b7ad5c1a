from __future__ import annotations

import pytest

from reviewer.core.errors import RefusedError, UserError
from reviewer.github.failures import AbsentError
from reviewer.github.setup import Addresses, manifest, registered, registration_url
from tests.conftest import ROOT
from tests.github.scripted import said, scripted_github

ADDRESSES = Addresses("https://bot.example.com/api/github/webhooks", "https://bot.example.com/setup/done")
APP_YML = (ROOT / "app.yml").read_text(encoding="utf-8")


def test_the_manifest_is_app_yml_with_our_addresses() -> None:
    built = manifest(APP_YML, ADDRESSES)
    assert built["hook_attributes"] == {"url": ADDRESSES.webhook, "active": True}
    assert built["redirect_url"] == ADDRESSES.redirect
    assert built["default_permissions"] == {
        "metadata": "read",
        "contents": "read",
        "pull_requests": "write",
        "checks": "write",
        "issues": "write",
    }
    assert built["default_events"] == ["pull_request", "issue_comment", "pull_request_review_comment"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[", "not YAML"),
        ("date: 2024-13-45", "not YAML"),
        ("just text", "not a GitHub App manifest"),
        ("name: x", "not a GitHub App manifest"),
        (APP_YML.replace("contents: read", "contents: write"), "exactly these permissions"),
        (APP_YML.replace("issues: write", ""), "exactly these permissions"),
    ],
)
def test_a_manifest_that_would_not_work_is_named(text: str, named: str) -> None:
    with pytest.raises(UserError, match=named):
        manifest(text, ADDRESSES)


@pytest.mark.parametrize(
    ("api_url", "organization", "page"),
    [
        ("https://api.github.com", None, "https://github.com/settings/apps/new?state=s%26t"),
        ("https://api.github.com", "octo", "https://github.com/organizations/octo/settings/apps/new?state=s%26t"),
        ("https://host/api/v3", "octo", "https://host/organizations/octo/settings/apps/new?state=s%26t"),
        ("https://api.sub.ghe.com", None, "https://sub.ghe.com/settings/apps/new?state=s%26t"),
        ("http://127.0.0.1:81", None, "http://127.0.0.1:81/settings/apps/new?state=s%26t"),
    ],
)
def test_the_page_to_register_on(api_url: str, organization: str | None, page: str) -> None:
    assert registration_url(api_url, "s&t", organization) == page


def test_a_hostile_organization_is_refused() -> None:
    with pytest.raises(RefusedError):
        registration_url("https://api.github.com", "s", "../../x")


async def test_a_code_becomes_credentials_without_any_authorization() -> None:
    told = {"id": 42, "slug": "reviewer-x", "html_url": "https://github.com/apps/reviewer-x", "pem": "PEM-canary"}
    async with scripted_github() as script:
        script.script["POST /app-manifests/c0de/conversions"] = said({**told, "webhook_secret": "hook-canary"}, 201)
        app = await registered("c0de", script.origin)
        assert (app.app_id, app.private_key, app.webhook_secret) == (42, "PEM-canary", "hook-canary")
        assert "canary" not in repr(app)
        assert "authorization" not in script.log[0].headers


@pytest.mark.parametrize("code", ["../../app", "a/b", "a?b", ""])
async def test_a_hostile_code_is_not_sent(code: str) -> None:
    async with scripted_github() as script:
        with pytest.raises(RefusedError):
            await registered(code, script.origin)
        assert script.log == []


async def test_a_used_code_is_refused_without_being_repeated_in_the_message() -> None:
    async with scripted_github() as script:
        with pytest.raises(AbsentError) as caught:
            await registered("c0de-canary", script.origin)
    assert "canary" not in str(caught.value)

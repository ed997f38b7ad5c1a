"""`reviewer setup`: from the page on loopback, by way of GitHub, to credentials that only their owner can read."""

from __future__ import annotations

import asyncio
import json
import re
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from reviewer.core.errors import RefusedError, UserError
from reviewer.github.failures import AbsentError
from reviewer.github.registration import Wish, environment, register
from reviewer.github.setup import Registered
from reviewer.settings import load
from tests.conftest import ROOT
from tests.standin.github import GitHubStandIn

APP_YML = (ROOT / "app.yml").read_text(encoding="utf-8")
SERVICE = "https://bot.example.com"


class Browser:
    """What a person does: open the page, answer it, press the button."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.http = httpx.AsyncClient(base_url=home, trust_env=False)

    async def form(self, **answers: str) -> tuple[str, dict[str, object]]:
        """Where the button leads, and the manifest that it sends."""
        page = (await self.http.get("register", params=answers)).text
        action = re.search(r'action="([^"]+)"', page)
        value = re.search(r'name="manifest" value="([^"]+)"', page)
        assert action is not None
        assert value is not None
        return unescape(action[1]), json.loads(unescape(value[1]))

    async def state(self) -> str:
        action, _ = await self.form(url=SERVICE)
        return parse_qs(urlsplit(action).query)["state"][0]


@asynccontextmanager
async def registering(api_url: str, app_yml: str = APP_YML) -> AsyncIterator[tuple[Browser, asyncio.Task[Registered]]]:
    """A registration under way, with a browser on its page."""
    loop = asyncio.get_running_loop()
    home: asyncio.Future[str] = loop.create_future()
    task = asyncio.create_task(register(Wish(app_yml, api_url), home.set_result))
    browser = Browser(await home)
    try:
        yield browser, task
    finally:
        await browser.http.aclose()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_app_is_registered_by_way_of_the_page() -> None:
    with GitHubStandIn() as github:
        github.world.manifest_codes.add("c0de")
        async with registering(github.url) as (browser, task):
            first = await browser.http.get("")
            assert 'action="/register"' in first.text
            assert "default-src 'none'" in first.headers["content-security-policy"]
            action, manifest = await browser.form(url=SERVICE)
            assert action.startswith(f"{github.url}/settings/apps/new?state=")
            assert manifest["hook_attributes"] == {"url": f"{SERVICE}/api/github/webhooks", "active": True}
            assert manifest["redirect_url"] == f"{browser.home}done"
            done = await browser.http.get("done", params={"code": "c0de", "state": await browser.state()})
            assert done.status_code == 200
            told = await task
        assert (told.app_id, told.private_key) == (github.app_id, github.private_key)
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient(trust_env=False) as late:
                await late.get(browser.home)


async def test_an_organization_and_a_whole_address_are_taken_as_given() -> None:
    async with registering("https://api.github.com") as (browser, _):
        action, manifest = await browser.form(url="https://smee.io/AbC", organization="octo")
        assert action.startswith("https://github.com/organizations/octo/settings/apps/new?state=")
        assert manifest["hook_attributes"] == {"url": "https://smee.io/AbC", "active": True}


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"url": "ftp://x"},
        {"url": "http://bot.example.com"},
        {"url": 'https://user@x"><script>'},
        {"url": SERVICE, "organization": "../../x"},
        {"url": SERVICE, "organization": "a?b"},
    ],
    ids=str,
)
async def test_a_bad_answer_is_asked_again_and_goes_nowhere(answers: dict[str, str]) -> None:
    async with registering("https://api.github.com") as (browser, _):
        page = await browser.http.get("register", params=answers)
        assert page.status_code == 400
        assert 'action="/register"' in page.text
        assert "manifest" not in page.text
        assert "<script>" not in page.text


async def test_what_is_typed_stays_text() -> None:
    async with registering("https://api.github.com") as (browser, _):
        page = await browser.http.get("register", params={"url": 'https://x/"><script>', "organization": '"><script>'})
        assert page.status_code == 200
        assert "<script>" not in page.text


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": "c0de"},
        {"code": "c0de", "state": "guessed"},
        {"code": "c0de", "state": "é"},
        {"code": "", "state": "*"},
    ],
    ids=str,
)
async def test_a_return_that_was_not_begun_here_is_refused(query: dict[str, str]) -> None:
    with GitHubStandIn() as github:
        github.world.manifest_codes.add("c0de")
        async with registering(github.url) as (browser, task):
            if query.get("state") == "*":
                query = {**query, "state": await browser.state()}
            assert (await browser.http.get("done", params=query)).status_code == 400
            assert not task.done()
        assert github.requests == []


async def test_only_the_address_itself_is_answered() -> None:
    async with registering("https://api.github.com") as (browser, _):
        rebound = await browser.http.get("", headers={"Host": "evil.example.com"})
        assert (rebound.status_code, "form" in rebound.text) == (421, False)
        assert (await browser.http.get("nothing")).status_code == 404
        assert (await browser.http.post("done", content=b"x")).status_code == 501
        assert (await browser.http.get("done?" + "&".join(f"a{n}=1" for n in range(99)))).status_code == 400


async def test_a_code_that_github_does_not_know_is_refused() -> None:
    with GitHubStandIn() as github:
        async with registering(github.url) as (browser, task):
            await browser.http.get("done", params={"code": "used", "state": await browser.state()})
            with pytest.raises(AbsentError):
                await task


async def test_nobody_is_waited_for_for_ever() -> None:
    with pytest.raises(UserError, match="nobody came back"):
        await register(Wish(APP_YML, "https://api.github.com"), lambda _: None, wait_s=0)


async def test_a_broken_manifest_is_told_before_a_page_is_opened() -> None:
    told: list[str] = []
    with pytest.raises(UserError, match=r"app\.yml"):
        await register(Wish("name: x", "https://api.github.com"), told.append)
    assert told == []


async def test_a_taken_port_is_told() -> None:
    async with registering("https://api.github.com") as (browser, _):
        port = urlsplit(browser.home).port or 0
        with pytest.raises(RefusedError, match=f"port {port}"):
            await register(Wish(APP_YML, "https://api.github.com", port), lambda _: None)


def test_the_settings_read_what_is_written() -> None:
    with GitHubStandIn() as github:
        key = github.private_key
    told = Registered(42, "reviewer-x", "https://github.com/apps/reviewer-x", key, "hush")
    text = environment(told, "https://host/api/v3")
    assert not set(text) & set(" \"'$\\`")  # nothing that a shell or Docker would read in its own way
    settings = load(dict(line.split("=", 1) for line in text.rstrip("\n").split("\n")))
    assert (settings.app_id, settings.github_api_url) == (42, "https://host/api/v3")
    assert settings.private_key is not None
    assert settings.private_key.get_secret_value() == key
    assert [secret.get_secret_value() for secret in settings.webhook_secrets] == ["hush"]


@pytest.mark.parametrize("code", ["c0de", "used"])
async def test_the_command_leaves_credentials_or_nothing(tmp_path: Path, code: str) -> None:
    file = tmp_path / "app.env"
    with GitHubStandIn() as github:
        github.world.manifest_codes.add("c0de")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "reviewer", "setup", "--env", str(file)),
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "GITHUB_API_URL": github.url},
            stdout=-1,
            stderr=-1,
        )
        assert process.stdout is not None
        browser = Browser((await process.stdout.readline()).decode().split()[1])
        assert file.read_text() == ""
        await browser.http.get("done", params={"code": code, "state": await browser.state()})
        await browser.http.aclose()
        out, err = await process.communicate()
    expected: dict[str, Callable[[], bool]] = {
        "c0de": lambda: process.returncode == 0 and stat.S_IMODE(file.stat().st_mode) == 0o600 and err == b"",
        "used": lambda: process.returncode == 2 and not file.exists() and err.count(b"\n") == 1,
    }
    assert expected[code](), (process.returncode, out, err)
    if code == "c0de":
        assert file.read_text().startswith(f"APP_ID={github.app_id}\nPRIVATE_KEY=")
        assert b"1. Install it: http" in out
        assert b"BEGIN" not in out

"""Settings: each variable's forms, a sentence for each mistake, and the page that documents them."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from reviewer.core.errors import UserError
from reviewer.core.model_limits import ModelLimits
from reviewer.settings import PERSONAS, Settings, load

PEM = "-----BEGIN RSA PRIVATE KEY-----\nTk9UIEEgS0VZ\nTk9SIFRISVM=\n-----END RSA PRIVATE KEY-----\n"
APP = {"APP_ID": "7", "PRIVATE_KEY": PEM, "WEBHOOK_SECRET": "hush-hush"}
PAGE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"


def revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def mistakes(environ: dict[str, str]) -> list[str]:
    with pytest.raises(UserError) as caught:
        load(environ)
    return str(caught.value).split("\n")


def test_nothing_set_is_set_up_mode_and_rules_only() -> None:
    settings = load({})
    assert not settings.is_set_up
    assert settings.rules_only == "No model is configured (`REVIEWER_MODEL` is not set)"
    assert (settings.port, settings.handle, settings.comments_max) == (3000, "bot", 10)
    assert revealed(settings.database_url) == "sqlite:///data/reviewer.db"


def test_set_to_nothing_is_not_set() -> None:
    assert load({"APP_ID": "", "PRIVATE_KEY": " ", "WEBHOOK_SECRET": "", "PORT": "", "OPENAI_API_KEY": ""}) == load({})


def test_the_app_is_set_up_by_its_three_variables() -> None:
    settings = load(APP)
    assert settings.is_set_up
    assert (settings.app_id, revealed(settings.private_key)) == (7, PEM)
    assert [secret.get_secret_value() for secret in settings.webhook_secrets] == ["hush-hush"]


def test_several_webhook_secrets_are_separated_by_commas() -> None:
    settings = load({**APP, "WEBHOOK_SECRET": "new one, old one"})
    assert [secret.get_secret_value() for secret in settings.webhook_secrets] == ["new one", "old one"]


@pytest.mark.parametrize(
    "written",
    [
        PEM,
        PEM.strip(),
        PEM.replace("\n", "\\n"),
        base64.b64encode(PEM.encode()).decode(),
        base64.encodebytes(PEM.encode()).decode(),
    ],
    ids=["PEM", "PEM without its last line end", "literal line ends", "base64", "base64 in lines"],
)
def test_a_private_key_may_be_written_in_these_ways(written: str) -> None:
    assert revealed(load({**APP, "PRIVATE_KEY": written}).private_key) == PEM


def test_a_private_key_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(PEM)
    environ = {"APP_ID": "7", "WEBHOOK_SECRET": "hush-hush", "PRIVATE_KEY_PATH": str(tmp_path / "key.pem")}
    assert revealed(load(environ).private_key) == PEM


RULES_ONLY = [
    ({}, False),
    ({"OPENAI_API_KEY": "k"}, False),
    ({"REVIEWER_MODEL": "m"}, False),
    ({"OPENAI_BASE_URL": "http://localhost:8080/v1"}, False),
    ({"REVIEWER_MODEL": "m", "OPENAI_API_KEY": "k"}, True),
    ({"REVIEWER_MODEL": "m", "OPENAI_BASE_URL": "http://localhost:8080/v1"}, True),
]


@pytest.mark.parametrize(("environ", "asks"), RULES_ONLY)
def test_a_model_is_asked_when_it_has_a_name_and_a_place(environ: dict[str, str], asks: bool) -> None:
    assert (load(environ).rules_only is None) is asks


def test_models_are_a_fallback_order() -> None:
    assert load({"REVIEWER_MODEL": "big, small"}).models == ("big", "small")


URLS = [
    ("https://ghe.example.com/api/v3/", "https://ghe.example.com/api/v3"),
    ("http://localhost:9000", "http://localhost:9000"),
    ("http://127.0.0.1:9000/v1", "http://127.0.0.1:9000/v1"),
    ("http://[::1]:9000", "http://[::1]:9000"),
]
UNSAFE_URLS = [
    "http://10.0.0.1/v1",
    "http://example.com",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "ftp://example.com",
    "example.com",
    "https://",
    "https://user:word@example.com",
    "https://example.com?x=1",
    "https://example.com#x",
    "https://example.com\\@evil.example",
    "https://exam ple.com",
    "https://ex\u0430mple.com",
    "https://[::1",
]


@pytest.mark.parametrize("name", ["GITHUB_API_URL", "OPENAI_BASE_URL"])
@pytest.mark.parametrize(("written", "url"), URLS)
def test_a_host_is_reached_by_https_or_is_this_machine(name: str, written: str, url: str) -> None:
    settings = load({name: written})
    assert url in (settings.github_api_url, settings.openai_base_url)


@pytest.mark.parametrize("name", ["GITHUB_API_URL", "OPENAI_BASE_URL"])
@pytest.mark.parametrize("url", UNSAFE_URLS)
def test_any_other_address_is_refused(name: str, url: str) -> None:
    (sentence,) = mistakes({name: url})
    assert sentence.startswith(f"{name}: ")


MISTAKES: list[tuple[dict[str, str], list[str]]] = [
    (
        {"APP_ID": "7"},
        ["PRIVATE_KEY and WEBHOOK_SECRET not set: the GitHub App needs APP_ID, PRIVATE_KEY and WEBHOOK_SECRET"],
    ),
    (
        {**APP, "WEBHOOK_SECRET": ""},
        ["WEBHOOK_SECRET not set: the GitHub App needs APP_ID, PRIVATE_KEY and WEBHOOK_SECRET"],
    ),
    ({**APP, "WEBHOOK_SECRET": "a,,b"}, ["WEBHOOK_SECRET: one of the comma-separated values is empty"]),
    ({**APP, "WEBHOOK_SECRET": ","}, ["WEBHOOK_SECRET: one of the comma-separated values is empty"]),
    ({**APP, "APP_ID": "seven"}, ["APP_ID: Input should be a valid integer, unable to parse string as an integer"]),
    ({**APP, "APP_ID": "0"}, ["APP_ID: Input should be greater than 0"]),
    ({**APP, "PRIVATE_KEY": "sesame"}, ["PRIVATE_KEY: it is not a private key in PEM form (nor one in base64)"]),
    ({**APP, "PRIVATE_KEY_PATH": "key.pem"}, ["PRIVATE_KEY and PRIVATE_KEY_PATH are both set; keep one of them"]),
    ({"PRIVATE_KEY_PATH": "no/such.pem"}, ["PRIVATE_KEY_PATH: the file cannot be read (No such file or directory)"]),
    ({"REVIEWER_COMENTS_MAX": "3"}, ["REVIEWER_COMENTS_MAX is not a setting; did you mean REVIEWER_COMMENTS_MAX?"]),
    (
        {"REVIEWER_DEBOUNCE": "3", "REVIEWER_COMMENTS_MAX": "-1"},
        [
            "REVIEWER_DEBOUNCE is not a setting; did you mean REVIEWER_DEBOUNCE_SECONDS?",
            "REVIEWER_COMMENTS_MAX: Input should be greater than or equal to 0",
        ],
    ),
    ({"PORT": "65536"}, ["PORT: Input should be less than or equal to 65535"]),
    ({"LOG_FORMAT": "xml"}, ["LOG_FORMAT: Input should be 'json' or 'text'"]),
    (
        {"REVIEWER_HANDLE": "@bot"},
        ["REVIEWER_HANDLE: write a GitHub login: letters, digits and hyphens, at most 39, without the @"],
    ),
    ({"DATABASE_URL": "mysql://x/y"}, ["DATABASE_URL: write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"]),
    ({"DATABASE_URL": "sqlite:///"}, ["DATABASE_URL: write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"]),
    ({"REVIEWER_PERSONA": "no/such.md"}, ["REVIEWER_PERSONA: there is no file no/such.md"]),
    ({"REVIEWER_TEAM": "no/such.yml"}, ["REVIEWER_TEAM: there is no file no/such.yml"]),
]


@pytest.mark.parametrize(("environ", "sentences"), MISTAKES)
def test_each_mistake_is_one_sentence(environ: dict[str, str], sentences: list[str]) -> None:
    found = mistakes(environ)
    assert found[: len(sentences)] == sentences


def test_no_sentence_quotes_a_value() -> None:
    names = [
        str(field.alias)
        for field in Settings.model_fields.values()
        if field.alias not in ("REVIEWER_PERSONA", "REVIEWER_TEAM")
    ]
    canary = "canary-9f3a," * 9
    assert "canary" not in "\n".join(mistakes(dict.fromkeys(names, canary)))


def test_secrets_are_in_no_printed_form() -> None:
    environ = {**APP, "OPENAI_API_KEY": "sk-canary", "DATABASE_URL": "postgresql://u:canary-db@h/n"}
    settings = load(environ)
    printed = f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    assert [value for value in ("hush-hush", "Tk9U", "sk-canary", "canary-db") if value in printed] == []
    assert {"hush-hush", "sk-canary", "canary-db", PEM} == set(settings.secrets)


def test_the_default_database_holds_no_secret() -> None:
    assert load({}).secrets == ()


def test_other_variables_are_none_of_our_business() -> None:
    assert load({"HOME": "/x", "PATH": "y", "reviewer_x": "1", "OPENAI_ORG": "z"}) == load({})


@pytest.mark.parametrize(
    ("written", "level"), [("INFO", "info"), ("warn", "warning"), ("trace", "debug"), ("fatal", "critical")]
)
def test_a_log_level_is_known_by_probot_s_names_too(written: str, level: str) -> None:
    assert load({"LOG_LEVEL": written}).log_level == level


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://ghe.example.com/api/v3", "https://ghe.example.com"),
        ("https://api.octo.ghe.com", "https://octo.ghe.com"),
    ],
)
def test_the_pages_for_people_are_beside_the_api(api: str, web: str) -> None:
    assert load({"GITHUB_API_URL": api}).web_url == web


def test_a_persona_is_a_name_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("x")
    assert [file.name for file in load({}).persona_files] == ["backend.chatmode.md"]
    assert load({"REVIEWER_PERSONA": f"security, {tmp_path / 'mine.md'}"}).persona_files == (
        PERSONAS / "security.chatmode.md",
        tmp_path / "mine.md",
    )


def table() -> list[str]:
    """The page's table, from the model."""
    rows = ["| variable | meaning | unit | default |", "| --- | --- | --- | --- |"]
    those_of_the_model_last = sorted(
        Settings.model_fields.items(), key=lambda item: item[0] in ModelLimits.model_fields
    )
    for _, field in those_of_the_model_last:
        extra = field.json_schema_extra
        unit = extra.get("unit", "") if isinstance(extra, dict) else ""
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        default = ",".join(default) if isinstance(default, tuple) else default
        shown = "" if default in (None, "", {}) else f"`{default:g}`" if isinstance(default, float) else f"`{default}`"
        rows.append(f"| `{field.alias}` | {field.description} | {unit} | {shown} |")
    return rows


def test_the_page_has_every_setting_as_the_code_has_it() -> None:
    page = PAGE.read_text(encoding="utf-8").split("\n")
    start = page.index(table()[0])
    assert page[start : start + len(table())] == table()

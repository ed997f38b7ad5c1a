"""What the operator has set: the one reader of the environment.

`load` is strict, so that a slip is a sentence at start and not a silence: an unknown `REVIEWER_…` variable, a missing
or an empty secret, a plain-HTTP host are errors. A variable that is set to nothing counts as not set.
`docs/configuration.md` holds the same names, units and defaults; a test compares them.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from reviewer.core import operator_text as text
from reviewer.core.errors import UserError
from reviewer.core.model_limits import ModelLimits, unit

PERSONAS = Path(__file__).resolve().parent.parent / "personas"
"""Where personas are found by name."""

PERSONA_ENDING = ".chatmode.md"

OPENAI = "https://api.openai.com/v1"
"""Where the model is asked unless the operator names a server; it takes no call without a key."""


class Settings(ModelLimits):
    """Everything the operator can set, by environment variable (the alias). Built by `load` only."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    app_id: int | None = Field(None, alias="APP_ID", gt=0, lt=2**63, description="The GitHub App's number")
    private_key: Annotated[SecretStr, BeforeValidator(text.key)] | None = Field(
        None, alias="PRIVATE_KEY", description="Its private key: PEM, PEM with `\\n` for line ends, or that in base64"
    )
    private_key_path: Path | None = Field(
        None, alias="PRIVATE_KEY_PATH", description="A file with the private key, instead of `PRIVATE_KEY`"
    )
    webhook_secrets: Annotated[tuple[SecretStr, ...], BeforeValidator(text.names)] = Field(
        (), alias="WEBHOOK_SECRET", description="Its webhook secret; several for a rotation, comma-separated"
    )
    github_api_url: Annotated[str, AfterValidator(text.origin)] = Field(
        "https://api.github.com",
        alias="GITHUB_API_URL",
        description="REST root; Enterprise Server: `https://HOST/api/v3`",
    )
    openai_api_key: SecretStr | None = Field(
        None, alias="OPENAI_API_KEY", description="Key for the model's server; a local server may need none"
    )
    openai_base_url: Annotated[str, AfterValidator(text.origin)] = Field(
        OPENAI, alias="OPENAI_BASE_URL", description="Any OpenAI-compatible server; https, or http to this machine"
    )
    models: Annotated[tuple[str, ...], BeforeValidator(text.names)] = Field(
        (), alias="REVIEWER_MODEL", description="Model to ask; a comma-separated list is a fallback order"
    )
    database_url: Annotated[SecretStr, BeforeValidator(text.database)] = Field(
        SecretStr("sqlite:///data/reviewer.db"),
        alias="DATABASE_URL",
        description="`sqlite:///PATH` for one process, `postgresql://…` for any number",
    )
    handle: Annotated[str, AfterValidator(text.handle)] = Field(
        "bot",
        alias="REVIEWER_HANDLE",
        description="The name that `@NAME review` answers to; the App's slug always works",
    )
    personas: Annotated[tuple[str, ...], BeforeValidator(text.names)] = Field(
        ("backend",),
        alias="REVIEWER_PERSONA",
        max_length=5,
        description="Persona file, or a name under `personas/`; several, comma-separated, review together",
    )
    team: Path | None = Field(
        None, alias="REVIEWER_TEAM", description="File with role, areas and GitHub handle; unset: `personas/team.yml`"
    )
    port: int = Field(
        3000, alias="PORT", ge=0, le=65_535, description="Where the webhook service listens; 0: any free port"
    )
    metrics_port: int | None = Field(
        None, alias="REVIEWER_METRICS_PORT", ge=0, le=65_535, description="Where `GET /metrics` answers; unset: nowhere"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(text.level)] = Field(
        "info", alias="LOG_LEVEL", description="Least level that is logged"
    )
    log_format: Literal["json", "text"] | None = Field(
        None, alias="LOG_FORMAT", description="Unset: `text` on a terminal, else `json`"
    )
    comments_max: int = Field(
        10,
        alias="REVIEWER_COMMENTS_MAX",
        ge=0,
        le=50,
        description="Inline comments of one review; the other findings are in the summary",
        json_schema_extra=unit("comments"),
    )
    resolves_threads: bool = Field(
        False,
        alias="REVIEWER_RESOLVE_THREADS",
        description="Resolve our threads of fixed findings; the App then has to hold `contents: write`",
    )
    file_bytes_max: int = Field(
        512 * 1024,
        alias="REVIEWER_FILE_BYTES_MAX",
        ge=1024,
        le=4 * 1024 * 1024,
        description="A larger file is named as not reviewed",
        json_schema_extra=unit("bytes"),
    )
    debounce_s: float = Field(
        8.0,
        alias="REVIEWER_DEBOUNCE_SECONDS",
        ge=0,
        le=3600,
        description="How long a push waits for the next one",
        json_schema_extra=unit("seconds"),
    )
    review_timeout_s: float = Field(
        900.0,
        alias="REVIEWER_REVIEW_TIMEOUT_SECONDS",
        gt=0,
        le=3600,
        description="Time for one review; what is not done by then is said to be not reviewed",
        json_schema_extra=unit("seconds"),
    )
    concurrency: int = Field(
        8,
        alias="REVIEWER_CONCURRENCY",
        ge=1,
        le=64,
        description="Reviews at one time in one process; two more are kept free for commands",
        json_schema_extra=unit("reviews"),
    )
    retention_days: int = Field(
        30,
        alias="REVIEWER_RETENTION_DAYS",
        ge=4,
        le=365,
        description="How long ended work is remembered, and so a redelivery recognised",
        json_schema_extra=unit("days"),
    )

    bundles: Path | None = Field(
        None, alias="REVIEWER_BUNDLES", description="Folder in which every review is recorded; unset: none is"
    )

    @property
    def is_set_up(self) -> bool:
        """Whether the App's credentials are here; `load` lets all of them be missing, never some."""
        return self.app_id is not None

    @property
    def rules_only(self) -> str | None:
        """Why no model is asked, as a sentence for readers of a review; None when one is."""
        if not self.models:
            return "No model is configured (`REVIEWER_MODEL` is not set)"
        if self.openai_api_key is None and self.openai_base_url == OPENAI:
            return "No model is configured (neither `OPENAI_API_KEY` nor `OPENAI_BASE_URL` is set)"
        return None

    @property
    def web_url(self) -> str:
        """Where people look at what the API serves: github.com, a tenant's host, an Enterprise Server."""
        parts = urlsplit(self.github_api_url)
        return urlunsplit((parts.scheme, parts.netloc.removeprefix("api."), parts.path.removesuffix("/api/v3"), "", ""))

    @property
    def persona_files(self) -> tuple[Path, ...]:
        """The personas' files: a path as given, or that of a name."""
        return tuple(
            Path(one) if "/" in one or one.endswith(".md") else PERSONAS / (one + PERSONA_ENDING)
            for one in self.personas
        )

    @property
    def team_file(self) -> Path:
        """The team's file."""
        return self.team or PERSONAS / "team.yml"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the redactor."""
        single = (self.private_key, self.openai_api_key)
        values = [secret.get_secret_value() for secret in (*self.webhook_secrets, *single) if secret is not None]
        password = urlsplit(self.database_url.get_secret_value()).password
        return (*values, password) if password else tuple(values)


def from_environment() -> Settings:
    """The settings of this process."""
    return load(os.environ)


def load(environ: Mapping[str, str]) -> Settings:
    """Read settings from variables, and the private key from its file if it is in one.

    Raises UserError with one line for each mistake; no value is quoted, it may be a secret.
    """
    known = {str(field.alias) for field in Settings.model_fields.values()}
    given = {name: value.strip() for name, value in environ.items() if name in known and value.strip()}
    mistakes = [*_unknown(environ, known), *_read_key(given)]
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise UserError("\n".join([*mistakes, *_sentences(error)])) from None
    mistakes += _missing(settings)
    if mistakes:
        raise UserError("\n".join(mistakes))
    return settings


def _unknown(environ: Mapping[str, str], known: set[str]) -> list[str]:
    mistakes = []
    for name in sorted(name for name in environ if name.startswith("REVIEWER_") and name not in known):
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
        mistakes.append(f"{name[:80]} is not a setting; did you mean {nearest[0]}?")
    return mistakes


def _read_key(given: dict[str, str]) -> list[str]:
    path = given.get("PRIVATE_KEY_PATH")
    if path is None:
        return []
    if "PRIVATE_KEY" in given:
        return ["PRIVATE_KEY and PRIVATE_KEY_PATH are both set; keep one of them"]
    try:
        given["PRIVATE_KEY"] = Path(path).read_text(encoding="ascii")
    except OSError as error:
        return [f"PRIVATE_KEY_PATH: the file cannot be read ({error.strerror})"]
    except UnicodeDecodeError:
        return ["PRIVATE_KEY_PATH: the file is not a private key in PEM form"]
    return []


def _sentences(error: ValidationError) -> list[str]:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return [f"{detail['loc'][0]}: {detail['msg'].removeprefix('Value error, ')}" for detail in details]


def _missing(settings: Settings) -> list[str]:
    credentials = {
        "APP_ID": settings.app_id is not None,
        "PRIVATE_KEY": settings.private_key is not None,
        "WEBHOOK_SECRET": bool(settings.webhook_secrets),
    }
    missing = [name for name, is_set in credentials.items() if not is_set]
    mistakes = []
    if 0 < len(missing) < len(credentials):
        mistakes.append(f"{' and '.join(missing)} not set: the GitHub App needs APP_ID, PRIVATE_KEY and WEBHOOK_SECRET")
    if settings.personas != ("backend",):
        lacking = [file for file in settings.persona_files if not file.is_file()]
        mistakes += [f"REVIEWER_PERSONA: there is no file {file}" for file in lacking]
    if settings.team is not None and not settings.team.is_file():
        mistakes.append(f"REVIEWER_TEAM: there is no file {settings.team}")
    return mistakes

"""What the operator lets the model cost: time, size, number and money. The base of all settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, JsonValue

from reviewer.core import operator_text as text
from reviewer.core.budget import Price


def unit(unit: str) -> dict[str, JsonValue]:
    """The column of the documentation that no type can hold."""
    return {"unit": unit}


class ModelLimits(BaseModel):
    """The settings about the model's share of a review, by environment variable (the alias)."""

    model_timeout_s: float = Field(
        180.0,
        alias="REVIEWER_MODEL_TIMEOUT_SECONDS",
        gt=0,
        le=900,
        description="Time for one call of the model, by the wall clock",
        json_schema_extra=unit("seconds"),
    )
    model_prompt_tokens_max: int = Field(
        24_000,
        alias="REVIEWER_MODEL_PROMPT_TOKENS_MAX",
        ge=2_000,
        le=1_000_000,
        description="Size of one prompt; a larger change is asked about in parts",
        json_schema_extra=unit("tokens"),
    )
    model_answer_tokens_max: int = Field(
        4_000,
        alias="REVIEWER_MODEL_ANSWER_TOKENS_MAX",
        ge=256,
        le=100_000,
        description="Size of one answer",
        json_schema_extra=unit("tokens"),
    )
    model_batches_max: int = Field(
        30,
        alias="REVIEWER_MODEL_BATCHES_MAX",
        ge=1,
        le=1_000,
        description="Parts of one change that the model is asked about; the files of the others are named",
        json_schema_extra=unit("parts"),
    )
    model_tokens_per_minute: int | None = Field(
        None,
        alias="REVIEWER_MODEL_TOKENS_PER_MINUTE",
        ge=1_000,
        description="What one process sends and asks for in a minute; unset: no limit",
        json_schema_extra=unit("tokens"),
    )
    model_prices: Annotated[Mapping[str, Price], BeforeValidator(text.prices)] = Field(
        {},
        alias="REVIEWER_MODEL_PRICES",
        description="`MODEL=PROMPT/ANSWER, …`; a model without a price counts in tokens only",
        json_schema_extra=unit("money for a million tokens"),
    )
    review_tokens_max: int = Field(
        500_000,
        alias="REVIEWER_REVIEW_TOKENS_MAX",
        ge=1,
        description="Ceiling for one review, over all passes; beyond it the rules review alone",
        json_schema_extra=unit("tokens"),
    )
    pull_day_tokens_max: int = Field(
        2_000_000,
        alias="REVIEWER_PULL_DAY_TOKENS_MAX",
        ge=1,
        description="The same for one pull request and day (UTC)",
        json_schema_extra=unit("tokens"),
    )
    repository_month_tokens_max: int = Field(
        100_000_000,
        alias="REVIEWER_REPOSITORY_MONTH_TOKENS_MAX",
        ge=1,
        description="The same for one repository and month (UTC)",
        json_schema_extra=unit("tokens"),
    )
    review_cost_max: float | None = Field(
        None,
        alias="REVIEWER_REVIEW_COST_MAX",
        ge=0,
        description="Ceiling for one review, by the prices",
        json_schema_extra=unit("money"),
    )
    pull_day_cost_max: float | None = Field(
        None,
        alias="REVIEWER_PULL_DAY_COST_MAX",
        ge=0,
        description="The same for one pull request and day",
        json_schema_extra=unit("money"),
    )
    repository_month_cost_max: float | None = Field(
        None,
        alias="REVIEWER_REPOSITORY_MONTH_COST_MAX",
        ge=0,
        description="The same for one repository and month",
        json_schema_extra=unit("money"),
    )
    model_concurrency: int = Field(
        8,
        alias="REVIEWER_MODEL_CONCURRENCY",
        ge=1,
        le=256,
        description="Calls of the model at one time in one process; half of them for one installation",
        json_schema_extra=unit("calls"),
    )

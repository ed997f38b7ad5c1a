"""The operator's settings and files → the plan before a repository has its say.

Apart from `composition`, so that the commands that need no engine and no GitHub do not load them: 1 s of its time.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.core.budget import Budget, Ceiling, Scope
from reviewer.core.configuration import Stock
from reviewer.core.errors import UserError
from reviewer.core.persona import Persona, compile_persona, decode_persona
from reviewer.core.plan import Limits, Plan
from reviewer.core.team import load_team
from reviewer.linters import slugs
from reviewer.llm.pace import Pace
from reviewer.rules import all_rules
from reviewer.settings import PERSONA_ENDING, PERSONAS, Settings
from reviewer.workflow.buying import Means, Meter, NoMeter

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE_BYTES_MAX = 64 * 1024
"""Bytes of a persona's or a team's file; ours have 10 KB."""


def operator_plan(settings: Settings) -> Plan:
    """The plan before a repository has its say. UserError for a persona or team file that cannot be used."""
    team_file = settings.team_file
    first, *others = _personas(settings.persona_files)
    return Plan(
        persona=first,
        others=tuple(others),
        team=load_team(read_text(team_file), shown(team_file)),
        limits=Limits(comments_max=settings.comments_max, file_bytes_max=settings.file_bytes_max),
        model=None if settings.rules_only else settings.models[0],
        rules_only=settings.rules_only,
        web_url=settings.web_url,
    )


def _personas(files: Sequence[Path]) -> list[Persona]:
    """Compiled. UserError for one that cannot be used, and for two of one name: their check runs would be one."""
    made = [read_persona(path) for path in files]
    for at, persona in enumerate(made):
        if persona.name in (one.name for one in made[:at]):
            raise UserError(f"{persona.source}: a second persona is called `{persona.name}`; name each once")
    return made


def operator_stock() -> Stock:
    """What owners may choose from: the personas that come along, and every rule. UserError for a broken persona."""
    paths = sorted(PERSONAS.glob(f"*{PERSONA_ENDING}"))
    personas = {path.name.removesuffix(PERSONA_ENDING): read_persona(path) for path in paths}
    return Stock(personas, frozenset(rule.slug for rule in all_rules()) | slugs())


def plan_hash(settings: Settings) -> str:
    """Sixteen hexadecimal digits that change with whatever changes a review: the files' bytes, limits, models."""
    limits = Limits(comments_max=settings.comments_max, file_bytes_max=settings.file_bytes_max)
    models = () if settings.rules_only else settings.models
    files = [hashlib.sha256(_read(path)).hexdigest() for path in (*settings.persona_files, settings.team_file)]
    sizes = (settings.model_prompt_tokens_max, settings.model_answer_tokens_max)
    return hashlib.sha256(json.dumps([files, asdict(limits), models, sizes]).encode()).hexdigest()[:16]


def model_means(settings: Settings, meter: Meter | None = None) -> Means:
    """The gateway to the model, and what asking it may cost. Close its examiner at the end. `meter` hears each cost."""
    from reviewer.llm.examiner import Examiner, ModelSettings  # noqa: PLC0415 -- 14 MB that rules alone never need

    examiner = Examiner(
        ModelSettings(
            base_url=settings.openai_base_url,
            api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else "",
            models=settings.models,
            timeout_s=settings.model_timeout_s,
            answer_tokens_max=settings.model_answer_tokens_max,
        )
    )
    return Means(
        examiner,
        models=settings.models,
        prompt_tokens_max=settings.model_prompt_tokens_max,
        answer_tokens_max=settings.model_answer_tokens_max,
        budget=budget(settings),
        pace=Pace(settings.model_tokens_per_minute, time.monotonic),
        meter=NoMeter() if meter is None else meter,
    )


def budget(settings: Settings) -> Budget:
    """What the operator lets a review, a pull request and a repository cost."""
    return Budget(
        ceilings=(
            Ceiling(Scope.REVIEW, settings.review_tokens_max, settings.review_cost_max),
            Ceiling(Scope.PULL_DAY, settings.pull_day_tokens_max, settings.pull_day_cost_max),
            Ceiling(Scope.REPOSITORY_MONTH, settings.repository_month_tokens_max, settings.repository_month_cost_max),
        ),
        prices=settings.model_prices,
        batches_max=settings.model_batches_max,
    )


def shown(path: Path) -> str:
    """A file's name for readers: ours from the project's folder on, so that no machine's path is published."""
    return f"{PERSONAS.name}/{path.name}" if path.parent == PERSONAS else path.name


def read_persona(path: Path) -> Persona:
    """A persona's file, compiled. Raises UserError with its name, the line and what to do."""
    return compile_persona(decode_persona(_read(path), shown(path)), shown(path))


def read_text(path: Path) -> str:
    """A file of the operator's as text. Raises UserError with its name and what to do."""
    try:
        return _read(path).decode()
    except UnicodeDecodeError as error:
        raise UserError(f"{shown(path)} is not UTF-8 text") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > FILE_BYTES_MAX:
        raise UserError(f"{shown(path)} is larger than {FILE_BYTES_MAX // 1024} KB; make it shorter")
    return data

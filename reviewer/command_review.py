"""`reviewer review`: the same review on a local repository. Reads, inspects, asks the model if there is one, prints."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.core.concern import Severity
from reviewer.core.config_reading import read_config
from reviewer.core.configuration import CONFIG_PATH, Files, make_plan
from reviewer.core.coverage import Gap
from reviewer.core.errors import RefusedError, TransientError, UserError
from reviewer.core.review import Review, assemble
from reviewer.llm.prompt import Batch
from reviewer.local.reading import LocalReader
from reviewer.operator_plan import model_settings, operator_plan, operator_stock, read_text
from reviewer.rendering.json_review import review_json
from reviewer.rendering.page import page
from reviewer.rendering.sarif import sarif
from reviewer.rendering.summary import summary
from reviewer.rendering.terminal import COLOUR, PLAIN, terminal
from reviewer.settings import PERSONA_ENDING, PERSONAS, Settings, from_environment
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.inspection import inspect_change
from reviewer.workflow.records import ModelSaid
from reviewer.workflow.weighing import weigh
from reviewer.workflow.wording import ask_about

if TYPE_CHECKING:
    from reviewer.core.change import Change
    from reviewer.core.plan import Plan

DONE, FOUND, INCOMPLETE = 0, 1, 3
"""Exit statuses (contract): done; findings at or above --fail-on; something in scope was not reviewed."""


@dataclass(frozen=True, slots=True)
class LocalRequest:
    """What was asked on the command line. `fail_on` is None for "never"."""

    folder: Path
    base: str | None
    head: str
    persona: str | None
    config: Path | None
    rules_only: bool
    form: str
    output: Path | None
    fail_on: Severity | None

    @classmethod
    def read(cls, parsed: argparse.Namespace) -> LocalRequest:
        """From the parsed command line."""
        return cls(
            folder=Path(parsed.repo),
            base=parsed.base,
            head=parsed.head,
            persona=parsed.persona,
            config=Path(parsed.config) if parsed.config else None,
            rules_only=parsed.rules_only,
            form=parsed.format,
            output=Path(parsed.output) if parsed.output else None,
            fail_on=None if parsed.fail_on == "never" else Severity(parsed.fail_on),
        )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Unchanged files of a local repository, for the inspection."""

    local: LocalReader

    async def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        return self.local.texts(paths)


def run_review(request: LocalRequest) -> int:
    """Review and print; the exit status of the contract. Raises UserError for what the caller can mend."""
    if request.output is not None and not request.output.parent.is_dir():  # said now, not after a long review
        raise _unwritable(request.output, "there is no such folder")
    settings = _settings(request)
    plan, config = _plan(request, settings), _config(request)
    start = time.monotonic()
    with LocalReader(request.folder, request.base, request.head, plan.limits.file_bytes_max) as reader:
        change = reader.change()
        plan = _with_config(request, plan, {**config, **reader.owner_files()})
        read_s = time.monotonic() - start
        try:
            review = asyncio.run(_review(change, plan, _Reader(reader), settings))
        except TransientError as error:
            sys.stderr.write(f"reviewer: nothing was reviewed: {error}\n")
            return INCOMPLETE
    review = replace(review, usage=replace(review.usage, seconds=(("read", read_s), *review.usage.seconds)))
    _write(request, _text(request, review, change))
    if request.fail_on is not None and any(found.severity.rank <= request.fail_on.rank for found in review.findings):
        return FOUND
    return DONE if not review.coverage.unreviewed and not review.coverage.gaps else INCOMPLETE


def _settings(request: LocalRequest) -> Settings:
    settings = from_environment()
    if request.persona is None:
        return settings
    # a file of that name comes before a name under personas/
    given = (request.persona,) if Path(request.persona).is_file() else request.persona.split(",")
    names = (name.strip() for name in given)
    personas = tuple(str(Path(name).absolute()) if Path(name).is_file() else name for name in names)
    return settings.model_copy(update={"personas": personas})


def _plan(request: LocalRequest, settings: Settings) -> Plan:
    lacking = [name for name, file in zip(settings.personas, settings.persona_files, strict=True) if not file.is_file()]
    if lacking:
        known = ", ".join(
            sorted(path.name.removesuffix(PERSONA_ENDING) for path in PERSONAS.glob(f"*{PERSONA_ENDING}"))
        )
        raise UserError(f"there is no persona {lacking[0]!r}; give a file, or one of: {known}")
    plan = operator_plan(settings)
    if request.rules_only:
        plan = replace(plan, model=None, rules_only="The model was switched off with `--rules-only`")
    return plan


def _config(request: LocalRequest) -> dict[str, str]:
    """The configuration's text. UserError for a mistake in it: its owner is at the keyboard."""
    if request.config is None:
        return {}
    text = read_text(request.config)
    read_config(text, str(request.config), operator_stock().rules)
    return {CONFIG_PATH: text}


def _with_config(request: LocalRequest, operator: Plan, files: Files) -> Plan:
    """The plan with what the owner laid down. A persona that was named on the command line goes first."""
    plan = make_plan(operator, files, stock=operator_stock())
    if CONFIG_PATH in files and any(gap.part == "configuration" for gap in plan.gaps):
        raise UserError(plan.notes[len(operator.notes)].replace(CONFIG_PATH, str(request.config), 1))
    return plan if request.persona is None else replace(plan, persona=operator.persona, others=operator.others)


async def _review(change: Change, plan: Plan, reader: _Reader, settings: Settings) -> Review:
    async with TypeScriptWorker() as worker:
        start = time.monotonic()
        inspected = await inspect_change(change, plan, reader, worker)
        rules_s = time.monotonic() - start
        answers: list[tuple[Batch, ModelSaid]] = []
        unasked: list[str] = []
        gaps: tuple[Gap, ...] = ()
        if plan.rules_only is None:
            asked = ask_about(change, plan, inspected.findings, settings.model_prompt_tokens_max)
            gaps = asked.gaps
            answers, unasked = await _ask(asked.batches, settings)
        weighed = await weigh(change, inspected, answers, (*gaps, *unasked), worker)
    found = replace(
        weighed.found,
        usage=replace(weighed.found.usage, seconds=(("rules", rules_s), *weighed.found.usage.seconds)),
    )
    return assemble(change, found, weighed.coverage, replace(plan, notes=(*plan.notes, *weighed.notes)))


async def _ask(batches: tuple[Batch, ...], settings: Settings) -> tuple[list[tuple[Batch, ModelSaid]], list[str]]:
    answers: list[tuple[Batch, ModelSaid]] = []
    unasked: list[str] = []
    from reviewer.llm.examiner import Examiner  # noqa: PLC0415 -- 14 MB that a review by rules only never needs

    examiner = Examiner(model_settings(settings))
    try:
        for batch in batches:
            start = time.monotonic()
            try:
                got = await examiner.ask(batch)
            except (TransientError, RefusedError) as error:
                unasked.append(str(error))
                continue
            cost = (got.calls, got.prompt_tokens, got.completion_tokens, time.monotonic() - start)
            answers.append((batch, ModelSaid(got.text, got.model, *cost)))
    finally:
        await examiner.aclose()
    return answers, unasked


def _text(request: LocalRequest, review: Review, change: Change) -> str:
    match request.form:
        case "json":
            return review_json(review)
        case "sarif":
            return sarif(review)
        case "markdown":
            return summary(review, tag_lead=False)
        case "html":
            return page(review, change)
        case _:
            coloured = request.output is None and sys.stdout.isatty()
            return terminal(review, change, COLOUR if coloured else PLAIN)


def _write(request: LocalRequest, text: str) -> None:
    text = text if text.endswith("\n") else text + "\n"
    if request.output is None:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        return
    try:
        request.output.write_bytes(text.encode("utf-8", "replace"))
    except OSError as error:
        raise _unwritable(request.output, error.strerror) from error


def _unwritable(output: Path, why: str | None) -> UserError:
    return UserError(f"{str(output)!r} cannot be written ({why}); give --output another path")

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
from reviewer.core.errors import RefusedError, TransientError, UserError
from reviewer.core.redaction import Redactor
from reviewer.core.review import Review, assemble
from reviewer.local.reading import LocalReader
from reviewer.operator_plan import model_means, operator_plan, operator_stock, read_text
from reviewer.rendering.json_review import review_json
from reviewer.rendering.page import page
from reviewer.rendering.sarif import sarif
from reviewer.rendering.summary import summary
from reviewer.rendering.terminal import COLOUR, PLAIN, terminal
from reviewer.settings import PERSONA_ENDING, PERSONAS, Settings, from_environment
from reviewer.typescript.reader import TypeScriptWorker
from reviewer.workflow.accounts import Pad
from reviewer.workflow.buying import Around, Resolve
from reviewer.workflow.context import TEXTS_LOCAL, read_context, reader_for
from reviewer.workflow.inspection import inspect_change, leave_out
from reviewer.workflow.passes import Passes
from reviewer.workflow.records import Reviewed, Told
from reviewer.workflow.wants import looking_up
from reviewer.workflow.weighing import weigh
from reviewer.workflow.wording import Subject

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
    record: Path | None = None

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
            record=Path(parsed.record) if parsed.record else None,
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
    if request.record is not None and not request.record.parent.is_dir():
        raise _unwritable(request.record, "there is no such folder", "--record")
    settings = _settings(request)
    plan, config = _plan(request, settings), _config(request)
    start = time.monotonic()
    with LocalReader(request.folder, request.base, request.head, plan.limits.file_bytes_max) as reader:
        change = reader.change()
        plan = _with_config(request, plan, {**config, **reader.owner_files()})
        read_s = time.monotonic() - start
        try:
            made = asyncio.run(_review(change, plan, _Reader(reader), settings))
        except TransientError as error:
            sys.stderr.write(f"reviewer: nothing was reviewed: {error}\n")
            return INCOMPLETE
    review = made.review
    review = replace(review, usage=replace(review.usage, seconds=(("read", read_s), *review.usage.seconds)))
    _write(request, _text(request, review, change))
    if request.record is not None:
        _record(request.record, replace(made, review=review), settings)
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


async def _review(change: Change, plan: Plan, reader: _Reader, settings: Settings) -> Reviewed:
    async with TypeScriptWorker() as worker:
        start = time.monotonic()
        remembering = await reader_for(change, reader, worker, TEXTS_LOCAL)
        inspected = await inspect_change(change, plan, remembering, worker)
        rules_s = time.monotonic() - start
        told, pad = Told(), Pad()
        if plan.rules_only is None:
            about = leave_out(change, plan.ignored)
            context = await read_context(about, remembering, worker)
            subject = Subject(about, plan, inspected.findings, context)
            told, pad = await _ask(subject, settings, looking_up(about, remembering, worker))
        weighed = await weigh(change, inspected, told, worker)
    found = replace(
        weighed.found,
        usage=replace(weighed.found.usage, seconds=(("rules", rules_s), *weighed.found.usage.seconds)),
    )
    weighed = replace(weighed, found=found)
    plan = replace(plan, notes=(*plan.notes, *weighed.notes))
    return Reviewed(change, assemble(change, found, weighed.coverage, plan), weighed, pad.texts)


async def _ask(subject: Subject, settings: Settings, resolve: Resolve) -> tuple[Told, Pad]:
    """Every pass, one question after the other; none is tried again. The pad has all that was asked and said."""
    means = model_means(settings)
    pad = Pad(means.budget)
    passes = Passes(subject, means, Around(pad, pad, resolve=resolve, evidence=resolve, shown=pad.show))
    late: dict[int, str] = {}
    unverified: dict[int, str] = {}
    try:
        for number in range(await passes.batches()):
            try:
                await passes.examine(number)
            except (TransientError, RefusedError) as error:
                late[number] = str(error)
        for number in range(await passes.sift()):
            try:
                await passes.verify(number)
            except (TransientError, RefusedError) as error:
                unverified[number] = str(error)
        return await passes.told(late, unverified), pad
    finally:
        await means.examiner.aclose()


def _text(request: LocalRequest, review: Review, change: Change) -> str:
    match request.form:
        case "json":
            return review_json(review)
        case "sarif":
            return sarif(review)
        case "markdown":
            return summary(review)
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


def _record(path: Path, reviewed: Reviewed, settings: Settings) -> None:
    from reviewer.workflow.recorded_local import record_local  # noqa: PLC0415 -- 0.1 s that only this needs

    try:
        record_local(path, reviewed, Redactor(settings.secrets))
    except OSError as error:
        raise _unwritable(path, error.strerror, "--record") from error


def _unwritable(output: Path, why: str | None, option: str = "--output") -> UserError:
    return UserError(f"{str(output)!r} cannot be written ({why}); give {option} another path")

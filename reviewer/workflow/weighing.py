"""What the model said, held against the change; rules and model together become the candidates of a review."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reviewer.core.coverage import Gap
from reviewer.core.review import Candidates, Usage
from reviewer.llm.answer import believe, parse_answer
from reviewer.workflow.inspection import Inspected, with_verified_suggestions
from reviewer.workflow.records import ModelSaid, Weighed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reviewer.core.change import Change
    from reviewer.llm.prompt import Batch
    from reviewer.typescript.reader import TypeScriptWorker


async def weigh(
    change: Change,
    inspected: Inspected,
    answers: Sequence[tuple[Batch, ModelSaid]],
    unasked: Iterable[Gap | str],
    worker: TypeScriptWorker,
) -> Weighed:
    """All candidates and the ledger. `unasked` are reasons why the model saw less than everything."""
    found = Candidates(inspected.findings, endpoints=inspected.endpoints)
    for batch, said in answers:
        found = _with_answer(found, said, change, batch.paths)
    findings = await with_verified_suggestions(change, found.findings, worker)
    gaps = dict.fromkeys(gap if isinstance(gap, Gap) else Gap("model", gap) for gap in unasked)
    coverage = replace(inspected.coverage, gaps=(*inspected.coverage.gaps, *gaps))
    return Weighed(replace(found, findings=findings), coverage, inspected.notes)


def _with_answer(found: Candidates, said: ModelSaid, change: Change, paths: tuple[str, ...]) -> Candidates:
    believed = believe(parse_answer(said.text), change, paths, said.model)
    before = found.usage
    seconds = dict(before.seconds).get("model", 0.0) + said.seconds
    return Candidates(
        (*found.findings, *believed.findings),
        (*found.dropped, *believed.dropped),
        (*found.questions, *believed.questions),
        Usage(
            before.model_calls + said.calls,
            before.prompt_tokens + said.prompt_tokens,
            before.completion_tokens + said.completion_tokens,
            seconds=(("model", seconds),),
        ),
        found.endpoints,
    )

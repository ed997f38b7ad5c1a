"""Recording: what a review was made of and what was posted, collected on its way and written at its end as a bundle.

A recording never costs a review anything: what goes wrong with a file goes to the log. Until the end everything is
kept under the run's identity, so that a review that began in one process and ended in another is recorded whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from reviewer.bundles import Bundles
from reviewer.core.bundle import Circumstances, Event, Inputs, Published, encode, inputs_text, read_inputs
from reviewer.core.notice import SILENT, Notice
from reviewer.core.publication import CheckPost, ReviewPost, SummaryPost
from reviewer.workflow.recorded import Recorded
from reviewer.workflow.records import PROMPT, prompt_text

if TYPE_CHECKING:
    from reviewer.engine import Run
    from reviewer.store import Store
    from reviewer.workflow.records import Prompt

_OURS: Final = "recorded "
"""How the names of the texts begin that are kept for the recording alone."""

_NOT_WANTED: Final = ("inspected", "weighed", "memory", "context")
"""Kept texts whose content the inputs hold already."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """Where bundles go, what takes secrets out of them, and the version of the story."""

    bundles: Bundles
    redact: Callable[[str], str]
    story: str


@dataclass(frozen=True, slots=True)
class _Summary:
    post: SummaryPost
    notice: Notice
    requests: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The completed check run as GitHub took it, and why it says what it says: the fingerprints whose lines GitHub
    refused, the reason why there is no summary ("": there is one), whether it took the annotations;
    its name, and what those of other personas say.
    """

    post: CheckPost
    displaced: frozenset[str]
    unsaid: str
    annotated: bool
    name: str
    further: Mapping[str, CheckPost]


_REVIEW, _SUMMARY, _CHECK = TypeAdapter(ReviewPost | None), TypeAdapter(_Summary), TypeAdapter(Verdict)
_LOG = logging.getLogger(__name__)


class Recording:
    """Collects for one process. Without a recorder every method does nothing."""

    def __init__(self, store: Store, recorder: Recorder | None, handle: str) -> None:
        self._store, self._recorder, self._handle = store, recorder, handle

    async def asked(self, run: Run, name: str, prompt: Prompt) -> None:
        """The model is asked; `name` is that under which its answer will be kept."""
        if self._recorder is not None:
            await self._store.keep(run.identity, PROMPT + name, prompt_text(prompt))

    async def assembled(self, run: Run, inputs: Callable[[], Inputs]) -> None:
        """What the review is assembled from."""
        if self._recorder is not None:
            await self._store.keep(run.identity, _OURS + "inputs", inputs_text(inputs()))

    async def reviewed(self, run: Run, post: ReviewPost | None) -> None:
        """The review with the inline comments, as it was put together: those GitHub refused are told later."""
        await self._keep(run, "review", _REVIEW.dump_json(post))

    async def summed_up(self, run: Run, post: SummaryPost, requests: int, notice: Notice) -> None:
        """The summary, as GitHub took it."""
        await self._keep(run, "summary", _SUMMARY.dump_json(_Summary(post, notice, requests)))

    async def closed(self, run: Run, verdict: Verdict) -> None:
        """The check run is completed: from here on there is a review to be recorded."""
        await self._keep(run, "check", _CHECK.dump_json(verdict))

    async def write(self, run: Run) -> None:
        """Write the bundle, if a review was made; a second time the same one."""
        if self._recorder is None:
            return
        kept = await self._store.all_kept(run.identity)
        if _OURS + "check" not in kept:
            return  # there was no review: the check run says why
        try:
            await asyncio.to_thread(self._write, self._recorder, run, kept)
        except (OSError, ValueError) as error:  # a full disk, an unwritable folder; a text of another version
            _LOG.warning("the review of %s is not recorded: %s: %s", run.identity, type(error).__name__, error)

    async def _keep(self, run: Run, name: str, text: bytes) -> None:
        if self._recorder is not None:
            await self._store.keep(run.identity, _OURS + name, text.decode())

    def _write(self, recorder: Recorder, run: Run, kept: Mapping[str, str]) -> None:
        job = run.job
        check = _CHECK.validate_json(kept[_OURS + "check"])
        told = kept.get(_OURS + "summary")
        summary = None if told is None or check.unsaid else _SUMMARY.validate_json(told)
        how = Circumstances(
            handle=self._handle,
            notice=summary.notice if summary is not None else SILENT,
            displaced=tuple(sorted(check.displaced)),
            unsaid=check.unsaid,
            annotated=check.annotated,
            check_name=check.name,
            requests=summary.requests if summary is not None else 0,
        )
        inline = _REVIEW.validate_json(kept.get(_OURS + "review", "null"))
        recorded = Recorded(
            event=Event(
                trigger=job.trigger.value,
                installation=job.installation,
                repository_id=job.repository_id,
                delivery=job.delivery,
                source_id=job.source_id,
                identity=run.identity,
            ),
            inputs=read_inputs(kept[_OURS + "inputs"]),
            how=how,
            published=Published(inline, summary.post if summary is not None else None, check.post, check.further),
            texts={name: text for name, text in kept.items() if not name.startswith(_OURS) and name not in _NOT_WANTED},
        )
        bundle = recorded.bundle(recorder.redact, recorder.story)
        recorder.bundles.write(job.installation, run.identity, encode(bundle))

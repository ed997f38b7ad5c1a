"""What a review of the service asks the model with: the store for its notes, its costs and its verdicts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reviewer.core.budget import accounts
from reviewer.workflow.accounts import StoreNotes, StorePurse, StoreShelf
from reviewer.workflow.buying import Around, Shown
from reviewer.workflow.context import RememberingReader
from reviewer.workflow.passes import Passes
from reviewer.workflow.wants import looking_up
from reviewer.workflow.wording import Subject

if TYPE_CHECKING:
    from reviewer.engine import Run
    from reviewer.workflow.tools import InHand, Tools


def service_passes(tools: Tools, here: InHand, run: Run, subject: Subject, shown: Shown) -> Passes:
    """The questions of one run; `shown` hears of each before it is put."""
    if tools.means is None:
        raise AssertionError("without a model nobody is asked")
    return Passes(subject, tools.means, service_around(tools, here, run, subject, shown))


def service_around(tools: Tools, here: InHand, run: Run, subject: Subject, shown: Shown) -> Around:
    """What one run has to ask with, charged to its own ceiling, its pull request's and its repository's."""
    if tools.means is None:
        raise AssertionError("without a model nobody is asked")
    job, store, budget = run.job, tools.store, tools.means.budget
    near = here.near or RememberingReader(here.reader)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return Around(
        notes=StoreNotes(store, run.identity),
        purse=StorePurse(store, accounts(run.identity, job.pull_key, today), budget),
        shelf=StoreShelf(store, f"{job.installation}/{job.repository_id}", job.trigger.is_anew),
        resolve=looking_up(subject.change, near, tools.worker),
        evidence=looking_up(subject.change, near.known(), tools.worker),
        deadline=here.began + tools.review_timeout_s,
        shown=shown,
    )

"""What the desk works with, and what this process has in its hands of one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewer.core.configuration import Stock

if TYPE_CHECKING:
    from reviewer.core.change import Change
    from reviewer.core.plan import Plan
    from reviewer.github.client import GitHubApp, Repository
    from reviewer.github.pull import Pull
    from reviewer.github.reading import PullReader
    from reviewer.github.standing import Standing
    from reviewer.store import Store
    from reviewer.typescript.reader import TypeScriptWorker
    from reviewer.workflow.buying import Means
    from reviewer.workflow.context import RememberingReader
    from reviewer.workflow.owners import Laid
    from reviewer.workflow.passes import Passes
    from reviewer.workflow.recording import Recorder
    from reviewer.workflow.records import Standstill


@dataclass(frozen=True, slots=True)
class Tools:
    """What the desk works with. `means` is None without a model; `plan` is the operator's, as is `stock`.

    `count` hears every conclusion, for the metrics; without a `recorder` no review is recorded.
    """

    github: GitHubApp
    store: Store
    worker: TypeScriptWorker
    means: Means | None
    plan: Plan
    handle: str
    model_timeout_s: float
    review_timeout_s: float
    count: Callable[[str], None]
    stock: Stock = field(default_factory=Stock)
    recorder: Recorder | None = None
    resolves_threads: bool = False


@dataclass(slots=True)
class InHand:
    """What this process has in memory of one run; after a crash it is read again."""

    repository: Repository
    reader: PullReader
    laid: Laid | None = None
    pull: Pull | None = None
    unasked: bool = False  # its head came with the delivery, and the rest comes with the texts: one request less
    standstill: Standstill | None = None  # found so
    change: Change | None = None
    plan: Plan | None = None
    seen: Standing | None = None
    near: RememberingReader | None = None
    passes: Passes | None = None
    began: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=dict)

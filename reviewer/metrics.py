"""Numbers for Prometheus, on their own port: how deliveries and reviews ended, what the model has cost.

No name of a repository is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, start_http_server

from reviewer.webhook import Outcome
from reviewer.workflow.records import Paid

CONCLUSIONS = ("success", "neutral", "failure", "cancelled", "skipped")
"""How a review's check run can end; anything else is counted as other, so that labels cannot grow."""


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._deliveries = Counter(
            "reviewer_deliveries", "POSTs to the webhook by outcome", ["outcome"], registry=self.registry
        )
        self._reviews = Counter("reviewer_reviews", "Reviews by conclusion", ["conclusion"], registry=self.registry)
        self._calls = Counter("reviewer_model_calls", "Requests to the model", registry=self.registry)
        tokens = Counter("reviewer_model_tokens", "Tokens as the servers count", ["kind"], registry=self.registry)
        self._prompt, self._completion = tokens.labels("prompt"), tokens.labels("completion")
        self._cost = Counter(
            "reviewer_model_cost", "Money by REVIEWER_MODEL_PRICES, in their currency", registry=self.registry
        )
        self._refused = Counter(
            "reviewer_model_refused", "Questions that were not put as a ceiling was reached", registry=self.registry
        )
        self._by_outcome: dict[Outcome, Callable[[], None]] = {
            outcome: self._deliveries.labels(outcome.value).inc for outcome in Outcome
        }

    def delivery(self, outcome: Outcome) -> None:
        """Count a POST."""
        self._by_outcome[outcome]()

    def review(self, conclusion: str) -> None:
        """Count a review that ended with this conclusion of its check run."""
        self._reviews.labels(conclusion if conclusion in CONCLUSIONS else "other").inc()

    def paid(self, paid: Paid) -> None:
        """Count what one question to the model has cost."""
        self._calls.inc(paid.calls)
        self._prompt.inc(paid.prompt_tokens)
        self._completion.inc(paid.completion_tokens)
        self._cost.inc(paid.micros / 1_000_000)

    def refused(self) -> None:
        """Count a question that a ceiling kept from being put."""
        self._refused.inc()

    @contextmanager
    def served(self, host: str, port: int | None) -> Iterator[int | None]:
        """Answer `GET /metrics` on a port of its own (0: any free port, None: nowhere); gives the port."""
        if port is None:
            yield None
            return
        server, thread = start_http_server(port, host, registry=self.registry)
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

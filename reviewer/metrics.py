"""Numbers for Prometheus, on their own port: how deliveries and reviews ended. No name of a repository is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, start_http_server

from reviewer.webhook import Outcome

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
        self._by_outcome: dict[Outcome, Callable[[], None]] = {
            outcome: self._deliveries.labels(outcome.value).inc for outcome in Outcome
        }

    def delivery(self, outcome: Outcome) -> None:
        """Count a POST."""
        self._by_outcome[outcome]()

    def review(self, conclusion: str) -> None:
        """Count a review that ended with this conclusion of its check run."""
        self._reviews.labels(conclusion if conclusion in CONCLUSIONS else "other").inc()

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

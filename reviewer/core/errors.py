"""The three kinds of failure, told apart by who can mend them."""

from __future__ import annotations


class ReviewerError(Exception):
    """Root of what this project raises on purpose; the message is one sentence for a person."""


class TransientError(ReviewerError):
    """Time mends it: try again, a bounded number of times.

    `retry_after_s` is the server's own word on when (seconds), or None when it did not say.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RefusedError(ReviewerError):
    """The operator mends it (credentials, permissions, limits): no retry, the check run ends neutral and says why."""


class UserError(ReviewerError):
    """The repository's owner or the caller mends it: bad configuration, bad persona, bad command line."""

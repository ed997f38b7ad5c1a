"""The worker's last line: what nobody foresaw ends one piece of work, never the worker."""

from __future__ import annotations

import logging
from collections.abc import Awaitable

from reviewer.core.errors import ReviewerError

_LOG = logging.getLogger(__name__)


async def last_line(what: str, work: Awaitable[object]) -> Exception | None:
    """Do `work`; return the error it ended with. A bug is logged with its trace, our own errors by their sentence."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 -- the one place in the engine: it is logged and handed on
        if isinstance(error, ReviewerError):
            _LOG.warning("%s: %s", what, error)
        else:
            _LOG.exception("%s failed", what)
        return error
    return None

"""The service with a story in which nothing happens, to weigh what the engine itself costs.

python -m benchmarks.bare     settings from the environment, as `reviewer serve`
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reviewer.app import serve
from reviewer.composition import Parts, Tale
from reviewer.engine import Outside, Run, Steps
from reviewer.settings import load


async def _nothing(run: Run, steps: Steps) -> None:
    """Tell nothing."""


async def _leave(run: Run, reason: str) -> None:
    """Close nothing."""


@asynccontextmanager
async def _compose(parts: Parts) -> AsyncIterator[Tale]:
    yield Tale(_nothing, Outside(_leave), "plan", "benchmark")


if __name__ == "__main__":
    serve(load(os.environ), "127.0.0.1", 0, lambda text: print(text, file=sys.stderr, flush=True), _compose)

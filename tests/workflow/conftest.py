"""One nursery for all services of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.standin.access import app_key
from tests.workflow.nursery import Nursery, nursing


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where services come from."""
    app_key()  # made once, before any thread asks for it
    with nursing() as born:
        yield born

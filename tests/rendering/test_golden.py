from __future__ import annotations

import pytest

from tests.rendering.golden import FOLDER, texts


@pytest.mark.parametrize("name", list(texts()))
def test_the_text_is_the_golden_one(name: str) -> None:
    """Meant to change? `python -m tests.rendering.golden`, and read the difference."""
    assert texts()[name]() == (FOLDER / name).read_bytes().decode("utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(texts())

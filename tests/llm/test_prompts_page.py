"""`docs/prompts.md` says what the code does."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from reviewer.core import context_pack, wanted
from reviewer.core.batches import RISKS
from reviewer.core.context import Role
from reviewer.workflow import context

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "prompts.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["examine", "answer"])
def test_each_part_of_the_system_message_is_explained(name: str) -> None:
    assert files("reviewer.llm").joinpath("prompts", f"{name}.md").is_file()
    assert f"`{name}.md`" in PAGE


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ASKED])
def test_each_role_of_context_is_explained(role: Role) -> None:
    assert f"\n| {role.value} " in PAGE


def test_the_points_of_risk_are_those_of_the_code() -> None:
    listed = [
        int(row.split(" ")[1]) for row in PAGE.split("\n") if row.startswith("| ") and row.split(" ")[1].isdigit()
    ]
    assert listed == sorted({*(points for points, _ in RISKS), 20, 5}, reverse=True)


@pytest.mark.parametrize(
    "number",
    [
        f"{context_pack.SHARE_OF_SOURCE} bytes",
        f"tests {context_pack.SHARE_OF_TEST}",
        f"{context_pack.SMALL_BYTES:,} bytes",
        f"{context.TEXTS_REMOTE} unchanged files",
        f"local repository {context.TEXTS_LOCAL:,}",
        f"{context.PARSED_MAX} of them are parsed",
        f"{wanted.WANTED_BYTES_MAX:,} bytes",
    ],
)
def test_the_bounds_are_those_of_the_code(number: str) -> None:
    assert number in PAGE

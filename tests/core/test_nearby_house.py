"""Which files beside a change tell where the project keeps its settings and how it logs."""

from __future__ import annotations

from dataclasses import replace

from reviewer.core.nearby_house import COMPANIONS_MAX
from reviewer.core.neighbours import neighbours_wanted
from tests.core.test_project import project_of

TREE = {
    "package.json", "src/config/index.ts", "src/env.ts", "src/config/mail.ts", "src/lib/logger.ts", "src/ferry/quay.ts",
    "src/ferry/quay.spec.ts", "src/berths/berth.ts", "tests/config.ts",
}  # fmt: skip


def wanted(text: str, tree: set[str] = TREE, path: str = "src/ferry/ferry.ts") -> tuple[str, ...]:
    project = project_of({path: text})
    return neighbours_wanted(replace(project.change, tree=frozenset(tree | {path})), project.head)


def test_a_file_that_reads_variables_brings_the_settings_and_its_folder() -> None:
    found = wanted("export const limit = Number(process.env.FERRY_LIMIT);")
    assert found == ("package.json", "src/env.ts", "src/config/index.ts", "src/ferry/quay.ts")


def test_variables_are_known_by_destructuring_and_by_import() -> None:
    for text in (
        "const { FERRY_LIMIT } = process.env;\nexport default FERRY_LIMIT;",
        "import { env } from 'node:process';\nexport const limit = env.FERRY_LIMIT;",
    ):
        assert "src/env.ts" in wanted(text)


def test_a_file_that_prints_brings_the_logger_and_its_folder() -> None:
    found = wanted("export const board = () => console.log('boarding');")
    assert found == ("package.json", "src/lib/logger.ts", "src/ferry/quay.ts")


def test_any_other_file_brings_neither() -> None:
    assert wanted("export const board = () => 1;") == ("package.json",)


def test_a_large_folder_does_not_fill_the_batch() -> None:
    many = {f"src/ferry/pier{number}.ts" for number in range(20)}
    found = wanted("export const board = () => console.log('boarding');", TREE | many)
    assert sum(path.startswith("src/ferry/pier") for path in found) == COMPANIONS_MAX

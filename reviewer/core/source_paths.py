"""What a path says about a file: test, or code that the rules leave alone."""

from __future__ import annotations

_TEST_MARKS = frozenset(("spec", "test", "tests", "e2e", "it"))
"""Between dots: `orders.spec.ts`."""

_TEST_ENDINGS = ("-spec", "-test", "-tests", "-e2e", "_spec", "_test", "_tests", "_e2e")
"""At the end of the stem or of such a mark: `orders_test.ts`, `orders.unit-spec.ts`."""

_TEST_FOLDERS = frozenset(
    (
        "test", "tests", "__tests__", "e2e", "spec", "specs", "testing", "test-utils", "__test__", "__specs__",
        "playwright", "cypress",
    )
)  # fmt: skip
_OFF_FOLDERS = frozenset(
    (
        "migrations", "migration", "migration-scripts", "seeds", "seed", "seeders", "seeder", "seeding", "fixtures",
        "fixture", "__fixtures__", "scripts", "script", "examples", "example", "samples", "sample", "benchmarks",
        "benchmark", "__mocks__", "mocks", "mock", "fakes", "fake", "stubs", "generated", "__generated__", "gen",
        "dist", "build", "node_modules", "vendor", "coverage", "codemods", "factories",
    )
)  # fmt: skip

_OFF_MARKS = (
    "mock",
    "mocks",
    "fake",
    "stub",
    "fixture",
    "fixtures",
    "seed",
    "seeder",
    "seeds",
    "migration",
    "generated",
    "gen",
)
"""Between dots (`user.seed.ts`) or at either end of the stem (`fake-mailer.ts`, `orders_seeder.ts`)."""

_SERVED = frozenset(
    ("controller", "controllers", "service", "store", "repository", "route", "routes", "router", "handler", "manager",
     "resolver", "guard", "middleware", "gateway", "dto")
)  # fmt: skip
"""Words beside `migration` in the name of a file that runs or shows migrations in the service, and is none itself."""


def _parts(path: str) -> tuple[list[str], str, list[str]]:
    """Folders, stem and the words between the dots of the name, all in lower case."""
    *folders, name = path.lower().split("/")
    stem, *marks = name.split(".")
    return folders, stem, marks[:-1]


def is_test(path: str) -> bool:
    """Whether a file holds tests or only serves them, by the conventions of Jest, Vitest, Mocha and the Nest
    generator."""
    folders, stem, marks = _parts(path)
    if any(folder in _TEST_FOLDERS for folder in folders) or any(mark in _TEST_MARKS for mark in marks):
        return True
    return any(word.endswith(_TEST_ENDINGS) for word in (stem, *marks))


def is_off(path: str) -> bool:
    """Whether the rules leave a file alone: migrations, seeds, fixtures, mocks, scripts, examples, generated code,
    pages.

    The one list for all rules: each of them was noise there (measured on 24 backends).
    """
    if path.lower().endswith((".tsx", ".jsx")):
        return True
    folders, stem, marks = _parts(path)
    words = stem.replace("_", "-").split("-")
    said = {mark for mark in (*marks, words[0], words[-1]) if mark in _OFF_MARKS}
    if said == {"migration"} and _SERVED & {*words, *marks}:
        said = set()
    return bool(said) or any(folder in _OFF_FOLDERS for folder in folders)


def is_production(path: str) -> bool:
    """Whether a file is code that serves users: neither test nor off."""
    return not is_test(path) and not is_off(path)


def is_page(path: str) -> bool:
    """Whether a file holds markup of pages, which is beside what a backend does."""
    return path.lower().endswith((".tsx", ".jsx"))

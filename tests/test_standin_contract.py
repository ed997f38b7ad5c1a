"""GitHub's own examples fit the description, and broken ones do not: the check behind the stand-in can fail."""

from __future__ import annotations

import json

import pytest

from tests.standin.contract import EXAMPLES, Contract, contract
from tests.standin.door import operations
from tests.standin.json_types import as_object

ALL = json.loads(EXAMPLES.read_text(encoding="utf-8"))
CASES = [
    pytest.param(operation, int(status), body, id=f"{operation}-{status}-{name}")
    for operation, statuses in ALL.items()
    for status, bodies in statuses.items()
    for name, body in bodies.items()
]


@pytest.mark.parametrize(("operation", "status", "body"), CASES)
def test_an_official_example_fits(operation: str, status: int, body: object) -> None:
    assert contract().answer_problems(contract().operations[operation], status, body) == []


def test_every_required_key_is_missed() -> None:
    pull = contract().filled("pull-request", {})
    assert contract().schema_problems("pull-request", pull) == []
    for key in pull:
        without = {name: value for name, value in pull.items() if name != key}
        assert contract().schema_problems("pull-request", without) != [], key


@pytest.mark.parametrize(
    ("name", "value"),
    [("number", "1"), ("state", "ajar"), ("title", None), ("base", {}), ("draft", "no"), ("labels", [{"id": "x"}])],
)
def test_a_wrong_value_is_found(name: str, value: object) -> None:
    pull = contract().filled("pull-request", {name: value})
    pull[name] = value
    assert contract().schema_problems("pull-request", pull) != []


def test_known_values_stay_and_addresses_lead_nowhere() -> None:
    user = contract().filled("simple-user", {"login": "mona", "id": 7})
    assert (user["login"], user["id"], user["url"]) == ("mona", 7, "http://canary.invalid/never-follow")


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("", 0),
        ("per_page=50&page=2", 0),
        ("per_pages=50", 1),
        ("per_page=many", 1),
        ("filter=some", 1),
        ("filter=all&status=completed", 0),
    ],
)
def test_query_parameters_are_known_by_name_and_type(query: str, problems: int) -> None:
    operation = contract().operations["checks/list-for-ref"]
    assert len(contract().request_problems(operation, query, b"")) == problems


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/repos/o/r/pulls/1", "pulls/get"),
        ("GET", "/repos/o/r/pulls/comments/1", "pulls/get-review-comment"),
        ("GET", "/repos/o/r/contents/a/b%20c.ts", "repos/get-content"),
        ("GET", "/repos/o/r/branches/feature/x", "repos/get-branch"),
        ("DELETE", "/repos/o/r/pulls/1", None),
        ("GET", "/repos/o/r/pulls/1/merge", None),
        ("GET", "/repos/o", None),
    ],
)
def test_a_request_is_for_one_operation_or_for_none(method: str, path: str, operation: str | None) -> None:
    found = contract().match(method, path)
    assert (None if found is None else found.operation.id) == operation


def test_an_undocumented_success_is_a_problem_and_an_injected_fault_is_not() -> None:
    operation = contract().operations["checks/create"]
    assert contract().answer_problems(operation, 200, {}) == ["checks/create: undocumented status 200"]
    assert contract().answer_problems(operation, 502, {"anything": 1}) == []


def test_routes_and_faults_use_names_of_the_description() -> None:
    assert operations() - {"*", "graphql"} <= Contract().operations.keys()


def test_null_passes_only_where_github_really_says_null() -> None:
    for name in ("repo", "user"):
        pull = contract().filled("pull-request", {})
        as_object(pull["head"])[name] = None
        assert contract().schema_problems("pull-request", pull) == []
        as_object(pull["base"])["sha"] = None
        assert contract().schema_problems("pull-request", pull) != []

"""What many rules ask is answered once: per file, and per project."""

from __future__ import annotations

from reviewer.core.change import Change
from reviewer.core.expr import NOWHERE
from reviewer.core.facts import Call, FileFacts
from reviewer.core.imports import Import
from reviewer.core.project import Project


def _callees(facts: FileFacts) -> list[str]:
    return [call.callee for call in facts.calls]


def _paths(project: Project) -> list[str]:
    return sorted(project.head)


def _file(callee: str) -> FileFacts:
    call = Call(callee, (), 1, 1, NOWHERE, "", f"{callee}()")
    return FileFacts(calls=(call,), imports=(Import("a", "a", "zod", 1),))


def _project(**head: FileFacts) -> Project:
    return Project(Change("octo/shop", 1, "b" * 40, "a" * 40, ()), head, {})


def test_a_question_about_a_file_is_answered_once() -> None:
    facts = _file("save")
    assert facts.index.once(_callees) == ["save"]
    assert facts.index.once(_callees) is facts.index.once(_callees)


def test_each_file_has_its_own_answers() -> None:
    assert (_file("save").index.once(_callees), _file("find").index.once(_callees)) == (["save"], ["find"])


def test_a_question_about_a_project_is_answered_once_for_that_project() -> None:
    one, other = _project(a=_file("save")), _project(b=_file("save"))
    assert one.once(_paths) is one.once(_paths)
    assert (one.once(_paths), other.once(_paths)) == (["a"], ["b"])


def test_a_file_knows_the_modules_it_imports() -> None:
    assert _file("save").index.modules == frozenset({"zod"})


def test_a_file_that_is_new_had_no_facts() -> None:
    assert _project().before("a.ts") == FileFacts()

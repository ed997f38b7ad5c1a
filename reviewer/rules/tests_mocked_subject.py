"""A test that mocks what it tests: it asserts what it has itself put in, and no line of the code runs.

Three ways to do it: mocking the module that the test is named for, providing a mock in place of the class under test,
and giving a method an answer and then calling that very method.

Bad::

    jest.spyOn(service, 'total').mockResolvedValue(119);
    expect(await service.total(order)).toBe(119);

Good::

    jest.spyOn(rates, 'tax').mockResolvedValue(0.19);
    expect(await service.total(order)).toBe(119);
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report
from reviewer.rules._test_changes import files_with_tests
from reviewer.rules._testing import Test, subject_stem, tests_of

_MOCKERS = frozenset(("jest.mock", "vi.mock", "jest.doMock", "vi.doMock", "jest.unstable_mockModule", "mock.module"))
_SPIES = frozenset(("jest.spyOn", "vi.spyOn", "spyOn", "sinon.stub", "mock.method", "sandbox.stub"))
_MADE = ("jest.fn", "vi.fn", "sinon.stub", "mock.fn")
_ANSWERS = frozenset(
    ("mockResolvedValue", "mockReturnValue", "mockImplementation", "mockRejectedValue", "mockResolvedValueOnce",
     "mockReturnValueOnce", "mockImplementationOnce", "mockRejectedValueOnce", "resolves", "returns", "rejects",
     "callsFake", "throws")
)  # fmt: skip
_ORIGINALS = frozenset(("requireActual", "importActual", "importOriginal", "mockRestore", "callThrough"))
_DEPTH_MAX = 6
_Mock = tuple[str, int, int]
"""What is mocked (`service.total`), and the lines that do it."""


def inspect(project: Project) -> Iterator[Finding]:
    """Mocks of the very subject that the change wrote."""
    for file, facts in files_with_tests(project):
        if not _ORIGINALS & set(facts.names):
            yield from _modules(project, file.path, facts)
        yield from _providers(project, file.path, facts)
        for test in tests_of(facts):
            yield from _methods(project, file.path, facts, test)


# ------------------------------------------------------------------------------------- the module, the class


def _is_subject(project: Project, path: str, module: str) -> bool:
    """Whether a module leads to the one file that a test is named for: `controllers/orders`, not `services/orders`."""
    target = project.resolver.resolve(path, module)
    if target is None or not _is_named_for(path, target):
        return False
    facts = project.head[path]
    imported = (project.resolver.resolve(path, item.module) for item in facts.imports if not item.is_type)
    return {other for other in imported if other is not None and _is_named_for(path, other)} == {target}


def _is_named_for(path: str, target: str) -> bool:
    stem = posixpath.basename(target).rpartition(".")[0]
    if target == path or stem != subject_stem(path):
        return False
    folder = posixpath.dirname(path)
    beside = posixpath.dirname(target) in (folder, posixpath.dirname(folder))
    return beside or stem != "index"  # every folder has one


def _modules(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.callee not in _MOCKERS or not call.args or not project.introduced(path, call):
            continue
        module = call.args[0]
        is_used = any(item.module == module.text and not item.is_type for item in facts.imports)
        if is_used and module.kind is ExprKind.STRING and _is_subject(project, path, module.text):
            yield _finding(path, call.first, f"`{call.callee}('{module.text}')` replaces the module", "", call.code)


def _providers(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    for call in facts.calls:
        if call.callee.rpartition(".")[2] != "createTestingModule":
            continue
        for value in _objects(call.args, 0):
            given = dict(zip(value.keys, value.parts, strict=False))
            token = given.get("provide")
            if token is None or token.kind is not ExprKind.NAME or not ({"useValue", "useFactory"} & set(given)):
                continue
            item = facts.imported(token.text)
            is_ours = item is not None and _is_subject(project, path, item.module)
            if is_ours and project.wrote(path, value.first, value.last) and token.text not in _provided(project, path):
                said = f"The test provides a mock in place of `{token.text}`"
                yield _finding(path, value.first, said, "", token.text)


def _provided(project: Project, path: str) -> frozenset[str]:
    """The classes that mocks stood in for before the change."""
    calls = (call for call in project.before(path).calls if call.callee.endswith("createTestingModule"))
    values = (dict(zip(one.keys, one.parts, strict=False)) for call in calls for one in _objects(call.args, 0))
    return frozenset(
        given["provide"].text for given in values if "provide" in given and {"useValue", "useFactory"} & set(given)
    )


def _objects(values: tuple[Expr, ...], depth: int) -> Iterator[Expr]:
    for value in values:
        if value.kind is ExprKind.OBJECT:
            yield value
        if depth < _DEPTH_MAX and value.kind in (ExprKind.OBJECT, ExprKind.ARRAY):
            yield from _objects(value.parts, depth + 1)


# ------------------------------------------------------------------------------------- the method


def _methods(project: Project, path: str, facts: FileFacts, test: Test) -> Iterator[Finding]:
    if not project.wrote(path, test.call.first, test.call.last):
        return
    calls = list(facts.index.calls(test.within))
    mocked = {name: (first, last) for name, first, last in _mocked(facts, test, calls)}
    for call in calls:
        lines = mocked.get(call.callee)
        if lines is None or call.is_new or call.first <= lines[0] or call.scope != test.scope:
            continue
        if project.wrote(path, *lines) or project.wrote(path, call.first, call.last):
            said = f"`{call.callee}` answers what the test told it to, and the test then calls it itself"
            yield _finding(path, lines[0], said, test.title, call.callee)
            return


def _mocked(facts: FileFacts, test: Test, calls: list[Call]) -> Iterator[_Mock]:
    """Methods that a test gives an answer to, unless it gives the real one back."""
    if any(call.callee.rpartition(".")[2] in _ORIGINALS for call in calls):
        return
    spies = _spies(facts, test)
    for call in calls:
        root, _, answer = call.callee.rpartition(".")
        if answer in _ANSWERS:
            name = _spied(call.receiver) or spies.get(root, root)
            if "." in name and "()" not in name:
                yield name, call.first, call.last
    for binding in facts.index.bindings(test.within):
        if "." in binding.name and binding.value.kind is ExprKind.CALL and binding.value.text.startswith(_MADE):
            yield binding.name, binding.first, binding.last


def _spies(facts: FileFacts, test: Test) -> Mapping[str, str]:
    """What the spies of a test that have a name are on: `const revoke = jest.spyOn(service, 'revoke')`."""
    found = ((item.name, _spied(item.value)) for item in facts.index.bindings(test.within))
    return {name: spied for name, spied in found if name and spied}


def _spied(spy: Expr | None) -> str:
    """`service.total` of `jest.spyOn(service, 'total')`, also with an answer behind it, and of
    `vi.mocked(service.total)`."""
    if spy is None or spy.kind is not ExprKind.CALL or not spy.parts:
        return ""
    if spy.text in _SPIES and len(spy.parts) > 1 and spy.parts[1].kind is ExprKind.STRING:
        whole = spy.parts[0].kind in (ExprKind.NAME, ExprKind.MEMBER)
        return f"{spy.parts[0].text}.{spy.parts[1].text}" if whole else ""
    if spy.text in ("vi.mocked", "jest.mocked", "mocked"):
        return spy.parts[0].text
    return _spied(spy.receiver) if spy.text.rpartition(".")[2] in _ANSWERS else ""


def _finding(path: str, line: int, said: str, symbol: str, quoted: str) -> Finding:
    message = f"{said}, so the code under test never runs and nothing it does can fail this test. "
    advice = "Mock what it works with, and call the real one."
    return report(RULE, at(path, line), message + advice, symbol=symbol, quoted=quoted)


RULE = Rule(
    slug="tests_mocked_subject",
    concern=Concern.TESTS,
    severity=Severity.WARNING,
    title="The test mocks what it tests",
    inspect=inspect,
    references=(Reference("Jest: mock functions", "https://jestjs.io/docs/mock-functions"),),
    confidence=0.9,
    page=__doc__ or "",
)

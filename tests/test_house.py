"""The rules of the house that no linter knows. Each check is shown to fail on the fault it is there for."""

from __future__ import annotations

import ast
import io
import re
import socket
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULE_LINES_MAX = 300
"""Lines of one module of reviewer/; most stay below 200 (a module is one thought)."""

NOT_OURS = {".git", ".venv", ".cache", ".env", "build", "data", "out", "reviewer.egg-info"}
"""What git ignores at the top of the checkout."""
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".in",
    ".yml",
    ".yaml",
    ".json",
    ".ts",
    ".cfg",
    ".sh",
    ".html",
    ".css",
    ".diff",
    "",
}


@cache
def files() -> tuple[str, ...]:
    """Every text file of the repository, as a path from its root."""
    tops = (path for path in ROOT.iterdir() if path.name not in NOT_OURS)
    found = (path for top in tops for path in (top.rglob("*") if top.is_dir() else [top]))
    return tuple(
        sorted(
            path.relative_to(ROOT).as_posix()
            for path in found
            if path.suffix in TEXT and path.is_file() and not {"__pycache__", "node_modules"} & set(path.parts)
        )
    )


def modules(*folders: str) -> list[str]:
    return [path for path in files() if path.endswith(".py") and path.startswith(folders)]


@cache
def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(source: str) -> ast.Module:
    return ast.parse(source)


# ---------------------------------------------------------------------------------- what a module may not say

Check = Callable[[str], Iterator[tuple[int, str]]]
"""Takes a module's source, yields line number and complaint."""

IMPURE = re.compile(
    r"(asyncio|glob|http|httpx|io|logging|os|random|secrets|shutil|socket|sqlite3|subprocess|sys|tempfile"
    r"|threading|time|urllib\.request|uuid)\b"
)
CONTAINERS = re.compile(r"(.*\.)?(dict|list|set|defaultdict|deque|OrderedDict|Counter|Weak\w+Dictionary|ContextVar)")


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or an attribute, else ""."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def imports(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def splits_lines_oddly(source: str) -> Iterator[tuple[int, str]]:
    """`str.splitlines` knows eleven line ends and git one."""
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Attribute) and node.attr == "splitlines":
            yield node.lineno, 'str.splitlines: split on "\\n"'


PATCHES = ("monkeypatch.setattr", "monkeypatch.delattr", "mocker.patch")


def patches(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.expr) and dotted(node) in PATCHES:
            yield node.lineno, "a patched module: the seam for tests is HTTP"
    for line, name in imports(source):
        if name.startswith(("unittest.mock", "mock.", "pytest_mock")):
            yield line, "a mock: the seam for tests is HTTP"


def sleeps(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Call) and dotted(node.func) in ("asyncio.sleep", "anyio.sleep", "time.sleep"):
            yield node.lineno, "a sleep in a test: wait on state"


def catches_everything(source: str) -> Iterator[tuple[int, str]]:
    """A handler for everything that does not raise again. An error never reads as all clear."""
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            broad = any(kind is None or dotted(kind) in ("Exception", "BaseException") for kind in kinds)
            last = node.body[-1]
            if broad and not (isinstance(last, ast.Raise) and last.exc is None):
                yield node.lineno, "catches everything"
        if isinstance(node, ast.Call) and dotted(node.func) in ("suppress", "contextlib.suppress"):
            broad = any(dotted(kind) in ("Exception", "BaseException") for kind in node.args)
            yield from [(node.lineno, "suppresses everything")] if broad else []


def swallows(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.ExceptHandler) and all(
            isinstance(step, ast.Pass) or (isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant))
            for step in node.body
        ):
            yield node.lineno, "swallows an error: act on it, or name it with contextlib.suppress"


def suppresses_without_reason(source: str) -> Iterator[tuple[int, str]]:
    """`# type: ignore[code]  # why`, and the same for noqa."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            found = re.search(r"# (type: ignore|noqa)(\[[\w, -]+\]|: [A-Z0-9, ]+)?(.*)", token.string)
            if found and (not found[2] or len(found[3].strip(" #-:")) < 8):
                yield token.start[0], f"{found[1]} without its code and a reason"


URL_START = re.compile(r"\w+://|/(repos|app|installation|installations|orgs|users|graphql)\b")


def glues_urls(source: str) -> Iterator[tuple[int, str]]:
    """A URL glued from text: one builder quotes each segment."""
    for node in (node for node in ast.walk(tree(source)) if isinstance(node, ast.expr)):
        parts: list[ast.expr] = []
        if isinstance(node, ast.JoinedStr) and any(isinstance(part, ast.FormattedValue) for part in node.values):
            parts = node.values
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            parts = [node.left]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            parts = [node.func.value]
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and URL_START.match(part.value):
                yield node.lineno, "a URL glued from text"


STARTS = ("asyncio.create_subprocess", "os.exec", "os.fork", "os.spawn", "os.posix_spawn")


def starts_processes(source: str) -> Iterator[tuple[int, str]]:
    for line, name in imports(source):
        if name.split(".")[0] in ("subprocess", "pty") or name.startswith(("os.exec", "os.fork", "os.spawn")):
            yield line, f"imports {name}"
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.expr) and dotted(node).startswith(STARTS):
            yield node.lineno, f"uses {dotted(node)}"


def closes_a_pipe_twice(source: str) -> Iterator[tuple[int, str]]:
    """uvloop closes the end of a pipe that it is given twice: the second time it is another thread's file."""
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Attribute) and node.attr in ("connect_read_pipe", "connect_write_pipe"):
            yield node.lineno, f"{node.attr}: a pair of sockets"


def uses_a_shell(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.keyword) and node.arg == "shell":
            yield node.value.lineno, "a shell"


def reads_the_environment(source: str) -> Iterator[tuple[int, str]]:
    names = ("os.environ", "os.environb", "os.getenv")
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.expr) and dotted(node) in names:
            yield node.lineno, "reads the environment"
    yield from ((line, "reads the environment") for line, name in imports(source) if name in names)


def keeps_state(source: str) -> Iterator[tuple[int, str]]:
    """A module-level container that starts empty, or a cache of calls: one tenant finds what another left."""
    for node in tree(source).body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        empty = isinstance(value, ast.List | ast.Dict) and not ast.unparse(value)[1:-1]
        made = isinstance(value, ast.Call) and bool(CONTAINERS.fullmatch(dotted(value.func)))
        if empty or (made and isinstance(value, ast.Call) and not value.args):
            yield node.lineno, "module-level state"
    for function in ast.walk(tree(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = function.args.args + function.args.kwonlyargs + function.args.posonlyargs
            for decorator in function.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if arguments and dotted(called).split(".")[-1] in ("cache", "lru_cache"):
                    yield function.lineno, "a cache of calls"


def touches_the_world(source: str) -> Iterator[tuple[int, str]]:
    """I/O, clock, environment or chance on a pure floor."""
    for line, name in imports(source):
        if IMPURE.match(name):
            yield line, f"imports {name}"
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in ("open", "input", "print") or re.search(r"\b(datetime|date)\.(now|utcnow|today)$", name):
                yield node.lineno, f"calls {name}"


RULES: list[tuple[Check, tuple[str, ...], dict[str, str]]] = [
    # check, folders, and the allowed places: file or folder → why
    (splits_lines_oddly, ("reviewer/", "tests/", "benchmarks/"), {}),
    (patches, ("tests/",), {}),
    (
        sleeps,
        ("tests/",),
        {"tests/standin/": "a server that hangs on purpose, and the one loop that waits on state"},
    ),
    (
        catches_everything,
        ("reviewer/", "tests/", "benchmarks/"),
        {
            "reviewer/webhook.py": "the webhook's last line",
            "reviewer/typescript/own_rules.py": "ast-grep raises Exception itself for a rule that it cannot use",
            "reviewer/engine": "the worker's last line, in the module or the folder of that name",
            "reviewer/store/database.py": "handed whole to the one who asked, who waits in another thread",
        },
    ),
    (swallows, ("reviewer/", "tests/", "benchmarks/"), {}),
    (suppresses_without_reason, ("reviewer/", "tests/", "benchmarks/"), {}),
    (glues_urls, ("reviewer/",), {}),
    (
        starts_processes,
        ("reviewer/",),
        {
            "reviewer/linters/": "oxlint and oxfmt, in their own empty folder",
            "reviewer/typescript/": "the parser's worker process",
            "reviewer/local/": "git, on the reader's own machine",
        },
    ),
    (closes_a_pipe_twice, ("reviewer/",), {}),
    (uses_a_shell, ("reviewer/", "tests/", "benchmarks/"), {}),
    (reads_the_environment, ("reviewer/",), {"reviewer/settings.py": "the one reader of the environment"}),
    (keeps_state, ("reviewer/",), {}),
    (
        touches_the_world,
        ("reviewer/core/", "reviewer/rules/", "reviewer/rendering/"),
        {"reviewer/rules/_answers.py": "http.HTTPStatus is a table of names and numbers"},
    ),
]


@pytest.mark.parametrize(("check", "folders", "allowed"), RULES, ids=lambda value: getattr(value, "__name__", ""))
def test_the_ban_holds(check: Check, folders: tuple[str, ...], allowed: dict[str, str]) -> None:
    complaints = [
        f"{path}:{line}: {complaint}"
        for path in modules(*folders)
        if not path.startswith(tuple(allowed))
        for line, complaint in check(text(path))
    ]
    assert complaints == []


GUILTY: list[tuple[Check, str]] = [
    (splits_lines_oddly, "rows = text.splitlines()"),
    (splits_lines_oddly, "rows = map(str.splitlines, texts)"),
    (patches, "monkeypatch.setattr(client, 'send', fake)"),
    (patches, "from unittest.mock import Mock"),
    (sleeps, "await asyncio.sleep(0.1)"),
    (catches_everything, "try:\n    ask()\nexcept Exception:\n    findings = ()"),
    (
        catches_everything,
        "try:\n    ask()\nexcept (ValueError, BaseException) as error:\n    raise Refused from error",
    ),
    (catches_everything, "try:\n    ask()\nexcept:\n    log()"),
    (catches_everything, "with contextlib.suppress(Exception):\n    ask()"),
    (swallows, "try:\n    ask()\nexcept ValueError:\n    pass"),
    (swallows, "try:\n    ask()\nexcept ValueError:\n    ..."),
    (suppresses_without_reason, "x = y  # type: ignore[attr-defined]"),
    (suppresses_without_reason, "x = y  # type: ignore"),
    (suppresses_without_reason, "x = y  # noqa: S105"),
    (glues_urls, 'url = f"https://{host}/x"'),
    (glues_urls, 'url = f"/repos/{owner}/{name}/pulls"'),
    (glues_urls, 'url = "https://" + host'),
    (glues_urls, 'url = "/app/installations/%s" % number'),
    (glues_urls, 'url = "https://{}/x".format(host)'),
    (starts_processes, "import subprocess"),
    (starts_processes, "await asyncio.create_subprocess_exec('oxlint')"),
    (closes_a_pipe_twice, "await loop.connect_read_pipe(Said, process.stdout)"),
    (uses_a_shell, "run(command, shell=True)"),
    (reads_the_environment, "home = os.environ['HOME']"),
    (reads_the_environment, "from os import environ"),
    (keeps_state, "SEEN = {}"),
    (keeps_state, "SEEN: dict[str, int] = {}"),
    (keeps_state, "SEEN = collections.defaultdict()"),
    (keeps_state, "@lru_cache(maxsize=8)\ndef persona(path): ..."),
    (touches_the_world, "import time"),
    (touches_the_world, "from os import path"),
    (touches_the_world, "now = datetime.now(UTC)"),
    (touches_the_world, "rows = open(path).read()"),
]

INNOCENT: list[tuple[Check, str]] = [
    (catches_everything, "try:\n    ask()\nexcept BaseException:\n    close()\n    raise"),
    (suppresses_without_reason, "x = y  # type: ignore[attr-defined]  # its stubs forget it"),
    (glues_urls, 'text = f"{path}: see https://example.com"'),
    (keeps_state, "NAMES = {'a': 1}"),
    (keeps_state, "@cache\ndef rules(): ..."),
    (touches_the_world, "from datetime import datetime\nfrom pathlib import PurePosixPath"),
]


@pytest.mark.parametrize(("check", "source"), GUILTY)
def test_the_check_sees_the_fault(check: Check, source: str) -> None:
    assert list(check(source))


@pytest.mark.parametrize(("check", "source"), INNOCENT)
def test_the_check_lets_the_near_miss_pass(check: Check, source: str) -> None:
    assert list(check(source)) == []


def test_everything_is_caught_once_in_each_place_that_may() -> None:
    caught = {path: list(catches_everything(text(path))) for path in modules("reviewer/")}
    assert {path: places for path, places in caught.items() if len(places) > 1} == {}


# --------------------------------------------------------------------------------------------- files and size


def test_no_module_is_longer_than_a_thought() -> None:
    lengths = {path: text(path).count("\n") for path in modules("reviewer/")}
    assert {path: length for path, length in lengths.items() if length > MODULE_LINES_MAX} == {}


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.rpartition("/")[0] for path in modules("tests/")}
    assert [folder for folder in sorted(folders) if f"{folder}/__init__.py" not in files()] == []


FOREIGN = re.compile(
    # Registries by host, and paths that exist on one machine only; written so that this file holds none.
    r"(?:pypi|pythonhosted|npmjs|yarnpkg|crates|golang|debian)[.](?:org|com|io)\b"
    r"|(?<![\w.)\]}>-])/(?:root|home|Users|work)/[A-Za-z]"
)


def foreign(path: str, content: str) -> list[str]:
    here = [str(ROOT)] if len(ROOT.parts) > 2 else []
    hits = [found[0] for found in FOREIGN.finditer(content)] + [name for name in here if name in content]
    return [f"{path}: {hit}" for hit in hits]


FOREIGN_ALLOWED: dict[str, str] = {}
"""File or folder → why it may name a registry or a machine's path (recorded payloads, for one)."""


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    ours = [path for path in files() if not path.startswith(tuple(FOREIGN_ALLOWED))]
    assert [hit for path in ours for hit in foreign(path, text(path))] == []


@pytest.mark.parametrize("content", ["see /ro" + "ot/x", "index = py" + "pi.org", str(ROOT)])
def test_a_foreign_name_is_seen(content: str) -> None:
    assert foreign("a.md", content)


# ----------------------------------------------------------------------------------------------- requirements

REQUIREMENTS = ("requirements/bootstrap.txt", "requirements/runtime.txt", "requirements/dev.txt")


def pins(path: str) -> dict[str, str]:
    """Name → version; each pin is exact."""
    found = re.findall(r"^([a-z][\w.-]*)==([\w.]+)", text(path), re.MULTILINE)
    return dict(found)


@pytest.mark.parametrize("path", REQUIREMENTS)
def test_a_lock_holds_hashes_and_no_address(path: str) -> None:
    rows = [row for row in text(path).split("\n") if row and not row.lstrip().startswith("#")]
    starts = [row for row in rows if not row.startswith(" ")]
    assert len(starts) == len(pins(path)) > 0
    assert all(row.endswith("\\") for row in starts)
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", row) for row in rows if row.startswith(" "))
    assert not re.search(r"://|--index|--find-links|--trusted-host| @ ", text(path))


def test_what_is_tested_is_what_is_shipped() -> None:
    runtime, dev = pins("requirements/runtime.txt"), pins("requirements/dev.txt")
    assert {name: dev.get(name) for name in runtime} == runtime


# ------------------------------------------------------------------------------------------------------- docs


def need(path: str) -> str:
    if path not in files():
        pytest.skip(f"{path} is not written yet")
    return text(path)


def test_the_architecture_page_names_every_folder_and_module() -> None:
    page = need("docs/architecture.md")
    tops = {path.split("/")[1] + ("/" if path.count("/") > 1 else "") for path in modules("reviewer/")}
    assert sorted(name for name in tops - {"__init__.py"} if name not in page) == []


def settings_named_in(source: str) -> set[str]:
    strings = (node.value for node in ast.walk(tree(source)) if isinstance(node, ast.Constant))
    return {
        value for value in strings if isinstance(value, str) and re.fullmatch(r"REVIEWER_[A-Z0-9_]+[A-Z0-9]", value)
    }


def test_the_configuration_page_and_the_settings_name_the_same_variables() -> None:
    sources = ("reviewer/settings.py", "reviewer/core/model_limits.py")
    settings = {name for source in sources for name in settings_named_in(need(source))}
    page = need("docs/configuration.md")
    assert settings == set(re.findall(r"\bREVIEWER_[A-Z0-9_]+[A-Z0-9]\b", page))
    assert settings


WORDS = (
    "anchor, bundle, change, check run, concern, coverage, delivery, finding, hunk, installation, model,"
    " persona, plan, publication, review, rule, suggestion"
)


def test_the_glossary_has_each_word_once() -> None:
    cells = re.findall(r"^\| (\*\*.+?\*\*) \|", need("docs/glossary.md"), re.MULTILINE)
    words = [word.strip("*") for cell in cells for word in cell.split(", ")]
    assert len(words) == len(set(words))
    assert sorted(set(re.split(r",\s+", WORDS)) - set(words)) == []


# --------------------------------------------------------------------------------------------- loopback only


@pytest.mark.parametrize("address", ["192.0.2.1", "example.com"])
def test_a_test_cannot_leave_this_machine(address: str) -> None:
    with pytest.raises(PermissionError, match="stay on loopback"):
        socket.create_connection((address, 9), timeout=1)


def test_a_test_can_talk_to_this_machine() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1])) as client,
    ):
        assert client.getpeername()[0] == "127.0.0.1"

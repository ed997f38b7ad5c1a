"""Uploads of NestJS routes: whether anything looks at the file, and whether others in the project do by a pipe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from reviewer.core.checks import is_validation
from reviewer.core.expr import ExprKind
from reviewer.core.facts import Class, FileFacts, Method
from reviewer.core.routes import NEST, nest_name, original
from reviewer.core.source_paths import is_production
from reviewer.rules._code import Code, called
from reviewer.rules._numbers import names_in
from reviewer.rules._words import words_of

if TYPE_CHECKING:
    from reviewer.core.expr import Expr
    from reviewer.core.facts import Param
    from reviewer.core.project import Project

_UPLOADED: Final = frozenset(("UploadedFile", "UploadedFiles"))
_CHECKED: Final = (".mimetype", ".size", ".buffer.length", ".originalname")
_DECIDES: Final = frozenset(
    ("test", "includes", "has", "match", "some", "every", "assert", "ok", "extname", "min", "max")
)
_ELSEWHERE_MIN: Final = 2
"""Uploads of other controllers with a pipe from which on that is the house's way; one beside it is enough."""
_DEPTH_MAX: Final = 4
_FILE_WORDS: Final = frozenset(("file", "files", "upload", "uploads", "image", "images", "avatar", "mime", "multer"))


def unlike_siblings(project: Project) -> Iterator[tuple[str, int, str, int]]:
    """New uploads without the pipe that the others have: the file, the line of the parameter, the method, and how many
    others there are. Those that their own interceptor opens are not among them."""
    known = [
        (path, item, method, param, piped)
        for path, facts in project.head.items()
        if is_production(path)
        for item in facts.classes
        for method in item.methods
        for param, piped in _uploads(facts, method)
    ]
    piped_in = Counter((path, item.name) for path, item, _, _, piped in known if piped)
    piped_all = piped_in.total()
    bare = sum(1 for path, _, _, param, piped in known if not piped and not project.wrote(path, param.first))
    for path, item, method, param, piped in known if piped_all > bare else ():
        if piped or not project.wrote(path, param.first, param.last) or _was_bare(project, path, item, method):
            continue
        is_house = piped_in[path, item.name] or piped_all >= _ELSEWHERE_MIN
        facts = project.head[path]
        if is_house and not _may_be_filtered(method) and is_bare(facts, method):
            if has_file_pipe(project, path, facts, item, method) or service_looks(project, path, item, method):
                continue
            yield path, param.first, f"{item.name}.{method.name}", piped_all


def _uploads(facts: FileFacts, method: Method) -> Iterator[tuple[Param, bool]]:
    """The uploads of a method, and whether each has a pipe."""
    for param in method.params:
        for decorator in param.decorators:
            name, module = original(facts, decorator.name)
            if module == NEST and name in _UPLOADED:
                yield param, any(arg.kind is not ExprKind.STRING for arg in decorator.args)


def _was_bare(project: Project, path: str, item: Class, method: Method) -> bool:
    before = project.before(path)
    return any(
        not piped
        for old in before.classes
        if old.name == item.name
        for one in old.methods
        if one.name == method.name
        for _, piped in _uploads(before, one)
    )


def _may_be_filtered(method: Method) -> bool:
    """Whether a decorator checks the file itself, or may: its options stand elsewhere."""
    return any(_filters(arg, 0) for decorator in method.decorators for arg in decorator.args)


def _filters(value: Expr, depth: int) -> bool:
    if depth > _DEPTH_MAX:
        return False
    if value.kind is ExprKind.OBJECT:
        return bool({"fileFilter", "limits", ""} & set(value.keys))
    if value.kind is ExprKind.CALL:
        is_upload = "nterceptor" in value.text or "pload" in value.text or "ulter" in value.text
        named = any(part.kind in (ExprKind.NAME, ExprKind.MEMBER, ExprKind.CALL) for part in value.parts)
        return is_upload and (named or any(_filters(part, depth + 1) for part in value.parts))
    return False


def is_bare(facts: FileFacts, method: Method) -> bool:
    """Whether the file arrives without a pipe and nothing in the method looks at its size or kind."""
    for param in method.params:
        for decorator in param.decorators:
            known, module = original(facts, decorator.name)
            if module == NEST and known in _UPLOADED and any(arg.kind is not ExprKind.STRING for arg in decorator.args):
                return False
    return not _looks_at_file(facts, method.scope, _CHECKED)


def has_file_pipe(project: Project, path: str, facts: FileFacts, item: Class, method: Method) -> bool:
    """Whether a `@UsePipes(…)` on a method or its class looks at files: it is given the uploaded one like any other
    parameter. One of the project's own is read; of one that was not read, the name says whether it is about files."""
    return any(
        _is_file_pipe(project, path, facts, arg)
        for decorator in (*method.decorators, *item.decorators)
        if nest_name(facts, decorator) == "UsePipes"
        for arg in decorator.args
    )


def _is_file_pipe(project: Project, path: str, facts: FileFacts, arg: Expr) -> bool:
    name, module = original(facts, arg.text.replace("()", "").partition(".")[0] or arg.text)
    if module == NEST:
        return name.startswith("ParseFile")
    declared = project.declaration(path, arg.text)
    if declared is None or not isinstance(declared.item, Class):
        return bool(_FILE_WORDS & set(words_of(name)))
    there = project.head[declared.path]
    scopes = {scope for one in declared.item.methods if one.scope >= 0 for scope in there.index.within(one.scope)}
    return any(read.name.endswith(_CHECKED) or read.name.endswith(".buffer") for read in there.index.reads(scopes))


def _looks_at_file(facts: FileFacts, scope: int, names: tuple[str, ...]) -> bool:
    """Whether a function decides by the size or kind of a file; handing them on decides nothing."""
    inside = facts.index.within(scope) if scope >= 0 else ()
    decided = [condition.test for condition in facts.index.conditions(inside)]
    decided += [switch.subject for switch in facts.index.switches(inside)]
    for operation in facts.index.operations(inside):
        decided += [operation.left, operation.right]
    for call in facts.index.calls(inside):
        if any(f"{name}." in f"{call.callee}." for name in names if name.startswith(".")):
            return True  # `file.mimetype.startsWith('image/')`
        if call.callee.rpartition(".")[2] in _DECIDES or is_validation(facts, call.callee):
            decided += call.args
    return any(name.endswith(names) for value in decided for name in names_in(value))


def service_looks(project: Project, path: str, item: Class, method: Method) -> bool:
    """Whether a method of the project that is given the file, or its size or kind, decides by them."""
    facts = project.head[path]
    inside = facts.index.within(method.scope) if method.scope >= 0 else ()
    for call in facts.index.calls(inside):
        target = called(project, Code(path, method.scope, item), call) if call.args else None
        if target is None or target.scope < 0:
            continue
        there = project.head[target.path]
        params = [param.name for param in there.functions[target.scope].params]
        given = tuple(
            name for name, arg in zip(params, call.args, strict=False) if name and arg.text.endswith(_CHECKED)
        )
        if _looks_at_file(there, target.scope, (*_CHECKED, *given)):
            return True
    return False

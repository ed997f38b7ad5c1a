"""An upload without a size limit: one client fills the memory or the disk of the service.

multer limits nothing by itself, and keeps files in memory where no storage is named. In NestJS the limit stands in the
interceptor's options, in `MulterModule`, or in a `ParseFilePipe`, which also checks the kind of file. A pipe of the
project's own that reads a file's size, kind or content does so too, in front of the method or its class.

Bad::

    const upload = multer({ dest: 'uploads/' });
    @UseInterceptors(FileInterceptor('file')) upload(@UploadedFile() file: Express.Multer.File) {}

Good::

    const upload = multer({ dest: 'uploads/', limits: { fileSize: 5_000_000 }, fileFilter });
    upload(@UploadedFile(new ParseFilePipe({ validators: [new MaxFileSizeValidator({ maxSize: 5_000_000 })] })) file) {}
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import NOWHERE, Expr, ExprKind
from reviewer.core.facts import BindingKind, Call, FileFacts, Method
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.routes import original
from reviewer.core.rule import Rule
from reviewer.rules._graphql_uploads import open_uploads
from reviewer.rules._report import at, report
from reviewer.rules._uploaded_files import has_file_pipe, is_bare, service_looks, unlike_siblings

_PARSERS = frozenset(("multer", "express-fileupload", "@fastify/multer", "fastify-multer"))
_INTERCEPTORS = frozenset(("FileInterceptor", "FilesInterceptor", "FileFieldsInterceptor", "AnyFilesInterceptor"))
_PLATFORMS = ("@nestjs/platform-express", "@nest-lab/fastify-multer", "@nestjs/platform-fastify")


def inspect(project: Project) -> Iterator[Finding]:
    """Uploads that the change opened without a limit."""
    said: set[str] = set()
    for file, facts in project.production:
        for call in facts.calls:
            if _is_open_parser(facts, call) and project.introduced(file.path, call):
                lacks = "neither limits nor a filter" if "fileFilter" not in _keys(call) else "no limits"
                yield _finding(
                    file.path, call.first, call.symbol, call.code,
                    f"`{call.callee}()` has {lacks}: a client can send files of any "
                    "size until memory or disk is full. Set `limits: { fileSize: … }`, and a filter for the kinds "
                    "you take.",
                )  # fmt: skip
        for found in _nest(project, file.path, facts):
            said.add(found.symbol)
            yield found
    yield from _unlike_siblings(project, said)
    for path, line, symbol in open_uploads(project):
        yield _finding(
            path, line, symbol, symbol,
            f"`{symbol}` reads a file of any size and kind: nothing looks at its `mimetype`, and no `maxFileSize` is "
            "set where it can be seen. Refuse other kinds, and stop reading at a limit.",
        )  # fmt: skip


def _finding(path: str, line: int, symbol: str, code: str, message: str) -> Finding:
    return report(RULE, at(path, line), message, symbol=symbol, quoted=code)


def _unlike_siblings(project: Project, said: set[str]) -> Iterator[Finding]:
    for path, line, symbol, count in unlike_siblings(project):
        if symbol not in said:
            yield _finding(
                path, line, symbol, symbol,
                f"`{symbol}` takes whatever file comes, or none, while {count} other upload(s) here check theirs with "
                "a pipe. Give `@UploadedFile()` the same checks: that there is a file, and of which kind.",
            )  # fmt: skip


def _is_open_parser(facts: FileFacts, call: Call) -> bool:
    name, module = original(facts, call.callee)
    if module not in _PARSERS or name not in ("default", "*", "multer", "fileUpload") or call.is_new:
        return False
    if any(
        one.receiver is not None and one.receiver.text == call.callee and one.callee.endswith(".none")
        for one in facts.calls
    ):
        return False  # only fields, no files
    return not call.args or _is_open(facts, call.args[0])


def _keys(call: Call) -> frozenset[str]:
    return frozenset(key for arg in call.args for key in arg.keys)


def _is_open(facts: FileFacts, options: Expr) -> bool:
    """Whether options surely set no limit: an object here, or a constant of the file."""
    if options.kind is ExprKind.NAME:
        found = [one for one in facts.index.bound(options.text, NOWHERE) if one.kind is BindingKind.CONST]
        options = found[0].value if len(found) == 1 else options
    return options.kind is ExprKind.OBJECT and not {"limits", ""} & set(options.keys)


# ------------------------------------------------------------------------------------------------------------ NestJS


def _nest(project: Project, path: str, facts: FileFacts) -> Iterator[Finding]:
    if project.once(_has_multer_module):
        return
    base = project.before(path)
    before = {
        (item.name, method.name)
        for item in base.classes
        for method in item.methods
        if _open_interceptor(base, method) is not None
        and is_bare(base, method)
        and not has_file_pipe(project, path, base, item, method)
    }
    for item in facts.classes:
        for method in item.methods:
            found = _open_interceptor(facts, method)
            if found is None or (item.name, method.name) in before or not is_bare(facts, method):
                continue
            if not project.wrote(path, method.first, method.head):
                continue
            if not has_file_pipe(project, path, facts, item, method) and not service_looks(project, path, item, method):
                symbol = f"{item.name}.{method.name}"
                yield _finding(
                    path, found.first, symbol, found.text,
                    f"`{symbol}` takes files of any size and kind: nothing limits what `{found.text}()` accepts. Give "
                    "`@UploadedFile()` a `ParseFilePipe` with a size and a type, or the interceptor `limits`.",
                )  # fmt: skip


def _has_multer_module(project: Project) -> bool:
    return any("MulterModule" in there.names for there in project.head.values())


def _open_interceptor(facts: FileFacts, method: Method) -> Expr | None:
    """The interceptor of a method that takes files and is given no limits."""
    for decorator in method.decorators:
        for arg in decorator.args:
            name, module = original(facts, arg.text)
            if arg.kind is not ExprKind.CALL or name not in _INTERCEPTORS or module not in _PLATFORMS:
                continue
            options = [
                part for part in arg.parts if part.kind not in (ExprKind.STRING, ExprKind.NUMBER, ExprKind.ARRAY)
            ]
            if all(_is_open(facts, one) for one in options):
                return arg
    return None


RULE = Rule(
    slug="validation_unchecked_upload",
    concern=Concern.VALIDATION,
    severity=Severity.WARNING,
    title="An upload has no limit",
    inspect=inspect,
    references=(
        Reference("NestJS: file upload", "https://docs.nestjs.com/techniques/file-upload"),
        Reference(
            "OWASP: file upload",
            "https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html",
        ),
    ),
    confidence=0.9,
    page=__doc__ or "",
)

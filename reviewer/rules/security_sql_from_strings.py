"""SQL put together from strings: whoever controls a part of the text controls the query.

Values belong into parameters, which the driver sends apart from the text. Tagged templates (`sql`, `$queryRaw`) do
that; a template handed to `query()` does not. Constants, placeholders and names of tables or columns are left alone.

Bad::

    this.dataSource.query(`SELECT * FROM orders WHERE email = '${email}'`);

Good::

    this.dataSource.query('SELECT * FROM orders WHERE email = $1', [email]);
"""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.core.concern import Concern, Severity
from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind, Call, FileFacts
from reviewer.core.finding import Finding, Reference
from reviewer.core.project import Project
from reviewer.core.rule import Rule
from reviewer.rules._report import at, report

_WHOLE_QUERY = frozenset(
    ("query", "raw", "execute", "$queryRawUnsafe", "$executeRawUnsafe", "rawQuery", "unsafe", "run", "all", "exec")
)
_CONDITION = frozenset(
    ("where", "andWhere", "orWhere", "whereRaw", "andWhereRaw", "orWhereRaw", "having", "havingRaw", "andHaving",
     "joinRaw", "literal", "selectRaw", "fromRaw", "orderByRaw")
)  # fmt: skip
_STATEMENTS = frozenset(("select", "insert", "update", "delete", "with", "call", "replace", "merge", "exec", "execute"))
_CLAUSES = frozenset(("from", "into", "set", "where", "values", "table", "as"))
_OPERATORS = ("=", "<", ">", " like ", " ilike ", " in ", " in(", " between ")
_SAFE_CALLS = frozenset(
    ("escape", "escapeid", "escapeliteral", "escapeidentifier", "quote", "quoteident", "quoteidentifier", "identifier",
     "parseint", "parsefloat", "number", "tostring", "tosql", "toquery", "getquery", "getsql", "tablename", "format")
)  # fmt: skip
_IDENTIFIERS = (
    "table", "schema", "column", "columns", "alias", "field", "fields", "placeholder", "placeholders", "sql", "query",
    "clause", "fragment", "condition", "conditions", "where", "order", "direction", "sort", "database", "dbname",
    "metadata", "tablename", "tablepath", "select", "join", "joins", "cte", "interval", "index", "prefix", "params",
)  # fmt: skip
"""Words a name ends in when it stands for a piece of SQL or the name of something in the database, not for a
value."""

_COMPARES = ("=", "<", ">", "!=", "like", "ilike", "in ", "in(", "is ", "between", "not ", "asc", "desc")
_VALUE_WORDS = frozenset(
    ("where", "values", "in", "and", "or", "like", "ilike", "between", "limit", "offset", "having", "set")
)
_NAME_WORDS = frozenset(
    ("select", "from", "join", "into", "update", "by", "table", "on", "as", "returning", "distinct", "index", "using")
)

_DEPTH_MAX = 5
_BINDINGS_MAX = 4
"""Values given to one name that are looked at; a name that is given more is no constant."""


def inspect(project: Project) -> Iterator[Finding]:
    """Queries that the change wrote and that put a value into their text."""
    for file, facts in project.production:
        said: set[int] = set()
        for call in facts.calls:
            value = _text_of(facts, call)
            if value is None or not _is_sql(call, "${}".join(_pieces(value)[0])):
                continue
            hole = next((one for one in _values(value) if not _is_harmless(facts, one, call.scope, 0)), None)
            wrote = project.wrote(file.path, call.first, call.last) or project.wrote(file.path, value.first, value.last)
            line = value.first if project.wrote(file.path, value.first) else call.first
            if hole is not None and wrote and line not in said and not _was_there(project, file.path, call, value):
                said.add(line)
                yield report(
                    RULE,
                    at(file.path, line),
                    f"`{hole.text}` is put into the text of the query. Whoever controls it can read or change "
                    f"other data. "
                    "Write a placeholder and pass the value as a parameter.",
                    symbol=call.symbol,
                    quoted=call.code,
                )


def _was_there(project: Project, path: str, call: Call, value: Expr) -> bool:
    facts = project.head[path]
    if not project.was_there(path, call):
        return False
    bound = (binding for binding in facts.bindings if binding.value is value)
    return value in call.args or all(project.was_there(path, binding) for binding in bound)


def _text_of(facts: FileFacts, call: Call) -> Expr | None:
    """The text a query method is given, where it is put together: a template or a concatenation."""
    owner, _, name = call.callee.rpartition(".")
    if not owner or call.is_tagged or not call.args or name not in _WHOLE_QUERY | _CONDITION:
        return None
    value = call.args[0]
    if value.kind is ExprKind.OBJECT:
        pairs = zip(value.keys, value.parts, strict=False)
        value = next((part for key, part in pairs if key in ("text", "sql")), value)
    if value.kind is ExprKind.NAME:
        bound = _bound(facts, value.text, call.scope)
        value = bound[0].value if len(bound) == 1 else value
    is_made = value.kind is ExprKind.CONCAT or (value.kind is ExprKind.TEMPLATE and bool(value.parts))
    return value if is_made else None


def _pieces(value: Expr) -> tuple[list[str], list[Expr]]:
    """The fixed texts, and what stands between them: always one text more than holes."""
    if value.kind is ExprKind.TEMPLATE:
        texts = value.text.split("${}")[: len(value.parts) + 1]
        return texts, list(value.parts[: len(texts) - 1])
    texts, holes = [""], []
    for part in value.parts:
        if part.kind is ExprKind.STRING or part.kind is ExprKind.TEMPLATE:
            inner_texts, inner_holes = ([part.text], []) if part.kind is ExprKind.STRING else _pieces(part)
            texts[-1] += inner_texts[0]
            texts.extend(inner_texts[1:])
            holes.extend(inner_holes)
        else:
            holes.append(part)
            texts.append("")
    return texts, holes


def _values(value: Expr) -> Iterator[Expr]:
    """The holes where a value stands; at the place of a table or column no parameter could stand anyway."""
    texts, holes = _pieces(value)
    before = ""
    for index, hole in enumerate(holes):
        before += texts[index].lower() + " "
        after = texts[index + 1].lower()
        if _is_value_place(before[:-1], after):
            yield hole


def _is_value_place(before: str, after: str) -> bool:
    left = before.rstrip()
    if left.endswith(("'", "'%", '"%', "%")):
        return True
    if after.lstrip().startswith(_COMPARES) or (
        after.startswith((".", '"', "`")) and not left.rstrip('"`').rstrip().endswith("=")
    ):
        return False
    if left.rstrip('"`').rstrip().endswith(("=", "<", ">")):
        return True
    words = [
        word
        for word in left.replace("(", " ( ").replace(",", " ").split()
        if word in _VALUE_WORDS or word in _NAME_WORDS
    ]
    return bool(words) and words[-1] in _VALUE_WORDS


def _is_sql(call: Call, text: str) -> bool:
    words = text.lower().replace("(", " ").split()
    if call.callee.rpartition(".")[2] in _CONDITION:
        return any(operator in f" {text.lower()} " for operator in _OPERATORS)
    return bool(words) and words[0] in _STATEMENTS and any(word in _CLAUSES for word in words[1:])


def _bound(facts: FileFacts, name: str, scope: int) -> list[Binding]:
    """What a name is given in the functions around, the innermost that says anything."""
    for around in facts.index.around(scope):
        found = facts.index.bound(name, around)[: _BINDINGS_MAX + 1]
        kept = [item for item in found if item.kind not in (BindingKind.PAIR, BindingKind.PROPERTY)]
        if kept:
            return kept
    return []


def _is_harmless(facts: FileFacts, part: Expr, scope: int, depth: int) -> bool:
    """Whether a piece of the text cannot carry a client's value: a constant, a number, a quoted or checked thing,
    a name."""
    if depth > _DEPTH_MAX or part.kind in (ExprKind.STRING, ExprKind.NUMBER, ExprKind.CONSTANT):
        return True
    if part.kind in (ExprKind.TEMPLATE, ExprKind.CONCAT, ExprKind.CHOICE, ExprKind.ARRAY):
        return all(_is_harmless(facts, inner, scope, depth + 1) for inner in part.parts)
    if part.kind is ExprKind.CALL:
        return _is_harmless_call(facts, part, scope, depth)
    if part.kind in (ExprKind.NAME, ExprKind.MEMBER):
        return _is_harmless_name(facts, part, scope, depth)
    return part.kind is ExprKind.TAGGED


def _is_harmless_call(facts: FileFacts, part: Expr, scope: int, depth: int) -> bool:
    name = part.text.rpartition(".")[2]
    if name.lower() in _SAFE_CALLS or _names_sql(name) or part.text.startswith("Math."):
        return True
    if name in ("join", "map", "filter", "fill", "slice", "concat", "keys", "trim", "toUpperCase", "toLowerCase"):
        callback = next((arg for arg in part.parts if arg.kind is ExprKind.FUNCTION), None)
        if callback is not None and callback.parts:
            return _is_placeholder(callback.parts[0])
        if part.receiver is not None:
            return _is_harmless(facts, part.receiver, scope, depth + 1)
        owner = part.text.rpartition(".")[0]
        if owner == "Object":
            return True
        named = Expr(ExprKind.MEMBER if "." in owner else ExprKind.NAME, owner, part.first, part.last)
        return _is_harmless_name(facts, named, scope, depth)
    return False


def _is_placeholder(made: Expr) -> bool:
    """`'?'`, `$1`, `:id` made for each value, or a name that is looked up."""
    return made.text.lstrip("( ").startswith(("?", "$", ":", "@")) or made.kind is ExprKind.STRING


def _is_harmless_name(facts: FileFacts, part: Expr, scope: int, depth: int) -> bool:
    root, *steps = part.text.replace("[]", "").replace("()", "").split(".")
    last = steps[-1] if steps else root
    if _is_constant(root) or (steps and root[:1].isupper()) or _names_sql(last):
        return True
    if steps:
        return False
    if _is_number(facts, root, scope):
        return True
    found = _bound(facts, root, scope)
    few = 0 < len(found) <= _BINDINGS_MAX
    return few and all(_is_harmless(facts, item.value, item.scope, depth + 2) for item in found)


def _is_number(facts: FileFacts, name: str, scope: int) -> bool:
    """Whether a name is a parameter that is declared as a number or a boolean."""
    while scope >= 0:
        function = facts.functions[scope]
        if any(param.name == name and param.type.name in ("number", "boolean", "bigint") for param in function.params):
            return True
        scope = function.parent
    return False


def _is_constant(name: str) -> bool:
    return name.isupper() and len(name) > 1


def _names_sql(name: str) -> bool:
    lower = name.lower().rstrip("s_")
    return any(lower.endswith(word.rstrip("s")) for word in _IDENTIFIERS)


RULE = Rule(
    slug="security_sql_from_strings",
    concern=Concern.SECURITY,
    severity=Severity.BLOCKER,
    title="SQL is put together from strings",
    inspect=inspect,
    references=(
        Reference(
            "OWASP: SQL injection prevention",
            "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
        ),
    ),
    confidence=0.85,
    page=__doc__ or "",
)

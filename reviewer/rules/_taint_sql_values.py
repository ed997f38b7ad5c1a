"""Whether a piece of a query's text can carry somebody's value: by its place, by its name, and by how it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.facts import Binding, BindingKind

if TYPE_CHECKING:
    from reviewer.core.facts import FileFacts

_SAFE_CALLS = frozenset(
    ("escape", "escapeid", "escapeliteral", "escapeidentifier", "quote", "quoteident", "quoteidentifier", "identifier",
     "parseint", "parsefloat", "number", "tostring", "tosql", "toquery", "getquery", "getsql", "tablename", "format")
)  # fmt: skip
_OF_A_LIST = frozenset(
    ("join", "map", "filter", "fill", "slice", "concat", "keys", "trim", "toUpperCase", "toLowerCase")
)
_MAKES_PLAIN = ("date", "time", "uuid", "count", "now", "iso")
"""Words in the name of a function whose results the program makes: dates, ids, counts."""

_IDENTIFIERS = (
    "table", "schema", "column", "columns", "alias", "field", "fields", "placeholder", "placeholders", "sql", "query",
    "clause", "fragment", "condition", "conditions", "where", "order", "direction", "sort", "database", "dbname",
    "metadata", "tablename", "tablepath", "select", "join", "joins", "cte", "interval", "index", "prefix", "params",
)  # fmt: skip
"""Words a name ends in when it stands for a piece of SQL or the name of something in the database, not for a
value."""

_VALUES_IN_QUOTES = ("prefix", "field", "order", "sort", "direction", "select", "index", "params", "query", "condition",
                     "where", "fragment")  # fmt: skip
"""Of those, the ones that stand for values all the same inside quotes."""

_COMPARES = ("=", "<", ">", "!=", "like", "ilike", "in ", "in(", "is ", "between", "not ", "asc", "desc")
_VALUE_WORDS = frozenset(
    ("where", "values", "in", "and", "or", "like", "ilike", "between", "limit", "offset", "having", "set")
)
_NAME_WORDS = frozenset(
    ("select", "from", "join", "into", "update", "by", "table", "on", "as", "returning", "distinct", "index", "using")
)

_SETTINGS = ("env", "config", "configuration", "settings", "constants")
_DEPTH_MAX = 5
_BINDINGS_MAX = 4
"""Values given to one name that are looked at; a name that is given more is no constant."""


def is_value_place(before: str, after: str) -> bool:
    """Whether a value stands between these pieces of a query, both in lower case, and not a table or column."""
    left = before.rstrip()
    if left.endswith(("'", "'%", '"%', "%")):
        return True
    if left.endswith("."):  # a column of the table in front
        return False
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


def _bound(facts: FileFacts, name: str, scope: int) -> list[Binding]:
    """What a name is given in the functions around, the innermost that says anything."""
    for around in facts.index.around(scope):
        found = facts.index.bound(name, around)[: _BINDINGS_MAX + 1]
        kept = [item for item in found if item.kind not in (BindingKind.PAIR, BindingKind.PROPERTY)]
        if kept:
            return kept
    return []


def is_quoted(before: str, part: Expr) -> bool:
    """Whether a piece stands inside quotes and is named as no table is: `LIKE '${prefix}%'`."""
    is_call = part.kind is ExprKind.CALL
    if not before.rstrip().endswith(("'", "'%")) or (is_call and part.text.rpartition(".")[2] not in _OF_A_LIST):
        return False
    name = part.text.replace("()", "").rpartition(".")[0] if is_call else part.text
    return name.rpartition(".")[2].lower().endswith(_VALUES_IN_QUOTES)


def is_harmless(facts: FileFacts, part: Expr, scope: int, depth: int) -> bool:
    """Whether a piece of the text cannot carry a client's value: a constant, a number, a quoted or checked thing,
    a name."""
    if depth > _DEPTH_MAX or part.kind in (ExprKind.STRING, ExprKind.NUMBER, ExprKind.CONSTANT):
        return True
    if part.kind in (ExprKind.TEMPLATE, ExprKind.CONCAT, ExprKind.CHOICE, ExprKind.ARRAY):
        return all(is_harmless(facts, inner, scope, depth + 1) for inner in part.parts)
    if part.kind is ExprKind.CALL:
        return _is_harmless_call(facts, part, scope, depth)
    if part.kind in (ExprKind.NAME, ExprKind.MEMBER):
        return _is_harmless_name(facts, part, scope, depth)
    return part.kind in (ExprKind.TAGGED, ExprKind.OTHER)


def _is_harmless_call(facts: FileFacts, part: Expr, scope: int, depth: int) -> bool:
    name = part.text.rpartition(".")[2]
    if name not in _OF_A_LIST and (
        name.lower() in _SAFE_CALLS
        or _names_sql(name)
        or any(word in name.lower() for word in _MAKES_PLAIN)
        or part.text.startswith("Math.")
    ):
        return True
    if name in _OF_A_LIST:
        callback = next((arg for arg in part.parts if arg.kind is ExprKind.FUNCTION), None)
        if callback is not None:  # what a block returns is not known
            return not callback.parts or is_placeholder(callback.parts[0])
        if part.receiver is not None:
            return is_harmless(facts, part.receiver, scope, depth + 1)
        owner = part.text.rpartition(".")[0]
        if owner == "Object":
            return True
        named = Expr(ExprKind.MEMBER if "." in owner else ExprKind.NAME, owner, part.first, part.last)
        return _is_harmless_name(facts, named, scope, depth)
    return False


def is_placeholder(made: Expr) -> bool:
    """`'?'`, `$1`, `:id` made for each value, or a name that is looked up."""
    start = made.text.lstrip("( ")
    return made.kind is ExprKind.STRING or (start.startswith(("?", "$", ":", "@")) and not start.startswith("${}"))


def _is_harmless_name(facts: FileFacts, part: Expr, scope: int, depth: int) -> bool:
    root, *steps = part.text.replace("[]", "").replace("()", "").split(".")
    last = steps[-1] if steps else root
    if (
        set(steps[:-1]) & set(_SETTINGS)
        or root in _SETTINGS
        or last in ("length", "size")
        or _is_constant(root)
        or (steps and root[:1].isupper())
        or _names_sql(last)
    ):
        return True
    if steps:
        return False
    if _is_number(facts, root, scope):
        return True
    found = _bound(facts, root, scope)
    few = 0 < len(found) <= _BINDINGS_MAX
    return few and all(is_harmless(facts, item.value, item.scope, depth + 2) for item in found)


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

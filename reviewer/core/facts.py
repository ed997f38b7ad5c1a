"""Facts: what one TypeScript file says, as plain data, computed once from its syntax tree.

A rule sees facts, never a syntax tree and never bytes. The shape is generic on purpose: expressions are small
bounded trees (`Expr`), and every call, read and binding knows the function it stands in (`scope`, an index into
`FileFacts.functions`). A new rule asks a new question of the same facts; only a new kind of fact changes this
file, and then `FACTS_VERSION`.

Lines are 1-based and inclusive. Texts are cut (`TEXT_CHARS_MAX`), with blanks folded to one space.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

from reviewer.core.control_flow import Cast, Catch, Condition, Operation, Switch, Throw, TypeMember
from reviewer.core.expr import NOWHERE, Expr, TypeRef
from reviewer.core.fact import Fact
from reviewer.core.facts_index import FactsIndex
from reviewer.core.imports import Export, Import

FACTS_VERSION = 7
"""Part of every cache key: raise it whenever the same text would give other facts."""


class Decorator(Fact, frozen=True):
    """`@Name(args)`; `name` is dotted as written (`Body`, `common.Body`); `called` tells `@A()` from `@A`."""

    name: str
    args: tuple[Expr, ...]
    first: int
    last: int
    called: bool = True


class Param(Fact, frozen=True):
    """A parameter; `name` is "" for a destructured one (`fields`, `locals`: see Binding); `private x` `is_property`."""

    name: str
    type: TypeRef
    decorators: tuple[Decorator, ...]
    first: int
    last: int
    fields: tuple[str, ...] = ()
    is_optional: bool = False
    is_property: bool = False
    default: Expr | None = None
    code: str = ""
    locals: tuple[str, ...] = ()


class FunctionKind(StrEnum):
    """How a function is written."""

    DECLARATION = "declaration"
    EXPRESSION = "expression"
    ARROW = "arrow"
    METHOD = "method"


class Function(Fact, frozen=True):
    """Anything with a body, in source order; its index in `FileFacts.functions` is what others call its scope.

    `name` is its own or that of the constant it is assigned to, "" for a callback; `symbol` dotted: `Orders.create`.
    `parent` is the scope around it. `passed_to` is the dotted callee it is an argument of (`items.forEach`).
    `statements` counts those of its block, nested ones not; 0 for an arrow function that is one expression.
    """

    name: str
    symbol: str
    kind: FunctionKind
    params: tuple[Param, ...]
    return_type: TypeRef
    parent: int
    first: int
    last: int
    is_async: bool = False
    is_exported: bool = False
    passed_to: str = ""
    statements: int = 0


class Property(Fact, frozen=True):
    """A field of a class. `modifiers` are the words before it: private, static, readonly, declare…"""

    name: str
    type: TypeRef
    decorators: tuple[Decorator, ...]
    first: int
    last: int
    modifiers: tuple[str, ...] = ()
    is_optional: bool = False
    value: Expr | None = None
    code: str = ""


class Method(Fact, frozen=True):
    """A method, accessor, constructor or arrow-function field. `first` is its first decorator, `head` the line of
    its name. `modifiers`: private, static, async, get, set, abstract… `scope` is NOWHERE where it has no body."""

    name: str
    params: tuple[Param, ...]
    return_type: TypeRef
    decorators: tuple[Decorator, ...]
    first: int
    last: int
    head: int
    modifiers: tuple[str, ...] = ()
    scope: int = NOWHERE


class Class(Fact, frozen=True, dict=True, gc=True):
    """A class. `first` is its first decorator, `head` the line with the word class."""

    name: str
    decorators: tuple[Decorator, ...]
    extends: Expr | None
    implements: tuple[str, ...]
    properties: tuple[Property, ...]
    methods: tuple[Method, ...]
    first: int
    last: int
    head: int
    is_abstract: bool = False
    is_exported: bool = False

    @cached_property
    def constructor(self) -> Method | None:
        """The constructor that has a body (overloads have none), looked for once."""
        return next((method for method in self.methods if method.name == "constructor" and method.scope >= 0), None)


class TypeDeclaration(Fact, frozen=True):
    """An interface, a type alias or an enum (`keyword` says which); `names` are the types it mentions, `members` its
    own; `extends` the names of the types it adds them to (`extends A`, `A & { … }`)."""

    name: str
    keyword: str
    first: int
    last: int
    names: tuple[str, ...] = ()
    is_exported: bool = False
    members: tuple[TypeMember, ...] = ()
    extends: tuple[str, ...] = ()


class Call(Fact, frozen=True):
    """A call or `new` (`is_new`), or a tagged template (`is_tagged`), with where it stands.

    `callee` is dotted as in `Expr`; `args` the arguments, `receiver` the object where it is no plain dotted name.
    `loop` is "for", "while" or the dotted callee whose callback it stands in (`items.map`), "" outside of loops.
    `awaited` covers await, return and being the whole body of an arrow function: someone sees the promise. Which of
    them: `is_await` (an await stands directly on it), `is_returned` (`return f()`, `() => f()`; not with an await).
    `in_default`: inside a parameter's default. `in_try`: in the block of a try with a catch, in the same function;
    `catch`: the index in `FileFacts.catches` of the (innermost) clause it stands in, in the same function.
    """

    callee: str
    args: tuple[Expr, ...]
    first: int
    last: int
    scope: int
    symbol: str
    code: str
    receiver: Expr | None = None
    is_new: bool = False
    is_tagged: bool = False
    awaited: bool = False
    is_statement: bool = False
    loop: str = ""
    in_default: bool = False
    in_try: bool = False
    catch: int = NOWHERE
    is_returned: bool = False
    is_await: bool = False


class Read(Fact, frozen=True):
    """A dotted name that is read, at its full length: `req.body.id`, `process.env.PORT`."""

    name: str
    line: int
    scope: int
    symbol: str


class BindingKind(StrEnum):
    """What gives a name its value: PAIR is a key of an object literal, DEFAULT that of a parameter, RETURN (its name is
    "") what a function returns, bare literals, arrays and functions left out; LOOP gives the variable of a for-of or
    for-in (the `operator`) what is iterated, and its lines and code are those of the loop's head."""

    CONST = "const"
    LET = "let"
    ASSIGNMENT = "assignment"
    PROPERTY = "property"
    PAIR = "pair"
    DEFAULT = "default"
    RETURN = "return"
    LOOP = "loop"


class Binding(Fact, frozen=True):
    """A name and the value it is given; a variable that is given none has the CONSTANT undefined.

    `fields` are the properties taken out by destructuring (then `name` is ""): "[]" for an element, "..." for the rest,
    "" for a computed key. `locals` are their names here, one each; those of a nested pattern all have the outer field
    (`{ body: { a, b } }` takes body and body, called a and b), and an empty one has "".
    `operator` is that of an assignment (`=`, `+=`, `??=`; `++` of a member, with the place as `value`), "" elsewhere.
    `target` is what an assignment to a computed place writes to: `a[key] = …` has a MEMBER with the key in `parts`.
    """

    name: str
    kind: BindingKind
    value: Expr
    first: int
    last: int
    scope: int
    symbol: str
    fields: tuple[str, ...] = ()
    code: str = ""
    operator: str = ""
    target: Expr | None = None
    locals: tuple[str, ...] = ()


class Text(Fact, frozen=True):
    """A string literal or a comment, cut, with its lines."""

    text: str
    first: int
    last: int


class SyntaxFault(Fact, frozen=True):
    """Where the grammar could not follow; `near` is the source there."""

    line: int
    near: str


class FileFacts(Fact, frozen=True, dict=True, gc=True):
    """All that is known of one file, in source order; `names` are all identifiers, sorted, each once."""

    imports: tuple[Import, ...] = ()
    exports: tuple[Export, ...] = ()
    classes: tuple[Class, ...] = ()
    types: tuple[TypeDeclaration, ...] = ()
    functions: tuple[Function, ...] = ()
    calls: tuple[Call, ...] = ()
    reads: tuple[Read, ...] = ()
    bindings: tuple[Binding, ...] = ()
    conditions: tuple[Condition, ...] = ()
    switches: tuple[Switch, ...] = ()
    operations: tuple[Operation, ...] = ()
    casts: tuple[Cast, ...] = ()
    catches: tuple[Catch, ...] = ()
    throws: tuple[Throw, ...] = ()
    strings: tuple[Text, ...] = ()
    comments: tuple[Text, ...] = ()
    names: tuple[str, ...] = ()
    faults: tuple[SyntaxFault, ...] = ()
    line_count: int = 1

    @cached_property
    def index(self) -> FactsIndex:
        """The same facts by scope and by name, made on first use."""
        return FactsIndex(self)

    def imported(self, local: str) -> Import | None:
        """The import that a local name comes from, None for a name of the file itself or a global one."""
        return self.index.imported(local)

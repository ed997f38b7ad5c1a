"""Which names a function checks before it uses them: against a list, a pattern, a prefix, or by asking a function.

A checked name is taken as harmless in the whole function, if the check decides something: it stops or turns the
function, changes the value, or the use stands inside it. A rule that argues with a check the author wrote is wrong more
often than it is right.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from reviewer.core.expr import NOWHERE
from reviewer.core.facts import BindingKind
from reviewer.rules._taint_asked import EQUALS, URL_PARTS, asked_about, came_from, compared, looked_up, names
from reviewer.rules._taint_lookups import looked_up_by

if TYPE_CHECKING:
    from reviewer.core.control_flow import Condition
    from reviewer.core.facts import Binding, FileFacts

_ANSWERS: Final = frozenset(("res", "response", "reply", "ctx"))
_NOTED: Final = frozenset(("req", "request", "this"))
_REFUSES: Final = frozenset(("next", "reject", "cb", "callback", "done"))


class Checks:
    """The checks of one file, asked by the function they stand in."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self._asked: dict[int, list[tuple[str, int]]] = defaultdict(list)
        self._texts: dict[int, list[str]] = defaultdict(list)
        self._weak: dict[int, list[Condition]] = defaultdict(list)
        self._deciding: dict[int, list[Condition]] = defaultdict(list)
        self._known: dict[int, tuple[dict[str, list[_Lines]], frozenset[str]]] = {}
        self._read()

    def _read(self) -> None:
        for call in self._facts.calls:
            self._asked[call.scope].extend((name, call.first) for name in asked_about(call))
            if call.callee.rpartition(".")[2].lower() == "isstring":
                self._texts[call.scope].extend(names(call.args, 0))
        for one in self._facts.operations:
            if one.operator in EQUALS:
                named = compared(one.left, one.right, one.operator == "in")
                self._asked[one.scope].extend((name, one.first) for name in named)
                if one.left.text.startswith("typeof"):
                    self._texts[one.scope].append(one.left.text.removeprefix("typeof").strip("() "))
        for switch in self._facts.switches:
            self._asked[switch.scope].append((switch.subject.text, switch.first))
        for condition in self._facts.conditions:
            self._asked[condition.scope].extend((name, condition.first) for name in looked_up(condition.test, 0))
            if not (condition.is_ternary or condition.ends or condition.otherwise):
                self._weak[condition.scope].append(condition)
            elif not condition.is_ternary:
                self._deciding[condition.scope].append(condition)

    def is_checked(self, text: str, scope: int, line: int) -> bool:
        """Whether a dotted name is checked for a use on that line, by the outermost function around or one inside."""
        lines = self._of(scope)[0].get(text, ())
        return any(first <= line <= last for first, last in lines)

    def is_text(self, text: str, scope: int) -> bool:
        """Whether a dotted name is asked to be a string: `typeof x !== 'string'`, `isString(x)`."""
        return text in self._of(scope)[1]

    def _of(self, scope: int) -> tuple[dict[str, list[_Lines]], frozenset[str]]:
        outer = [around for around in self._facts.index.around(scope) if around != NOWHERE]
        at = outer[-1] if outer else NOWHERE
        if at not in self._known:
            scopes = self._facts.index.within(at) if outer else ()
            self._known[at] = self._names_in(scopes), frozenset(n for one in scopes for n in self._texts.get(one, ()))
        return self._known[at]

    def _names_in(self, scopes: tuple[int, ...]) -> dict[str, list[_Lines]]:
        found: dict[str, list[_Lines]] = defaultdict(list)
        changes = _Changes(self._facts, scopes)
        weak = {
            line: (one.first, one.last)
            for scope in scopes
            for one in self._weak.get(scope, ())
            if not changes.stand_in(one)
            for line in range(one.test.first, min(one.test.last, one.test.first + _TEST_LINES_MAX) + 1)
        }
        for scope in scopes:
            for name, line in self._asked.get(scope, ()):
                found[name].append(weak.get(line, _EVERYWHERE))
                if name.rpartition(".")[2] in URL_PARTS:
                    found[name.rpartition(".")[0]].append(weak.get(line, _EVERYWHERE))
        deciding = [one for scope in scopes for one in self._deciding.get(scope, ())]
        for name, line in looked_up_by(self._facts, scopes, deciding):
            found[name].append((line, _EVERYWHERE[1]))
        for name, source in came_from(self._facts, scopes, frozenset(found)):
            found[source].extend(found[name])
        return found


_Lines = tuple[int, int]
_EVERYWHERE: Final = (0, 1 << 31)
_TEST_LINES_MAX: Final = 20


def _turns(binding: Binding) -> bool:
    """Whether a binding gives a name of the function another value, and does not only note something."""
    return binding.kind is BindingKind.ASSIGNMENT and binding.name.partition(".")[0] not in _NOTED


def _refuses(callee: str) -> bool:
    return callee in _REFUSES or callee.partition(".")[0] in _ANSWERS


class _Changes:
    """Lines where a function assigns or refuses: an if statement with one of them decides something."""

    def __init__(self, facts: FileFacts, scopes: tuple[int, ...]) -> None:
        kept = (one.first for one in facts.index.bindings(scopes) if _turns(one))
        calls = (one.first for one in facts.index.calls(scopes) if _refuses(one.callee))
        self._lines = sorted((*kept, *calls))

    def stand_in(self, condition: Condition) -> bool:
        at = bisect_left(self._lines, condition.first)
        return at < len(self._lines) and self._lines[at] <= condition.last

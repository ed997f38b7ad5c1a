"""How a rule says what it found, so that each finding carries what its rule promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.core.anchor import Span
from reviewer.core.finding import Finding

if TYPE_CHECKING:
    from reviewer.core.rule import Rule


def report(rule: Rule, span: Span | None, message: str, symbol: str, quoted: str) -> Finding:
    """A finding of a rule, with the rule's own title, severity and references."""
    return Finding(
        rule=rule.slug,
        concern=rule.concern,
        severity=rule.severity,
        span=span,
        title=rule.title,
        message=message,
        confidence=rule.confidence,
        symbol=symbol,
        quoted=quoted,
        references=rule.references,
        serves=rule.serves,
    )


def at(path: str, first: int, last: int | None = None) -> Span:
    """Lines of a file at head."""
    return Span(path, first, max(first, last or first))

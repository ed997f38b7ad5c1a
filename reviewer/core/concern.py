"""What we care about. GitHub owns the word "check"; a rule looks for one thing under one concern."""

from __future__ import annotations

from enum import StrEnum


class Concern(StrEnum):
    """The seven concerns; the value is what JSON and comments show."""

    LINT = "lint"
    VALIDATION = "validation"
    TESTS = "tests"
    SOLID = "solid"
    API_DOCS = "api-docs"
    SECURITY = "security"
    DATA = "data"

    @property
    def rank(self) -> int:
        """0 is what hurts users first: of two findings as grave, the one that loses data or lets strangers in leads."""
        return _BY_HARM.index(self)


_BY_HARM = (
    Concern.SECURITY,
    Concern.DATA,
    Concern.VALIDATION,
    Concern.TESTS,
    Concern.SOLID,
    Concern.API_DOCS,
    Concern.LINT,
)


class Severity(StrEnum):
    """How much a finding matters: blocker must be mended before merging, warning should be, note is worth knowing."""

    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 is the gravest; sorts findings and compares with `--fail-on`."""
        return (Severity.BLOCKER, Severity.WARNING, Severity.NOTE).index(self)


class Origin(StrEnum):
    """Who says so: a rule, the model, or both independently. Only code-backed findings may gate."""

    CODE = "code"
    MODEL = "model"
    BOTH = "both"


class Side(StrEnum):
    """Side of a diff as GitHub names it: RIGHT is the file at head, LEFT the file at base."""

    RIGHT = "RIGHT"
    LEFT = "LEFT"

"""Whether a finding of the model was asked about a second time, by a question that tries to refute it."""

from __future__ import annotations

from enum import StrEnum


class Verification(StrEnum):
    """What became of a candidate. Rules need none: they quote what they saw."""

    NEEDLESS = "needless"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    UNVERIFIED = "unverified"  # the second question got no answer: it is shown, says so, and gates nothing


NOT_CONFIRMED = "not confirmed"
"""Why a refuted candidate is dropped (contract)."""

ASKED_INSTEAD = "undecided, asked instead"
"""Why a candidate is dropped that neither was confirmed nor refuted: it is a follow-up question now."""

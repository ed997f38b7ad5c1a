"""Findings as the repository's owner wants them reported: another severity, fewer words, or not at all. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reviewer.core.compose import mend_of

if TYPE_CHECKING:
    from reviewer.core.finding import Finding
    from reviewer.core.repository_config import RepositoryConfig

SWITCHED_OFF: Final = "switched off by configuration"
"""Why a finding is not shown whose rule or concern is off; it is counted."""


def levelled(finding: Finding, config: RepositoryConfig) -> Finding | None:
    """The finding with the severity and the tone that its owner set; None when its rule or concern is off."""
    level = config.level(finding.rule, finding.concern)
    if level is not None:
        severity = level.severity
        if severity is None:
            return None
        finding = replace(finding, severity=severity)
    if config.tone == "brief" and (mend := mend_of(finding.message)):
        finding = replace(finding, message=mend)
    return finding

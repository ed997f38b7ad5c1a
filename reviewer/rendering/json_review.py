"""The review as JSON, `reviewer.review/1`. Keys keep their order, and the text ends with a line feed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from reviewer.core.coverage import State
from reviewer.core.finding import Finding
from reviewer.core.matrix import MatrixRow
from reviewer.core.persona import Persona
from reviewer.core.review import Placed, Review

SCHEMA: Final = "reviewer.review/1"
"""Raised when a key changes its meaning or goes; a new key is no reason."""

PHASES: Final = ("read", "rules", "model")
"""Phases whose seconds are always there, 0 where one did not run."""


def review_json(review: Review) -> str:
    """The document as text. Halves of characters become U+FFFD: JSON readers refuse them."""
    return as_text(review_document(review))


def as_text(document: Mapping[str, JsonValue]) -> str:
    """A document as text, as `review_json` writes it."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"


def review_document(review: Review) -> dict[str, JsonValue]:
    """The document as plain data. Lines are 1-based and inclusive, null for a finding about the change as a whole.

    Where several personas review, `persona` is the first of them, `personas` are all, and each finding names its own.
    """
    return {
        "schema": SCHEMA,
        "change": {
            "repository": review.repository,
            "number": review.number,
            "base": review.base,
            "head": review.head,
        },
        "persona": _persona(review.plan.persona),
        **({"personas": [_persona(one) for one in review.plan.personas]} if review.plan.others else {}),
        "findings": [_finding(item) for item in review.placed],
        "endpoints": [_endpoint(row) for row in review.endpoints],
        "coverage": _coverage(review),
        "dropped": [
            {"rule": item.rule, "path": item.path, "start_line": item.start_line, "reason": item.reason}
            for item in review.dropped
        ],
        "response": review.response.model_dump(mode="json"),
        "conclusion": review.conclusion.value,
        "usage": _usage(review),
    }


def _persona(persona: Persona) -> JsonValue:
    return {"name": persona.name, "source": persona.source, "sha256": persona.sha256}


def _endpoint(row: MatrixRow) -> JsonValue:
    """A row of the evidence matrix; a cell is yes, no, unknown or "not needed"."""
    return {
        "method": row.verb,
        "url": row.url,
        "symbol": row.symbol,
        "path": row.path,
        "line": row.line,
        "validated": row.validated.value,
        "guarded": row.guarded.value,
        "tested": row.tested.value,
        "documented": row.documented.value,
        "migrated": row.migrated.value,
    }


def _finding(item: Placed) -> JsonValue:
    finding = item.finding
    span = finding.span
    return {
        "id": finding.fingerprint,
        "rule": finding.rule,
        "concern": finding.concern.value,
        "severity": finding.severity.value,
        "origin": finding.origin.value,
        "confidence": finding.confidence,
        "path": finding.path,
        "start_line": span.first if span else None,
        "end_line": span.last if span else None,
        "side": span.side.value if span else None,
        "title": finding.title,
        "message": finding.message,
        **({"persona": finding.persona} if finding.persona else {}),
        "persona_rule": finding.persona_rule,
        "owner": finding.owner,
        "suggestion": _suggestion(finding),
        "placed": item.where.value,
    }


def _coverage(review: Review) -> JsonValue:
    """The files, then what is missing from the whole review, with an empty path: it belongs to no file."""
    files: list[JsonValue] = [
        {"path": entry.path, "state": entry.state.value, "reason": entry.reason} for entry in review.coverage.entries
    ]
    gaps: list[JsonValue] = [
        {"path": "", "state": State.NOT_REVIEWED.value, "reason": f"{gap.part}: {gap.reason}"}
        for gap in review.coverage.gaps
    ]
    return files + gaps


def _suggestion(finding: Finding) -> JsonValue:
    change = finding.suggestion
    return None if change is None else {"start_line": change.first, "end_line": change.last, "text": change.text}


def _usage(review: Review) -> JsonValue:
    usage = review.usage
    seconds: dict[str, JsonValue] = {**dict.fromkeys(PHASES, 0.0), **dict(usage.seconds)}
    return {
        "model_calls": usage.model_calls,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "github_requests": usage.github_requests,
        "seconds": seconds,
    }

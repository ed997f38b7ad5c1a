"""The review as SARIF 2.1.0, for code scanning and editors. A run that did not look at everything says so."""

from __future__ import annotations

import json
from typing import Final, assert_never
from urllib.parse import quote

from pydantic import JsonValue

from reviewer.core.concern import Severity, Side
from reviewer.core.finding import Finding
from reviewer.core.review import Review
from reviewer.core.wording import sentence

SCHEMA_URI: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(review: Review) -> str:
    """The log as text, ended by a line feed."""
    text = json.dumps(_log(review), ensure_ascii=False, indent=2)
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"


def _log(review: Review) -> dict[str, JsonValue]:
    rules = sorted({finding.rule: finding for finding in reversed(review.findings)}.items())
    index = {rule: at for at, (rule, _) in enumerate(rules)}
    run: dict[str, JsonValue] = {
        "tool": {"driver": {"name": "reviewer", "rules": [_rule(rule, finding) for rule, finding in rules]}},
        "automationDetails": {"id": f"{review.plan.check_name}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {"executionSuccessful": review.coverage.complete, "toolExecutionNotifications": _unseen(review)}
        ],
        "results": [_result(finding, index[finding.rule]) for finding in review.findings],
    }
    return {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}


def _rule(slug: str, finding: Finding) -> JsonValue:
    rule: dict[str, JsonValue] = {
        "id": slug,
        "shortDescription": {"text": sentence(finding.title)},
        "properties": {"tags": [finding.concern.value]},
    }
    if finding.references:
        rule["helpUri"] = finding.references[0].url
    return rule


def _result(finding: Finding, rule_index: int) -> JsonValue:
    result: dict[str, JsonValue] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _level(finding.severity),
        "message": {"text": f"{sentence(finding.title)} {finding.message}".strip()},
        "partialFingerprints": {"reviewer/v1": finding.fingerprint},
        "properties": {
            "concern": finding.concern.value,
            "origin": finding.origin.value,
            "confidence": finding.confidence,
            "owner": finding.owner,
            "personaRule": finding.persona_rule,
        },
    }
    if finding.span is not None:
        result["locations"] = [_location(finding)]
    if finding.suggestion is not None and finding.span is not None:
        result["fixes"] = [_fix(finding)]
    return result


def _location(finding: Finding) -> JsonValue:
    span = finding.span
    if span is None:
        raise ValueError("a finding without lines has no location")
    place: dict[str, JsonValue] = {"artifactLocation": {"uri": _uri(span.path)}}
    if span.side is Side.RIGHT:  # the log is about the files at head; lines that were removed are not in them
        place["region"] = {"startLine": span.first, "endLine": span.last}
    return {"physicalLocation": place}


def _fix(finding: Finding) -> JsonValue:
    change = finding.suggestion
    if change is None:
        raise ValueError("a finding without a suggestion has no fix")
    region: JsonValue = {"startLine": change.first, "startColumn": 1, "endLine": change.last + 1, "endColumn": 1}
    text = change.text if change.text.endswith("\n") or not change.text else change.text + "\n"
    replacement: JsonValue = {"deletedRegion": region, "insertedContent": {"text": text}}
    changes: JsonValue = [{"artifactLocation": {"uri": _uri(finding.path)}, "replacements": [replacement]}]
    return {"description": {"text": "Apply the suggestion."}, "artifactChanges": changes}


def _uri(path: str) -> str:
    """A relative reference: a colon in its first segment would read as a scheme."""
    return quote(path, safe="/", errors="surrogatepass")


def _unseen(review: Review) -> list[JsonValue]:
    """One notification for each file and part that was not reviewed."""
    files: list[JsonValue] = [
        {
            "level": "warning",
            "message": {"text": sentence(f"Not reviewed: {entry.reason}")},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(entry.path)}}}],
        }
        for entry in review.coverage.unreviewed
    ]
    gaps: list[JsonValue] = [
        {"level": "warning", "message": {"text": sentence(f"Not reviewed ({gap.part}): {gap.reason}")}}
        for gap in review.coverage.gaps
    ]
    return gaps + files


def _level(severity: Severity) -> str:
    match severity:
        case Severity.BLOCKER:
            return "error"
        case Severity.WARNING:
            return "warning"
        case Severity.NOTE:
            return "note"
        case _:
            assert_never(severity)

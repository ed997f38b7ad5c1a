"""What the model stand-in is told to say, in the shape that it is asked for."""

from __future__ import annotations

from tests.standin.json_types import JsonObject


def finding(path: str, quote: str, title: str, *, line: int = 1, message: str = "It is wrong.") -> JsonObject:
    """One finding of a model."""
    return {
        "path": path,
        "start_line": line,
        "end_line": line,
        "quote": quote,
        "concern": "data",
        "severity": "warning",
        "confidence": 0.9,
        "title": title,
        "failure": "",
        "message": message,
        "persona_rule": None,
        "replacement": None,
    }


def said(*findings: JsonObject, questions: tuple[str, ...] = ()) -> JsonObject:
    """A whole answer."""
    return {"summary": "As seen.", "findings": list(findings), "follow_up_questions": list(questions), "wants": []}

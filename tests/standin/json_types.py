"""JSON as Python sees it, with the two questions that keep `Any` out of the stand-ins."""

from __future__ import annotations

JsonObject = dict[str, object]


def as_object(value: object) -> JsonObject:
    """The value as a JSON object; raises TypeError when it is something else."""
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected, not {type(value).__name__}")
    return value


def as_list(value: object) -> list[object]:
    """The value as a JSON array; raises TypeError when it is something else."""
    if not isinstance(value, list):
        raise TypeError(f"an array was expected, not {type(value).__name__}")
    return value


def as_int(value: object) -> int:
    """The value as an integer; raises TypeError when it is something else."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"an integer was expected, not {type(value).__name__}")
    return value

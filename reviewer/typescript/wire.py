"""Facts as JSON between the worker and the service, checked field by field when they arrive.

The shape is that of the classes in `core/facts.py`, so a new field needs no line here. The decoder trusts nothing,
since the other end has parsed a stranger's text: what is not exactly of those types is refused, whole.
"""

from __future__ import annotations

import msgspec

from reviewer.core.facts import FileFacts

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(FileFacts)
_ANSWER = msgspec.json.Decoder(list[FileFacts | str | None])


class WireError(ValueError):
    """What arrived is no fact."""


def encode(facts: FileFacts) -> bytes:
    """Facts as one line of JSON, without its line end.

    Raises UnicodeEncodeError for lone surrogates.
    """
    return _ENCODER.encode(facts)


def decode(line: bytes | str) -> FileFacts:
    """Facts from one line of JSON. Raises WireError for anything that is not exactly facts."""
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not facts: {str(error)[:80]}") from error


def decode_answer(line: bytes) -> FileFacts | str:
    """The worker's line about one file, `[facts]` or `[null, reason]`. Raises WireError for anything else."""
    try:
        match _ANSWER.decode(line):
            case [FileFacts() as facts]:
                return facts
            case [None, str() as reason]:
                return reason
    except (ValueError, RecursionError) as error:
        raise WireError(f"not facts: {str(error)[:80]}") from error
    raise WireError("neither facts nor a reason")

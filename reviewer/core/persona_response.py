"""A persona's JSON example of a response, read as data and compared with ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from reviewer.core.errors import UserError
from reviewer.core.response import DifferenceKind, ResponseStructure, read_structure
from reviewer.core.showable import first_unshowable

if TYPE_CHECKING:
    from pydantic import JsonValue

    from reviewer.core.persona_blocks import Fence

KEYS_MAX: Final = 30
"""Keys of the example, and of its code samples; ours has five, and each one costs a heading in every summary."""


def is_example(fence: Fence) -> bool:
    """Whether a code block of the response section is the example: marked as JSON, or not marked."""
    language = fence.info.split(maxsplit=1)[0].lower() if fence.info else ""
    return language in ("", "json", "jsonc", "json5")


def read_example(fence: Fence, source: str) -> ResponseStructure:
    """The structure that the example shows. Raises UserError when it is no JSON object, with the line."""
    where = f"{source}, line {fence.line}"

    def unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {}
        for key, value in pairs:
            if key in found:
                raise UserError(f"{where}: the response example has the key `{key[:40]}` twice; keep one")
            if first_unshowable(key) is not None:
                raise UserError(
                    f"{where}: a key of the response example has a character that cannot be shown; rename it"
                )
            found[key] = value
        if len(found) > KEYS_MAX:
            raise UserError(f"{where}: the response example has more than {KEYS_MAX} keys in one object; keep fewer")
        return found

    try:
        example: JsonValue = json.loads("\n".join(fence.content), object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        place = f"{source}, line {fence.line + error.lineno}"
        raise UserError(
            f"{place}: the response example is not JSON ({error.msg}); mend it, without comments"
        ) from error
    except (ValueError, RecursionError) as error:  # numbers of 5,000 digits, a thousand brackets
        raise UserError(f"{where}: the response example cannot be read as JSON; make it a small example") from error
    if not isinstance(example, dict):
        raise UserError(f'{where}: the response example must be a JSON object; write {{"summary": "...", ...}}')
    return read_structure(example)


def difference_lines(fence: Fence, structure: ResponseStructure) -> tuple[tuple[int, str, str], ...]:
    """Line, key and message of each difference: the key's own line, the opening fence's for what is missing."""
    return tuple(
        (
            fence.line if difference.kind is DifferenceKind.MISSING else _line_of(fence, difference.key),
            difference.key,
            difference.message,
        )
        for difference in structure.differences
    )


def _line_of(fence: Fence, key: str) -> int:
    quoted = json.dumps(key, ensure_ascii=False)
    return next((fence.line + at for at, line in enumerate(fence.content, 1) if quoted in line), fence.line)

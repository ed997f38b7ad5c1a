"""What comes back from GitHub, before anybody has looked inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from reviewer.core.errors import TransientError

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
"""Any JSON value. Turn it into a type with `shaped` before looking inside."""

Shape = TypeVar("Shape", bound=BaseModel)


def shaped(shape: type[Shape], value: JSON, route: str) -> Shape:
    """`value` as the pydantic class `shape` (let it ignore unknown keys; GitHub adds some at any time).

    Raises TransientError when a key is missing or of another type: half an answer is what a failing GitHub
    sends.
    """
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TransientError(f"{route}: GitHub's answer has another shape at {place!r}: {first['msg']}") from None


@dataclass(frozen=True, slots=True)
class Answer:
    """One successful answer (status 2xx). Header names are lower case.

    `json` is the parsed body of a JSON answer, None for an empty one and for requests that named their own
    `accept` (diff, raw file): those have their bytes in `body`.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: JSON
    route: str

    def into(self, shape: type[Shape]) -> Shape:
        """The JSON body as the pydantic class `shape`; TransientError when it does not fit."""
        return shaped(shape, self.json, self.route)


@dataclass(frozen=True, slots=True)
class GraphError:
    """One entry of GraphQL's `errors`: `kind` is its `type` ("NOT_FOUND"; "" when absent), `path` dotted."""

    kind: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """A GraphQL answer with usable data. `errors` names what is missing from it; empty when all is there."""

    data: dict[str, JSON]
    errors: tuple[GraphError, ...]

    def into(self, shape: type[Shape]) -> Shape:
        """The data as the pydantic class `shape`; TransientError when it does not fit."""
        return shaped(shape, self.data, "GraphQL")

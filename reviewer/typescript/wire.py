"""Facts as JSON between the worker and the service, checked field by field when they arrive.

A fact is a list of its fields in order, without those at the end that have their default. The decoder is made from
the types of
`core/facts.py`, so a new field needs no line here; it trusts nothing, since the other end has parsed a stranger's
text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

from reviewer.core.facts import FileFacts

_Decoder = Callable[[object], object]


class WireError(ValueError):
    """What arrived is no fact."""


def encode(facts: FileFacts) -> bytes:
    """Facts as one line of JSON, without its line end. Raises UnicodeEncodeError for lone surrogates."""
    return json.dumps(_plain(facts), separators=(",", ":"), ensure_ascii=False).encode()


def decode(line: bytes | str) -> FileFacts:
    """Facts from one line of JSON. Raises WireError for anything that is not exactly facts."""
    try:
        return decode_plain(json.loads(line))
    except (ValueError, RecursionError) as error:
        raise WireError(f"not facts: {str(error)[:80]}") from error


def decode_plain(data: object) -> FileFacts:
    """Facts from parsed JSON. Raises WireError for anything that is not exactly facts."""
    made = _file_decoder()(data)
    if not isinstance(made, FileFacts):
        raise WireError("not facts")
    return made


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        found: list[object] = []
        kept = 0
        for field in (field for field in fields(value) if field.init):
            item = getattr(value, field.name)
            found.append(_plain(item))
            default = field.default_factory() if field.default_factory is not MISSING else field.default
            if item != default:
                kept = len(found)
        return found[:kept]
    return value


@cache
def _file_decoder() -> _Decoder:
    made: dict[type, _Decoder] = {}
    return _class_decoder(FileFacts, made)


def _class_decoder(cls: type, made: dict[type, _Decoder]) -> _Decoder:
    """The decoder of one dataclass; `made` holds those under way, as an expression holds expressions."""
    if cls in made:
        return made[cls]
    decoders: list[_Decoder] = []

    def decode_one(data: object) -> object:
        if type(data) is not list or not required <= len(data) <= len(decoders):
            raise WireError(f"not a {cls.__name__}")
        return cls(*[decoder(item) for decoder, item in zip(decoders, data, strict=False)])

    made[cls] = decode_one
    described = [field for field in fields(cls) if field.init]
    required = sum(1 for field in described if field.default is MISSING and field.default_factory is MISSING)
    hints = get_type_hints(cls)
    decoders.extend(_decoder(hints[field.name], made) for field in described)
    return decode_one


def _decoder(hint: object, made: dict[type, _Decoder]) -> _Decoder:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _tuple_decoder(_decoder(arguments[0], made))
    if origin in (Union, UnionType) and NoneType in arguments:
        inner = _decoder(next(argument for argument in arguments if argument is not NoneType), made)
        return lambda data: None if data is None else inner(data)
    if isinstance(hint, type) and is_dataclass(hint):
        return _class_decoder(hint, made)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum_decoder(hint)
    if hint in (str, int, bool):
        return _scalar_decoder(hint)
    raise TypeError(f"facts cannot hold {hint}")


def _tuple_decoder(inner: _Decoder) -> _Decoder:
    def decode_all(data: object) -> object:
        if type(data) is not list:
            raise WireError("not a list")
        return tuple([inner(item) for item in data])

    return decode_all


def _enum_decoder(enum: type[StrEnum]) -> _Decoder:
    values = {member.value: member for member in enum}

    def decode_one(data: object) -> object:
        if type(data) is not str or data not in values:
            raise WireError(f"not a {enum.__name__}")
        return values[data]

    return decode_one


def _scalar_decoder(kind: object) -> _Decoder:
    def decode_one(data: object) -> object:
        if type(data) is not kind:
            raise WireError(f"not {kind}")
        return data

    return decode_one

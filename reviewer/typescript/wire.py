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
from operator import attrgetter
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

from reviewer.core.facts import FileFacts

_Decoder = Callable[[object], object]
_Encoder = Callable[[object], list[object]]


class WireError(ValueError):
    """What arrived is no fact."""


def encode(facts: FileFacts) -> bytes:
    """Facts as one line of JSON, without its line end. Raises UnicodeEncodeError for lone surrogates."""
    return json.dumps(_file_encoder()(facts), separators=(",", ":"), ensure_ascii=False).encode()


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


@cache
def _file_encoder() -> _Encoder:
    made: dict[type, _Encoder] = {}
    return _class_encoder(FileFacts, made)


def _class_encoder(cls: type, made: dict[type, _Encoder]) -> _Encoder:
    """The encoder of one dataclass; `made` as for the decoder."""
    if cls in made:
        return made[cls]
    nested: list[tuple[int, _Encoder]] = []

    def encode_one(fact: object) -> list[object]:
        found = list(values_of(fact))
        while len(found) > required and found[-1] == defaults[len(found) - 1]:
            found.pop()
        for at, encoder in nested:
            if at < len(found) and found[at]:
                found[at] = encoder(found[at])
        return found

    made[cls] = encode_one
    described = [field for field in fields(cls) if field.init]
    values_of = attrgetter(*[field.name for field in described])
    defaults = [field.default_factory() if callable(field.default_factory) else field.default for field in described]
    required = _required(cls)
    hints = get_type_hints(cls)
    encoders = [(at, _encoder(hints[field.name], made)) for at, field in enumerate(described)]
    nested.extend((at, encoder) for at, encoder in encoders if encoder is not None)
    return encode_one


def _encoder(hint: object, made: dict[type, _Encoder]) -> _Encoder | None:
    """None for what is JSON already: scalars, and tuples of them."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _tuple_encoder(_encoder(arguments[0], made))
    if origin in (Union, UnionType):
        return _encoder(next(argument for argument in arguments if argument is not NoneType), made)
    return _class_encoder(hint, made) if isinstance(hint, type) and is_dataclass(hint) else None


def _tuple_encoder(inner: _Encoder | None) -> _Encoder | None:
    def encode_all(items: object) -> list[object]:
        return [inner(item) for item in items] if inner is not None and isinstance(items, tuple) else []

    return None if inner is None else encode_all


def _required(cls: type) -> int:
    """How many fields of a dataclass have no default."""
    described = (field for field in fields(cls) if field.init)
    return sum(1 for field in described if field.default is MISSING and field.default_factory is MISSING)


@cache
def _file_decoder() -> _Decoder:
    made: dict[type, _Decoder] = {}
    return _class_decoder(FileFacts, made)


def _class_decoder(cls: type, made: dict[type, _Decoder]) -> _Decoder:
    """The decoder of one dataclass; `made` holds those under way, as an expression holds expressions.

    Scalars are compared type by type at once, and only what is more than a scalar has a decoder of its own.
    """
    if cls in made:
        return made[cls]
    nested: list[tuple[int, _Decoder]] = []

    def decode_one(data: object) -> object:
        if type(data) is not list or not required <= len(data) <= len(kinds):
            raise WireError(f"not a {cls.__name__}")
        types = [*map(type, data)]
        if types != kinds[: len(types)] and not all(map(_fits, types, kinds, optional)):
            raise WireError(f"not a {cls.__name__}")
        values: list[object] = data
        for at, decoder in nested:
            if at < len(values) and values[at] is not None:
                values[at] = decoder(values[at])
        return cls(*values)

    made[cls] = decode_one
    required = _required(cls)
    hints = get_type_hints(cls)
    described = [hints[field.name] for field in fields(cls) if field.init]
    optional = [NoneType in get_args(hint) for hint in described]
    kinds = [_json_kind(_present(hint)) for hint in described]
    decoders = [(at, _decoder(_present(hint), made)) for at, hint in enumerate(described)]
    nested.extend((at, decoder) for at, decoder in decoders if decoder is not None)
    return decode_one


def _fits(found: type, wanted: type, is_optional: bool) -> bool:
    return found is wanted or (is_optional and found is NoneType)


def _present(hint: object) -> object:
    """A type without `| None`."""
    if get_origin(hint) in (Union, UnionType):
        return next(argument for argument in get_args(hint) if argument is not NoneType)
    return hint


def _json_kind(hint: object) -> type:
    """The type that JSON has for a hint."""
    if get_origin(hint) is tuple or is_dataclass(hint):
        return list
    if hint in (str, int, bool) and isinstance(hint, type):
        return hint
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return str
    raise TypeError(f"facts cannot hold {hint}")


def _decoder(hint: object, made: dict[type, _Decoder]) -> _Decoder | None:
    """The decoder of what is more than a scalar, None for a scalar."""
    if get_origin(hint) is tuple:
        return _tuple_decoder(get_args(hint)[0], made)
    if isinstance(hint, type) and is_dataclass(hint):
        return _class_decoder(hint, made)
    return _enum_decoder(hint) if isinstance(hint, type) and issubclass(hint, StrEnum) else None


def _tuple_decoder(item: object, made: dict[type, _Decoder]) -> _Decoder:
    kind, inner = _json_kind(item), _decoder(item, made)

    def decode_all(data: object) -> object:
        if type(data) is not list or not {*map(type, data)} <= {kind}:
            raise WireError("not a list")
        return tuple(data if inner is None else [inner(one) for one in data])

    return decode_all


def _enum_decoder(enum: type[StrEnum]) -> _Decoder:
    values = {member.value: member for member in enum}

    def decode_one(data: object) -> object:
        if type(data) is not str or data not in values:
            raise WireError(f"not a {enum.__name__}")
        return values[data]

    return decode_one

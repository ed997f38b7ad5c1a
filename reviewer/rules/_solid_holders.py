"""Classes that answer requests, and the database objects that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.core.facts import Class, FileFacts
from reviewer.core.routes import is_controller, nest_name
from reviewer.rules._solid_persistence import is_persistence_type, makes_client


@dataclass(frozen=True, slots=True)
class Held:
    """A database object that a controller holds. `key` is how its class knows it (`this.orders`)."""

    name: str
    key: str
    first: int
    last: int
    code: str


def is_api_class(facts: FileFacts, item: Class) -> bool:
    """Whether a class is a controller or a resolver: of NestJS, or by its name."""
    if is_controller(facts, item):
        return True
    if any(nest_name(facts, decorator, "@nestjs/graphql") == "Resolver" for decorator in item.decorators):
        return True
    return item.name.endswith("Controller") and not item.is_abstract


def held_by(facts: FileFacts, item: Class) -> Iterator[Held]:
    """The database objects among a class's constructor parameters and decorated fields."""
    constructor = item.constructor
    for param in constructor.params if constructor else ():
        if is_persistence_type(facts, param.type.name, param.decorators):
            yield Held(param.type.text or param.name, f"this.{param.name}", param.first, param.last, param.code)
    for field in item.properties:
        is_made = field.value is not None and makes_client(facts, field.value)
        if is_made or (field.decorators and is_persistence_type(facts, field.type.name, field.decorators)):
            yield Held(field.type.text or field.name, f"this.{field.name}", field.first, field.last, field.code)


def passes_on(facts: FileFacts, item: Class, held: Held) -> bool:
    """Whether a class hands it to its parent or to what it creates: `super(orders)`, `new Sync(this.orders)`."""
    inside = (call for call in facts.calls if item.first <= call.first <= item.last)
    given = (arg.text for call in inside if call.is_new or call.callee == "super" for arg in call.args)
    return not {held.key, held.key.removeprefix("this.")}.isdisjoint(given)

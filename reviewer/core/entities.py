"""What the project stores: TypeORM and MikroORM entities, Mongoose schemas, Prisma models, with their fields."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reviewer.core.expr import Expr, ExprKind
from reviewer.core.routes import original

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reviewer.core.facts import Class, Decorator, FileFacts
    from reviewer.core.project import Project

_ENTITIES = {
    ("typeorm", "Entity"): "typeorm", ("typeorm", "ViewEntity"): "typeorm", ("typeorm", "ChildEntity"): "typeorm",
    ("@mikro-orm/core", "Entity"): "mikro-orm", ("@nestjs/mongoose", "Schema"): "mongoose",
    ("sequelize-typescript", "Table"): "sequelize", ("@typegoose/typegoose", "modelOptions"): "mongoose",
}  # fmt: skip
_INDEXES = frozenset(("Index", "Unique", "PrimaryColumn", "PrimaryGeneratedColumn", "PrimaryKey", "ObjectIdColumn"))
_INDEX_OPTIONS = ("unique", "index", "primary")
_PRISMA_INDEXES = ("@id", "@unique")
_FIELDS_MAX = 300
"""Fields kept of one entity."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A field that is stored. `type` as written; `is_indexed`: it has an index, or is unique or a key; `behind`: the
    first fields of the indexes in which it stands further back."""

    name: str
    type: str
    line: int
    is_indexed: bool = False
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A class, schema or model whose objects are stored. `orm` is typeorm, mikro-orm, sequelize, mongoose or prisma."""

    name: str
    path: str
    orm: str
    fields: tuple[Stored, ...]
    first: int
    last: int

    @property
    def names(self) -> frozenset[str]:
        """The names of the fields."""
        return frozenset(field.name for field in self.fields)


def entities(project: Project) -> Mapping[str, Entity]:
    """Entities of the files that were read, by name; the first of a name wins."""
    found: dict[str, Entity] = {}
    for path, facts in project.head.items():
        for one in (*_classes(path, facts), *_schemas(path, facts)):
            found.setdefault(one.name, one)
    for path, text in project.texts.items():
        if path.endswith(".prisma"):
            for one in prisma_models(path, text):
                found.setdefault(one.name, one)
    return found


def _classes(path: str, facts: FileFacts) -> Iterator[Entity]:
    for item in facts.classes:
        for decorator in item.decorators:
            name, module = original(facts, decorator.name)
            orm = _ENTITIES.get((module, name))
            if orm:
                yield Entity(item.name, path, orm, tuple(_stored(facts, item)), item.first, item.last)
                break


def _stored(facts: FileFacts, item: Class) -> Iterator[Stored]:
    together = _indexed_together(facts, item)
    for field in item.properties[:_FIELDS_MAX]:
        if field.decorators:
            indexed = any(one[:1] == [field.name] for one in together)
            indexed = indexed or any(_is_index(facts, one) for one in field.decorators)
            yield Stored(field.name, field.type.text, field.first, indexed, _behind(field.name, together))


def _is_index(facts: FileFacts, decorator: Decorator) -> bool:
    if original(facts, decorator.name)[0].rpartition(".")[2] in _INDEXES:
        return True
    return any(_is_true(arg, key) for arg in decorator.args for key in _INDEX_OPTIONS)


def _is_true(value: Expr, key: str) -> bool:
    return value.kind is ExprKind.OBJECT and key in value.keys and value.parts[value.keys.index(key)].text != "false"


def _indexed_together(facts: FileFacts, item: Class) -> list[list[str]]:
    """The columns of every `@Index(['a', 'b'])` on the class: only the first finds rows by itself."""
    found: list[list[str]] = []
    for decorator in item.decorators:
        if original(facts, decorator.name)[0] in ("Index", "Unique"):
            found.extend(
                [part.text for part in arg.parts] for arg in decorator.args if arg.kind is ExprKind.ARRAY and arg.parts
            )
    return found


def _behind(name: str, together: list[list[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one[0] for one in together if name in one[1:]))


def _schemas(path: str, facts: FileFacts) -> Iterator[Entity]:
    """`const OrderSchema = new Schema({ … })` of Mongoose, under the name its model gets where the file says it."""
    models = {
        call.args[1].text: call.args[0].text
        for call in facts.calls
        if call.callee.rpartition(".")[2] == "model" and len(call.args) > 1 and call.args[0].kind is ExprKind.STRING
    }
    for binding in facts.bindings:
        value = binding.value
        if value.kind is not ExprKind.NEW or not value.parts or value.parts[0].kind is not ExprKind.OBJECT:
            continue
        name, module = original(facts, value.text)
        if module == "mongoose" and name.rpartition(".")[2] == "Schema" and binding.name:
            fields = _members(value.parts[0])
            called = models.get(binding.name, binding.name.removesuffix("Schema"))
            yield Entity(called, path, "mongoose", tuple(fields), binding.first, binding.last)


def _members(value: Expr) -> Iterator[Stored]:
    for key, given in zip(value.keys, value.parts, strict=True):
        kind = given
        if given.kind is ExprKind.OBJECT and "type" in given.keys:
            kind = given.parts[given.keys.index("type")]
        if key:
            yield Stored(key, kind.text, given.first, any(_is_true(given, option) for option in _INDEX_OPTIONS))


def prisma_models(path: str, text: str) -> Iterator[Entity]:
    """The models of a Prisma schema: blocks `model Name {` with a field on each line."""
    name, first = "", 0
    fields: list[Stored] = []
    together: list[list[str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.partition("//")[0].split()
        if len(words) >= 3 and words[0] == "model" and words[2] == "{":
            name, first, fields, together = words[1], number, [], []
        elif name and words[:1] == ["}"]:
            yield Entity(name, path, "prisma", tuple(_with(one, together) for one in fields), first, number)
            name = ""
        elif name and words and words[0].startswith(("@@index", "@@unique", "@@id")):
            inside = line.partition("[")[2].partition("]")[0]
            together.append([one.split("(")[0].strip() for one in inside.split(",")])
        elif name and len(words) > 1 and not words[0].startswith("@@") and len(fields) < _FIELDS_MAX:
            indexed = any(word.partition("(")[0] in _PRISMA_INDEXES for word in words[2:])
            fields.append(Stored(words[0], words[1], number, indexed))


def _with(one: Stored, together: list[list[str]]) -> Stored:
    """A field of Prisma's with what the blocks below it say of indexes."""
    indexed = one.is_indexed or any(names[0] == one.name for names in together)
    return replace(one, is_indexed=indexed, behind=_behind(one.name, together))

"""What the fields of a class lost of their validators between base and head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reviewer.core.facts import Class, FileFacts, Property
from reviewer.core.routes import original
from reviewer.rules._validators import is_silent, is_validator

_SAYS_NOTHING = frozenset(("IsOptional", "Allow", "IsDefined", "ValidateIf"))
_KINDS = frozenset(("IsString", "IsNumber", "IsInt", "IsBoolean", "IsArray", "IsObject", "IsDateString"))


def lost_checks(
    facts: FileFacts, before: FileFacts, item: Class, was: Class
) -> Iterator[tuple[Property, tuple[str, ...]]]:
    """The fields of a class that lost validators and got none instead, each with what it lost."""
    olds = _by_name(was)
    for name, field in _by_name(item).items():
        old = olds.get(name)
        if old is None or old.type.text != field.type.text or _is_own(facts, field):
            continue
        left = checks_of(facts, field)
        lost = checks_of(before, old) - left
        if left:
            lost -= _KINDS  # what is left looks at the kind of the value too
        if lost and not left - checks_of(before, old):
            yield field, tuple(sorted(lost))


def _by_name(item: Class) -> dict[str, Property]:
    """The fields of a class by name; those whose name is computed cannot be told apart, nor can doubled ones."""
    count = Counter(field.name for field in item.properties)
    return {field.name: field for field in item.properties if count[field.name] == 1 and field.name}


def is_rewritten(item: Class, was: Class) -> bool:
    """Whether most of a class is another one now, so that nothing can be said of its old checks."""
    news = {(field.name, field.type.text) for field in item.properties}
    kept = sum((field.name, field.type.text) in news for field in was.properties)
    return kept * 2 < len(was.properties)


def checks_of(facts: FileFacts, field: Property) -> frozenset[str]:
    """The validators of a field that say something of its value."""
    names = (original(facts, one.name)[0] for one in field.decorators if is_validator(facts, one))
    return frozenset(name for name in names if name not in _SAYS_NOTHING)


def _is_own(facts: FileFacts, field: Property) -> bool:
    """Whether a field has a decorator of the project's own, which may be made of validators."""
    return any(not is_validator(facts, one) and not is_silent(facts, one) for one in field.decorators)

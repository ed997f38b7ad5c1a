"""A bundle made of a review's parts: with hashes and versions, and without secrets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from reviewer.core.bundle import Bundle, Circumstances, Event, Inputs, Made, Published, cleaned
from reviewer.core.bundle_change import RecordedChange
from reviewer.rendering.as_posted import rebuild
from reviewer.rules import all_rules

if TYPE_CHECKING:
    from pydantic import JsonValue

    from reviewer.core.change import Change
    from reviewer.core.memory import Memory
    from reviewer.core.plan import Plan
    from reviewer.workflow.records import Weighed

_TOOLS: Final = ("ast-grep-py", "oxlint", "oxfmt")
_HASH_DIGITS: Final = 12
"""Hexadecimal digits by which two versions of a rule are told apart."""

SHARED: Final = "(shared)"
"""Under this name: the hash of what rules have in common."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was collected of one review. `document` is its JSON, where somebody was given it; else it is made now."""

    event: Event
    inputs: Inputs
    how: Circumstances
    published: Published
    texts: Mapping[str, str]
    document: Mapping[str, JsonValue] | None = None

    def bundle(self, redact: Callable[[str], str], story: str) -> Bundle:
        """The bundle as of now. Raises ValueError when it cannot be made."""
        again = rebuild(self.inputs, self.how, pages())
        bundle = Bundle(
            recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
            event=self.event,
            made=_made(story, self.inputs.plan),
            inputs=self.inputs,
            how=self.how,
            published=self.published,
            review=dict(again.document if self.document is None else self.document),
            texts=dict(self.texts),
            usage=again.review.usage,
        )
        clean = cleaned(bundle, redact)
        is_exact = again.published == self.published and again.document == bundle.review
        if clean is bundle or not is_exact or clean.inputs is None:
            return clean
        return _settled(bundle, clean, clean.inputs)


def recorded_inputs(change: Change, plan: Plan, weighed: Weighed, memory: Memory | None = None) -> Inputs:
    """What a review is assembled from. `plan` has the notes of the weighing."""
    asked: set[str] = set()  # a renamed file is one whose old name is in the tree no more
    if memory is not None:
        asked = {said.path for said in memory.said}
        asked |= {known.path for known in memory.state.known} if memory.state is not None else set()
    return Inputs(RecordedChange.of(change, asked), plan, weighed.found, weighed.coverage, memory)


def pages() -> dict[str, str]:
    """The rules' pages by slug, as the check run quotes them."""
    return {rule.slug: rule.page for rule in all_rules()}


def rule_hashes() -> dict[str, str]:
    """A hash of each rule's file, and of what they share."""
    return dict(_rule_hashes())


def _settled(bundle: Bundle, clean: Bundle, inputs: Inputs) -> Bundle:
    """What was posted, had the secrets not been in what it was made of: a placeholder is escaped on its way into
    markdown, so that texts redacted at the end differ from those made of redacted ones. Nothing else differs, as the
    publication was rebuilt word for word before.
    """
    old = bundle.inputs.found.findings if bundle.inputs is not None else ()
    renamed = {was.fingerprint: now.fingerprint for was, now in zip(old, inputs.found.findings, strict=True)}
    lost = tuple(renamed.get(fingerprint, fingerprint) for fingerprint in bundle.how.displaced)
    how = replace(clean.how, displaced=lost)
    again = rebuild(inputs, how, pages())
    return clean.model_copy(update={"how": how, "published": again.published, "review": again.document})


def _made(story: str, plan: Plan) -> Made:
    own = {f"own/{rule.id}": _short_hash(repr(rule).encode()) for rule in plan.own_rules}
    tools = {name: version(name) for name in _TOOLS}
    return Made(version("reviewer"), story, tools, {**_rule_hashes(), **own})


@cache
def _rule_hashes() -> Mapping[str, str]:
    folder = files("reviewer.rules")
    hashes = {rule.slug: _short_hash(folder.joinpath(f"{rule.slug}.py").read_bytes()) for rule in all_rules()}
    shared = sorted((file for file in folder.iterdir() if file.name.startswith("_")), key=lambda file: file.name)
    text = b"".join(file.read_bytes() for file in shared if file.name.endswith(".py"))
    return {**hashes, SHARED: _short_hash(text)}


def _short_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_HASH_DIGITS]

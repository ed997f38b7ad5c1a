"""A bundle: one review recorded with all that it was made of, to be rebuilt without a network.

Of the changed files it holds the hunks, and what findings, prompts and answers quote. What is read back is untrusted:
bounded before it is unpacked, strict in every field.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic_core import from_json

import reviewer.core
from reviewer.core.bundle_change import RecordedChange
from reviewer.core.bundle_seal import SEAL, seal, sealed, written
from reviewer.core.coverage import Coverage
from reviewer.core.errors import UserError
from reviewer.core.memory import Memory
from reviewer.core.notice import SILENT, Notice
from reviewer.core.plan import Plan
from reviewer.core.publication import CheckPost, ReviewPost, SummaryPost
from reviewer.core.review import Candidates, Usage

FORMAT: Final = "reviewer.bundle/1"
"""Raised when a bundle of before can no longer be read; a new part with a default is no reason."""

ENDING: Final = ".json.gz"

BYTES_MAX: Final = 8 * 1024 * 1024
"""Bytes of JSON in one bundle; what is over it is left out, and named. A review of 60 files with all its prompts has
some 2 MB."""

READ_BYTES_MAX: Final = 32 * 1024 * 1024
"""Bytes that a file may have, and may unpack to, when it is read: above what any of ours has, below what hurts."""

_GZIP: Final = 31
"""`wbits` for the gzip format with the largest window (zlib's manual)."""

PROMPT: Final = "prompt "
"""How the name of a text begins that the model was shown; what it said to `prompt answer 0` is `answer 0`."""


class UnreadableBundleError(UserError):
    """What was to be read is no bundle, or none that this version reads; one sentence."""


@dataclass(frozen=True, slots=True)
class Event:
    """What made us look, as ids. All empty for a local review."""

    trigger: str
    installation: int = 0
    repository_id: int = 0
    delivery: str = ""
    source_id: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """By what: versions of reviewer, of its story and tools, the persona's and the rules' hashes (SHA-256, cut)."""

    reviewer: str
    story: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a review is assembled from: pure functions make the publication of it, and nothing else goes in. `memory`
    is what stood on the pull request, None for a review that remembers nothing.
    """

    change: RecordedChange
    plan: Plan
    found: Candidates
    coverage: Coverage
    memory: Memory | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What was so when it was posted. `displaced` are the fingerprints whose lines GitHub refused, `unsaid` is why
    there is no summary ("": there is one), `requests` what had been asked of GitHub when the summary was written,
    `check_name` the name of the check run that was announced ("": the persona's own).
    """

    handle: str = ""
    notice: Notice = SILENT
    displaced: tuple[str, ...] = ()
    unsaid: str = ""
    requests: int = 0
    annotated: bool = True
    check_name: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """What was posted, word for word; of a local review, what would have been."""

    review: ReviewPost | None
    summary: SummaryPost | None
    check: CheckPost
    further: Mapping[str, CheckPost] = field(default_factory=dict)
    """Where several personas look: what the check runs beside the announced one say, by their names."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part that was over the bound, and its size in bytes."""

    part: str
    size: int


class Bundle(BaseModel):
    """One recorded review. `review` is the document of `reviewer review --format json`; `texts` are, by name, what the
    model was shown and said, and what else the review kept; `recorded_at` is UTC in ISO 8601. `redacted` counts the
    texts out of which something secret was taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    format: Literal["reviewer.bundle/1"] = FORMAT
    recorded_at: str
    event: Event
    made: Made
    inputs: Inputs | None
    how: Circumstances
    published: Published
    review: dict[str, JsonValue] | None
    texts: dict[str, str]
    usage: Usage
    redacted: int = 0
    left_out: tuple[LeftOut, ...] = ()

    @property
    def prompts(self) -> dict[str, str]:
        """What the model was shown, by name."""
        return {name: text for name, text in self.texts.items() if name.startswith(PROMPT)}


class _WrittenInputs(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    inputs: Inputs


def inputs_text(inputs: Inputs) -> str:
    """The inputs as a text to be kept until the review has ended."""
    return _WrittenInputs(inputs=inputs).model_dump_json()


def read_inputs(text: str) -> Inputs:
    """What `inputs_text` wrote. Raises ValueError when another version did."""
    return _WrittenInputs.model_validate_json(text).inputs


def encode(bundle: Bundle, bytes_max: int = BYTES_MAX) -> bytes:
    """The bundle as a file: gzip over JSON, the same bytes for the same bundle, its largest parts left out until it
    fits. What was posted always stays.
    """
    for smaller in _smaller(bundle):
        raw = sealed(from_json(smaller.model_dump_json()))
        if len(raw) <= bytes_max:
            return _zipped(raw)
    raise ValueError(f"what was posted alone is larger than {bytes_max} bytes")


def decode(data: bytes) -> Bundle:
    """Read a file. Raises UnreadableBundleError, whatever the bytes are."""
    raw = _unzipped(data)
    try:
        plain = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise UnreadableBundleError("it is no recorded review: what it unpacks to is not JSON") from error
    known = plain.get("format") if isinstance(plain, dict) else None
    if not isinstance(known, str) or not known.startswith("reviewer.bundle/"):
        raise UnreadableBundleError("it is no recorded review: it does not say that it is one")
    if known != FORMAT:
        raise UnreadableBundleError(f"it is of the format {known[:40]!r}, and this version reads {FORMAT!r} only")
    told = plain.pop(SEAL, None)
    try:
        bundle = Bundle.model_validate_json(written(plain))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:120]
        raise UnreadableBundleError(
            f"it is damaged, or of another version of reviewer ({where}: {first['msg'][:120]})"
        ) from error
    if told != seal(plain):
        raise UnreadableBundleError("it was changed after it was recorded: its seal does not fit what is in it")
    return bundle


def cleaned(bundle: Bundle, redact: Callable[[str], str]) -> Bundle:
    """The bundle with every text redacted, and without halves of characters, which JSON cannot hold; the very same
    one when there was nothing to clean. Raises ValueError when it cannot be read any more (a secret that is one of
    our own words).
    """
    redacted = changed = 0

    def clean(value: object) -> object:
        nonlocal redacted, changed
        if isinstance(value, str):
            told = redact(value)
            whole = told.encode("utf-8", "replace").decode("utf-8")
            redacted += told != value
            changed += whole != value
            return whole
        if isinstance(value, dict):
            return {clean(key): clean(item) for key, item in value.items()}
        return [clean(item) for item in value] if isinstance(value, list) else value

    plain = clean(bundle.model_dump(mode="json"))
    if not changed:
        return bundle
    return Bundle.model_validate_json(json.dumps(plain)).model_copy(update={"redacted": redacted})


def _smaller(bundle: Bundle) -> Iterator[Bundle]:
    """The bundle, then with one part after the other left out, what is missed least first."""
    yield bundle
    for part, names in (("prompts", tuple(bundle.prompts)), ("answers", tuple(bundle.texts))):
        gone = {name: bundle.texts[name] for name in names if name in bundle.texts}
        if gone:
            left = {name: text for name, text in bundle.texts.items() if name not in gone}
            bundle = _without(bundle, part, sum(len(text.encode()) for text in gone.values()), texts=left)
            yield bundle
    if bundle.inputs is not None:
        size = len(bundle.model_dump_json(include={"inputs"}))
        bundle = _without(bundle, "inputs", size, inputs=None)
        yield bundle
    if bundle.review is not None:
        size = len(bundle.model_dump_json(include={"review"}))
        yield _without(bundle, "review", size, review=None)


def _without(bundle: Bundle, part: str, size: int, **update: object) -> Bundle:
    return bundle.model_copy(update={**update, "left_out": (*bundle.left_out, LeftOut(part, size))})


def _zipped(raw: bytes) -> bytes:
    """In the gzip format without a time, so that equal bundles are equal files."""
    packer = zlib.compressobj(wbits=_GZIP)
    return packer.compress(raw) + packer.flush()


def _unzipped(data: bytes) -> bytes:
    if len(data) > READ_BYTES_MAX:
        raise UnreadableBundleError(f"it is larger than {READ_BYTES_MAX // 1024**2} MB, which no recorded review is")
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        raw = unpacker.decompress(data, READ_BYTES_MAX + 1)
    except zlib.error as error:
        raise UnreadableBundleError("it is no recorded review: it is not gzip data, or is damaged") from error
    if len(raw) > READ_BYTES_MAX:
        raise UnreadableBundleError(f"it unpacks to more than {READ_BYTES_MAX // 1024**2} MB: no recorded review does")
    if not unpacker.eof or unpacker.unused_data:
        raise UnreadableBundleError("it is cut off, or something was put behind it")
    return raw


def _finish_types() -> None:
    """Tell pydantic what the words mean that modules of the core import for type checkers only."""
    words: dict[str, object] = {"Mapping": Mapping}
    for found in pkgutil.iter_modules(reviewer.core.__path__):
        module = importlib.import_module(f"{reviewer.core.__name__}.{found.name}")
        own = (value for value in vars(module).values() if isinstance(value, type))
        words |= {value.__name__: value for value in own if value.__module__ == module.__name__}
    for model in (_WrittenInputs, Bundle):
        model.model_rebuild(_types_namespace=words)


_finish_types()

"""The second question: is it true? Each candidate against its evidence, by a question that tries to refute it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pydantic import BaseModel, ConfigDict

from reviewer.core.question import short
from reviewer.core.verification import Verification
from reviewer.llm.answer import read_object
from reviewer.llm.exhibit import elsewhere, names_in, place_shown
from reviewer.llm.form import Form
from reviewer.llm.prompt import TOKEN_BYTES, nonce, prompt_text
from reviewer.llm.schema import strict_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reviewer.core.change import Change
    from reviewer.core.finding import Finding

CLAIMS_MAX: Final = 12
"""Claims in one question; with more, models leave some out."""

CHECK_TOKENS_MAX: Final = 8_000
"""Size of one question: a handful of places. It is read with more care than a long one."""

AROUND_CHARS_MAX: Final = 600
"""Characters of definitions and callers for one claim: some 170 tokens, as many as the place itself."""

_REASON_CHARS_MAX: Final = 400
_VERDICTS_MAX: Final = 200


class Verdict(BaseModel):
    """One verdict as the model gives it."""

    model_config = ConfigDict(extra="forbid")

    id: str
    reason: str
    verdict: Literal["confirmed", "refuted", "undecided"]
    question: str | None = None


class Verdicts(BaseModel):
    """The schema of a whole answer."""

    model_config = ConfigDict(extra="forbid")

    verdicts: list[Verdict]


_KEYS: Final = frozenset((*Verdicts.model_fields, *Verdict.model_fields))


def read_verdicts(text: str) -> Verdicts:
    """The verdicts in a text. Raises UnusableAnswerError."""
    return read_object(text, Verdicts, _KEYS)


VERIFY: Final = Form("verdicts", lambda text: read_verdicts(text).model_dump_json(), strict_schema(Verdicts))


@dataclass(frozen=True, slots=True)
class Check:
    """One second question. `claims` maps the ids in it to the candidates' fingerprints."""

    system: str
    user: str
    claims: Mapping[str, str]

    @property
    def tokens_max(self) -> int:
        """Tokens of both messages, counted to be safe."""
        return -(-len(f"{self.system}{self.user}".encode("utf-8", "surrogatepass")) // TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one candidate: the reason in a sentence, and what to ask when it is undecided."""

    verification: Verification
    reason: str = ""
    question: str = ""


def checks(
    change: Change, candidates: Iterable[Finding], prompt_tokens_max: int, around: Mapping[str, str]
) -> tuple[Check, ...]:
    """The second questions about these candidates, those of one file together.

    `around` has more evidence by fingerprint: callers and definitions that the examination had not.
    """
    system = prompt_text("verify")
    room = min(prompt_tokens_max, CHECK_TOKENS_MAX) * TOKEN_BYTES - _size(system)
    unique = {finding.fingerprint: finding for finding in candidates if finding.span is not None}
    ordered = sorted(unique.values(), key=lambda finding: (finding.path, finding.span.first if finding.span else 0))
    made: list[Check] = []
    group: list[Finding] = []
    for finding in ordered:
        if group and (len(group) == CLAIMS_MAX or _size(_data(change, [*group, finding], around)) > room):
            made.append(_check(system, change, group, around))
            group = []
        group.append(finding)
    return (*made, _check(system, change, group, around)) if group else tuple(made)


def weighing(change: Change, finding: Finding, around: str, name: str, said: str) -> Check:
    """The question whether one finding holds after what people said of it (`said`: lines, quoted), by the prompt of
    this name. `around` is more evidence.
    """
    given = {finding.fingerprint: around}
    return _check(prompt_text(name), change, [finding], given, said.encode("utf-8", "replace").decode("utf-8"))


def judged(check: Check, verdicts: Verdicts) -> Mapping[str, Judged]:
    """What came of each candidate, by fingerprint. Two verdicts on one claim that differ leave it undecided.

    A claim that the answer passes over is not in it: nobody has verified that one.
    """
    said: dict[str, list[Verdict]] = {}
    for verdict in verdicts.verdicts[:_VERDICTS_MAX]:
        if (fingerprint := check.claims.get(verdict.id.strip())) is not None:
            said.setdefault(fingerprint, []).append(verdict)
    return {fingerprint: _judged(those) for fingerprint, those in said.items()}


def _judged(verdicts: Sequence[Verdict]) -> Judged:
    kinds = {one.verdict for one in verdicts}
    last = verdicts[-1]
    reason = " ".join(last.reason.split())[:_REASON_CHARS_MAX]
    question = short(next((one.question for one in verdicts if one.question), "") or "")
    return Judged(Verification(last.verdict if len(kinds) == 1 else "undecided"), reason, question)


def _check(system: str, change: Change, group: Sequence[Finding], around: Mapping[str, str], said: str = "") -> Check:
    data = _data(change, group, around) + said
    code = nonce(change.head, data)
    user = f"DATA {code}\n{data}END {code}\nCheck the claims above. Answer with one JSON object.\n"
    return Check(system, user, {f"c{number}": finding.fingerprint for number, finding in enumerate(group, 1)})


def _data(change: Change, group: Sequence[Finding], around: Mapping[str, str]) -> str:
    """Of every file the evidence once, then the claims about it."""
    numbered = tuple(enumerate(group, 1))
    text: list[str] = []
    for path in dict.fromkeys(finding.path for finding in group):
        here = tuple((number, finding) for number, finding in numbered if finding.path == path)
        text += _evidence(change, path, [finding for _, finding in here], around)
        text += [_claim(number, finding) for number, finding in here]
    return "".join(text).encode("utf-8", "replace").decode("utf-8")


def _evidence(change: Change, path: str, here: Sequence[Finding], around: Mapping[str, str]) -> Iterator[str]:
    file = change.file(path)
    if file is not None:
        yield place_shown(file, [finding.span for finding in here if finding.span is not None])
    names = tuple(dict.fromkeys(name for finding in here for name in names_in(finding.quoted)))
    given = dict.fromkeys(around.get(finding.fingerprint, "") for finding in here)
    more = "".join(f"{_short(text)}\n" for text in given if text.strip())
    yield more or elsewhere(change, path, names)


def _short(text: str) -> str:
    """Whole lines of the evidence for one claim, as many as it is worth."""
    text = text.strip("\n")
    return text if len(text) <= AROUND_CHARS_MAX else text[:AROUND_CHARS_MAX].rpartition("\n")[0] + "\n..."


def _claim(number: int, finding: Finding) -> str:
    """Quoted: what the model wrote may repeat what a stranger did, and must not look like a line of the frame."""
    span = finding.span
    where = "" if span is None else f" line {span.first}" + (f" to {span.last}" if span.last > span.first else "")
    words = json.dumps(f"{finding.title}. {finding.message}", ensure_ascii=False)
    return f"CLAIM c{number}{where}: {words}\n"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))

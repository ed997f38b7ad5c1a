"""What a backtest says: for each recorded review, what another persona would have changed, and what the review cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reviewer.core.wording import counted
from reviewer.rendering.outcome import short
from reviewer.rendering.replayed import Difference, difference
from reviewer.rendering.spent import money
from reviewer.rendering.visible import visible

if TYPE_CHECKING:
    from pydantic import JsonValue

    from reviewer.core.bundle import Bundle
    from reviewer.core.finding import Finding
    from reviewer.core.review import Review

SCHEMA: Final = "reviewer.backtest/1"

_CELL_CHARS_MAX: Final = 48
"""Characters of a cell; four columns of numbers and two of names fit a wide terminal."""

_HEADS: Final = ("review", "findings", "gained", "lost", "changed", "conclusion", "asked", "tokens")


@dataclass(frozen=True, slots=True)
class Tested:
    """One recorded review, as this version makes it under the recorded persona and under the other one."""

    bundle: Bundle
    before: Review
    after: Review
    has_drifted: bool

    @property
    def found(self) -> Difference:
        """What changes."""
        return difference(self.before, self.after)

    @property
    def name(self) -> str:
        """`octo/shop#3 1a2b3c4`."""
        number = "" if self.before.number is None else f"#{self.before.number}"
        return f"{self.before.repository or 'local'}{number} {short(self.before.head)}"


@dataclass(frozen=True, slots=True)
class Untested:
    """A file that could not be compared, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Backtest:
    """All of them, the newest first, under the persona of this name and hash."""

    persona: str
    sha256: str
    results: tuple[Tested | Untested, ...]

    @property
    def tested(self) -> tuple[Tested, ...]:
        """Those that were compared."""
        return tuple(one for one in self.results if isinstance(one, Tested))

    @property
    def untested(self) -> tuple[Untested, ...]:
        """Those that were not."""
        return tuple(one for one in self.results if isinstance(one, Untested))


def as_table(result: Backtest) -> str:
    """For a terminal: a row for each review, the sums, who is asked how often, and what could not be compared."""
    rows = [_HEADS, *(_row(one) for one in result.tested)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    said = [f"Under {result.persona} ({result.sha256[:12]}):", "", *lines, "", _sums(result)]
    asked = Counter(name for one in result.tested for name in one.found.after)
    was = Counter(name for one in result.tested for name in one.found.before)
    said += [
        visible(f"{name} would be asked in {counted(asked[name], 'review')} (was: {was[name]}).")
        for name in sorted({*asked, *was}, key=lambda name: (-asked[name], name))
    ]
    said += [visible(f"Not compared: {one.path}: {one.reason}.") for one in result.untested]
    return "\n".join(said)


def as_document(result: Backtest) -> dict[str, JsonValue]:
    """The same as plain data, `reviewer.backtest/1`."""
    return {
        "schema": SCHEMA,
        "persona": {"name": result.persona, "sha256": result.sha256},
        "reviews": [_entry(one) for one in result.tested],
        "not_compared": [{"path": one.path, "reason": one.reason} for one in result.untested],
        "usage": _usage(result.tested),
    }


def _row(one: Tested) -> tuple[str, ...]:
    found, usage = one.found, one.bundle.usage
    was, now = found.conclusions
    asked = ", ".join(found.after) or "nobody"
    return (
        _cell(one.name),
        f"{len(one.before.placed)} → {len(one.after.placed)}",
        str(len(found.gained)),
        str(len(found.lost)),
        str(len(found.changed)),
        now if was == now else f"{was} → {now}",
        _cell(asked if found.before == found.after else f"{asked} (changed)"),
        f"{usage.prompt_tokens + usage.completion_tokens:,}",
    )


def _cell(text: str) -> str:
    flat = visible(" ".join(text.split()))
    return flat if len(flat) <= _CELL_CHARS_MAX else flat[: _CELL_CHARS_MAX - 1] + "…"


def _sums(result: Backtest) -> str:
    found = [one.found for one in result.tested]
    gained, lost = sum(len(one.gained) for one in found), sum(len(one.lost) for one in found)
    changed, usage = sum(len(one.changed) for one in found), _usage(result.tested)
    micros = sum(one.bundle.usage.micros for one in result.tested)
    paid = f", {money(micros)} in money" if micros else ""
    said = (
        f"{counted(len(found), 'review')}: {counted(gained, 'finding')} gained, {lost} lost, {changed} changed. "
        f"The recorded reviews cost {usage['model_calls']} calls, {usage['prompt_tokens']:,} prompt and "
        f"{usage['completion_tokens']:,} completion tokens{paid}; the model was not asked again."
    )
    drifted = sum(one.has_drifted for one in result.tested)
    if drifted:
        said += f"\n{counted(drifted, 'review')} would come out differently under the recorded persona, too."
    return said


def _usage(tested: tuple[Tested, ...]) -> dict[str, JsonValue]:
    return {
        "model_calls": sum(one.bundle.usage.model_calls for one in tested),
        "prompt_tokens": sum(one.bundle.usage.prompt_tokens for one in tested),
        "completion_tokens": sum(one.bundle.usage.completion_tokens for one in tested),
        "cost": sum(one.bundle.usage.micros for one in tested) / 1_000_000,
    }


def _entry(one: Tested) -> JsonValue:
    found = one.found
    return {
        "change": {
            "repository": one.before.repository,
            "number": one.before.number,
            "base": one.before.base,
            "head": one.before.head,
        },
        "recorded_at": one.bundle.recorded_at,
        "findings": {"before": len(one.before.placed), "after": len(one.after.placed)},
        "gained": [_finding(finding) for finding in found.gained],
        "lost": [_finding(finding) for finding in found.lost],
        "changed": [{**_finding(change.finding), "changes": list(change.what)} for change in found.changed],
        "asked": {"before": list(found.before), "after": list(found.after)},
        "conclusion": {"before": found.conclusions[0], "after": found.conclusions[1]},
        "usage": _usage((one,)),
        "has_drifted": one.has_drifted,
    }


def _finding(finding: Finding) -> dict[str, JsonValue]:
    return {
        "id": finding.fingerprint,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "path": finding.path,
        "start_line": finding.span.first if finding.span else None,
        "title": finding.title,
        "owner": finding.owner,
    }

"""`reviewer replay` and `reviewer backtest`: recorded reviews made once more, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.bundles import Bundles, read_bundle
from reviewer.core.bundle import UnreadableBundleError
from reviewer.core.errors import UserError
from reviewer.core.wording import listed
from reviewer.operator_plan import read_persona
from reviewer.rendering.as_posted import Rebuilt, rebuild
from reviewer.rendering.backtested import Backtest, Tested, Untested, as_document, as_table
from reviewer.rendering.replayed import about, contents, difference, missing, told, unequal
from reviewer.settings import PERSONA_ENDING, PERSONAS
from reviewer.workflow.recorded import SHARED, pages, rule_hashes

if TYPE_CHECKING:
    from reviewer.core.bundle import Bundle
    from reviewer.core.persona import Persona

SAME, DIFFERS, UNUSABLE, INCOMPLETE = 0, 1, 2, 3
"""Exit statuses: rebuilt byte for byte (or compared); it came out differently; no bundle that can be rebuilt; of a
backtest, that some reviews could not be compared.
"""

RULES_MAX = 8
"""Rules named that have changed since; when there are more, it is another version anyway."""

_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What pure functions raise when a bundle that somebody made says what no review says."""

Say = Callable[[str], None]


def replay(path: Path, persona: str | None, say: Say) -> int:
    """Rebuild one review and say whether it came out the same, or what another persona changes."""
    other = None if persona is None else _persona(persona)  # a mistake in it first: it is the caller's own
    bundle = read_bundle(path)
    say(about(bundle))
    for one in missing(bundle):
        say(one)
    if bundle.inputs is None:
        raise UserError(f"{path}: what the review was assembled from was left out, so nothing of it can be rebuilt")
    rebuilt = _rebuilt(bundle, None, path)
    differing = unequal(bundle, rebuilt)
    if other is not None:
        return _compare(bundle, rebuilt, _rebuilt(bundle, other, path), (other, bool(differing)), say)
    if not differing:
        json_part = "" if bundle.review is not None else " (but for the JSON, which was left out)"
        say(f"Rebuilt byte for byte: {contents(rebuilt.published)}{json_part}.")
        return SAME
    say(f"It does not come out as it was recorded.{_versions(bundle)}\n")
    for part in differing:
        say(part)
    return DIFFERS


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What was asked for: the last so many bundles of a folder under another persona."""

    persona: str
    last: int
    folder: Path
    as_json: bool


def backtest(request: BacktestRequest, say: Say) -> int:
    """Compare recorded reviews with what they would be under another persona; print a table or JSON."""
    persona = _persona(request.persona)
    if not request.folder.is_dir():
        raise UserError(f"{request.folder} is no folder; give --bundles one, or set REVIEWER_BUNDLES")
    paths = Bundles(request.folder).newest(request.last) or _loose(request.folder, request.last)
    if not paths:
        raise UserError(f"{request.folder} holds no recorded review; REVIEWER_BUNDLES says where reviews are recorded")
    tested: list[Tested | Untested] = [_tested(path, persona) for path in paths]
    result = Backtest(persona.name, persona.sha256, tuple(tested))
    say(json.dumps(as_document(result), ensure_ascii=True, indent=2) if request.as_json else as_table(result))
    return INCOMPLETE if result.untested else SAME


def _tested(path: Path, persona: Persona) -> Tested | Untested:
    try:
        bundle = read_bundle(path)
        if bundle.inputs is None:
            return Untested(str(path), "what the review was assembled from was left out of it")
        before, after = _rebuilt(bundle, None, path), _rebuilt(bundle, persona, path)
    except UnreadableBundleError as error:
        return Untested(str(path), str(error).removeprefix(f"{path}: "))
    return Tested(bundle, before.review, after.review, has_drifted=bool(unequal(bundle, before)))


def _loose(folder: Path, most: int) -> tuple[Path, ...]:
    """Bundles that somebody put into a folder under names of their own."""
    found = sorted(folder.glob("*.json.gz"), key=lambda path: (-path.stat().st_mtime, path.name))
    return tuple(found[:most])


def _compare(bundle: Bundle, before: Rebuilt, after: Rebuilt, under: tuple[Persona, bool], say: Say) -> int:
    persona, has_drifted = under
    was = before.review.plan.persona
    say(f"Under {persona.name} ({persona.source}, {persona.sha256[:12]}) instead of {was.name} ({was.sha256[:12]}):")
    found = difference(before.review, after.review)
    if found.is_none:
        say("Nothing changes: the same findings, owners and conclusion.")
    else:
        for line in told(found):
            say(line)
    if bundle.usage.model_calls:
        say("The model was not asked again: its findings are those it gave under the recorded persona.")
    if has_drifted:
        say(f"This version makes another review of it under the recorded persona, too.{_versions(bundle)}")
    return SAME


def _versions(bundle: Bundle) -> str:
    """Which rules have changed since: their text is quoted in the check run, and they are not run again."""
    now = rule_hashes()
    changed = sorted(name for name, digest in bundle.made.rules.items() if name in now and now[name] != digest)
    gone = sorted(name for name in bundle.made.rules if name not in now and not name.startswith("own/"))
    named = [name for name in (*changed, *gone) if name != SHARED]
    if not named:
        return ""
    return f" Rules that have changed since: {listed(named, RULES_MAX)}."


def _rebuilt(bundle: Bundle, persona: Persona | None, path: Path) -> Rebuilt:
    if bundle.inputs is None:
        raise UnreadableBundleError(f"{path}: it has nothing to be rebuilt from")
    try:
        return rebuild(bundle.inputs, bundle.how, pages(), persona)
    except _FAULTS as error:
        why = f"{type(error).__name__}: {str(error)[:120]}"
        raise UnreadableBundleError(f"{path}: it holds what no review is made of ({why})") from error


def _persona(name: str) -> Persona:
    file = Path(name)
    if not file.is_file() and "/" not in name and not name.endswith(".md"):
        file = PERSONAS / (name + PERSONA_ENDING)
    if not file.is_file():
        known = ", ".join(sorted(one.name.removesuffix(PERSONA_ENDING) for one in PERSONAS.glob(f"*{PERSONA_ENDING}")))
        raise UserError(f"there is no persona {name!r}; give a file, or one of: {known}")
    return read_persona(file)

"""What the model did not see or could not verify, as gaps of the coverage: named, never a silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from reviewer.core.coverage import Gap
from reviewer.core.markup import code_span
from reviewer.core.wording import counted, listed

if TYPE_CHECKING:
    from reviewer.llm.prompt import Batch, Questions

FILES_MAX: Final = 12
"""Files named in one gap; the others are counted."""

MODEL: Final = "model"
VERIFICATION: Final = "verification"


def unseen(
    asked: Questions, batches_max: int, unanswered: Mapping[int, str], unverified: Sequence[str], missing: int
) -> tuple[Gap, ...]:
    """The gaps of a review by the model. `missing` is how many findings got no verdict."""
    gaps = list(asked.gaps)
    late = asked.batches[batches_max:]
    if late:
        most = f"more than {counted(batches_max, 'part')} of a change are not put to it (REVIEWER_MODEL_BATCHES_MAX)"
        gaps.append(Gap(MODEL, f"{most}; it has not seen {_files(late)}", _paths(late)))
    reasons: dict[str, list[Batch]] = {}
    for number, reason in sorted(unanswered.items()):
        reasons.setdefault(reason, []).append(asked.batches[number])
    seen_all = len(unanswered) < min(len(asked.batches), batches_max)
    for reason, batches in reasons.items():
        gaps.append(
            Gap(MODEL, f"{reason}; it has not judged {_files(batches)}", _paths(batches))
            if seen_all
            else Gap(MODEL, reason)
        )
    if missing:
        why = "; ".join(dict.fromkeys(unverified)) or "its answer passes over them"
        gaps.append(Gap(VERIFICATION, f"{counted(missing, 'finding')} of the model could not be verified: {why}"))
    return tuple(gaps)


def _files(batches: Sequence[Batch]) -> str:
    return listed([code_span(path) for path in _paths(batches)], FILES_MAX)


def _paths(batches: Sequence[Batch]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for batch in batches for path in batch.paths))

"""Several personas at one pull request: whose finding it is, whose file, and what each one's check run says. Pure.

Rules and model look once. A finding is one persona's, so nothing is said twice; a file may be several ones'.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reviewer.core.compose import compose
from reviewer.core.coverage import Coverage, conclude
from reviewer.core.publication import Conclusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reviewer.core.change import Change, ChangedFile
    from reviewer.core.concern import Concern
    from reviewer.core.persona import Persona
    from reviewer.core.review import Review


def owner_of(path: str, concern: Concern, personas: Sequence[Persona]) -> Persona:
    """Whose finding it is: the first one's who watches its file and its concern.

    Those who watch something of their own are asked before those who watch everything, or these would leave them
    nothing. What nobody watches is the first one's.
    """
    in_turn = sorted(personas, key=lambda persona: persona.watch.is_all)
    fitting = (one for one in in_turn if one.watch.has(path) and one.watch.cares(concern))
    return next(fitting, personas[0])


def watches(persona: Persona, path: str, personas: Sequence[Persona]) -> bool:
    """Whether a file is one of a persona's; what nobody watches is the first one's."""
    if persona.watch.has(path):
        return True
    return persona is personas[0] and not any(one.watch.has(path) for one in personas)


def readers(change: Change, personas: Sequence[Persona]) -> tuple[tuple[Persona, Change], ...]:
    """Who reads what: each file once, by all who watch it together, so that several cost the model hardly more than
    one. The persona of a group has the standards of all its members.
    """
    if len(personas) == 1:
        return ((personas[0], change),)
    groups: dict[tuple[int, ...], list[ChangedFile]] = {}
    for file in change.files:
        who = tuple(at for at, persona in enumerate(personas) if watches(persona, file.path, personas))
        groups.setdefault(who, []).append(file)
    return tuple(
        (_together([personas[at] for at in who]), replace(change, files=tuple(groups[who]))) for who in sorted(groups)
    )


def part_of(review: Review, persona: Persona) -> Review:
    """The review as one of its personas sees it: their files, their findings, and so their own conclusion.

    What went wrong for the change as a whole went wrong for each. What was left out, and the model's questions about
    everything, are told by the first one.
    """
    plan = review.plan
    if not plan.others:
        return review
    is_first = persona is plan.persona
    placed = tuple(item for item in review.placed if item.finding.persona == persona.name)
    entries = tuple(entry for entry in review.coverage.entries if watches(persona, entry.path, plan.personas))
    coverage = Coverage(entries, review.coverage.gaps)
    shown = tuple(item.finding for item in placed)
    conclusion = conclude(coverage, shown, plan.gate)
    if conclusion is Conclusion.SUCCESS and review.recalled.kept:
        conclusion = Conclusion.NEUTRAL  # what was found before and nobody has mended is not all right
    own = replace(plan, persona=persona, others=())
    response = compose(shown, coverage, own)
    if is_first:
        everything = review.response.follow_up_questions
        response = response.model_copy(update={"follow_up_questions": everything})
    return replace(
        review,
        plan=own,
        placed=placed,
        dropped=review.dropped if is_first else (),
        coverage=coverage,
        response=response,
        conclusion=conclusion,
    )


def _together(personas: Sequence[Persona]) -> Persona:
    first = personas[0]
    if len(personas) == 1:
        return first
    rules = {rule.text: rule for persona in reversed(personas) for rule in reversed(persona.rules)}
    described = " And: ".join(persona.description for persona in personas)
    return replace(first, description=described, rules=tuple(reversed(rules.values())))

"""Whether there is a review to make of a pull request as it stands: by the job, and by its owners' filters. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from reviewer.core.automatic import Automatic
from reviewer.core.filters import Subject, why_not
from reviewer.core.job import Trigger
from reviewer.workflow.records import Standstill

if TYPE_CHECKING:
    from reviewer.core.job import Job
    from reviewer.core.plan import Plan
    from reviewer.github.pull import Pull


def standstill(job: Job, pull: Pull) -> Standstill | None:
    """Why there is no review to make of this pull request as it stands now; None when there is one."""
    if not pull.is_open:
        return Standstill.CLOSED
    if job.head is not None and job.head != pull.head:
        return Standstill.STALE
    if job.trigger.by_person:
        return None
    is_skipped = job.trigger is Trigger.SKIPPED
    return Standstill.STALE if is_skipped and pull.by_bot is None and not pull.is_draft else None


def unwanted(pull: Pull, plan: Plan) -> tuple[Standstill | None, str]:
    """Why a pull request is not reviewed by itself, and in which words if they are the owner's; None when it is."""
    filters = plan.config.filters
    if pull.by_bot is not None and not filters.bots:
        return Standstill.BOT, ""
    if pull.is_draft and not filters.drafts:
        return Standstill.DRAFT, ""
    reason = why_not(Subject(pull.title, pull.branch, pull.author, pull.labels, pull.changed_files), plan)
    return (None, "") if reason is None else (Standstill.FILTERED, reason)


def switched_off(automatic: Automatic) -> Standstill | None:
    """Why a pull request is not reviewed by itself, as people said on it; None when it is."""
    match automatic:
        case Automatic.ON:
            return None
        case Automatic.PAUSED:
            return Standstill.PAUSED
        case Automatic.IGNORED:
            return Standstill.IGNORED
        case _:
            assert_never(automatic)

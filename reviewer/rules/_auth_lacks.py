"""Everything that ways in lack beside others that have it, short of being open to anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.rules._auth_applied import applied_lacks
from reviewer.rules._auth_checked import checked_lacks, unasked_reads
from reviewer.rules._auth_everywhere import guards_everywhere
from reviewer.rules._auth_files import file_lacks
from reviewer.rules._auth_foreign import procedure_lacks
from reviewer.rules._auth_owned import owned_lacks
from reviewer.rules._auth_permissions import permission_lacks
from reviewer.rules._auth_reads import read_lacks
from reviewer.rules._auth_registered import registered_lacks
from reviewer.rules._auth_router_lacks import router_lacks
from reviewer.rules._auth_stacks import stack_lacks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reviewer.core.project import Project
    from reviewer.rules._auth_classes import Lack


def all_lacks(project: Project) -> Iterator[Lack]:
    """What new ways in lack, the worst first."""
    if not guards_everywhere(project):
        yield from applied_lacks(project)
        yield from read_lacks(project)
    yield from router_lacks(project)
    yield from file_lacks(project)
    yield from procedure_lacks(project)
    yield from stack_lacks(project)
    yield from permission_lacks(project)
    yield from registered_lacks(project)
    yield from checked_lacks(project)
    yield from unasked_reads(project)
    yield from owned_lacks(project)

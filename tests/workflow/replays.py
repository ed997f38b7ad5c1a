"""Every review that a service of these tests recorded is made once more, and comes out byte for byte."""

from __future__ import annotations

from pathlib import Path

from reviewer.bundles import Bundles, read_bundle
from reviewer.core.bundle import Bundle
from reviewer.rendering.as_posted import rebuild
from reviewer.rendering.replayed import unequal
from reviewer.workflow.recorded import pages

FOLDER = "bundles"
"""Where a service records, in the folder of its data."""

ALL = 10_000


def recorded(folder: Path) -> tuple[Bundle, ...]:
    """The bundles of a service whose data is in `folder`, the newest first."""
    return tuple(read_bundle(path) for path in Bundles(folder / FOLDER).newest(ALL))


def replayed(folder: Path) -> int:
    """Rebuild every recorded review; how many there were. AssertionError with the difference for one that differs."""
    known = pages()
    bundles = recorded(folder)
    for bundle in bundles:
        if bundle.inputs is None:
            raise AssertionError(f"nothing was kept to rebuild {bundle.event.identity} from")
        rebuilt = rebuild(bundle.inputs, bundle.how, known)
        if rebuilt.published != bundle.published or rebuilt.document != bundle.review:
            parts = "\n".join(unequal(bundle, rebuilt)) or "in what no text shows"
            raise AssertionError(f"{bundle.event.identity} does not come out as it was posted:\n{parts}")
    return len(bundles)

"""`make demo`: the real service reviews a pull request on a stand-in for GitHub, then answers `@bot review`.

Prints what was posted and writes the same as a page to out/demo.html. Exits non-zero if anything of it is missing.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.deliveries.signed import comment_delivery, pull_request_delivery
from tests.demo.page import write_page
from tests.service import Service
from tests.standin.github import GitHubStandIn
from tests.standin.state import IssueComment, Pull

SHOP = Path(__file__).with_name("shop")
PAGE = Path(__file__).parents[2] / "out" / "demo.html"

PEOPLE = {"mona": "write", "damilare": "admin", "octo-backend-lead": "maintain", "octo-security-lead": "write"}
"""Who has access: mona, who opens the pull request, and those whom the team file names."""


def tree(folder: Path) -> dict[str, str]:
    """A folder as a tree of a repository: path → text."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


async def main() -> int:
    """Run the demonstration; 0 when everything was posted."""
    with GitHubStandIn() as github, tempfile.TemporaryDirectory(prefix="reviewer-demo-") as folder:
        github.add_repository("octo/shop", tree(SHOP / "base"), collaborators=PEOPLE)
        pull = github.open_pull(
            "octo/shop",
            head_files=tree(SHOP / "head"),
            title="Import and search orders",
            body="Customers can import orders and search them.",
        )
        with Service(github, Path(folder)) as service, said_on_failure(service):
            service.accept(pull_request_delivery(github, pull, "opened"))
            await until(github, "the check run", lambda: done(github, pull) == 1)
            first = [comment.body for comment in github.issue_comments(pull, github.bot)]
            spent = len(github.requests)
            command = github.comment(pull, "@bot review")
            service.accept(comment_delivery(github, pull, command))
            await until(github, "the answer to @bot review", lambda: len(github.issue_comments(pull, github.bot)) > 1)
            await until(github, "the second check run", lambda: done(github, pull) > 1)
        return show(github, pull, command, Posted(first, spent))


@contextmanager
def said_on_failure(service: Service) -> Iterator[None]:
    """What the service said, when the demonstration fails."""
    try:
        yield
    except BaseException:
        sys.stderr.writelines(service.output[-20:])
        raise


def done(github: GitHubStandIn, pull: Pull) -> int:
    """How many check runs of the pull request are completed."""
    return sum(run.status == "completed" for run in github.check_runs(pull))


async def until(github: GitHubStandIn, name: str, what: Callable[[], bool]) -> None:
    """Wait for a state of the stand-in."""
    try:
        await github.until(what, 60.0)
    except TimeoutError:
        raise SystemExit(f"demo: {name} did not come within 60 s") from None


@dataclass(frozen=True)
class Posted:
    """What stood after the first review: the summary as it was first posted, and the requests it took."""

    summaries: list[str]
    requests: int


def show(github: GitHubStandIn, pull: Pull, command: IssueComment, first: Posted) -> int:
    """Print everything that was posted, write the page, and say what is missing."""
    comments = github.review_comments(pull)
    own = github.issue_comments(pull, github.bot)
    runs = github.check_runs(pull)
    for comment in comments:
        place = f"{comment.start_line}-{comment.line}" if comment.start_line else f"{comment.line}"
        heading(f"inline comment on {comment.path}:{place}")
        print(comment.body)
    for title, body in (
        *(("summary, as first posted", body) for body in first.summaries),
        *(("answer to @bot review", one.body) for one in own[1:]),
    ):
        heading(title)
        print(body)
    for run in runs:
        heading(f"check run {run.name!r}: {run.status}, {run.conclusion}")
        print(run.title)
    missing = [
        name
        for name, there in (
            ("inline comments", bool(comments)),
            ("a summary that tags the Team Lead", any("@damilare" in body for body in first.summaries)),
            ("a completed check run", bool(runs) and done(github, pull) == len(runs)),
            ("an answer to @bot review", len(own) > 1),
            ("the eyes on the command", github.reactions(command) == ["eyes"]),
            ("exactly one review", len(github.reviews(pull)) == 1),
        )
        if not there
    ]
    write_page(PAGE, github, pull)
    heading(f"{first.requests} requests to GitHub for the first review; the same as a page: out/demo.html")
    for name in missing:
        print(f"demo: missing: {name}", file=sys.stderr)
    return 1 if missing else 0


def heading(text: str) -> None:
    """A line between two things that were posted."""
    print(
        f"\n\N{BOX DRAWINGS LIGHT HORIZONTAL}\N{BOX DRAWINGS LIGHT HORIZONTAL} {text} ".ljust(
            100, "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
        )
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

"""Where a play is given: GitHub, a model and the real service, and what stands on a pull request at the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.deliveries.signed import SignedDelivery, comment_delivery, line_comment_delivery, pull_request_delivery
from tests.standin.faults import Fault
from tests.standin.github import GitHubStandIn
from tests.standin.model import ModelStandIn
from tests.standin.people import Files
from tests.standin.rendered import mentions
from tests.standin.state import IssueComment, Pull, ReviewComment
from tests.workflow.changes import BASE, HEAD
from tests.workflow.nursery import NursedService, Nursery
from tests.workflow.replays import FOLDER, replayed

SUMMARY = "<!-- reviewer:summary -->"
LEAD = "damilare"
TEAM = {
    LEAD: "admin",
    "octo-backend-lead": "maintain",
    "octo-security-lead": "write",
    "octo-devops-lead": "read",
    "lena": "write",
    "otto": "write",
}
"""People whom the team files of these tests name and the organisation has; the others they name are strangers here."""

MODEL_TIMEOUT_S = 2


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that stands on a pull request by us, without what differs from one run to the next: the cost."""

    reviews: tuple[tuple[str, str], ...]
    comments: tuple[tuple[str, int | None, int | None, str, str], ...]
    conversation: tuple[str, ...]
    checks: tuple[tuple[str, str, str | None, str | None, str | None, int], ...]


@dataclass(slots=True)
class Stage:
    """One GitHub, one service, perhaps a model; each pull request has a repository to itself."""

    github: GitHubStandIn
    service: NursedService
    model: ModelStandIn | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def pull(
        self,
        head: Files = HEAD,
        base: Files = BASE,
        *,
        owner: str = "octo",
        title: str = "Change the shop",
        body: str = "What it says.",
        author: str = "mona",
        draft: bool = False,
        fork: bool = False,
        collaborators: Mapping[str, str] | None = None,
    ) -> Pull:
        """A pull request in a new repository, where mona may write, rita may read, and the team's people are."""
        name = f"{owner}/shop-{next(self._numbers)}"
        people = {"mona": "write", "rita": "read", **TEAM, **(collaborators or {})}
        self.github.add_repository(name, base, collaborators=people)
        return self.github.open_pull(
            name, head_files=head, title=title, body=body, author=author, draft=draft, fork=fork
        )

    def send(self, pull: Pull, action: str = "opened") -> SignedDelivery:
        """Deliver an event of the pull request; it is accepted."""
        delivery = pull_request_delivery(self.github, pull, action)
        self.service.accept(delivery)
        return delivery

    def say(self, pull: Pull, text: str, author: str = "mona") -> IssueComment:
        """Somebody comments, and the delivery of it is accepted."""
        comment = self.github.comment(pull, text, author)
        self.service.accept(comment_delivery(self.github, pull, comment))
        return comment

    def reply(self, pull: Pull, root: ReviewComment, text: str, author: str = "mona") -> ReviewComment:
        """Somebody answers in a thread of the diff, and the delivery of it is accepted."""
        comment = self.github.review_reply(pull, root, text, author)
        self.service.accept(line_comment_delivery(self.github, pull, comment))
        return comment

    def remark(self, pull: Pull, path: str, line: int, text: str, author: str = "mona") -> ReviewComment:
        """Somebody comments on a line of the diff, and the delivery of it is accepted."""
        comment = self.github.line_comment(pull, path, line, text, author)
        self.service.accept(line_comment_delivery(self.github, pull, comment))
        return comment

    async def reviewed(self, pull: Pull, count: int = 1, head: str | None = None) -> None:
        """Wait until `count` check runs of a head (the present one) are completed."""
        await self.until(lambda: self.completed(pull, head) >= count)

    def completed(self, pull: Pull, head: str | None = None) -> int:
        """Completed check runs on a head."""
        return sum(run.status == "completed" for run in self.github.check_runs(pull, head))

    async def review(self, pull: Pull) -> Page:
        """Have a pull request reviewed as when it is opened; what stands then."""
        self.send(pull)
        await self.reviewed(pull)
        return self.page(pull)

    async def answer(self, pull: Pull, command: IssueComment) -> str:
        """Wait for our answer to a command."""
        await self.until(lambda: bool(self.answers(pull, command)))
        return self.answers(pull, command)[0].body

    def answers(self, pull: Pull, command: IssueComment) -> list[IssueComment]:
        """Our answers to a command."""
        marker = f"<!-- reviewer:answer {command.id} -->"
        return [one for one in self.github.issue_comments(pull, self.github.bot) if marker in one.body]

    async def replied(self, pull: Pull, command: ReviewComment) -> ReviewComment:
        """Wait for our answer to a command in a thread."""
        await self.until(lambda: bool(self.replies(pull, command)))
        return self.replies(pull, command)[0]

    def replies(self, pull: Pull, command: ReviewComment) -> list[ReviewComment]:
        """Our answers, in threads, to a command that was given in one."""
        marker = f"<!-- reviewer:answer line-{command.id} -->"
        bot = self.github.bot
        return [one for one in self.github.review_comments(pull) if one.author.id == bot.id and marker in one.body]

    async def settled(self, pull: Pull) -> None:
        """Wait until all earlier work that has begun on a pull request is over.

        Work on one pull request is done one after the other, so a later `@bot help` is answered when it is.
        """
        await self.answer(pull, self.say(pull, "@bot help"))

    async def until(self, what: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Wait for a state; what the service said last is in the error."""
        try:
            await self.github.until(what, timeout_s)
        except TimeoutError:
            raise AssertionError("it did not come:\n" + "".join(self.service.output[-12:])) from None

    @contextmanager
    def fault(self, operation: str, fault: Fault, *, times: int | None = 1, skip: int = 0) -> Iterator[None]:
        """A fault while the block runs; it has to hit."""
        planned = self.github.fault(operation, fault, times=times, skip=skip)
        try:
            yield
        finally:
            planned.left = 0
        if planned.hits == 0:
            raise AssertionError(f"nothing asked for {operation}")

    def summaries(self, pull: Pull) -> list[IssueComment]:
        """Our comments with the summary's marker."""
        return [one for one in self.github.issue_comments(pull, self.github.bot) if SUMMARY in one.body]

    def summary(self, pull: Pull) -> str:
        """The text of the one summary."""
        (only,) = self.summaries(pull)
        return only.body

    def asked(self, title: str) -> int:
        """How often the model was asked about a pull request with this title."""
        return 0 if self.model is None else sum(title in request.said_by("user") for request in self.model.requests)

    def written(self, pull: Pull) -> list[str]:
        """Every markdown that we wrote on a pull request, each draft and each edit, in order.

        Titles and annotations of check runs are not in it: GitHub shows them as they are.
        """
        address = f"/repos/{self.github.repository_of(pull).full_name}/"
        texts: list[str] = []
        for request in self.github.writes:
            if request.path.startswith(address):
                texts += _markdown(request.json)
        return texts

    def tells(self, name: str, pull: Pull) -> int:
        """How many live mentions of somebody all our writes on a pull request hold, those that failed included."""
        return sum(mentions(text).count(name) for text in self.written(pull))

    def told(self, name: str) -> int:
        """How often GitHub has told somebody of a mention, on all pull requests."""
        return sum(mention.name == name for mention in self.github.notified)

    def page(self, pull: Pull) -> Page:
        """What stands on a pull request by us; its name and head made alike, and the cost left out."""
        alike = self._alike(pull)
        github, bot = self.github, self.github.bot
        return Page(
            tuple((one.state, alike(one.body)) for one in github.reviews(pull) if one.author.id == bot.id),
            tuple(
                (one.path, one.start_line, one.line, one.side, alike(one.body))
                for one in github.review_comments(pull)
                if one.author.id == bot.id
            ),
            tuple(alike(one.body) for one in github.issue_comments(pull, bot)),
            tuple(
                (run.name, run.status, run.conclusion, run.title, alike(run.summary or ""), len(run.annotations))
                for run in github.check_runs(pull)
            ),
        )

    def _alike(self, pull: Pull) -> Callable[[str], str]:
        name, head = self.github.repository_of(pull).full_name, pull.head_sha

        def alike(text: str) -> str:
            text = text.replace(name, "NAME").replace(head, "HEAD").replace(head[:7], "HEAD")
            text = "\n".join(row for row in text.split("\n") if not row.startswith("<!-- reviewer:state "))
            words = text.split(" · ")
            return " · ".join(word for word in words if not word.endswith((" to GitHub", " tokens")))

        return alike


def _markdown(value: object) -> list[str]:
    """Every text in a request's body that GitHub renders."""
    if isinstance(value, list):
        return [text for item in value for text in _markdown(item)]
    if not isinstance(value, Mapping):
        return []
    own = [part for key, part in value.items() if key in ("body", "summary", "text") and isinstance(part, str)]
    return own + [text for part in value.values() for text in _markdown(part)]


@contextmanager
def stage(
    nursery: Nursery, folder: Path, *, model: bool = False, environment: Mapping[str, str] | None = None
) -> Iterator[Stage]:
    """Everything started, and stopped at the end; a violation that GitHub noticed is an AssertionError then.

    Every review is recorded, and made once more at the end: one that comes out otherwise is an AssertionError, too.
    """
    given = {"REVIEWER_BUNDLES": str(folder / FOLDER), **(environment or {})}
    with GitHubStandIn() as github:
        if not model:
            with NursedService(nursery, github, folder, given) as service:
                yield Stage(github, service)
            replayed(folder)
            return
        with ModelStandIn() as answers:
            given = {
                "OPENAI_API_KEY": answers.api_key,
                "OPENAI_BASE_URL": answers.base_url,
                "REVIEWER_MODEL": "standin",
                "REVIEWER_MODEL_TIMEOUT_SECONDS": str(MODEL_TIMEOUT_S),
                **given,
            }
            with NursedService(nursery, github, folder, given) as service:
                yield Stage(github, service, answers)
            replayed(folder)


def once(page: Page) -> bool:
    """Whether exactly one review, one summary and one completed check run stand there."""
    summaries = [text for text in page.conversation if SUMMARY in text]
    return len(page.reviews) == len(summaries) == len(page.checks) == 1 and page.checks[0][1] == "completed"


def model_of(play: Stage) -> ModelStandIn:
    """The model of a stage that has one."""
    assert play.model is not None
    return play.model


def fresh_model(play: Stage) -> ModelStandIn:
    """The same, with nothing left of what an earlier test told it to say."""
    model = model_of(play)
    model.script = model.judge = None
    return model

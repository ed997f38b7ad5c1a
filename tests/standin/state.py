"""What the stand-in GitHub remembers. Plain mutable records; only the stand-in's own thread and the test touch them."""

from __future__ import annotations

import itertools
import queue
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.standin.gitstore import GitStore
from tests.standin.json_types import JsonObject
from tests.standin.patch import FileDiff

GRANTED = {"metadata": "read", "contents": "read", "pull_requests": "write", "checks": "write", "issues": "write"}
"""What an installation grants unless a test says otherwise: the product's own manifest."""

IDS_FROM = 3_000_000_000
"""First id of comments, reviews and checks: above 2^31, as on github.com today, so that 32-bit columns show."""


@dataclass(slots=True)
class Account:
    """A person, an organisation or a bot. A bot's `login` has the `[bot]` ending, as REST spells it."""

    id: int
    login: str
    type: str = "User"


@dataclass(slots=True)
class Reaction:
    """An emoji of one account on one comment or pull request."""

    id: int
    content: str
    author: Account
    at: datetime


@dataclass(slots=True)
class IssueComment:
    """A comment in a pull request's conversation."""

    id: int
    body: str
    author: Account
    pull: int
    created: datetime
    updated: datetime
    association: str = "NONE"
    app_id: int | None = None
    reactions: list[Reaction] = field(default_factory=list)
    minimized: str | None = None


@dataclass(slots=True)
class ReviewComment:
    """A comment on a line, a range or (`line` None, `subject` "file") a file, as it was made at `commit`."""

    id: int
    body: str
    author: Account
    pull: int
    review: int
    commit: str
    path: str
    side: str
    line: int | None
    start_line: int | None
    start_side: str | None
    subject: str
    hunk: str
    created: datetime
    updated: datetime
    reply_to: int | None = None
    position: int | None = None
    reactions: list[Reaction] = field(default_factory=list)
    resolved: bool = False
    resolved_by: Account | None = None
    minimized: str | None = None


@dataclass(slots=True)
class Review:
    """A review; `state` is PENDING, COMMENTED, APPROVED, CHANGES_REQUESTED or DISMISSED."""

    id: int
    body: str
    author: Account
    pull: int
    commit: str
    state: str
    submitted: datetime | None


@dataclass(slots=True)
class CheckRun:
    """A check run with all annotations it ever got; `history` is each (status, conclusion) it was shown with."""

    id: int
    name: str
    head: str
    suite: int
    app_id: int
    status: str
    conclusion: str | None
    started: str | None
    completed: str | None
    details_url: str | None
    external_id: str | None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[JsonObject] = field(default_factory=list)
    actions: list[JsonObject] = field(default_factory=list)
    history: list[tuple[str, str | None]] = field(default_factory=list)


@dataclass(slots=True)
class Pull:
    """A pull request. `base_sha` is the base branch as last seen; `head_login` None: the fork is deleted."""

    id: int
    repository: int
    number: int
    title: str
    body: str | None
    author: Account | None
    draft: bool
    base_ref: str
    base_sha: str
    head_ref: str
    head_sha: str
    head_login: str | None
    head_repository: int
    created: datetime
    updated: datetime
    association: str = "CONTRIBUTOR"
    state: str = "open"
    merged: bool = False
    locked: bool = False
    labels: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    """Whose review is asked for: logins, and teams as `organisation/team`."""
    heads: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Repository:
    """A repository with everything in it; comments, reviews and checks are keyed by id, in the order they were made."""

    id: int
    owner: Account
    name: str
    private: bool
    git: GitStore
    default_branch: str = "main"
    archived: bool = False
    collaborators: dict[str, str] = field(default_factory=dict)
    teams: set[str] = field(default_factory=set)
    pulls: dict[int, Pull] = field(default_factory=dict)
    reviews: dict[int, Review] = field(default_factory=dict)
    review_comments: dict[int, ReviewComment] = field(default_factory=dict)
    issue_comments: dict[int, IssueComment] = field(default_factory=dict)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    pull_reactions: dict[int, list[Reaction]] = field(default_factory=dict)
    former_names: list[str] = field(default_factory=list)
    suites: dict[str, int] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"

    def diff(self, pull: Pull, commit: str | None = None) -> tuple[FileDiff, ...]:
        """What the pull request changes at `commit` (its head when None)."""
        return self.git.diff(pull.base_sha, commit or pull.head_sha)


@dataclass(slots=True)
class Installation:
    """The App on one account, with the repositories it may see and what it may do there."""

    id: int
    account: Account
    repositories: set[int] = field(default_factory=set)
    permissions: dict[str, str] = field(default_factory=lambda: dict(GRANTED))
    suspended: bool = False


@dataclass(slots=True)
class Token:
    """An installation token: good for some repositories and some permissions until it expires or is revoked."""

    text: str
    installation: int
    repositories: frozenset[int]
    permissions: dict[str, str]
    expires: datetime
    narrowed: bool
    revoked: bool = False


@dataclass(slots=True)
class HookDelivery:
    """A delivery as GitHub's log of them shows it; `body` is what would be sent again."""

    id: int
    guid: str
    event: str
    action: str | None
    body: bytes
    status_code: int
    delivered: datetime
    redelivery: bool = False
    installation: int | None = None
    repository: int | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody was told: `@name` stood as a live mention in a text that was posted."""

    name: str
    where: str
    number: int


@dataclass(slots=True)
class Switches:
    """How this GitHub behaves, for a test to turn. None: the switch is off."""

    patches_per_page_max: int | None = None
    tree_entries_max: int = 100_000
    files_max: int = 3_000
    content_writes_a_minute_max: int | None = None
    token_life_s: int = 3600
    clock_ahead_s: int = 0


class World:
    """Everything that is, behind one lock."""

    def __init__(self, folder: Path) -> None:
        self.lock = threading.RLock()
        self.folder = folder
        self.app_id = 4711
        self.slug = "reviewer-bot"
        self.webhook_secret = "standin-webhook-secret"
        self.ids = itertools.count(IDS_FROM)
        self.small_ids = itertools.count(101)
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[int, Repository] = {}
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self.deliveries: dict[int, HookDelivery] = {}
        self.notified: list[Mention] = []
        self.violations: list[str] = []
        self.switches = Switches()
        self.content_writes: list[datetime] = []
        self.manifest_codes: set[str] = set()
        self.to_redeliver: queue.Queue[HookDelivery] = queue.Queue()
        self.bot = self.account(f"{self.slug}[bot]", "Bot")
        self.app_owner = self.account("reviewer-makers", "Organization")

    def now(self) -> datetime:
        """The stand-in's clock: real time, to the second, plus what the switch adds."""
        return datetime.fromtimestamp(int(datetime.now(UTC).timestamp()) + self.switches.clock_ahead_s, UTC)

    def account(self, login: str, kind: str = "User") -> Account:
        """The account of that name, made when it is new."""
        known = self.accounts.get(login.lower())
        if known is None:
            known = Account(next(self.small_ids), login, "Bot" if login.endswith("[bot]") else kind)
            self.accounts[login.lower()] = known
        return known

    def repository(self, full_name: str) -> Repository | None:
        """By present name, case-insensitive."""
        for repository in self.repositories.values():
            if repository.full_name.lower() == full_name.lower():
                return repository
        return None

    def renamed(self, full_name: str) -> Repository | None:
        """By a former name."""
        for repository in self.repositories.values():
            if full_name.lower() in (name.lower() for name in repository.former_names):
                return repository
        return None

    def installation_of(self, repository: int) -> Installation | None:
        """The installation that can see a repository."""
        for installation in self.installations.values():
            if repository in installation.repositories:
                return installation
        return None


def stamp(at: datetime | None) -> str | None:
    """A time the way the API writes it."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def thread_reply(world: World, record: Repository, root: ReviewComment, author: Account, body: str) -> ReviewComment:
    """A new answer in the thread that `root` began; GitHub makes a review of its own for it."""
    now = world.now()
    review = Review(next(world.ids), "", author, root.pull, root.commit, "COMMENTED", now)
    record.reviews[review.id] = review
    made = ReviewComment(
        id=next(world.ids),
        body=body,
        author=author,
        pull=root.pull,
        review=review.id,
        commit=root.commit,
        path=root.path,
        side=root.side,
        line=root.line,
        start_line=root.start_line,
        start_side=root.start_side,
        subject=root.subject,
        hunk=root.hunk,
        created=now,
        updated=now,
        reply_to=root.id,
    )
    record.review_comments[made.id] = made
    return made

"""What a delivery asks for: a job, or nothing and why.

Decided by what the signed body says: headers are not signed, so a job takes only the delivery's id from them, for logs
and to tell two presses of a button apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from reviewer.core.command import Asked, Command, is_said, parse
from reviewer.core.envelope import Branch, Changes, Check, Comment, Envelope, PullRequest, RequestedAction
from reviewer.core.job import Button, Job, Trigger, is_sha

ID_MAX = 2**63 - 1
"""GitHub's ids are 64-bit integers, and so are the columns that they are stored in."""

NAME_CHARS_MAX = 39 + 1 + 100
"""Length of `owner/name`: GitHub's limits for a login and for a repository's name."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Who we are: the App's number, and the names that commands may call us by."""

    app_id: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Understood, and not ours to act on; `reason` is for the delivery's log on GitHub."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where a job takes place; checked, so that what is stored is well-formed."""

    installation: int
    repository_id: int
    repository: str
    actor: str
    delivery: str

    def job(
        self, pull: int, head: str | None, trigger: Trigger, source_id: str = "", *, push: bool = False
    ) -> Job | Ignored:
        """The job on one of the repository's pull requests."""
        if not _is_id(pull):
            return NO_PULL
        if head is not None and not is_sha(head):
            return Ignored("the payload names no usable head commit")
        return Job(
            installation=self.installation,
            repository_id=self.repository_id,
            repository=self.repository,
            pull=pull,
            head=head,
            trigger=trigger,
            source_id=source_id,
            actor=self.actor,
            push=push,
            delivery=self.delivery,
        )


NO_PULL = Ignored("the payload names no usable pull request")
"""Also of a check suite of a fork's head: GitHub lists no pull request there, but we may know of one."""


def decide(event: str, delivery: str, envelope: Envelope, ours: Ours, known_pull: int = 0) -> Job | Ignored:
    """The job that a delivery asks for. Total: whatever the envelope holds, there is an answer.

    `known_pull` is the pull request of a check suite that lists none, where we know of one.

    A bot's doings never start a review, or two bots would talk for ever; closing a pull request starts nothing and is
    heeded from anybody.
    """
    scene = _scene(delivery, envelope)
    if isinstance(scene, Ignored):
        return scene
    by_bot = envelope.sender is None or envelope.sender.is_bot
    match event:
        case "pull_request":
            job = _of_pull_request(scene, envelope, by_bot=by_bot)
            before = envelope.before if envelope.before is not None and is_sha(envelope.before) else ""
            changed_at = _changed_at(envelope)
            return job if isinstance(job, Ignored) else replace(job, changed_at=changed_at, before=before)
        case "issue_comment" | "pull_request_review_comment" | "check_run" | "check_suite" if by_bot:
            return Ignored("the sender is a bot")
        case "issue_comment":
            return _of_comment(scene, envelope, ours)
        case "pull_request_review_comment":
            return _of_line_comment(scene, envelope, ours)
        case "check_run":
            return _of_check_run(scene, envelope, ours)
        case "check_suite":
            return _of_check_suite(scene, envelope, ours, known_pull)
        case _:
            return Ignored("nothing to do for this event")


def _scene(delivery: str, envelope: Envelope) -> _Scene | Ignored:
    installation, repository = envelope.installation, envelope.repository
    if installation is None or not _is_id(installation.id):
        return Ignored("the payload names no installation")
    if repository is None or not _is_id(repository.id) or not _is_full_name(repository.full_name):
        return Ignored("the payload names no usable repository")
    actor = envelope.sender.login if envelope.sender else ""
    return _Scene(installation.id, repository.id, repository.full_name, actor[:NAME_CHARS_MAX], delivery)


def _of_pull_request(scene: _Scene, envelope: Envelope, *, by_bot: bool) -> Job | Ignored:
    pull = envelope.pull_request
    if pull is None or pull.head is None:
        return Ignored("the payload names no pull request")
    if envelope.action == "closed":
        return scene.job(pull.number, pull.head.sha, Trigger.CLOSED)
    edited = (envelope.changes if envelope.action == "edited" else None) or Changes()
    retargeted = edited.base is not None
    if envelope.action in ("labeled", "unlabeled") or (edited.title is not None and not retargeted):
        job = _of_head(scene, pull, by_bot=by_bot)
        return job if isinstance(job, Ignored) else replace(job, unfilters=True)
    if envelope.action not in ("opened", "reopened", "ready_for_review", "synchronize") and not retargeted:
        return Ignored("nothing to do for this action")
    return _of_head(scene, pull, by_bot=by_bot, push=envelope.action == "synchronize")


def _of_head(scene: _Scene, pull: PullRequest, *, by_bot: bool, push: bool = False) -> Job | Ignored:
    """The work of the head that a pull request has: the same whatever event speaks of it."""
    target = _target(pull.base)
    if pull.head is None:
        return Ignored("the payload names no pull request")
    if pull.user is not None and pull.user.is_bot:
        return scene.job(pull.number, pull.head.sha, Trigger.SKIPPED, f"bot{target}", push=push)
    if by_bot:
        return Ignored("the sender is a bot")
    if pull.draft:
        return scene.job(pull.number, pull.head.sha, Trigger.SKIPPED, f"draft{target}", push=push)
    return scene.job(pull.number, pull.head.sha, Trigger.AUTOMATIC, target, push=push)


def _changed_at(envelope: Envelope) -> int:
    digits = _digits(envelope.pull_request.updated_at if envelope.pull_request else None)[:14]
    return int(digits) if len(digits) == 14 else 0


def _target(base: Branch | None) -> str:
    """What tells one base branch from another in an identity: another base is another diff of the same head.

    A hash, as a branch's name is the author's own text.
    """
    return "" if base is None or not base.ref else "-" + hashlib.sha256(base.ref.encode()).hexdigest()[:8]


def _of_comment(scene: _Scene, envelope: Envelope, ours: Ours) -> Job | Ignored:
    issue, comment = envelope.issue, envelope.comment
    if envelope.action != "created":
        return Ignored("only new comments can be commands")
    if issue is None or comment is None or not _is_id(comment.id):
        return Ignored("the payload names no comment")
    if issue.pull_request is None:
        return Ignored("the comment is on an issue, not on a pull request")
    return _commanded(scene, issue.number, comment, ours, str(comment.id))


def _of_line_comment(scene: _Scene, envelope: Envelope, ours: Ours) -> Job | Ignored:
    """A comment on a line of the diff: it begins a thread, or answers in one."""
    pull, comment = envelope.pull_request, envelope.comment
    if envelope.action != "created":
        return Ignored("only new comments can be commands")
    if pull is None or comment is None or not _is_id(comment.id):
        return Ignored("the payload names no comment")
    thread = comment.in_reply_to_id or comment.id
    if not _is_id(thread):
        return Ignored("the payload names no thread")
    in_answer = comment.in_reply_to_id is not None
    job = _commanded(scene, pull.number, comment, ours, Job.line_comment(comment.id), in_answer=in_answer)
    return job if isinstance(job, Ignored) else replace(job, thread=thread)


def _commanded(  # noqa: PLR0913 - two kinds of comments
    scene: _Scene, pull: int, comment: Comment, ours: Ours, source_id: str, *, in_answer: bool = False
) -> Job | Ignored:
    if comment.user is not None and comment.user.is_bot:
        return Ignored("the comment's author is a bot")
    asked = parse(comment.body or "", ours.names, in_answer=in_answer)
    if asked is None and in_answer and is_said(comment.body or ""):
        return scene.job(pull, None, Trigger.REPLY, source_id)
    if asked is None:
        return Ignored("the comment holds no command")
    if not isinstance(asked, Asked):
        job = scene.job(pull, None, Trigger.UNKNOWN_WORDS, source_id)
        return job if isinstance(job, Ignored) else replace(job, words=asked.line)
    trigger = Trigger.ADDRESSED if asked.is_loose else trigger_of(asked.command)
    job = scene.job(pull, None, trigger, source_id)
    return job if isinstance(job, Ignored) else replace(job, finding=asked.finding, words=asked.words)


def trigger_of(command: Command) -> Trigger:
    """What a command starts: a trigger of its own name."""
    return Trigger(command.value.replace(" ", "-"))


def command_of(trigger: Trigger) -> Command:
    """The command that asks for the same; `review` for a button, `help` for words that are no command."""
    if trigger is Trigger.UNKNOWN_WORDS:
        return Command.HELP
    if trigger in (Trigger.ADDRESSED, Trigger.REPLY):
        return Command.ASK
    return next((command for command in Command if trigger_of(command) is trigger), Command.REVIEW)


def _of_check_run(scene: _Scene, envelope: Envelope, ours: Ours) -> Job | Ignored:
    run = envelope.check_run
    if envelope.action not in ("rerequested", "requested_action"):
        return Ignored("nothing to do for this action")
    if run is None or not _is_ours(run, ours):
        return Ignored("the check run is not ours")
    pull = _pull_of_identity(run, scene) or _first_pull(run, scene)
    if envelope.action == "requested_action":
        return _of_button(scene, pull, run, envelope.requested_action)
    return scene.job(pull, run.head_sha, Trigger.RERUN, _press(run.id, run.completed_at))


def _of_button(scene: _Scene, pull: int, run: Check, pressed: RequestedAction | None) -> Job | Ignored:
    """A button reviews the newest head, as a command does, and else speaks of its own check run.

    A review is told from another by what is signed. GitHub signs nothing that tells two presses of the others apart, so
    there the delivery's id does; one sent again under another id finds its answer standing, and writes nothing.
    """
    if pressed is None or pressed.identifier not in list(Button):
        return Ignored("the check run has no such button")
    button = Button(pressed.identifier)
    which = _digits(run.completed_at) if button is Button.REVIEW else _hashed(scene.delivery)
    return scene.job(pull, None, button.trigger, Job.press(run.id, which))


def _of_check_suite(scene: _Scene, envelope: Envelope, ours: Ours, known_pull: int) -> Job | Ignored:
    suite = envelope.check_suite
    if envelope.action != "rerequested":
        return Ignored("nothing to do for this action")
    if suite is None or not _is_ours(suite, ours):
        return Ignored("the check suite is not ours")
    source_id = f"suite-{_press(suite.id, suite.updated_at)}"
    return scene.job(_first_pull(suite, scene) or known_pull, suite.head_sha, Trigger.RERUN, source_id)


def _is_ours(check: Check, ours: Ours) -> bool:
    return check.app is not None and check.app.id == ours.app_id and _is_id(check.id)


def _press(check: int, changed_at: str | None) -> str:
    """Tells two presses of one button apart by what is signed: a delivery's id is not, and anybody could replay one."""
    digits = _digits(changed_at)
    return f"{check}-{digits}" if digits else str(check)


def _digits(time: str | None) -> str:
    return "".join(char for char in time or "" if char in "0123456789")[:20]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _first_pull(check: Check, scene: _Scene) -> int:
    """The first pull request of this repository; 0 without one, as for the heads of forks."""
    for pull in check.pull_requests or ():
        base = pull.base.repo if pull.base else None
        if base is None or base.id == scene.repository_id:
            return pull.number
    return 0


def _pull_of_identity(run: Check, scene: _Scene) -> int:
    """The pull request in our own words, `INSTALLATION/REPOSITORY#PULL@HEAD:…`; 0 unless the rest fits the delivery.

    It goes before GitHub's list, which has every pull request of the head, and none for the head of a fork.
    """
    pull_key, at, rest = (run.external_id or "").partition("@")
    tenant, _, number = pull_key.partition("#")
    head = rest.partition(":")[0]
    fits = tenant == f"{scene.installation}/{scene.repository_id}" and head in (run.head_sha, "head")
    is_number = number.isascii() and number.isdecimal() and len(number) <= 18
    return int(number) if at and fits and is_number else 0


def _is_id(number: int) -> bool:
    return 0 < number <= ID_MAX


def _is_full_name(text: str) -> bool:
    parts = text.split("/")
    plain = all(part not in ("", ".", "..") for part in parts)
    known = all(char.isascii() and (char.isalnum() or char in "-._/") for char in text)
    return len(parts) == 2 and plain and known and len(text) <= NAME_CHARS_MAX

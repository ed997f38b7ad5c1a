"""Deliveries as GitHub sends them, signed, with ids that the stand-in GitHub knows.

delivery = pull_request_delivery(github, pull, "opened")
await client.post("/api/github/webhooks", content=delivery.body, headers=delivery.headers)
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.standin import shapes
from tests.standin.github import GitHubStandIn
from tests.standin.json_types import JsonObject, as_object
from tests.standin.state import Account, CheckRun, IssueComment, Pull, Repository, ReviewComment

PAYLOADS = Path(__file__).parent / "payloads"
"""GitHub's examples, one a file: `<event>.<action>.<n>.json`, and edited ones under `derived/`."""


@dataclass(frozen=True, slots=True)
class SignedDelivery:
    """One POST: the headers and the very bytes that are signed."""

    event: str
    guid: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> JsonObject:
        """The body as JSON."""
        return as_object(json.loads(self.body))

    def again(self) -> SignedDelivery:
        """The same delivery as a redelivery sends it: same guid, same bytes."""
        return replace(self)


def signed(
    secret: str, event: str, payload: Mapping[str, object] | bytes, delivery: str | None = None
) -> SignedDelivery:
    """Sign a payload (or raw bytes) with the webhook's secret; the guid is random unless given."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode()
    guid = delivery or str(uuid.uuid4())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
        "X-GitHub-Hook-ID": "292430182",
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-GitHub-Hook-Installation-Target-ID": "4711",
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
    return SignedDelivery(event, guid, headers, body)


def example(name: str) -> JsonObject:
    """One of GitHub's examples by its file name, without `.json`."""
    return as_object(json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8")))


def pull_request_delivery(
    github: GitHubStandIn,
    pull: Pull,
    action: str,
    *,
    sender: Account | None = None,
    delivery: str | None = None,
    before: str | None = None,
) -> SignedDelivery:
    """`pull_request`: opened, reopened, synchronize (`before`: the old head), ready_for_review, closed, edited, …"""
    record = github.repository_of(pull)
    payload: JsonObject = {"action": action, "number": pull.number, "pull_request": shapes.pull(record, pull)}
    if action == "synchronize":
        old = pull.heads[-2] if len(pull.heads) > 1 else pull.head_sha
        payload |= {"before": before or old, "after": pull.head_sha}
    payload |= _around(github, record, sender or pull.author)
    return signed(github.webhook_secret, "pull_request", payload, delivery)


def retargeted(github: GitHubStandIn, pull: Pull, old_base: str) -> SignedDelivery:
    """`pull_request.edited` of a pull request that has another base branch now."""
    record = github.repository_of(pull)
    payload: JsonObject = {"action": "edited", "number": pull.number, "pull_request": shapes.pull(record, pull)}
    payload |= {"changes": {"base": {"ref": {"from": old_base}, "sha": {"from": pull.base_sha}}}}
    payload |= _around(github, record, pull.author)
    return signed(github.webhook_secret, "pull_request", payload)


def comment_delivery(
    github: GitHubStandIn, pull: Pull, comment: IssueComment, action: str = "created", *, delivery: str | None = None
) -> SignedDelivery:
    """`issue_comment` on a pull request: it carries the issue, and no head."""
    record = github.repository_of(pull)
    address = f"{github.url}/repos/{record.full_name}/pulls/{pull.number}"
    issue: JsonObject = {
        "id": pull.id,
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "state": pull.state,
        "locked": pull.locked,
        "draft": pull.draft,
        "user": None if pull.author is None else shapes.user(pull.author),
        "pull_request": {"url": address, "html_url": f"{shapes.WEB}/{record.full_name}/pull/{pull.number}"},
    }
    payload: JsonObject = {"action": action, "issue": issue, "comment": shapes.issue_comment(record, comment)}
    payload |= _around(github, record, comment.author)
    return signed(github.webhook_secret, "issue_comment", payload, delivery)


def line_comment_delivery(
    github: GitHubStandIn, pull: Pull, comment: ReviewComment, action: str = "created", *, delivery: str | None = None
) -> SignedDelivery:
    """`pull_request_review_comment`: it carries the pull request, and with an answer the first of its thread."""
    record = github.repository_of(pull)
    shown = shapes.review_comment(record, comment)
    payload: JsonObject = {"action": action, "comment": shown, "pull_request": shapes.pull(record, pull)}
    payload |= _around(github, record, comment.author)
    return signed(github.webhook_secret, "pull_request_review_comment", payload, delivery)


def check_run_delivery(
    github: GitHubStandIn,
    pull: Pull,
    run: CheckRun,
    action: str = "rerequested",
    *,
    sender: str = "mona",
    identifier: str | None = None,
    delivery: str | None = None,
) -> SignedDelivery:
    """`check_run`: rerequested, or requested_action with the button's `identifier`."""
    record = github.repository_of(pull)
    payload: JsonObject = {"action": action, "check_run": shapes.check_run(github.world, record, run)}
    if identifier is not None:
        payload["requested_action"] = {"identifier": identifier}
    payload |= _around(github, record, github.world.account(sender))
    return signed(github.webhook_secret, "check_run", payload, delivery)


def check_suite_delivery(github: GitHubStandIn, pull: Pull, run: CheckRun, *, sender: str = "mona") -> SignedDelivery:
    """`check_suite.rerequested`: "re-run all checks" of the suite that a check run is in."""
    record = github.repository_of(pull)
    shown = shapes.check_run(github.world, record, run)
    suite: JsonObject = {
        "id": run.suite,
        "head_sha": run.head,
        "head_branch": pull.head_ref if shown["pull_requests"] else None,
        "status": "queued",
        "conclusion": None,
        "app": shown["app"],
        "pull_requests": shown["pull_requests"],
        "updated_at": run.completed,
    }
    payload: JsonObject = {"action": "rerequested", "check_suite": suite}
    payload |= _around(github, record, github.world.account(sender))
    return signed(github.webhook_secret, "check_suite", payload)


def installation_delivery(
    github: GitHubStandIn, repository: Repository, action: str, *, delivery: str | None = None
) -> SignedDelivery:
    """`installation`: created, deleted, suspend, unsuspend."""
    installation = github.installation(repository.owner)
    payload: JsonObject = {
        "action": action,
        "installation": {
            "id": installation.id,
            "account": shapes.user(installation.account),
            "app_id": github.app_id,
            "app_slug": github.world.slug,
            "permissions": installation.permissions,
            "repository_selection": "selected",
        },
        "repositories": [
            {"id": i, "full_name": github.world.repositories[i].full_name} for i in installation.repositories
        ],
        "sender": shapes.user(installation.account),
    }
    return signed(github.webhook_secret, "installation", payload, delivery)


def _around(github: GitHubStandIn, record: Repository, sender: Account | None) -> JsonObject:
    """What every payload of a repository has besides its own."""
    installation = github.world.installation_of(record.id)
    value: JsonObject = {"repository": shapes.repository(record)}
    value["sender"] = shapes.user(sender or github.world.account("ghost"))
    if installation is not None:
        value["installation"] = {"id": installation.id, "node_id": "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMQ=="}
    return value

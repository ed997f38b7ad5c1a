"""The records as GitHub's API shows them. Keys that nobody uses are filled in from the description."""

from __future__ import annotations

import difflib

from tests.standin.contract import contract
from tests.standin.json_types import JsonObject
from tests.standin.patch import FileDiff, Hunks, hunks
from tests.standin.state import (
    GRANTED,
    Account,
    CheckRun,
    IssueComment,
    Pull,
    Reaction,
    Repository,
    Review,
    ReviewComment,
    World,
    stamp,
)

WEB = "https://github.test"
"""Where the pages of this GitHub would be; nothing listens there."""


def user(account: Account) -> JsonObject:
    """A simple user. A bot's page is its App's."""
    page = f"{WEB}/apps/{account.login.removesuffix('[bot]')}" if account.type == "Bot" else f"{WEB}/{account.login}"
    known: JsonObject = {
        "login": account.login,
        "id": account.id,
        "node_id": f"U_{account.id}",
        "type": account.type,
        "html_url": page,
        "site_admin": False,
    }
    return contract().filled("simple-user", known)


def repository(record: Repository, schema: str = "repository") -> JsonObject:
    """A repository, in one of the description's several sizes."""
    known: JsonObject = {
        "id": record.id,
        "node_id": f"R_{record.id}",
        "name": record.name,
        "full_name": record.full_name,
        "owner": user(record.owner),
        "private": record.private,
        "html_url": f"{WEB}/{record.full_name}",
        "default_branch": record.default_branch,
        "archived": record.archived,
        "fork": False,
    }
    return contract().filled(schema, known)


def app(world: World) -> JsonObject:
    """The App."""
    known: JsonObject = {
        "id": world.app_id,
        "slug": world.slug,
        "name": world.slug,
        "owner": user(world.app_owner),
        "html_url": f"{WEB}/apps/{world.slug}",
        "permissions": dict(GRANTED),
        "events": ["pull_request", "issue_comment"],
    }
    return contract().filled("integration", known)


def pull(record: Repository, item: Pull, schema: str = "pull-request") -> JsonObject:
    """A pull request; `schema` is `pull-request` or, in lists, `pull-request-simple`."""
    diff = record.diff(item)
    known: JsonObject = {
        "id": item.id,
        "number": item.number,
        "state": item.state,
        "locked": item.locked,
        "title": item.title,
        "body": item.body,
        "user": None if item.author is None else user(item.author),
        "draft": item.draft,
        "html_url": f"{WEB}/{record.full_name}/pull/{item.number}",
        "created_at": stamp(item.created),
        "updated_at": stamp(item.updated),
        "closed_at": stamp(item.updated) if item.state == "closed" else None,
        "merged_at": stamp(item.updated) if item.merged else None,
        "merge_commit_sha": None,
        "assignee": None,
        "author_association": item.association,
        "labels": [contract().filled("label", {"name": name, "id": i}) for i, name in enumerate(item.labels)],
        "head": _branch(item.head_ref, item.head_sha, *_head_repository(record, item)),
        "base": _branch(item.base_ref, item.base_sha, record.owner.login, repository(record)),
    }
    if schema == "pull-request":
        known |= {
            "merged": item.merged,
            "commits": len(record.git.commits(item.base_sha, item.head_sha)),
            "changed_files": len(diff),
            "additions": sum(file.additions for file in diff),
            "deletions": sum(file.deletions for file in diff),
            "comments": sum(c.pull == item.number for c in record.issue_comments.values()),
            "review_comments": sum(c.pull == item.number for c in record.review_comments.values()),
            "mergeable": None,
            "mergeable_state": "unknown",
        }
    return contract().filled(schema, known)


def _head_repository(record: Repository, item: Pull) -> tuple[str, JsonObject | None]:
    if item.head_login is None:
        return "unknown", None
    if item.head_repository == record.id:
        return record.owner.login, repository(record)
    fork = Repository(
        item.head_repository, Account(item.head_repository, item.head_login), record.name, record.private, record.git
    )
    return item.head_login, {**repository(fork), "fork": True}


def _branch(ref: str, sha: str, login: str, home: JsonObject | None) -> JsonObject:
    owner = None if home is None else home["owner"]
    return {"label": f"{login}:{ref}", "ref": ref, "sha": sha, "user": owner, "repo": home}


def diff_entry(record: Repository, item: FileDiff, with_patch: bool, head: str) -> JsonObject:
    """One file of a comparison; there is no `patch` key where there is no patch."""
    name = item.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    known: JsonObject = {
        "sha": item.sha,
        "filename": name,
        "status": item.status,
        "additions": item.additions,
        "deletions": item.deletions,
        "changes": item.additions + item.deletions,
        "blob_url": f"{WEB}/{record.full_name}/blob/{head}/{name}",
    }
    if item.old_path is not None:
        known["previous_filename"] = item.old_path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if with_patch and item.shown_patch is not None:
        known["patch"] = item.shown_patch
    return contract().filled("diff-entry", known)


def review(record: Repository, item: Review) -> JsonObject:
    """A review; a pending one has no `submitted_at`."""
    known: JsonObject = {
        "id": item.id,
        "node_id": f"PRR_{item.id}",
        "user": user(item.author),
        "body": item.body,
        "state": item.state,
        "commit_id": item.commit,
        "html_url": f"{WEB}/{record.full_name}/pull/{item.pull}#pullrequestreview-{item.id}",
        "author_association": "NONE",
    }
    if item.submitted is not None:
        known["submitted_at"] = stamp(item.submitted)
    return contract().filled("pull-request-review", known)


def review_comment(record: Repository, item: ReviewComment, schema: str = "pull-request-review-comment") -> JsonObject:
    """A line comment as it stands now: `line` is null where the line went away since."""
    start, line = lines_now(record, item)
    outdated = item.subject == "line" and line is None
    known: JsonObject = {
        "id": item.id,
        "node_id": f"PRRC_{item.id}",
        "pull_request_review_id": item.review,
        "diff_hunk": item.hunk,
        "path": item.path,
        "commit_id": item.commit if outdated else record.pulls[item.pull].head_sha,
        "original_commit_id": item.commit,
        "user": user(item.author),
        "body": item.body,
        "created_at": stamp(item.created),
        "updated_at": stamp(item.updated),
        "html_url": f"{WEB}/{record.full_name}/pull/{item.pull}#discussion_r{item.id}",
        "author_association": "NONE",
        "position": None if outdated else (item.position or 1),
        "original_position": item.position or 1,
        "side": item.side,
        "line": line,
        "original_line": item.line,
        "start_line": start,
        "original_start_line": item.start_line,
        "start_side": item.start_side,
    }
    if schema == "pull-request-review-comment":
        known["subject_type"] = item.subject
    if item.reply_to is not None:
        known["in_reply_to_id"] = item.reply_to
    return contract().filled(schema, {k: v for k, v in known.items() if v is not None or k in _MAY_BE_NULL})


_MAY_BE_NULL = {"line", "start_line", "position", "start_side", "original_start_line"}


def lines_now(record: Repository, item: ReviewComment) -> tuple[int | None, int | None]:
    """Where a line comment stands at the pull request's head: (start, line), both None when it is outdated."""
    here = record.pulls[item.pull]
    if item.line is None:
        return None, None
    if item.commit == here.head_sha:
        return item.start_line, item.line
    moved = _moved(record, item, here) if item.side == "RIGHT" else {n: n for n in range(1, item.line + 1)}
    held = _hunks(record, here, item.path).side(item.side)
    line = moved.get(item.line)
    start = None if item.start_line is None else moved.get(item.start_line)
    if line not in held or (item.start_line is not None and start is None):
        return None, None
    return start, line


def _moved(record: Repository, item: ReviewComment, here: Pull) -> dict[int, int]:
    """Line numbers at the comment's commit → at head, for lines that did not change."""
    old = record.git.object(f"{item.commit}:{item.path}")
    new = record.git.object(f"{here.head_sha}:{item.path}")
    if old is None or new is None:
        return {}
    matcher = difflib.SequenceMatcher(None, old[2].split(b"\n"), new[2].split(b"\n"), autojunk=False)
    return {b.a + i + 1: b.b + i + 1 for b in matcher.get_matching_blocks() for i in range(b.size)}


def _hunks(record: Repository, here: Pull, path: str) -> Hunks:
    for file in record.diff(here):
        if file.path == path:
            return hunks(file.patch)
    return hunks(None)


def issue_comment(record: Repository, item: IssueComment) -> JsonObject:
    """A conversation comment."""
    known: JsonObject = {
        "id": item.id,
        "node_id": f"IC_{item.id}",
        "body": item.body,
        "user": user(item.author),
        "created_at": stamp(item.created),
        "updated_at": stamp(item.updated),
        "html_url": f"{WEB}/{record.full_name}/pull/{item.pull}#issuecomment-{item.id}",
        "author_association": item.association,
        "performed_via_github_app": None,
    }
    return contract().filled("issue-comment", known)


def reaction(item: Reaction) -> JsonObject:
    """A reaction."""
    known: JsonObject = {
        "id": item.id,
        "node_id": f"REA_{item.id}",
        "content": item.content,
        "user": user(item.author),
        "created_at": stamp(item.at),
    }
    return contract().filled("reaction", known)


def check_run(world: World, record: Repository, item: CheckRun) -> JsonObject:
    """A check run. `pull_requests` names those of this repository's own branches only, as GitHub does."""
    pulls = [p for p in record.pulls.values() if p.head_sha == item.head and p.head_repository == record.id]
    known: JsonObject = {
        "id": item.id,
        "node_id": f"CR_{item.id}",
        "name": item.name,
        "head_sha": item.head,
        "external_id": item.external_id,
        "html_url": f"{WEB}/{record.full_name}/runs/{item.id}",
        "details_url": item.details_url or f"{WEB}/apps/{world.slug}",
        "status": item.status,
        "conclusion": item.conclusion,
        "started_at": item.started,
        "completed_at": item.completed,
        "check_suite": {"id": item.suite},
        "app": app(world),
        "output": {
            "title": item.title,
            "summary": item.summary,
            "text": item.text,
            "annotations_count": len(item.annotations),
            "annotations_url": "http://canary.invalid/never-follow",
        },
        "pull_requests": [_minimal_pull(record, p) for p in pulls],
    }
    return contract().filled("check-run", known)


def _minimal_pull(record: Repository, item: Pull) -> JsonObject:
    home: JsonObject = {"id": record.id, "name": record.name, "url": "http://canary.invalid/never-follow"}
    return {
        "id": item.id,
        "number": item.number,
        "url": "http://canary.invalid/never-follow",
        "head": {"ref": item.head_ref, "sha": item.head_sha, "repo": home},
        "base": {"ref": item.base_ref, "sha": item.base_sha, "repo": home},
    }

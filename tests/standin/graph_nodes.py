"""Single records as GraphQL shows them. `record` and `item` are ours, for the resolvers; no query can name them."""

from __future__ import annotations

from functools import partial

from tests.standin.graph_refused import GraphRefusalError
from tests.standin.json_types import JsonObject
from tests.standin.shapes import WEB, lines_now
from tests.standin.state import (
    Account,
    IssueComment,
    Pull,
    Repository,
    Review,
    ReviewComment,
    World,
    stamp,
)

TEXT_MAX = 512_000
"""Bytes of a blob's text before it comes truncated (observed, not documented)."""

INT_MAX = 2**31 - 1
"""Largest GraphQL Int; `databaseId` of anything newer is null, which is what `fullDatabaseId` is for."""

PAGE_MAX = 100
"""Largest `first` or `last` (docs, GraphQL rate limits)."""


def actor(account: Account) -> JsonObject:
    """Who did it. A bot's login is without `[bot]` here."""
    kinds = {"Bot": "Bot", "Organization": "Organization"}
    return {
        "__typename": kinds.get(account.type, "User"),
        "id": f"U_{account.id}",
        "databaseId": account.id,
        "login": account.login.removesuffix("[bot]"),
        "url": f"{WEB}/{account.login}",
        "avatarUrl": "http://canary.invalid/never-follow",
    }


def bot_viewer(world: World) -> JsonObject:
    """`viewer` of an installation token: the bot, as a User, with `[bot]`."""
    return {**actor(world.bot), "__typename": "User", "login": world.bot.login}


def blob_or_tree(record: Repository, expression: str) -> JsonObject | None:
    """A git object by id or expression, or None; what lies below it is looked up only when it is asked for."""
    found = record.git.object(expression)
    if found is None:
        return None
    oid, kind, data = found
    value: JsonObject = {"id": f"O_{oid}", "oid": oid, "abbreviatedOid": oid[:7]}
    if kind == "blob":
        return {**value, "__typename": "Blob", **_blob(data)}
    if kind == "tree":
        return {**value, "__typename": "Tree", "entries": lambda _info: _entries(record, oid)}
    if kind == "commit":
        tree = record.git.resolve(f"{oid}^{{tree}}") or ""
        message = data.partition(b"\n\n")[2].decode("utf-8", "replace")
        asked = partial(blob_or_tree, record, tree)
        return {
            **value,
            "__typename": "Commit",
            "message": message,
            "messageHeadline": message.partition("\n")[0],
            "tree": lambda _info: asked(),
        }
    return {**value, "__typename": "Tag", "name": expression}


def _blob(data: bytes) -> JsonObject:
    is_binary = b"\0" in data[:8000]
    text = None if is_binary else data[:TEXT_MAX].decode("utf-8", "replace")
    truncated = len(data) > TEXT_MAX
    return {"byteSize": len(data), "isBinary": is_binary, "isTruncated": truncated, "text": text}


def _entries(record: Repository, oid: str) -> list[JsonObject]:
    shown: list[JsonObject] = []
    for entry in record.git.tree(oid, recursive=False):
        name = entry.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        item: JsonObject = {"name": name, "path": name, "mode": int(entry.mode, 8), "type": entry.kind}
        item |= {"oid": entry.sha, "size": entry.size or 0}
        found = partial(blob_or_tree, record, entry.sha)
        item["object"] = None if entry.kind == "commit" else lambda _info, found=found: found()
        shown.append(item)
    return shown


def pull_request(record: Repository, item: Pull) -> JsonObject:
    """A pull request; its connections are resolved when asked for."""
    diff = record.diff(item)
    return {
        "record": record,
        "item": item,
        **_numbered(item.id, "PR"),
        "number": item.number,
        "title": item.title,
        "body": item.body or "",
        "url": f"{WEB}/{record.full_name}/pull/{item.number}",
        "state": "MERGED" if item.merged else item.state.upper(),
        "isDraft": item.draft,
        "merged": item.merged,
        "closed": item.state == "closed",
        "locked": item.locked,
        "isCrossRepository": item.head_repository != record.id,
        "baseRefName": item.base_ref,
        "baseRefOid": item.base_sha,
        "headRefName": item.head_ref,
        "headRefOid": item.head_sha,
        "author": None if item.author is None else actor(item.author),
        "authorAssociation": item.association,
        "additions": sum(f.additions for f in diff),
        "deletions": sum(f.deletions for f in diff),
        "changedFiles": len(diff),
        "createdAt": stamp(item.created),
        "updatedAt": stamp(item.updated),
    }


def review(world: World, record: Repository, item: Review) -> JsonObject:
    """A review."""
    created = stamp(item.submitted or world.now())
    return {
        "record": record,
        "item": item,
        **_numbered(item.id, "PRR"),
        **_authored(world, item.author, item.body, None),
        "commit": blob_or_tree(record, item.commit),
        "createdAt": created,
        "updatedAt": created,
        "submittedAt": stamp(item.submitted),
        "state": item.state,
        "url": f"{WEB}/{record.full_name}/pull/{item.pull}#pullrequestreview-{item.id}",
    }


def issue_comment(world: World, record: Repository, item: IssueComment) -> JsonObject:
    """A conversation comment."""
    return {
        "__typename": "IssueComment",
        **_numbered(item.id, "IC"),
        **_authored(world, item.author, item.body, item.minimized),
        "authorAssociation": item.association,
        "createdAt": stamp(item.created),
        "updatedAt": stamp(item.updated),
        "url": f"{WEB}/{record.full_name}/pull/{item.pull}#issuecomment-{item.id}",
    }


def thread(world: World, record: Repository, root: ReviewComment) -> JsonObject:
    """A thread; it is known by its root comment. `viewerCanResolve` is false for an App without contents: write."""
    start, line = lines_now(record, root)
    installation = world.installation_of(record.id)
    can = installation is not None and installation.permissions.get("contents") == "write"
    return {
        "__typename": "PullRequestReviewThread",
        "record": record,
        "item": root,
        "id": f"PRRT_{root.id}",
        "isResolved": root.resolved,
        "isCollapsed": root.resolved,
        "isOutdated": root.subject == "line" and line is None,
        "path": root.path,
        "line": line,
        "startLine": start,
        "originalLine": root.line,
        "originalStartLine": root.start_line,
        "diffSide": root.side,
        "startDiffSide": root.start_side,
        "subjectType": root.subject.upper(),
        "viewerCanResolve": can and not root.resolved,
        "viewerCanUnresolve": can and root.resolved,
        "viewerCanReply": True,
        "resolvedBy": None if root.resolved_by is None else actor(root.resolved_by),
    }


def review_comment(world: World, record: Repository, item: ReviewComment) -> JsonObject:
    """A line comment."""
    start, line = lines_now(record, item)
    commit = blob_or_tree(record, item.commit)
    root = None if item.reply_to is None else record.review_comments.get(item.reply_to)
    return {
        "__typename": "PullRequestReviewComment",
        **_numbered(item.id, "PRRC"),
        **_authored(world, item.author, item.body, item.minimized),
        "path": item.path,
        "line": line,
        "startLine": start,
        "originalLine": item.line,
        "originalStartLine": item.start_line,
        "diffHunk": item.hunk,
        "outdated": item.subject == "line" and line is None,
        "commit": commit,
        "originalCommit": commit,
        "pullRequestReview": review(world, record, record.reviews[item.review]),
        "replyTo": None if root is None else review_comment(world, record, root),
        "createdAt": stamp(item.created),
        "updatedAt": stamp(item.updated),
        "url": f"{WEB}/{record.full_name}/pull/{item.pull}#discussion_r{item.id}",
    }


def connection(name: str, items: list[JsonObject], asked: dict[str, object]) -> JsonObject:
    """A page of a list, with GitHub's demands on `first` and `last`."""
    first, last = asked.get("first"), asked.get("last")
    if not isinstance(first, int) and not isinstance(last, int):
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GraphRefusalError("MISSING_PAGINATION_BOUNDARIES", message)
    for word, count in (("first", first), ("last", last)):
        if isinstance(count, int) and not 0 <= count <= PAGE_MAX:
            message = (
                f"Requesting {count} records on the `{name}` connection exceeds the `{word}` limit of 100 records."
            )
            raise GraphRefusalError("EXCESSIVE_PAGINATION", message)
    start = int(str(asked["after"])) if asked.get("after") else 0
    end = int(str(asked["before"])) - 1 if asked.get("before") else len(items)
    if isinstance(first, int):
        end = min(end, start + first)
    if isinstance(last, int):
        start = max(start, end - last)
    page: JsonObject = {
        "hasNextPage": end < len(items),
        "hasPreviousPage": start > 0,
        "startCursor": str(start + 1) if end > start else None,
        "endCursor": str(end) if end > start else None,
    }
    return {"nodes": items[start:end], "totalCount": len(items), "pageInfo": page}


def _numbered(number: int, prefix: str) -> JsonObject:
    small = number if number <= INT_MAX else None
    return {"id": f"{prefix}_{number}", "databaseId": small, "fullDatabaseId": str(number)}


def _authored(world: World, author: Account, body: str, minimized: str | None) -> JsonObject:
    return {
        "author": actor(author),
        "authorAssociation": "NONE",
        "body": body,
        "viewerDidAuthor": author.id == world.bot.id,
        "isMinimized": minimized is not None,
        "minimizedReason": minimized,
    }

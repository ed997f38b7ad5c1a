"""The resolvers behind `graphql.py`: the records as GraphQL shows them, and the three mutations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema

from tests.standin import access
from tests.standin.call import Actor
from tests.standin.graph_nodes import (
    blob_or_tree,
    bot_viewer,
    connection,
    issue_comment,
    pull_request,
    review,
    review_comment,
    thread,
)
from tests.standin.graph_people import assignable_users
from tests.standin.graph_refused import GraphRefusalError
from tests.standin.json_types import JsonObject, as_object
from tests.standin.posted import body_problem, tell
from tests.standin.state import Pull, Repository, Review, ReviewComment, World, stamp, thread_reply

Resolver = Callable[..., object]
Info = GraphQLResolveInfo[object]


@dataclass(frozen=True, slots=True)
class Context:
    """What every resolver may ask."""

    world: World
    actor: Actor
    mutates: bool


def connect(schema: GraphQLSchema) -> None:
    """Put the resolvers into the schema; every other field is read from its dict."""
    table: dict[str, dict[str, Resolver]] = {
        "Query": {"repository": _repository, "viewer": _viewer, "rateLimit": _rate_limit, "node": _node},
        "Repository": {"object": _object, "pullRequest": _pull, "ref": _ref, "assignableUsers": assignable_users},
        "PullRequest": {
            "reviews": _reviews,
            "comments": _comments,
            "reviewThreads": _threads,
            "labels": _labels,
            "commits": _commits,
        },
        "PullRequestReview": {"comments": _review_comments},
        "PullRequestReviewThread": {"comments": _thread_comments},
        "Mutation": {
            "resolveReviewThread": _resolve_thread,
            "unresolveReviewThread": _unresolve_thread,
            "minimizeComment": _minimize,
            "addPullRequestReviewThreadReply": _reply,
        },
    }
    for type_name, fields in table.items():
        kind = schema.type_map[type_name]
        if not isinstance(kind, GraphQLObjectType):
            raise TypeError(f"{type_name} is no object type")
        for name, resolver in fields.items():
            kind.fields[name].resolve = resolver


def _context(info: Info) -> Context:
    if not isinstance(info.context, Context):
        raise TypeError("no context")
    return info.context


def _need(info: Info, names: tuple[str, ...], level: str) -> None:
    token = _context(info).actor.token
    if token is None or not access.has_permission(token, names, level):
        raise GraphRefusalError("FORBIDDEN", "Resource not accessible by integration")


def _repository(_: object, info: Info, owner: str, name: str, followRenames: bool = True) -> object:  # noqa: N803 - GraphQL's name
    world, token = _context(info).world, _context(info).actor.token
    record = world.repository(f"{owner}/{name}") or (world.renamed(f"{owner}/{name}") if followRenames else None)
    installation = None if record is None else world.installation_of(record.id)
    seen = token is not None and record is not None and record.id in token.repositories
    if record is None or not seen or installation is None or installation.suspended:
        message = f"Could not resolve to a Repository with the name '{owner}/{name}'."
        raise GraphRefusalError("NOT_FOUND", message)
    tip = record.git.branch(record.default_branch)
    return {
        "__typename": "Repository",
        "record": record,
        "id": f"R_{record.id}",
        "databaseId": record.id,
        "name": record.name,
        "nameWithOwner": record.full_name,
        "owner": _owner(record),
        "url": f"https://github.test/{record.full_name}",
        "isPrivate": record.private,
        "isArchived": record.archived,
        "isFork": False,
        "defaultBranchRef": _ref_shape(record, record.default_branch) if tip else None,
    }


def _owner(record: Repository) -> JsonObject:
    owner = record.owner
    kind = "Organization" if owner.type == "Organization" else "User"
    return {
        "__typename": kind,
        "id": f"U_{owner.id}",
        "login": owner.login,
        "url": f"https://github.test/{owner.login}",
    }


def _ref(source: object, info: Info, qualifiedName: str) -> object:  # noqa: N803 - GraphQL's name
    _need(info, ("contents",), "read")
    return _ref_shape(_record(source), qualifiedName.removeprefix("refs/heads/"))


def _ref_shape(record: Repository, name: str) -> object:
    sha = record.git.branch(name)
    if sha is None:
        return None
    return {"id": f"REF_{name}", "name": name, "prefix": "refs/heads/", "target": blob_or_tree(record, sha)}


def _object(source: object, info: Info, oid: str | None = None, expression: str | None = None) -> object:
    _need(info, ("contents",), "read")
    asked = oid or expression
    if asked is None:
        return None
    return blob_or_tree(_record(source), asked)


def _pull(source: object, info: Info, number: int) -> object:
    record = _record(source)
    _need(info, ("pull_requests",), "read")
    found = record.pulls.get(number)
    if found is None:
        raise GraphRefusalError("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
    return {**pull_request(record, found), "repository": source, "baseRepository": source}


def _viewer(_: object, info: Info) -> object:
    return bot_viewer(_context(info).world)


def _rate_limit(_: object, info: Info, dryRun: bool = False) -> object:  # noqa: N803 - GraphQL's name
    reset = stamp(_context(info).world.now())
    return {"cost": 1, "limit": 5000, "nodeCount": 1, "remaining": 4999, "used": 1, "resetAt": reset}


def _node(_: object, info: Info, id: str) -> object:
    record, found = _thread_root(info, id)
    return thread(_context(info).world, record, found)


def _reviews(source: object, info: Info, **asked: object) -> object:
    record, item = _parts(source)
    me, states, author = _context(info).world.bot, asked.get("states"), asked.get("author")
    shown = []
    for entry in record.reviews.values():
        hidden = entry.state == "PENDING" and entry.author.id != me.id
        login = entry.author.login.removesuffix("[bot]")
        if entry.pull != item.number or hidden or (author and login != author):
            continue
        if not isinstance(states, list) or entry.state in states:
            shown.append(review(_context(info).world, record, entry))
    return connection("reviews", shown, asked)


def _comments(source: object, info: Info, **asked: object) -> object:
    record, item = _parts(source)
    found = [c for c in record.issue_comments.values() if c.pull == item.number]
    if isinstance(order := asked.get("orderBy"), dict):
        found.sort(key=lambda c: c.updated, reverse=order["direction"] == "DESC")
    return connection("comments", [issue_comment(_context(info).world, record, c) for c in found], asked)


def _labels(source: object, _info: Info, **asked: object) -> object:
    _, item = _parts(source)
    return connection("labels", [{"id": f"LA_{at}", "name": name} for at, name in enumerate(item.labels)], asked)


def _commits(source: object, _info: Info, **asked: object) -> object:
    record, item = _parts(source)
    found: list[JsonObject] = [
        {"id": f"PRC_{oid}", "commit": blob_or_tree(record, oid)}
        for oid in record.git.commits(item.base_sha, item.head_sha)
    ]
    return connection("commits", found, asked)


def _threads(source: object, info: Info, **asked: object) -> object:
    record, item = _parts(source)
    world = _context(info).world
    hidden = {r.id for r in record.reviews.values() if r.state == "PENDING" and r.author.id != world.bot.id}
    roots = [c for c in record.review_comments.values() if c.pull == item.number and c.reply_to is None]
    shown = [thread(world, record, c) for c in roots if c.review not in hidden]
    return connection("reviewThreads", shown, asked)


def _review_comments(source: object, info: Info, **asked: object) -> object:
    item = as_object(source)
    record, entry = item["record"], item["item"]
    if not isinstance(record, Repository) or not isinstance(entry, Review):
        raise TypeError("no review")
    found = [c for c in record.review_comments.values() if c.review == entry.id]
    return connection("comments", [review_comment(_context(info).world, record, c) for c in found], asked)


def _thread_comments(source: object, info: Info, **asked: object) -> object:
    item = as_object(source)
    record, root = item["record"], item["item"]
    if not isinstance(record, Repository) or not isinstance(root, ReviewComment):
        raise TypeError("no thread")
    found = [c for c in record.review_comments.values() if root.id in (c.id, c.reply_to)]
    return connection("comments", [review_comment(_context(info).world, record, c) for c in found], asked)


def _resolve_thread(_: object, info: Info, input: JsonObject) -> object:
    return _set_resolved(info, input, True)


def _unresolve_thread(_: object, info: Info, input: JsonObject) -> object:
    return _set_resolved(info, input, False)


def _set_resolved(info: Info, given: JsonObject, resolved: bool) -> object:
    """For an App this takes contents: write, whatever the documentation says [github/gh-aw#35726]."""
    record, root = _thread_root(info, str(given["threadId"]))
    _need(info, ("contents",), "write")
    root.resolved, root.resolved_by = resolved, None  # a `User`, so nobody where a bot did it
    return {"thread": thread(_context(info).world, record, root)}


def _minimize(_: object, info: Info, input: JsonObject) -> object:
    _need(info, ("pull_requests", "issues"), "write")
    world, subject = _context(info).world, str(input["subjectId"])
    reason = str(input["classifier"]).lower().replace("_", "-")
    for record in _visible(info):
        for line_comment in record.review_comments.values():
            if subject == f"PRRC_{line_comment.id}":
                line_comment.minimized = reason
                return {"minimizedComment": review_comment(world, record, line_comment)}
        for comment in record.issue_comments.values():
            if subject == f"IC_{comment.id}":
                comment.minimized = reason
                return {"minimizedComment": issue_comment(world, record, comment)}
    raise GraphRefusalError("NOT_FOUND", f"Could not resolve to a node with the global id of '{subject}'")


def _reply(_: object, info: Info, input: JsonObject) -> object:
    _need(info, ("pull_requests",), "write")
    world, text = _context(info).world, str(input["body"])
    record, root = _thread_root(info, str(input["pullRequestReviewThreadId"]))
    if problem := body_problem(text):
        raise GraphRefusalError("UNPROCESSABLE", problem)
    made = thread_reply(world, record, root, world.bot, text)
    tell(world, "", text, "review comment", root.pull)
    return {"comment": review_comment(world, record, made)}


def _thread_root(info: Info, node_id: str) -> tuple[Repository, ReviewComment]:
    for record in _visible(info):
        for item in record.review_comments.values():
            if node_id == f"PRRT_{item.id}" and item.reply_to is None:
                return record, item
    raise GraphRefusalError("NOT_FOUND", f"Could not resolve to a node with the global id of '{node_id}'")


def _visible(info: Info) -> list[Repository]:
    context = _context(info)
    seen = frozenset() if context.actor.token is None else context.actor.token.repositories
    return [r for r in context.world.repositories.values() if r.id in seen]


def _record(source: object) -> Repository:
    record = as_object(source)["record"]
    if not isinstance(record, Repository):
        raise TypeError("no repository")
    return record


def _parts(source: object) -> tuple[Repository, Pull]:
    item = as_object(source)["item"]
    if not isinstance(item, Pull):
        raise TypeError("no pull request")
    return _record(source), item

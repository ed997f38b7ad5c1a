"""A pull request's conversation: comments and reactions."""

from __future__ import annotations

from tests.standin import shapes
from tests.standin.call import Call, RefusalError, Reply, Routes, invalid, not_found, page
from tests.standin.posted import body_problem, tell
from tests.standin.state import IssueComment, Pull, Reaction


def listing(call: Call) -> Reply:
    """GET …/issues/{n}/comments: oldest first, since `since`."""
    pull, since = _pull(call), call.argument("since")
    found = [c for c in call.repository.issue_comments.values() if c.pull == pull.number]
    if since:
        found = [c for c in found if c.updated.isoformat() >= since.replace("Z", "+00:00")]
    return page(call, [shapes.issue_comment(call.repository, c) for c in found])


def create(call: Call) -> Reply:
    """POST …/issues/{n}/comments."""
    record, pull, world = call.repository, _pull(call), call.world
    body = _body(call)
    if pull.locked:
        raise RefusalError(403, "Unable to create comment because issue is locked.")
    now = world.now()
    comment = IssueComment(next(world.ids), body, call.bot, pull.number, now, now, app_id=world.app_id)
    record.issue_comments[comment.id] = comment
    tell(world, "", body, "comment", pull.number)
    return Reply(201, shapes.issue_comment(record, comment))


def get(call: Call) -> Reply:
    """GET …/issues/comments/{id}."""
    return Reply(200, shapes.issue_comment(call.repository, _comment(call)))


def update(call: Call) -> Reply:
    """PATCH …/issues/comments/{id}: an App edits its own comments; the rest need more than it has."""
    comment, body = _comment(call), _body(call)
    _own(call, comment.author.id)
    tell(call.world, comment.body, body, "comment", comment.pull)
    comment.body, comment.updated = body, call.world.now()
    return Reply(200, shapes.issue_comment(call.repository, comment))


def delete(call: Call) -> Reply:
    """DELETE …/issues/comments/{id}."""
    comment = _comment(call)
    _own(call, comment.author.id)
    del call.repository.issue_comments[comment.id]
    return Reply(204)


def react_to_comment(call: Call) -> Reply:
    """POST …/issues/comments/{id}/reactions: 201 when new, 200 when it was there."""
    return _react(call, _comment(call).reactions)


def unreact_to_comment(call: Call) -> Reply:
    """DELETE …/issues/comments/{id}/reactions/{reaction}."""
    reactions = _comment(call).reactions
    for reaction in reactions:
        if reaction.id == int(call.params["reaction_id"]):
            _own(call, reaction.author.id)
            reactions.remove(reaction)
            return Reply(204)
    raise not_found()


def react_to_pull(call: Call) -> Reply:
    """POST …/issues/{n}/reactions."""
    return _react(call, call.repository.pull_reactions.setdefault(_pull(call).number, []))


def react_to_review_comment(call: Call) -> Reply:
    """POST …/pulls/comments/{id}/reactions."""
    comment = call.repository.review_comments.get(int(call.params["comment_id"]))
    if comment is None:
        raise not_found()
    return _react(call, comment.reactions)


def _react(call: Call, reactions: list[Reaction]) -> Reply:
    content = str(call.body["content"])
    for reaction in reactions:
        if reaction.author.id == call.bot.id and reaction.content == content:
            return Reply(200, shapes.reaction(reaction))
    reactions.append(Reaction(next(call.world.ids), content, call.bot, call.world.now()))
    return Reply(201, shapes.reaction(reactions[-1]))


def _body(call: Call) -> str:
    body = str(call.body["body"])
    if problem := body_problem(body):
        raise invalid("IssueComment", "body", problem)
    return body


def _own(call: Call, author: int) -> None:
    if author != call.bot.id:
        raise RefusalError(403, "Resource not accessible by integration")


def _pull(call: Call) -> Pull:
    found = call.repository.pulls.get(int(call.params["issue_number"]))
    if found is None:
        raise not_found()
    return found


def _comment(call: Call) -> IssueComment:
    found = call.repository.issue_comments.get(int(call.params["comment_id"]))
    if found is None:
        raise not_found()
    return found


ROUTES: Routes = {
    "issues/list-comments": listing,
    "issues/create-comment": create,
    "issues/get-comment": get,
    "issues/update-comment": update,
    "issues/delete-comment": delete,
    "reactions/create-for-issue-comment": react_to_comment,
    "reactions/delete-for-issue-comment": unreact_to_comment,
    "reactions/create-for-issue": react_to_pull,
    "reactions/create-for-pull-request-review-comment": react_to_review_comment,
}

"""Reviews: drafts, submission, and the line comments in them. RefusalError whole for one bad line, as GitHub does."""

from __future__ import annotations

from tests.standin import shapes
from tests.standin.anchors import Anchor, anchor_of
from tests.standin.call import Call, RefusalError, Reply, Routes, invalid, not_found, page, unprocessable
from tests.standin.json_types import JsonObject, as_list, as_object
from tests.standin.posted import BODY_MAX, body_problem, tell
from tests.standin.routes.pulls import of
from tests.standin.state import Pull, Review, ReviewComment

_STATES = {"COMMENT": "COMMENTED"}
TOO_LONG = f"Body is too long (maximum is {BODY_MAX} characters)"


def listing(call: Call) -> Reply:
    """GET …/reviews: oldest first; a pending one is shown to its author alone."""
    pull = of(call)
    found = [r for r in call.repository.reviews.values() if r.pull == pull.number and _visible(call, r)]
    return page(call, [shapes.review(call.repository, r) for r in found])


def get(call: Call) -> Reply:
    """GET …/reviews/{id}."""
    return Reply(200, shapes.review(call.repository, _review(call)))


def create(call: Call) -> Reply:
    """POST …/reviews: a draft without `event`; nothing is stored when one comment is refused."""
    record, pull, body, world = call.repository, of(call), call.body, call.world
    event, text = body.get("event"), str(body.get("body") or "")
    commit = _commit(call, pull, "commit_id")
    _refuse_event(call, event)
    if any(_pending(call, r, pull) for r in record.reviews.values()):
        raise unprocessable("User can only have one pending review per pull request")
    if len(text) > BODY_MAX:
        raise unprocessable(TOO_LONG)
    if event is not None and not text.strip():
        raise unprocessable("Body can't be blank")
    comments = [as_object(c) for c in as_list(body.get("comments") or [])]
    anchors = [_anchored(call, pull, commit, comment) for comment in comments]
    review = Review(next(world.ids), text, call.bot, pull.number, commit, "PENDING", None)
    record.reviews[review.id] = review
    for comment, anchor in zip(comments, anchors, strict=True):
        _add(call, review, anchor, str(comment["body"]))
    if event is not None:
        _publish(call, review, str(event))
    return Reply(200, shapes.review(record, review))


def submit(call: Call) -> Reply:
    """POST …/reviews/{id}/events."""
    review, body = _review(call), call.body
    if review.state != "PENDING" or review.author.id != call.bot.id:
        raise unprocessable("Can not submit a non-pending review")
    text = str(body.get("body") or "") or review.body
    _refuse_event(call, body.get("event"))
    if len(text) > BODY_MAX:
        raise unprocessable(TOO_LONG)
    if not text.strip():
        raise unprocessable("Body can't be blank")
    review.body = text
    _publish(call, review, str(body["event"]))
    return Reply(200, shapes.review(call.repository, review))


def update(call: Call) -> Reply:
    """PUT …/reviews/{id}: the body of one's own."""
    review, text = _review(call), str(call.body["body"])
    if review.author.id != call.bot.id:
        raise RefusalError(403, "Resource not accessible by integration")
    if problem := body_problem(text):
        raise unprocessable(problem)
    if review.state != "PENDING":
        tell(call.world, review.body, text, "review", review.pull)
    review.body = text
    return Reply(200, shapes.review(call.repository, review))


def delete_pending(call: Call) -> Reply:
    """DELETE …/reviews/{id}: drafts only, with everything in them."""
    record, review = call.repository, _review(call)
    if review.state != "PENDING":
        raise unprocessable("Can not delete a non-pending pull request review")
    del record.reviews[review.id]
    for comment in [c for c in record.review_comments.values() if c.review == review.id]:
        del record.review_comments[comment.id]
    return Reply(200, shapes.review(record, review))


def comments_of(call: Call) -> Reply:
    """GET …/reviews/{id}/comments."""
    record, review = call.repository, _review(call)
    found = [c for c in record.review_comments.values() if c.review == review.id]
    return page(call, [shapes.review_comment(record, c, "review-comment") for c in found])


def comments(call: Call) -> Reply:
    """GET …/pulls/{n}/comments: those of submitted reviews, oldest first."""
    record, pull = call.repository, of(call)
    hidden = {r.id for r in record.reviews.values() if r.state == "PENDING"}
    found = [c for c in record.review_comments.values() if c.pull == pull.number and c.review not in hidden]
    if call.argument("direction") == "desc":
        found.reverse()
    return page(call, [shapes.review_comment(record, c) for c in found])


def comment(call: Call) -> Reply:
    """GET …/pulls/comments/{id}."""
    return Reply(200, shapes.review_comment(call.repository, _comment(call)))


def create_comment(call: Call) -> Reply:
    """POST …/pulls/{n}/comments: one comment, on lines or (`subject_type: file`) on a file."""
    record, pull, body, world = call.repository, of(call), call.body, call.world
    if "in_reply_to" in body:
        return _reply_to(call, int(str(body["in_reply_to"])))
    commit = _commit(call, pull, "commit_id")
    if any(_pending(call, r, pull) for r in record.reviews.values()):
        raise unprocessable("User can only have one pending review per pull request")
    if problem := body_problem(str(body["body"])):
        raise invalid("PullRequestReviewComment", "body", problem)
    try:
        anchor = anchor_of(record.diff(pull, commit), body)
    except ValueError as error:
        raise invalid("PullRequestReviewComment", "pull_request_review_thread.line", str(error)) from error
    review = Review(next(world.ids), "", call.bot, pull.number, commit, "COMMENTED", world.now())
    record.reviews[review.id] = review
    added = _add(call, review, anchor, str(body["body"]))
    tell(world, "", added.body, "review comment", pull.number)
    return Reply(201, shapes.review_comment(record, added))


def reply(call: Call) -> Reply:
    """POST …/pulls/{n}/comments/{id}/replies."""
    return _reply_to(call, int(call.params["comment_id"]))


def _reply_to(call: Call, root_id: int) -> Reply:
    record, pull, world = call.repository, of(call), call.world
    root = record.review_comments.get(root_id)
    if root is None or root.pull != pull.number:
        raise not_found()
    if root.reply_to is not None:
        raise invalid("PullRequestReviewComment", "in_reply_to", "Replies to replies are not supported")
    text = str(call.body["body"])
    if problem := body_problem(text):
        raise invalid("PullRequestReviewComment", "body", problem)
    review = Review(next(world.ids), "", call.bot, pull.number, root.commit, "COMMENTED", world.now())
    record.reviews[review.id] = review
    added = _add(call, review, Anchor.of_comment(root), text)
    added.reply_to = root.id
    tell(world, "", text, "review comment", pull.number)
    return Reply(201, shapes.review_comment(record, added))


def update_comment(call: Call) -> Reply:
    """PATCH …/pulls/comments/{id}: one's own."""
    item, text = _comment(call), str(call.body["body"])
    if item.author.id != call.bot.id:
        raise RefusalError(403, "Resource not accessible by integration")
    if problem := body_problem(text):
        raise invalid("PullRequestReviewComment", "body", problem)
    tell(call.world, item.body, text, "review comment", item.pull)
    item.body, item.updated = text, call.world.now()
    return Reply(200, shapes.review_comment(call.repository, item))


def delete_comment(call: Call) -> Reply:
    """DELETE …/pulls/comments/{id}."""
    item = _comment(call)
    if item.author.id != call.bot.id:
        raise RefusalError(403, "Resource not accessible by integration")
    del call.repository.review_comments[item.id]
    return Reply(204)


def _refuse_event(call: Call, event: object) -> None:
    """Only comments: this bot never approves, so an attempt is a violation besides being refused."""
    if event in ("APPROVE", "REQUEST_CHANGES"):
        call.world.violations.append(f"{call.operation.id}: the bot tried to {event}")
        own = "approve your own pull request" if event == "APPROVE" else "request changes on your own pull request"
        raise unprocessable(f"Can not {own}")


def _publish(call: Call, review: Review, event: str) -> None:
    review.state, review.submitted = _STATES[event], call.world.now()
    tell(call.world, "", review.body, "review", review.pull)
    for item in call.repository.review_comments.values():
        if item.review == review.id:
            tell(call.world, "", item.body, "review comment", review.pull)


def _commit(call: Call, pull: Pull, name: str) -> str:
    """The commit a review is about; it has to be one of the pull request's own."""
    record = call.repository
    asked = str(call.body.get(name) or pull.head_sha)
    if asked != pull.head_sha and asked not in record.git.commits(pull.base_sha, pull.head_sha):
        raise unprocessable("The commitOID is not part of the pull request")
    return asked


def _anchored(call: Call, pull: Pull, commit: str, body: JsonObject) -> Anchor:
    if problem := body_problem(str(body["body"])):
        raise unprocessable(problem)
    try:
        return anchor_of(call.repository.diff(pull, commit), body)
    except ValueError as error:
        raise unprocessable(str(error)) from error


def _add(call: Call, review: Review, anchor: Anchor, body: str) -> ReviewComment:
    now = call.world.now()
    added = ReviewComment(
        id=next(call.world.ids),
        body=body,
        author=review.author,
        pull=review.pull,
        review=review.id,
        commit=review.commit,
        path=anchor.path,
        side=anchor.side,
        line=anchor.line,
        start_line=anchor.start_line,
        start_side=anchor.start_side,
        subject=anchor.subject,
        hunk=anchor.hunk,
        created=now,
        updated=now,
        position=anchor.position,
    )
    call.repository.review_comments[added.id] = added
    return added


def _pending(call: Call, review: Review, pull: Pull) -> bool:
    return review.state == "PENDING" and review.author.id == call.bot.id and review.pull == pull.number


def _visible(call: Call, review: Review) -> bool:
    return review.state != "PENDING" or review.author.id == call.bot.id


def _review(call: Call) -> Review:
    found = call.repository.reviews.get(int(call.params["review_id"]))
    if found is None or found.pull != int(call.params["pull_number"]) or not _visible(call, found):
        raise not_found()
    return found


def _comment(call: Call) -> ReviewComment:
    found = call.repository.review_comments.get(int(call.params["comment_id"]))
    if found is None:
        raise not_found()
    return found


ROUTES: Routes = {
    "pulls/list-reviews": listing,
    "pulls/get-review": get,
    "pulls/create-review": create,
    "pulls/submit-review": submit,
    "pulls/update-review": update,
    "pulls/delete-pending-review": delete_pending,
    "pulls/list-comments-for-review": comments_of,
    "pulls/list-review-comments": comments,
    "pulls/get-review-comment": comment,
    "pulls/create-review-comment": create_comment,
    "pulls/create-reply-for-review-comment": reply,
    "pulls/update-review-comment": update_comment,
    "pulls/delete-review-comment": delete_comment,
}

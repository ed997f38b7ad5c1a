"""Asking people and teams for a review: all or nothing, never the author, only who has access."""

from __future__ import annotations

from tests.standin import shapes
from tests.standin.call import Call, RefusalError, Reply, Routes
from tests.standin.contract import contract
from tests.standin.json_types import JsonObject, as_list
from tests.standin.routes.pulls import of

OF_AUTHOR = "Review cannot be requested from pull request author."
"""What GitHub says for the author [peter-evans/create-pull-request#1835]."""


def listing(call: Call) -> Reply:
    """GET …/pulls/{n}/requested_reviewers."""
    pull = of(call)
    users = [shapes.user(call.world.account(one)) for one in pull.requested if "/" not in one]
    slugs = [one.partition("/")[2] for one in pull.requested if "/" in one]
    teams: list[JsonObject] = [contract().filled("team", {"slug": slug, "name": slug, "id": 1}) for slug in slugs]
    return Reply(200, {"users": users, "teams": teams})


def request(call: Call) -> Reply:
    """POST …/pulls/{n}/requested_reviewers: who is asked already is not told again."""
    record, pull, body = call.repository, of(call), call.body
    logins = [str(one) for one in as_list(body.get("reviewers") or [])]
    slugs = [str(one) for one in as_list(body.get("team_reviewers") or [])]
    author = "" if pull.author is None else pull.author.login.lower()
    if author in [login.lower() for login in logins]:
        raise RefusalError(422, OF_AUTHOR)
    known = all(record.collaborators.get(login.lower(), "none") != "none" for login in logins)
    if not known or not record.teams.issuperset(slugs):
        who = f"One or more of the users or teams you specified is not a collaborator of the {record.full_name}"
        raise RefusalError(422, f"Reviews may only be requested from collaborators. {who} repository.")
    for one in (*logins, *(f"{record.owner.login}/{slug}" for slug in slugs)):
        if one.lower() not in [there.lower() for there in pull.requested]:
            pull.requested.append(one)
    return Reply(201, shapes.pull(record, pull, "pull-request-simple"))


ROUTES: Routes = {"pulls/list-requested-reviewers": listing, "pulls/request-reviewers": request}

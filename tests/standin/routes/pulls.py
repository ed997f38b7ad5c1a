"""Pull requests as things to read: the pull request, its files and its commits."""

from __future__ import annotations

from tests.standin import shapes
from tests.standin.call import Call, RefusalError, Reply, Routes, not_found, page
from tests.standin.contract import contract
from tests.standin.json_types import JsonObject
from tests.standin.routes.repositories import commit_shape
from tests.standin.state import Pull

DIFF_FILES_MAX = 300
"""Files in a pull request's diff as text; above it GitHub answers 406."""
DIFF_LINES_MAX = 20_000
"""Lines in a pull request's diff as text; above it GitHub answers 406."""
COMMITS_MAX = 250
"""Commits that a pull request lists [OAS]."""


def of(call: Call) -> Pull:
    """The pull request in the path, or 404."""
    found = call.repository.pulls.get(int(call.params["pull_number"]))
    if found is None:
        raise not_found()
    return found


def get(call: Call) -> Reply:
    """GET …/pulls/{n}, also as a diff."""
    pull = of(call)
    if call.media == "diff":
        return _diff(call, pull)
    value = shapes.pull(call.repository, pull)
    if call.headers.get("x-github-api-version") == "2026-03-10":  # that version has these keys no more
        del value["merge_commit_sha"], value["assignee"]
    return Reply(200, value)


def _diff(call: Call, pull: Pull) -> Reply:
    files = call.repository.diff(pull)
    text = call.repository.git.raw_diff(pull.base_sha, pull.head_sha)
    problem = None
    if len(files) > DIFF_FILES_MAX:
        problem = (
            "Sorry, the diff exceeded the maximum number of files (300). Consider using 'List pull requests files' "
            "API or locally cloning the repository instead."
        )
    elif text.count(b"\n") > DIFF_LINES_MAX:
        problem = "Sorry, the diff exceeded the maximum number of lines (20000)"
    if problem is not None:
        error: JsonObject = {"resource": "PullRequest", "field": "diff", "code": "too_large"}
        raise RefusalError(406, problem, [error])
    return Reply(200, raw=text, content_type="application/vnd.github.diff; charset=utf-8")


def listing(call: Call) -> Reply:
    """GET …/pulls: newest first, open ones unless `state` says otherwise; `head` is `login:branch`."""
    record, state, head = call.repository, call.argument("state", "open"), call.argument("head")
    found = []
    for pull in reversed(record.pulls.values()):
        label = f"{pull.head_login or record.owner.login}:{pull.head_ref}"
        if state in (pull.state, "all") and head in ("", label) and call.argument("base") in ("", pull.base_ref):
            found.append(shapes.pull(record, pull, "pull-request-simple"))
    return page(call, list(found))


def files(call: Call) -> Reply:
    """GET …/pulls/{n}/files: at most 3,000, a page at a time; late files of a page may come without their patch."""
    record, pull = call.repository, of(call)
    switches = call.world.switches
    shown = page(call, list(range(len(record.diff(pull)[: switches.files_max]))))
    most = switches.patches_per_page_max
    entries = []
    for at, index in enumerate(shown.value if isinstance(shown.value, list) else []):
        with_patch = most is None or at < most
        entries.append(shapes.diff_entry(record, record.diff(pull)[index], with_patch, pull.head_sha))
    return Reply(200, entries, shown.headers)


def commits(call: Call) -> Reply:
    """GET …/pulls/{n}/commits."""
    record, pull = call.repository, of(call)
    shas = record.git.commits(pull.base_sha, pull.head_sha)[:COMMITS_MAX]
    return page(call, [commit_shape(record, sha) for sha in shas])


def of_commit(call: Call) -> Reply:
    """GET …/commits/{sha}/pulls."""
    record, sha = call.repository, call.params["commit_sha"]
    found = [shapes.pull(record, p, "pull-request-simple") for p in record.pulls.values() if p.head_sha == sha]
    return page(call, list(found))


def issue(call: Call) -> Reply:
    """GET …/issues/{n}: every pull request is an issue as well."""
    record = call.repository
    pull = record.pulls.get(int(call.params["issue_number"]))
    if pull is None:
        raise not_found()
    known: JsonObject = {
        "id": pull.id,
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "state": pull.state,
        "locked": pull.locked,
        "user": None if pull.author is None else shapes.user(pull.author),
        "pull_request": {},
        "labels": [{"name": name} for name in pull.labels],
    }
    return Reply(200, contract().filled("issue", known))


ROUTES: Routes = {
    "pulls/get": get,
    "pulls/list": listing,
    "pulls/list-files": files,
    "pulls/list-commits": commits,
    "repos/list-pull-requests-associated-with-commit": of_commit,
    "issues/get": issue,
}

"""Repositories as git data: trees, blobs, contents, commits, branches, comparisons, and who may do what in them."""

from __future__ import annotations

import base64

from tests.standin import shapes
from tests.standin.call import Call, RefusalError, Reply, Routes, not_found, page
from tests.standin.contract import contract
from tests.standin.gitstore import Entry
from tests.standin.json_types import JsonObject
from tests.standin.state import Repository

JSON_CONTENT_MAX = 1_000_000
"""Bytes the contents API gives as JSON; larger files only as raw [OAS]."""
BLOB_MAX = 100_000_000
"""Bytes of a blob that the API gives at all [OAS]."""
COMPARE_FILES_MAX = 300
"""Files in a comparison, on its first page only [OAS]."""

_KINDS = {"040000": "dir", "120000": "symlink", "160000": "submodule"}


def get(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}."""
    return Reply(200, shapes.repository(call.repository, "full-repository"))


def installation_repositories(call: Call) -> Reply:
    """GET /installation/repositories."""
    token = call.actor.token
    seen = [r for r in call.world.repositories.values() if token is not None and r.id in token.repositories]
    return page(call, [shapes.repository(r) for r in seen], wrap="repositories")


def permission(call: Call) -> Reply:
    """GET …/collaborators/{username}/permission: maintain reads as write, triage as read; the role tells them apart."""
    record, login = call.repository, call.params["username"]
    account = call.world.accounts.get(login.lower())
    if account is None:
        raise not_found()
    role = record.collaborators.get(login.lower(), "none" if record.private else "read")
    if login.lower() == record.owner.login.lower() and record.owner.type == "User":
        role = "admin"
    level = {"maintain": "write", "triage": "read"}.get(role, role)
    person = contract().filled(
        "nullable-collaborator", {**shapes.user(account), "role_name": role, "permissions": None}
    )
    person.pop("permissions")
    return Reply(200, {"permission": level, "role_name": role, "user": person})


def branch(call: Call) -> Reply:
    """GET …/branches/{branch}."""
    name = call.params["branch"]
    sha = call.repository.git.branch(name)
    if sha is None:
        raise RefusalError(404, "Branch not found")
    known: JsonObject = {"name": name, "commit": _commit(call.repository, sha), "protected": False}
    return Reply(200, contract().filled("branch-with-protection", known))


def branch_rules(call: Call) -> Reply:
    """GET …/rules/branches/{branch}: none."""
    return Reply(200, [])


def commit(call: Call) -> Reply:
    """GET …/commits/{ref}."""
    record = call.repository
    sha = _known_commit(record, call.params["ref"])
    parent = record.git.resolve(f"{sha}^")
    files = record.git.diff(parent, sha)[:COMPARE_FILES_MAX] if parent else ()
    value = {**_commit(record, sha), "files": [shapes.diff_entry(record, f, True, sha) for f in files]}
    return Reply(200, value)


def git_commit(call: Call) -> Reply:
    """GET …/git/commits/{sha}."""
    record = call.repository
    sha = _known_commit(record, call.params["commit_sha"])
    known: JsonObject = {"sha": sha, "tree": {"sha": record.git.resolve(f"{sha}^{{tree}}")}, "parents": []}
    return Reply(200, contract().filled("git-commit", known))


def git_ref(call: Call) -> Reply:
    """GET …/git/ref/{ref}."""
    name = f"refs/{call.params['ref']}"
    sha = call.repository.git.resolve(name)
    if sha is None:
        raise not_found()
    known: JsonObject = {"ref": name, "object": {"sha": sha, "type": "commit"}}
    return Reply(200, contract().filled("git-ref", known))


def tree(call: Call) -> Reply:
    """GET …/git/trees/{tree_sha}: a tree, a commit or a branch by name; `recursive` by being there at all."""
    record = call.repository
    sha = record.git.resolve(f"{call.params['tree_sha']}^{{tree}}")
    if sha is None:
        raise not_found()
    entries = record.git.tree(sha, recursive=bool(call.argument("recursive")))
    most = call.world.switches.tree_entries_max
    value: JsonObject = {
        "sha": sha,
        "url": "http://canary.invalid/never-follow",
        "tree": [_tree_entry(entry) for entry in entries[:most]],
        "truncated": len(entries) > most,
    }
    return Reply(200, value)


def _tree_entry(entry: Entry) -> JsonObject:
    value: JsonObject = {"path": _shown(entry.path), "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
    if entry.size is not None:
        value["size"] = entry.size
    return value


def blob(call: Call) -> Reply:
    """GET …/git/blobs/{file_sha}."""
    found = call.repository.git.object(call.params["file_sha"])
    if found is None or found[1] != "blob":
        raise not_found()
    sha, _, data = found
    if len(data) > BLOB_MAX:
        error: JsonObject = {"resource": "Blob", "field": "data", "code": "too_large"}
        raise RefusalError(403, "This API returns blobs up to 100 MB in size.", [error])
    if call.media == "raw":
        return Reply(200, raw=data, content_type="application/vnd.github.raw+json; charset=utf-8")
    known: JsonObject = {"sha": sha, "size": len(data), "content": _base64(data), "encoding": "base64"}
    return Reply(200, contract().filled("blob", known))


def contents(call: Call) -> Reply:
    """GET …/contents/{path}: a file, a directory as a list, or the file itself with the raw media type."""
    record, path = call.repository, call.params["path"].strip("/")
    commit_sha = record.git.resolve(f"{call.argument('ref') or record.default_branch}^{{commit}}")
    if commit_sha is None:
        raise RefusalError(404, f"No commit found for the ref {call.argument('ref')}")
    found = record.git.object(f"{commit_sha}:{path}")
    if found is None:
        raise not_found()
    sha, kind, data = found
    if kind == "tree":
        entries = [
            _content(e.path, f"{path}/{e.path}".lstrip("/"), e, None) for e in record.git.tree(sha, recursive=False)
        ]
        return Reply(200, entries)
    if call.media == "raw":
        return Reply(200, raw=data, content_type="application/vnd.github.raw+json; charset=utf-8")
    entry = Entry(path, "100644", "blob", sha, len(data))
    return Reply(200, _content(path.split("/")[-1], path, entry, data))


def _content(name: str, path: str, entry: Entry, data: bytes | None) -> JsonObject:
    known: JsonObject = {
        "name": _shown(name),
        "path": _shown(path),
        "sha": entry.sha,
        "size": entry.size or 0,
        "type": _KINDS.get(entry.mode, "file"),
    }
    if data is None:
        value = contract().filled("content-file", known)
        del value["content"], value["encoding"]
        return value
    small = len(data) <= JSON_CONTENT_MAX
    known |= {"content": _base64(data) if small else "", "encoding": "base64" if small else "none"}
    return contract().filled("content-file", known)


def compare(call: Call) -> Reply:
    """GET …/compare/{base}...{head}."""
    record = call.repository
    base_name, dots, head_name = call.params["basehead"].partition("...")
    base, head = record.git.resolve(f"{base_name}^{{commit}}"), record.git.resolve(f"{head_name}^{{commit}}")
    if not dots or base is None or head is None:
        raise not_found()
    start = record.git.merge_base(base, head)
    if start is None:
        raise RefusalError(404, f"No common ancestor between {base_name} and {head_name}.")
    ahead, behind = record.git.commits(base, head), record.git.commits(head, base)
    states = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    files = record.git.diff(base, head)[:COMPARE_FILES_MAX] if call.number("page", 1) == 1 else ()
    known: JsonObject = {
        "status": states.get((bool(ahead), bool(behind)), "identical"),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "base_commit": _commit(record, base),
        "merge_base_commit": _commit(record, start),
        "commits": [_commit(record, sha) for sha in ahead[:250]],
        "files": [shapes.diff_entry(record, file, True, head) for file in files],
    }
    return Reply(200, contract().filled("commit-comparison", known))


def commit_shape(record: Repository, sha: str) -> JsonObject:
    """A commit as lists show it."""
    return _commit(record, sha)


def _commit(record: Repository, sha: str) -> JsonObject:
    known: JsonObject = {
        "sha": sha,
        "author": {},
        "committer": {},
        "commit": {"message": "Change", "tree": {"sha": record.git.resolve(f"{sha}^{{tree}}")}},
        "html_url": f"{shapes.WEB}/{record.full_name}/commit/{sha}",
    }
    return contract().filled("commit", known)


def _known_commit(record: Repository, ref: str) -> str:
    sha = record.git.resolve(f"{ref}^{{commit}}")
    if sha is None:
        raise RefusalError(422, f"No commit found for SHA: {ref}")
    return sha


def _base64(data: bytes) -> str:
    """Base64 in lines of 60, as GitHub sends it."""
    text = base64.b64encode(data).decode()
    return "".join(text[i : i + 60] + "\n" for i in range(0, len(text), 60))


def _shown(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


ROUTES: Routes = {
    "repos/get": get,
    "apps/list-repos-accessible-to-installation": installation_repositories,
    "repos/get-collaborator-permission-level": permission,
    "repos/get-branch": branch,
    "repos/get-branch-rules": branch_rules,
    "repos/get-commit": commit,
    "repos/compare-commits-with-basehead": compare,
    "repos/get-content": contents,
    "git/get-blob": blob,
    "git/get-commit": git_commit,
    "git/get-ref": git_ref,
    "git/get-tree": tree,
}

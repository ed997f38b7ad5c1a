"""Who may do what: the App's JWT, installation tokens, and the permission that each operation asks for."""

from __future__ import annotations

import functools
import secrets
from datetime import timedelta

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.standin.call import Actor, Call, RefusalError, Reply, Routes, not_found
from tests.standin.contract import contract
from tests.standin.json_types import JsonObject, as_int, as_list, as_object
from tests.standin.state import Installation, Repository, Token, World, stamp

JWT_LIFE_MAX_S = 600
"""Longest life of an App's JWT (docs, generating a JSON web token); a minute of clock drift is forgiven."""

LEVELS = {"none": 0, "read": 1, "write": 2, "admin": 3}

APP_ONLY = frozenset(
    {
        "apps/get-authenticated",
        "apps/list-webhook-deliveries",
        "apps/get-webhook-delivery",
        "apps/redeliver-webhook-delivery",
        "apps/list-installations",
        "apps/get-installation",
        "apps/create-installation-access-token",
        "apps/get-repo-installation",
    }
)
"""Operations for a JWT; every other one wants an installation token (or nobody in particular, for OPEN)."""

OPEN = frozenset({"apps/create-from-manifest", "users/get-by-username", "meta/get", "rate-limit/get"})

_PULLS = ("pull_requests",)
_CONVERSATION = ("issues", "pull_requests")  # either will do for a pull request's conversation
NEEDED: dict[str, tuple[tuple[str, ...], str]] = {
    "repos/get": (("metadata",), "read"),
    "repos/get-collaborator-permission-level": (("metadata",), "read"),
    "repos/get-branch-rules": (("metadata",), "read"),
    "apps/list-repos-accessible-to-installation": (("metadata",), "read"),
    "repos/get-branch": (("contents",), "read"),
    "repos/get-commit": (("contents",), "read"),
    "repos/compare-commits-with-basehead": (("contents",), "read"),
    "repos/get-content": (("contents",), "read"),
    "git/get-blob": (("contents",), "read"),
    "git/get-commit": (("contents",), "read"),
    "git/get-ref": (("contents",), "read"),
    "git/get-tree": (("contents",), "read"),
    "checks/create": (("checks",), "write"),
    "checks/update": (("checks",), "write"),
    "checks/get": (("checks",), "read"),
    "checks/list-for-ref": (("checks",), "read"),
    "checks/list-annotations": (("checks",), "read"),
    "issues/get": (_CONVERSATION, "read"),
    "issues/list-comments": (_CONVERSATION, "read"),
    "issues/get-comment": (_CONVERSATION, "read"),
    "issues/create-comment": (_CONVERSATION, "write"),
    "issues/update-comment": (_CONVERSATION, "write"),
    "issues/delete-comment": (_CONVERSATION, "write"),
    "reactions/create-for-issue-comment": (("issues",), "write"),  # the table lists it under Issues alone
    "reactions/delete-for-issue-comment": (("issues",), "write"),
    "reactions/create-for-issue": (("issues",), "write"),
    "reactions/create-for-pull-request-review-comment": (_PULLS, "write"),
    "pulls/list": (_PULLS, "read"),
    "pulls/get": (_PULLS, "read"),
    "pulls/list-files": (_PULLS, "read"),
    "pulls/list-commits": (_PULLS, "read"),
    "pulls/list-reviews": (_PULLS, "read"),
    "pulls/get-review": (_PULLS, "read"),
    "pulls/list-comments-for-review": (_PULLS, "read"),
    "pulls/list-requested-reviewers": (_PULLS, "read"),
    "pulls/request-reviewers": (_PULLS, "write"),
    "pulls/list-review-comments": (_PULLS, "read"),
    "pulls/get-review-comment": (_PULLS, "read"),
    "repos/list-pull-requests-associated-with-commit": (_PULLS, "read"),
    "pulls/create-review": (_PULLS, "write"),
    "pulls/update-review": (_PULLS, "write"),
    "pulls/submit-review": (_PULLS, "write"),
    "pulls/delete-pending-review": (_PULLS, "write"),
    "pulls/create-review-comment": (_PULLS, "write"),
    "pulls/create-reply-for-review-comment": (_PULLS, "write"),
    "pulls/update-review-comment": (_PULLS, "write"),
    "pulls/delete-review-comment": (_PULLS, "write"),
}
"""Permission of each operation of an installation: any one of the names, at that level [docs, permission table]."""


@functools.cache
def app_key() -> tuple[str, str]:
    """The App's private and public key (PEM), made once a process: making one takes a moment."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@functools.cache
def verifying_key() -> rsa.RSAPublicKey:
    """The public half, read once: reading a PEM takes longer than checking a signature."""
    key = serialization.load_pem_public_key(app_key()[1].encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("the App's key is an RSA key")
    return key


def identify(world: World, authorization: str | None) -> Actor:
    """Who sent this `Authorization`; raises RefusalError (401, 404) in GitHub's words."""
    if authorization is None:
        return Actor()
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() not in ("bearer", "token") or not secret:
        raise RefusalError(401, "Bad credentials")
    if secret.count(".") == 2 and not secret.startswith("ghs_"):
        _verify_jwt(world, secret)
        return Actor(is_app=True)
    token = world.tokens.get(secret)
    if token is None or token.revoked or token.expires <= world.now():
        raise RefusalError(401, "Bad credentials")
    return Actor(token=token)


def _verify_jwt(world: World, text: str) -> None:
    try:
        claims: JsonObject = jwt.decode(
            text, verifying_key(), algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
        )
    except jwt.InvalidTokenError as error:
        raise RefusalError(401, "A JSON web token could not be decoded") from error
    now = int(world.now().timestamp())
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(expires, int) or expires <= now:
        raise RefusalError(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the "
            "assertion expires",
        )
    if not isinstance(issued, int) or issued > now + 60:
        raise RefusalError(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        )
    if expires > now + JWT_LIFE_MAX_S + 60:
        raise RefusalError(401, "'Expiration time' claim ('exp') is too far in the future")
    if str(claims.get("iss")) != str(world.app_id):
        raise RefusalError(404, "Integration not found")


def admit(call: Call) -> None:
    """Let the caller in to the operation, or raise the 401, 403 or 404 that GitHub answers."""
    operation, actor = call.operation.id, call.actor
    if operation in OPEN:
        return
    if operation in APP_ONLY:
        if not actor.is_app:
            raise RefusalError(401, "A JSON web token could not be decoded")
        return
    if actor.token is None:
        raise RefusalError(401, "Requires authentication" if not actor.is_app else "Bad credentials")
    if "owner" in call.params:
        may_see(call.world, actor.token, call.repository)
    _check_permission(actor.token, operation)


def may_see(world: World, token: Token, repository: Repository) -> None:
    """404 unless the token is good for the repository, now."""
    installation = world.installations.get(token.installation)
    if installation is None or repository.id not in installation.repositories & token.repositories:
        raise not_found()
    if installation.suspended:
        raise RefusalError(403, "This installation has been suspended")


def has_permission(token: Token, names: tuple[str, ...], level: str) -> bool:
    """Whether the token has any one of the permissions at that level or above."""
    return any(LEVELS[token.permissions.get(name, "none")] >= LEVELS[level] for name in names)


def _check_permission(token: Token, operation: str) -> None:
    names, level = NEEDED.get(operation, (("administration",), "write"))
    if not has_permission(token, names, level):
        accepted = "; ".join(f"{name}={level}" for name in names)
        headers = {"X-Accepted-GitHub-Permissions": accepted}
        raise RefusalError(403, "Resource not accessible by integration", headers=headers)


def mint(call: Call) -> Reply:
    """POST /app/installations/{id}/access_tokens."""
    world, body = call.world, call.body
    installation = world.installations.get(int(call.params["installation_id"]))
    if installation is None:
        raise not_found()
    if installation.suspended:
        raise RefusalError(403, "This installation has been suspended")
    repositories = _asked_repositories(world, installation, body)
    permissions = _asked_permissions(installation, body)
    token = Token(
        text=f"ghs_{world.app_id}_" + secrets.token_urlsafe(380).replace("-", "a"),  # about 520 characters, as today
        installation=installation.id,
        repositories=frozenset(repositories),
        permissions=permissions,
        expires=world.now() + timedelta(seconds=world.switches.token_life_s),
        narrowed=bool(body.get("repositories") or body.get("repository_ids")),
    )
    world.tokens[token.text] = token
    value: JsonObject = {
        "token": token.text,
        "expires_at": stamp(token.expires),
        "permissions": permissions,
        "repository_selection": "selected",
    }
    return Reply(201, contract().filled("installation-token", value))


def _asked_repositories(world: World, installation: Installation, body: JsonObject) -> set[int]:
    wanted = {as_int(i) for i in as_list(body.get("repository_ids") or [])}
    known = {world.repositories[i].name.lower(): i for i in installation.repositories}
    names = {str(name).lower() for name in as_list(body.get("repositories") or [])}
    if not names <= known.keys() or not wanted <= installation.repositories:
        raise RefusalError(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        )
    wanted |= {known[name] for name in names}
    return wanted or set(installation.repositories)


def _asked_permissions(installation: Installation, body: JsonObject) -> dict[str, str]:
    if not body.get("permissions"):
        return dict(installation.permissions)
    wanted = {name: str(level) for name, level in as_object(body["permissions"]).items()}
    for name, level in wanted.items():
        if LEVELS[level] > LEVELS[installation.permissions.get(name, "none")]:
            raise RefusalError(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read", **wanted}


ROUTES: Routes = {"apps/create-installation-access-token": mint}

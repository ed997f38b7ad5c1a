"""The App itself: who it is, where it is installed, what was delivered to it; and accounts."""

from __future__ import annotations

import secrets

from tests.standin import shapes
from tests.standin.access import app_key
from tests.standin.call import Call, RefusalError, Reply, Routes, not_found, page
from tests.standin.contract import contract
from tests.standin.json_types import JsonObject
from tests.standin.state import HookDelivery, Installation, stamp


def get(call: Call) -> Reply:
    """GET /app."""
    return Reply(200, shapes.app(call.world))


def from_manifest(call: Call) -> Reply:
    """POST /app-manifests/{code}/conversions: the code that the web page handed out, once."""
    world = call.world
    if call.params["code"] not in world.manifest_codes:
        raise not_found()
    world.manifest_codes.remove(call.params["code"])
    value = shapes.app(world)
    value |= {
        "client_id": "Iv1.standin",
        "client_secret": secrets.token_hex(20),
        "webhook_secret": world.webhook_secret,
        "pem": app_key()[0],
    }
    return Reply(201, value)


def installations(call: Call) -> Reply:
    """GET /app/installations."""
    return page(call, [_installation(call, i) for i in call.world.installations.values()])


def installation(call: Call) -> Reply:
    """GET /app/installations/{id}."""
    found = call.world.installations.get(int(call.params["installation_id"]))
    if found is None:
        raise not_found()
    return Reply(200, _installation(call, found))


def repository_installation(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/installation."""
    found = call.world.installation_of(call.repository.id)
    if found is None:
        raise not_found()
    return Reply(200, _installation(call, found))


def _installation(call: Call, item: Installation) -> JsonObject:
    known: JsonObject = {
        "id": item.id,
        "account": shapes.user(item.account),
        "app_id": call.world.app_id,
        "app_slug": call.world.slug,
        "target_id": item.account.id,
        "target_type": item.account.type,
        "repository_selection": "selected",
        "permissions": item.permissions,
        "events": ["pull_request", "issue_comment"],
        "suspended_at": stamp(call.world.now()) if item.suspended else None,
        "suspended_by": None,
    }
    return contract().filled("installation", known)


def user(call: Call) -> Reply:
    """GET /users/{username}."""
    account = call.world.accounts.get(call.params["username"].lower())
    if account is None:
        raise not_found()
    return Reply(200, contract().filled("public-user", {**shapes.user(account), "user_view_type": "public"}))


def rate_limit(_: Call) -> Reply:
    """GET /rate_limit."""
    return Reply(200, contract().filled("rate-limit-overview", {}))


def meta(_: Call) -> Reply:
    """GET /meta."""
    return Reply(200, contract().filled("api-overview", {"verifiable_password_authentication": True}))


def deliveries(call: Call) -> Reply:
    """GET /app/hook/deliveries: newest first, a page after `cursor`."""
    found = sorted(call.world.deliveries.values(), key=lambda d: -d.id)
    if wanted := call.argument("status"):
        found = [d for d in found if (d.status_code < 400) == (wanted == "success")]
    if cursor := call.argument("cursor"):
        found = [d for d in found if d.id < int(cursor.removeprefix("v1_"))]
    per_page = max(1, min(call.number("per_page", 30), 100))
    headers = {}
    if len(found) > per_page:
        address = f"{call.origin}{call.path}?per_page={per_page}&cursor=v1_{found[per_page - 1].id}"
        headers["Link"] = f'<{address}>; rel="next"'
    return Reply(200, [_delivery(d) for d in found[:per_page]], headers)


def _delivery(item: HookDelivery) -> JsonObject:
    known: JsonObject = {
        "id": item.id,
        "guid": item.guid,
        "delivered_at": stamp(item.delivered),
        "redelivery": item.redelivery,
        "duration": 0.1,
        "status": "OK" if item.status_code < 400 else "Invalid HTTP Response: " + str(item.status_code),
        "status_code": item.status_code,
        "event": item.event,
        "action": item.action,
        "installation_id": item.installation,
        "repository_id": item.repository,
    }
    return contract().filled("hook-delivery-item", known)


def redeliver(call: Call) -> Reply:
    """POST /app/hook/deliveries/{id}/attempts: the same bytes under the same guid go out again."""
    found = call.world.deliveries.get(int(call.params["delivery_id"]))
    if found is None:
        raise RefusalError(422, "Delivery not found")
    call.world.to_redeliver.put(found)
    return Reply(202, {})


ROUTES: Routes = {
    "apps/get-authenticated": get,
    "apps/create-from-manifest": from_manifest,
    "apps/list-installations": installations,
    "apps/get-installation": installation,
    "apps/get-repo-installation": repository_installation,
    "apps/list-webhook-deliveries": deliveries,
    "apps/redeliver-webhook-delivery": redeliver,
    "users/get-by-username": user,
    "rate-limit/get": rate_limit,
    "meta/get": meta,
}

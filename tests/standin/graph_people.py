"""The people of a repository as GraphQL shows them."""

from __future__ import annotations

from graphql import GraphQLResolveInfo

from tests.standin.graph_nodes import actor, connection
from tests.standin.json_types import as_object
from tests.standin.state import Repository


def assignable_users(source: object, info: GraphQLResolveInfo[object], **asked: object) -> object:
    """Members and collaborators, never strangers; `query` is looked for in their logins (names are not known here)."""
    record, world = as_object(source)["record"], getattr(info.context, "world", None)
    if not isinstance(record, Repository) or world is None:
        raise TypeError("no repository")
    wanted = str(asked.get("query") or "").lower()
    found = [login for login, role in record.collaborators.items() if role != "none" and wanted in login]
    return connection("assignableUsers", [actor(world.account(login)) for login in found], asked)

"""A refusal in GraphQL's words."""

from __future__ import annotations


class GraphRefusalError(Exception):
    """An entry of `errors` with GitHub's `type`: NOT_FOUND, FORBIDDEN, UNPROCESSABLE, …"""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.type = kind

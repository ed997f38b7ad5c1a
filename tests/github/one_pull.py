"""One pull request, number 3 of octo/shop, as far as publishing touches it: reviews, comments, check runs.

It keeps state and can fail a request before or after its effect, so that every retry can be looked at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from reviewer.github.auth import BotIdentity
from tests.github.scripted import Incoming, Outgoing, said

HEAD = "a" * 40
BOT = BotIdentity(42, "reviewer-bot", 9001)
FOREIGN = 666
WRITES = ("POST", "PATCH", "PUT", "DELETE")
NOT_IN_DIFF = "Pull request review thread line must be part of the diff"
ONE_PENDING = "User can only have one pending review per pull request"

JsonObject = dict[str, Any]


@dataclass
class OnePull:
    """`bad` holds the lines that GitHub refuses; `lost` says at which request (1 is the first) what goes wrong."""

    head: str = HEAD
    state: str = "open"
    bad: set[int] = field(default_factory=set)
    reviews: dict[int, JsonObject] = field(default_factory=dict)
    comments: dict[int, JsonObject] = field(default_factory=dict)
    runs: dict[int, JsonObject] = field(default_factory=dict)
    permissions: dict[str, Outgoing] = field(default_factory=dict)
    graphql: Outgoing | None = None
    graphql_hides_drafts: bool = False
    lost: dict[int, str] = field(default_factory=dict)
    log: list[Incoming] = field(default_factory=list)
    reactions: int = 0
    next_id: int = 3_000_000_001

    @property
    def writes(self) -> int:
        return sum(one.method in WRITES and one.path != "/graphql" for one in self.log)

    def drafts(self) -> list[JsonObject]:
        return [one for one in self.reviews.values() if one["state"] == "PENDING"]

    def posted(self) -> list[JsonObject]:
        return [one for one in self.reviews.values() if one["state"] != "PENDING"]

    def add_review(self, body: str, state: str, comments: list[JsonObject] | None = None, author: int = 9001) -> int:
        return self._add(self.reviews, {"body": body, "state": state, "comments": comments or [], "user": author})

    def add_comment(self, body: str, author: int = 9001) -> int:
        return self._add(self.comments, {"body": body, "user": author})

    def _add(self, shelf: dict[int, JsonObject], item: JsonObject) -> int:
        self.next_id += 1
        shelf[self.next_id] = {"id": self.next_id, **item}
        return self.next_id

    def __call__(self, incoming: Incoming) -> Outgoing:
        self.log.append(incoming)
        fault = self.lost.get(len(self.log))
        if fault == "before":
            return said({"message": "Server Error"}, 502)
        answer = self._answer(incoming)
        return said({"message": "Server Error"}, 502) if fault == "after" else answer

    def _answer(self, incoming: Incoming) -> Outgoing:
        body = json.loads(incoming.body or b"{}")
        for method, pattern, reply in self._routes():
            found = re.fullmatch(pattern, incoming.path)
            if incoming.method == method and found:
                answer: Outgoing = reply(body, *found.groups())
                return answer
        return said({"message": "Not Found"}, 404)

    def _routes(self) -> list[tuple[str, str, Any]]:
        shop = "/repos/octo/shop"
        return [
            ("POST", "/graphql", lambda body: self.graphql or said(self._standing())),
            ("GET", f"{shop}/pulls/3", lambda body: said({"head": {"sha": self.head}, "state": self.state})),
            ("GET", f"{shop}/pulls/3/comments", lambda body: said([])),
            ("GET", f"{shop}/pulls/3/reviews", lambda body: said([_seen(one) for one in self.reviews.values()])),
            ("POST", f"{shop}/pulls/3/reviews", self._create),
            ("GET", rf"{shop}/pulls/3/reviews/(\d+)/comments", self._review_comments),
            ("POST", rf"{shop}/pulls/3/reviews/(\d+)/events", self._submit),
            ("DELETE", rf"{shop}/pulls/3/reviews/(\d+)", self._discard),
            ("GET", f"{shop}/issues/3/comments", lambda body: said([_seen(one) for one in self.comments.values()])),
            ("POST", f"{shop}/issues/3/comments", lambda body: said({"id": self.add_comment(body["body"])}, 201)),
            ("PATCH", rf"{shop}/issues/comments/(\d+)", self._edit),
            ("POST", rf"{shop}/issues/comments/(\d+)/reactions", self._react),
            ("GET", rf"{shop}/collaborators/([^/]+)/permission", lambda body, login: self.permissions[login]),
            ("GET", rf"{shop}/commits/(\w+)/check-runs", self._runs),
            ("POST", f"{shop}/check-runs", self._open),
            ("GET", rf"{shop}/check-runs/(\d+)", lambda body, run: said(self._run(int(run)))),
            ("PATCH", rf"{shop}/check-runs/(\d+)", self._update),
        ]

    def _standing(self) -> JsonObject:
        def author(user: int) -> JsonObject:
            kind = "User" if user == FOREIGN else "Bot"
            return {"__typename": kind, "login": "reviewer-bot", **({"databaseId": user} if kind == "Bot" else {})}

        def node(one: JsonObject) -> JsonObject:
            told = {"fullDatabaseId": str(one["id"]), "body": one["body"], "author": author(one["user"])}
            return told | ({"state": one["state"]} if "state" in one else {})

        reviews = [one for one in self.reviews.values() if one["state"] != "PENDING" or not self.graphql_hides_drafts]
        pull = {
            "headRefOid": self.head,
            "state": self.state.upper(),
            "reviews": {"nodes": [node(one) for one in reviews[-50:]]},
            "comments": {"nodes": [node(one) for one in list(self.comments.values())[-100:]]},
            "reviewThreads": {"pageInfo": {"hasPreviousPage": False, "startCursor": None}, "nodes": []},
        }
        return {"data": {"repository": {"pullRequest": pull}}}

    def _create(self, body: JsonObject) -> Outgoing:
        assert "event" not in body
        assert body["commit_id"] == HEAD
        if any(one["user"] == 9001 for one in self.drafts()):
            return said({"message": "Unprocessable Entity", "errors": [ONE_PENDING]}, 422)
        if any(one["line"] in self.bad for one in body["comments"]):
            return said({"message": "Unprocessable Entity", "errors": [NOT_IN_DIFF]}, 422)
        return said({"id": self.add_review(body["body"], "PENDING", body["comments"])})

    def _submit(self, body: JsonObject, review: str) -> Outgoing:
        assert body["event"] == "COMMENT"
        found = self.reviews.get(int(review))
        if found is None:
            return said({"message": "Not Found"}, 404)
        if found["state"] != "PENDING":
            return said({"message": "Unprocessable Entity", "errors": ["Can not submit a non-pending review"]}, 422)
        found["state"] = "COMMENTED"
        return said({"id": found["id"]})

    def _discard(self, body: JsonObject, review: str) -> Outgoing:
        if int(review) not in self.reviews:
            return said({"message": "Not Found"}, 404)
        if self.reviews[int(review)]["state"] != "PENDING":
            return said({"message": "Can not delete a non-pending pull request review"}, 422)
        return said(self.reviews.pop(int(review)))

    def _review_comments(self, body: JsonObject, review: str) -> Outgoing:
        return said([{"path": one["path"], "body": one["body"]} for one in self.reviews[int(review)]["comments"]])

    def _edit(self, body: JsonObject, comment: str) -> Outgoing:
        if int(comment) not in self.comments:
            return said({"message": "Not Found"}, 404)
        assert self.comments[int(comment)]["user"] == 9001
        self.comments[int(comment)]["body"] = body["body"]
        return said({"id": int(comment)})

    def _react(self, body: JsonObject, comment: str) -> Outgoing:
        self.reactions += body["content"] == "eyes"
        return said({"id": 1}, 201 if self.reactions == 1 else 200)

    def _runs(self, body: JsonObject, ref: str) -> Outgoing:
        return said({"check_runs": [self._run(run) for run, one in self.runs.items() if one["head_sha"] == ref]})

    def _run(self, run: int) -> JsonObject:
        one = self.runs[run]
        return {**one, "output": {"annotations_count": len(one["annotations"])}}

    def _open(self, body: JsonObject) -> Outgoing:
        return said({"id": self._add(self.runs, {**body, "app": {"id": 42}, "annotations": []})}, 201)

    def _update(self, body: JsonObject, run: str) -> Outgoing:
        one = self.runs[int(run)]
        new = body["output"].get("annotations", [])
        assert len(new) <= 50
        one["annotations"] += new
        one |= {key: body[key] for key in ("status", "conclusion") if key in body}
        one |= {key: body["output"][key] for key in ("title", "summary")}
        return said(self._run(int(run)))


def _seen(one: JsonObject) -> JsonObject:
    return {**one, "user": {"id": one["user"], "login": "reviewer-bot[bot]"}}

"""The demo's page: what stands on the pull request afterwards, drawn after GitHub."""

from __future__ import annotations

from html import escape
from pathlib import Path

from tests.picture import STYLE, rendered
from tests.standin.github import GitHubStandIn
from tests.standin.state import CheckRun, Pull, ReviewComment


def write_page(target: Path, github: GitHubStandIn, pull: Pull) -> None:
    """Write the page; the folder is made."""
    parts = [
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(pull.title)}</title>",
        f"<style>{STYLE}</style><main>",
        f"<h3>{escape(pull.title)} #{pull.number}</h3>",
        *(_said(comment.author.login, rendered(comment.body)) for comment in github.issue_comments(pull)),
        *(_thread(comment) for comment in github.review_comments(pull)),
        *(_check(run) for run in github.check_runs(pull)),
        "</main></html>\n",
    ]
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(parts), encoding="utf-8")


def _said(login: str, body: str) -> str:
    return (
        f"<div class='box'><div class='head'><b>{escape(login)}</b> commented</div><div class='body'>{body}</div></div>"
    )


def _thread(comment: ReviewComment) -> str:
    rows = "".join(_row(row) for row in comment.hunk.split("\n")[-5:])
    thread = f"<div class='thread'><div class='head'><b>{escape(comment.author.login)}</b></div>"
    body = f"{thread}<div class='body'>{rendered(comment.body)}</div></div>"
    return f"<div class='box'><div class='file'>{escape(comment.path)}</div><table>{rows}</table>{body}</div>"


def _row(row: str) -> str:
    return f"<tr{' class=add' if row.startswith('+') else ''}><td class='c'>{escape(row)}</td></tr>"


def _check(run: CheckRun) -> str:
    title = f"{escape(run.name)}: {escape(run.status)}, {escape(run.conclusion or '')}"
    body = f"<p><b>{escape(run.title or '')}</b></p>{rendered(run.summary or '')}"
    return f"<div class='box'><div class='head'>{title}</div><div class='body'>{body}</div></div>"

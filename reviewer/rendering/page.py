"""The review as one page: the outcome, the response, who is asked, and the diff with the comments in place.

One file that loads nothing and runs nothing; it says so itself in its content security policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reviewer.core.change import Change
from reviewer.core.compose import place_of
from reviewer.core.review import Review
from reviewer.core.wording import counted, joined, severities
from reviewer.rendering.endpoints import COLUMNS, LEGEND, SIGNS, cells
from reviewer.rendering.html import code, line, plain, prose, reference
from reviewer.rendering.outcome import found, left_out, model_note, reviewed, short
from reviewer.rendering.page_diff import card_id, files, unplaced
from reviewer.rendering.page_style import STYLE
from reviewer.rendering.response import sections_of
from reviewer.rendering.spent import asked_of_model
from reviewer.rendering.who import because, lead_name, who_is_asked

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(review: Review, change: Change) -> str:
    """The whole HTML document, ended by a line feed. `change` is what was reviewed: its hunks are shown."""
    title = plain(f"{found(review)} · {review.repository}")
    whole = unplaced(review, change)
    parts = (
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{title}</title><style>{STYLE}</style></head><body><main>",
        _outcome(review),
        f'<div class="columns">{_who(review)}{_unreviewed(review)}</div>',
        _response(review),
        _endpoints(review),
        f"<h2>About the change as a whole</h2>{whole}" if whole else "",
        f"<h2>The change, with the comments in place</h2>{files(review, change)}" if change.files else "",
        _foot(review),
        "</main></body></html>",
    )
    text = "\n".join(part for part in parts if part) + "\n"
    return text.encode("utf-8", "replace").decode("utf-8")


def _outcome(review: Review) -> str:
    worst = review.findings[0].severity.value if review.findings else "good" if review.coverage.complete else "none"
    pull = f" #{review.number}" if review.number is not None else ""
    where = f"{plain(review.repository)}{pull}, {code(short(review.base))} to {code(short(review.head))}"
    said = [f"<p class='soft'>{where}, persona {code(review.plan.persona_names)}. {_covered(review)}</p>"]
    said += [f"<p class='warn'>{line(note)}</p>" for note in (model_note(review), *review.plan.notes) if note]
    return f"<div class='panel top {worst}'><h1>{plain(found(review))}</h1>{''.join(said)}</div>"


def _covered(review: Review) -> str:
    return plain(f"{reviewed(review.coverage)}.") if review.coverage.entries else ""


def _response(review: Review) -> str:
    links = {place_of(finding): f"#{card_id(finding)}" for finding in reversed(review.findings) if finding.span}
    sections = [
        f"<h3>{line(heading)}</h3>{body}"
        for heading, part in sections_of(review.plan.persona.response_structure)
        if (body := _section(review, part, links))
    ]
    return f"<div class='panel response'>{''.join(sections)}</div>"


def _section(review: Review, part: str, links: Mapping[str, str]) -> str:
    response = review.response
    match part:
        case "summary":
            return prose(response.summary, links)
        case "steps":
            return _list("ol", [line(step, links) for step in response.steps])
        case "code_samples":
            return "".join(prose(sample) for sample in response.code_samples.values())
        case "follow_up_questions":
            return _list("ul", [line(question, links) for question in response.follow_up_questions])
        case "resources":
            return _list("ul", [reference(resource.title, resource.url) for resource in response.resources])
        case _:
            return ""


def _list(kind: str, rows: list[str]) -> str:
    return f"<{kind}>{''.join(f'<li>{row}</li>' for row in rows)}</{kind}>" if rows else ""


def _endpoints(review: Review) -> str:
    if not review.endpoints:
        return ""
    head = "".join(f"<th>{name}</th>" for name in ("endpoint", *COLUMNS))
    rows = "".join(
        f"<tr><td>{code(f'{row.verb} {row.url}')}</td>{''.join(f'<td>{SIGNS[cell]}</td>' for cell in cells(row))}</tr>"
        for row in review.endpoints
    )
    table = f"<table class='matrix'><tr>{head}</tr>{rows}</table><p class='soft small'>{LEGEND}</p>"
    return f"<div class='panel'><h3>Endpoints of this change</h3>{table}</div>"


def _who(review: Review) -> str:
    rows: list[str] = []
    for asked in who_is_asked(review):
        number = joined(severities(finding.severity for finding in asked.findings))
        places = ", ".join(
            code(place_of(finding).rpartition("/")[2] or "the change as a whole", f"#{card_id(finding)}")
            for finding in asked.findings
        )
        why = f"<span class='soft small'>{line(because(asked))}</span>"
        rows.append(f"<strong>{plain(asked.name)}</strong>: {number}<br>{places}<br>{why}")
    told = f"<p>Told the outcome, for review and next steps: <strong>{plain(lead_name(review))}</strong>.</p>"
    return f"<div class='panel'><h3>Who is asked</h3>{_list('ul', rows)}{told}</div>"


def _unreviewed(review: Review) -> str:
    rows = [f"<strong>{plain(gap.part)}</strong>: {line(gap.reason)}" for gap in review.coverage.gaps]
    rows += [f"{code(entry.path)}: {line(entry.reason or '')}" for entry in review.coverage.unreviewed]
    if not rows:
        return f"<div class='panel'><h3>Coverage</h3><p>{_covered(review) or 'There was nothing to review.'}</p></div>"
    return f"<div class='panel'><h3>Not reviewed</h3>{_list('ul', rows)}</div>"


def _foot(review: Review) -> str:
    usage = review.usage
    said: list[str] = []
    if dropped := left_out(review):
        said.append(f"Left out: {plain(dropped)}")
    if asked := asked_of_model(review, plain):
        said.append(asked)
    if usage.github_requests:
        said.append(f"{counted(usage.github_requests, 'request')} to GitHub")
    return f"<footer>{' · '.join(said)}</footer>" if said else ""

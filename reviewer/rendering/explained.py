"""One finding, whole: its code, what is wrong with it, by which line and rule, and why who is asked is asked."""

from __future__ import annotations

from typing import Final

from reviewer.core.finding import Finding
from reviewer.core.publication import AnswerPost
from reviewer.core.review import Review
from reviewer.rendering.comment import footing, shown_change, title
from reviewer.rendering.details import page_as_markdown
from reviewer.rendering.markdown import code, cut, fence, line, marker, prose
from reviewer.rendering.outcome import short
from reviewer.rendering.placing import place
from reviewer.rendering.pressed import comment_address
from reviewer.rendering.who import because, who_is_asked

CHARS_MAX: Final = 30_000
"""Characters of one explanation; the longest page of a rule has some 2,000."""

CODE_LINES_MAX: Final = 20
CODE_LINE_CHARS_MAX: Final = 300
"""Of the code that is quoted; the link beside it shows all."""


def explained(source_id: str, review: Review, finding: Finding, lines: tuple[str, ...], page: str) -> AnswerPost:
    """The explanation. `lines` are those that the finding speaks of, `page` its rule's page, "" where there is none."""
    parts = [
        title(finding),
        f"On {place(review, finding)}:",
        _quoted(lines),
        prose(finding.message),
        shown_change(finding.suggestion) if finding.suggestion else "",
        footing(finding, review.plan.persona.name),
        _asked(review, finding),
        f"#### The rule {code(finding.rule)}\n\n{page_as_markdown(page)}" if page else "",
    ]
    hidden = marker("answer", source_id)
    text = cut("\n\n".join(part for part in parts if part), CHARS_MAX)
    return AnswerPost(hidden, f"{text}\n\n{hidden}")


def not_seen(source_id: str, fingerprint: str, head: str, address: str | None) -> AnswerPost:
    """A finding that we told of and that is not seen at the head. `address` is the comment that tells it, if any;
    `head` is "" where the pull request is closed and was not looked at.
    """
    where = f"[here]({address})" if address else "in the summary"
    why = f"I do not see it at {code(short(head))}: it is mended, or only the model sees it."
    if not head:
        why = "The pull request is closed, so I do not look at its code again."
    hidden = marker("answer", source_id)
    return AnswerPost(hidden, f"I wrote about {code(fingerprint[:8])} {where}. {why}\n\n{hidden}")


def _quoted(lines: tuple[str, ...]) -> str:
    if not lines:
        return ""
    shown = [one if len(one) <= CODE_LINE_CHARS_MAX else one[:CODE_LINE_CHARS_MAX] + " …" for one in lines]
    if len(shown) > CODE_LINES_MAX:
        shown = [*shown[:CODE_LINES_MAX], "…"]
    return fence("\n".join(shown), "ts")


def _asked(review: Review, finding: Finding) -> str:
    for asked in who_is_asked(review):
        if finding in asked.findings:
            return f"**{line(asked.name)}** is asked. {line(because(asked))}"
    return ""


def told_at(web_url: str, repository: str, number: int, comment: int) -> str | None:
    """The page of our comment on a line; None where there is none (0: the finding stands in the summary)."""
    page = comment_address(web_url, repository, number, comment) if comment else None
    return None if page is None else f"{page.partition('#')[0]}#discussion_r{comment}"

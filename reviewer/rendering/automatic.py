"""What we answer about automatic reviews; the answer is what holds them, by a hidden line."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from reviewer.core.automatic import Automatic
from reviewer.core.publication import AnswerPost
from reviewer.rendering.markdown import code, marker


def switched(source_id: str, before: Automatic, now: Automatic, handle: str) -> AnswerPost:
    """The answer in the conversation. `before` is what held until then: what is the case already is said, too."""
    if before is Automatic.IGNORED:
        return _answer(source_id, f"This pull request is ignored for good. {_in_the_meantime(handle)}")
    post = _answer(source_id, _said(before, now, handle))
    return post if before is now else replace(post, body=f"{post.body}\n{now.marker}")


def switched_elsewhere(source_id: str, address: str | None) -> AnswerPost:
    """The answer in a thread; what holds stands in the conversation, where everybody reads it."""
    where = f"[in the conversation]({address})" if address else "in the conversation"
    return _answer(source_id, f"That concerns the whole pull request, so my answer stands {where}.")


def _said(before: Automatic, now: Automatic, handle: str) -> str:
    match now:
        case Automatic.PAUSED:
            already = " already" if before is now else ""
            resume = f"{code(f'@{handle} resume')} starts them again."
            return f"Automatic reviews are{already} paused on this pull request. {resume} {_in_the_meantime(handle)}"
        case Automatic.ON if before is now:
            return "Automatic reviews are on; there was nothing to resume."
        case Automatic.ON:
            review = f"{code(f'@{handle} review')} reviews the newest commit now."
            return f"Automatic reviews are on again, from the next push on. {review}"
        case Automatic.IGNORED:
            back = "Who wants that undone deletes this comment."
            return f"From now on, nothing is reviewed by itself on this pull request. {_in_the_meantime(handle)} {back}"
        case _:
            assert_never(now)


def _in_the_meantime(handle: str) -> str:
    return f"Commands and buttons work as before: {code(f'@{handle} review')} reviews the newest commit."


def _answer(source_id: str, text: str) -> AnswerPost:
    hidden = marker("answer", source_id)
    return AnswerPost(hidden, f"{text}\n\n{hidden}")

"""A real server: llama.cpp with whatever model it has. Not for quality, only whether we understand each other.

Start one and say where: `LLAMA_SERVER_URL=http://127.0.0.1:8080/v1 make test ARGS="-k llama_cpp -rs"`; docs/models.md.
"""

from __future__ import annotations

import os

import pytest

from reviewer.core.errors import RefusedError
from reviewer.llm.answer import parse_answer
from reviewer.llm.bill import Bill
from reviewer.llm.examiner import Examiner, ModelSettings
from reviewer.llm.form import EXAMINE, Asked, Form
from reviewer.llm.prompt import questions
from reviewer.llm.verify import VERIFY, checks, read_verdicts
from tests.llm.pieces import believed, finding, persona, small_change

URL = os.environ.get("LLAMA_SERVER_URL", "")  # noqa: TID251 -- says where a server is, for this test alone
KEY = os.environ.get("LLAMA_SERVER_KEY", "")  # noqa: TID251 -- as above
ANSWER_TOKENS_MAX = 400
"""A small model writes until it is stopped."""

pytestmark = pytest.mark.skipif(not URL, reason="LLAMA_SERVER_URL names no llama.cpp server to talk to")


async def asked(question: Asked, form: Form, tokens_max: int) -> tuple[str | None, Bill]:
    """The answer, None when the model ran into its limit; and what it cost."""
    examiner, bill = Examiner(ModelSettings(URL, KEY, ("any",), 300.0, tokens_max)), Bill()
    try:
        return (await examiner.ask(question, form, bill)).text, bill
    except RefusedError as error:
        assert "cut at its length limit" in str(error)
        return None, bill
    finally:
        await examiner.aclose()


async def test_an_examination_is_an_answer_of_our_schema_or_cut_at_its_limit() -> None:
    batch = questions(small_change(), persona(), (), 4_000).batches[0]
    text, bill = await asked(batch, EXAMINE, ANSWER_TOKENS_MAX)
    assert bill.calls == 1  # the server takes json_schema, and holds to it
    assert bill.prompt_tokens > 500
    assert text is None or parse_answer(text).model_dump_json() == text


async def test_a_verification_is_an_answer_of_our_schema_or_cut_at_its_limit() -> None:
    (check,) = checks(small_change(), believed(finding()).findings, 4_000, {})
    text, bill = await asked(check, VERIFY, ANSWER_TOKENS_MAX)
    assert bill.calls == 1
    assert text is None or read_verdicts(text).model_dump_json() == text


async def test_an_answer_that_is_cut_is_told_and_paid() -> None:
    text, bill = await asked(questions(small_change(), persona(), (), 4_000).batches[0], EXAMINE, 8)
    assert text is None
    assert bill.completion_tokens > 0

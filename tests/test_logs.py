"""The log's lines: whole, short, harmless, without secrets."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from reviewer.logs import LINE_BYTES_MAX, start_logging

LOG = logging.getLogger("reviewer.test")
HOSTILE = "a\r\nb\x1b[31mred\x00\u2028\u202e\ud800é\x9b"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    before = (root.handlers[:], root.level, logging.raiseExceptions)
    yield io.StringIO()
    root.handlers[:], level, logging.raiseExceptions = before
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(False)


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().split("\n")[:-1]


def test_a_record_is_one_json_object_with_its_extras(stream: io.StringIO) -> None:
    start_logging("info", None, (), stream)
    LOG.info("accepted %s", "it", extra={"delivery": "d-1"})
    fields = json.loads(lines(stream)[0])
    assert fields.pop("time").endswith("+00:00")
    assert fields == {"level": "info", "logger": "reviewer.test", "message": "accepted it", "delivery": "d-1"}


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_text_breaks_or_colours_a_line(stream: io.StringIO, style: str) -> None:
    start_logging("info", style, (), stream)
    LOG.info(HOSTILE, extra={"title": HOSTILE})
    (line,) = lines(stream)
    assert line.isprintable()
    assert line.encode()


@pytest.mark.parametrize("style", ["json", "text"])
@pytest.mark.parametrize("char", ["a", "é", "\x00", "😀"])
def test_a_line_is_cut_at_its_limit_and_says_so(stream: io.StringIO, style: str, char: str) -> None:
    start_logging("info", style, (), stream)
    LOG.info("long: %s", char * 100_000, extra={"also": char * 50_000})
    (line,) = lines(stream)
    assert len(line.encode()) <= LINE_BYTES_MAX
    assert "(cut)" in line
    assert style == "text" or json.loads(line)["level"] == "info"


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_secret_is_in_no_part_of_a_line(stream: io.StringIO, style: str) -> None:
    secret = 'hush "hush" é\\n'
    start_logging("info", style, (secret,), stream)
    try:
        raise ValueError(f"with {secret} inside")
    except ValueError:
        LOG.exception("failed: %s", secret, extra={"also": secret})
    LOG.info("x" * (LINE_BYTES_MAX - 200) + secret * 2)
    assert len(lines(stream)) == 2
    assert "hush" not in stream.getvalue()


def test_levels_below_the_chosen_one_are_silent(stream: io.StringIO) -> None:
    start_logging("warning", "json", (), stream)
    LOG.info("not this")
    LOG.warning("but this")
    logging.getLogger("httpx").info("nor this")
    assert [json.loads(line)["message"] for line in lines(stream)] == ["but this"]


def test_what_nobody_caught_is_logged_as_a_line(stream: io.StringIO) -> None:
    start_logging("info", "json", ("hush-hush",), stream)
    try:
        raise KeyError("hush-hush")
    except KeyError as error:
        sys.excepthook(KeyError, error, error.__traceback__)
    fields = json.loads(lines(stream)[0])
    assert (fields["level"], fields["message"]) == ("critical", "not caught")
    assert "KeyError: '[redacted]'" in fields["trace"]


def test_a_thread_that_fails_is_logged_as_a_line(stream: io.StringIO) -> None:
    start_logging("info", "json", (), stream)
    thread = threading.Thread(target=lambda: int("x"))
    thread.start()
    thread.join()
    assert json.loads(lines(stream)[0])["message"] == "not caught"

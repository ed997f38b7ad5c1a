"""The log: one line a record on stderr, that no text in it can break, forge or make reveal a secret."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

from reviewer.core.redaction import Redactor

LINE_BYTES_MAX = 8 * 1024
"""Longest line; what is cut from it is said to be."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
"""What every record has; the rest was given as `extra`."""

_CUT = " … (cut)"
_CUTS_MAX = 64
"""Each halves the longest field; four fields of a gigabyte would need as many."""


def start_logging(level: str, style: str | None, secrets: tuple[str, ...], stream: TextIO | None = None) -> None:
    """Send everything that is logged, warned or not caught in this process to `stream` (stderr).

    `style` is json or text; None is text on a terminal and json elsewhere.
    """
    stream = sys.stderr if stream is None else stream
    chosen = style or ("text" if stream.isatty() else "json")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter(as_json if chosen == "json" else as_text, Redactor(secrets)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a broken record must not print its parts past the redactor
    for name in ("httpx", "httpcore", "openai", "githubkit", "sqlalchemy", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))  # they log URLs and headers below it
    logging.getLogger("dbos").addHandler(logging.NullHandler())  # without any, it writes to the terminal by itself
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


class LineFormatter(logging.Formatter):
    """Formats a record as one line; the redactor has the last word."""

    def __init__(self, write: Callable[[dict[str, str]], str], redact: Redactor) -> None:
        super().__init__()
        self._write, self._redact = write, redact

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line end, of at most `LINE_BYTES_MAX` bytes."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= {key: str(value) for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return _fitting(self._write, {key: self._redact(value) for key, value in fields.items()}, self._redact)


def as_json(fields: dict[str, str]) -> str:
    """A JSON object; whatever is not printable ASCII is escaped."""
    return json.dumps(fields, separators=(",", ":"))


def as_text(fields: dict[str, str]) -> str:
    """For a terminal: time, level and message, then the rest as key=value; nothing that a terminal would obey."""
    rest = [f"{key}={value}" for key, value in fields.items() if key not in ("time", "level", "message", "trace")]
    line = " ".join([fields["time"][11:19], fields["level"].upper().ljust(7), fields["message"], *rest])
    return _visible(line + (f" trace={fields['trace']}" if "trace" in fields else ""))


def _fitting(write: Callable[[dict[str, str]], str], fields: dict[str, str], redact: Redactor) -> str:
    line = redact(write(fields))
    for _ in range(_CUTS_MAX):
        if len(line.encode()) <= LINE_BYTES_MAX:
            break
        longest = max(fields, key=lambda key: len(fields[key]))
        text = fields[longest].removesuffix(_CUT)
        fields = {**fields, longest: text[: len(text) // 2] + _CUT}
        line = redact(write(fields))
    return line.encode()[:LINE_BYTES_MAX].decode(errors="ignore")


def _visible(text: str) -> str:
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text
    )


def _log_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if error is not None and not issubclass(kind, KeyboardInterrupt):
        logging.getLogger("reviewer").critical("not caught", exc_info=(kind, error, trace))

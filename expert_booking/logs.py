"""What the process writes down: lines of text for a developer, JSON lines in production, and nobody's data in either.

Whoever logs names ids, and no addresses, names or tokens. Behind that stand two belts. In production an exception is
told by its kind and its place: the text of a driver's or a validation's error quotes what was stored or sent. And
whatever looks like an address, a phone number or a token is struck out of every line.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

HOUSE = Path(__file__).parents[1]
MOST_FRAMES = 12
PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"

TALKATIVE = (
    "pymongo",
    "motor",
    "engineio",
    "socketio",
    "multipart",
    "python_multipart",
    "aiosmtplib",
    "httpx",
    "httpcore",
    "hpack",
)
"""At DEBUG or INFO they write down documents, packets or requests."""

QUOTING = ("asyncio", "uvicorn.error")
"""After their first line they quote what failed, with all that it was given."""

STRUCK_OUT = {
    "//[...]@": re.compile(r"//[^/\s@]+@"),
    "[address]": re.compile(r"[^\s@<>\"'=:;,(){}\[\]]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE),
    "[token]": re.compile(
        r"(?<![\w.-])(?:(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{20,}|[0-9a-fA-F-]{32,})(?![\w-])"
    ),
    "[number]": re.compile(r"(?<![\w.])\+\d(?:[ ().-]?\d){7,14}(?!\w)"),
}
"""What stands instead of it, and what it looks like. An id (24 hexadecimal digits) looks like none of them."""


def install(*, level: str, is_production: bool) -> None:
    """Have everything that is logged written to standard error, unless somebody has seen to that already."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if is_production else Discreet(PLAIN))
    logging.basicConfig(level=level, handlers=[handler])
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    if is_production:
        sys.excepthook = _log_last_words


def discreet(text: str) -> str:
    """The text without what looks like somebody's."""
    for instead, look in STRUCK_OUT.items():
        text = look.sub(instead, text)
    return text


class Discreet(logging.Formatter):
    """Text for a developer; what an exception says is in it, but for what looks like somebody's."""

    def format(self, record: logging.LogRecord) -> str:
        """One record, on several lines if it has an exception."""
        return discreet(super().format(record))


class JsonLines(logging.Formatter):
    """One record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time (UTC), level, logger, message and, of an exception, kinds and places."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": discreet(_message(record)),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = list(_kinds(record.exc_info[1]))
            line["at"] = list(_places(record.exc_info[1].__traceback__))
        return json.dumps(line, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not record.args and str(error) and str(error) in str(record.msg):
        return "unforeseen"  # log.exception(error): the message is the very text
    message = record.getMessage()
    return message.partition("\n")[0] if record.name in QUOTING else message


def _kinds(error: BaseException | None) -> Iterator[str]:
    """The error's class and those of what led to it, the nearest first."""
    while error is not None:
        yield type(error).__name__
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(trace: TracebackType | None) -> Iterator[str]:
    """The house's own frames and the innermost, without what they hold; the outermost first."""
    frames = traceback.extract_tb(trace)
    own = [frame for frame in frames if _is_own(frame.filename)]
    for frame in [*own[-MOST_FRAMES:], *(frames[-1:] if frames and not _is_own(frames[-1].filename) else ())]:
        path = Path(frame.filename)
        name = path.relative_to(HOUSE) if _is_own(frame.filename) else Path(*path.parts[-2:])
        yield f"{name}:{frame.lineno} {frame.name}"


def _is_own(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(HOUSE) and "site-packages" not in path.parts


def _log_last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger(__name__).critical("the process ends", exc_info=(kind, error, trace))

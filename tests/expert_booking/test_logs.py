"""What is written down holds nobody's data, whoever writes it and whatever went wrong."""

import json
import logging
import sys
from collections.abc import Iterator
from itertools import product
from types import TracebackType

import pytest
from pydantic import BaseModel, ValidationError

from expert_booking import logs

TOKEN = "Zq3-mV0xT1bYkR7uWn_8aQ"
SECRETS = (
    "alice@example.org",
    "alice%40example.org",
    "ALICE.O'Neil+x@mail.example.co.uk",
    "+44 20 7946 0958",
    "+442079460958",
    TOKEN,
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "a3" * 32,
)
ObjectId = "6b0370f4118254c44545678f"


class Named(BaseModel):
    age: int


def failure() -> tuple[type[BaseException], BaseException, TracebackType | None]:
    try:
        try:
            Named.model_validate({"age": "Alice Canary"})
        except ValidationError as error:
            raise RuntimeError(f"could not read Alice Canary of {SECRETS[0]}") from error
    except RuntimeError as error:
        return type(error), error, error.__traceback__


def written(message: object, *args: object, name: str = "pages.errors", fails: bool = False) -> dict[str, object]:
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, failure() if fails else None)
    line = logs.JsonLines().format(record)
    assert "\n" not in line
    return json.loads(line)


def test_record_is_one_line_of_json() -> None:
    line = written("settled booking %s\nat last", ObjectId)

    assert line["message"] == f"settled booking {ObjectId}\nat last"
    assert (line["level"], line["logger"]) == ("ERROR", "pages.errors")
    assert str(line["time"]).endswith("+00:00")


@pytest.mark.parametrize(
    ("secret", "around"),
    [
        *product(SECRETS, ["{}", "key: {{ email: '{}' }}", "<{}>", "?email={}&page=1"]),
        *((secret, "GET /bookings/{} gone") for secret in SECRETS if not secret.startswith("+")),
    ],
)
def test_what_looks_like_somebodys_is_struck_out(secret: str, around: str) -> None:
    text = around.format(secret)

    assert secret not in str(written(text)["message"])
    assert secret not in logs.Discreet(logs.PLAIN).format(
        logging.LogRecord("pages", logging.ERROR, __file__, 1, text, (), None)
    )


@pytest.mark.parametrize(
    "text",
    [
        f"slot {ObjectId} of 2026-11-25T10:00:00.000+00:00",
        "open at http://127.0.0.1:8080",
        "no database yet (ServerSelectionTimeoutError); the house is open",
        "read a catalogue of 10000 experts in 0.1 s",
        "expert_booking/openings_upkeep.py:88 a_function_with_a_rather_long_name",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert written(text)["message"] == text


def test_exception_is_told_by_kind_and_place_and_never_by_its_text() -> None:
    line = written("%s failed", "settle", fails=True)

    assert line["message"] == "settle failed"
    assert line["error"] == ["RuntimeError", "ValidationError"]
    assert [str(place).split()[-1] for place in line["at"]] == ["failure"]
    assert "Canary" not in json.dumps(line)


def test_exception_that_is_its_own_message_is_not_told() -> None:
    _, error, _ = failure()

    assert "Canary" not in json.dumps(written(error, fails=True))


def test_loop_says_what_failed_and_not_with_what() -> None:
    told = "Task exception was never retrieved\nfuture: <Task exception=DuplicateKeyError('Alice Canary')>"

    assert written(told, name="asyncio")["message"] == "Task exception was never retrieved"


def test_credentials_of_an_address_are_struck_out() -> None:
    assert written("mongodb://house:hush@database:27017/x")["message"] == "mongodb://[...]@database:27017/x"


@pytest.fixture
def bare_log() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:], sys.excepthook = before, hook
    root.setLevel(level)
    for name in logs.TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_those_who_write_down_documents_are_kept_short(bare_log: None, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().handlers.clear()  # those of the test run
    logs.install(level="DEBUG", is_production=True)

    logging.getLogger("pymongo.command").debug("insert Alice Canary")
    logging.getLogger("engineio.server").info("packet with Alice Canary")
    logging.getLogger("pages").debug("all is well")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["message"] for line in lines] == ["all is well"]

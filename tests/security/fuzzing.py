"""schemathesis over the description of the API, against the application as people run it.

`python -m tests.security.fuzzing` runs it at length (SEED and FUZZ_SECONDS say how) and prints what it counted.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.application import ADMIN_TOKEN, Application
from tests.security import mailbox

ROOT = Path(__file__).parents[2]
HOOKS = Path(__file__).with_name("fuzz_hooks.py")
LONGEST_RUN_SECONDS = 3600
ENDLESS = "/api/experts/{expert_id}/events"
"""A stream of events has no end that a fuzzer could wait for; tests/api holds it to its description."""
EMAIL = "alice@example.com"
CONFIGURATION = """
hooks = "{hooks}"
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "429"]
"""
# 422 is no lie: whether a number is a telephone number in a country, or an address an address, no schema can say.
BOOKINGS_OF_EACH_KIND = 25


@dataclass(frozen=True, kw_only=True)
class Fuzzed:
    """What came of it: how many requests, which answers by operation, and what was wrong."""

    cases: int
    answers: dict[str, dict[int, int]]
    operations: set[str]
    failures: list[Any]
    stopped: str
    output: str

    @property
    def server_errors(self) -> int:
        """How many answers were a 5xx."""
        return sum(many for statuses in self.answers.values() for status, many in statuses.items() if status >= 500)

    @property
    def never_succeeded(self) -> set[str]:
        """The operations that have not answered 2xx once."""
        return {name for name in self.operations if not any(status < 300 for status in self.answers.get(name, ()))}


def fuzz(folder: Path, *, examples: int, seed: int, seconds: int | None = None) -> Fuzzed:
    """Run all phases against an application of their own, without limits on how often it may be asked.

    Args:
        folder: for what the run writes.
        examples: how many requests per operation in each phase that generates them.
        seed: the same one makes the same requests.
        seconds: how long to go on, with ever new requests; left out, each phase ends when it is through.
    """
    options = ["--max-examples", examples, "--seed", seed, *(["--max-time", seconds] if seconds else [])]
    mail_port = mailbox.free_port()
    application = Application(folder, RATE_LIMITS="off", **mailbox.settings(mail_port))
    application.start()
    try:
        return _run(application, folder, mail_port, options)
    finally:
        application.stop()


def _run(application: Application, folder: Path, mail_port: int, options: list[Any]) -> Fuzzed:
    found = {**known(application), "mail_port": mail_port, "url": application.url}
    (folder / "known.json").write_text(json.dumps(found))
    (folder / "schemathesis.toml").write_text(CONFIGURATION.format(hooks=HOOKS))
    run = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "--config-file", folder / "schemathesis.toml", "run"),
            *(f"{application.url}/openapi.json", "--exclude-path", ENDLESS, "--continue-on-failure", "--no-shrink"),
            *("--request-timeout", "20", "--report", "json", "--report-json-path", folder / "report.json"),
            *map(str, options),
        ],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "FUZZ_KNOWN": str(folder / "known.json"),
            "FUZZ_COUNTS": str(folder / "counts.json"),
        },
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN_SECONDS,
        check=False,
    )
    assert (folder / "report.json").exists(), run.stdout + run.stderr
    report = json.loads((folder / "report.json").read_text())
    return Fuzzed(
        cases=report["test_cases"]["generated"],
        answers=_by_operation(json.loads((folder / "counts.json").read_text())),
        operations=_operations(application),
        failures=[*report["failures"], *report["errors"]],
        stopped=report["stop_reason"],
        output=run.stdout,
    )


def known(application: Application) -> dict[str, Any]:
    """Experts with open slots that share no time, bookings with their tokens, and whoever may do what."""
    listed = application.get("/api/experts?limit=50")["experts"]
    experts = {}
    for each in listed:
        slots = application.get(f"/api/experts/{each['_id']}")["timeSlots"]
        of_one_type = [slot for slot in slots if slot["sessionType"] == each["sessionTypes"][0]["key"]]
        experts[each["_id"]] = [slot["id"] for slot in of_one_type if slot["state"] == "open"]
    richest = sorted(experts, key=lambda expert: len(experts[expert]), reverse=True)[:5]
    made = [
        (application.book(expert, experts[expert].pop(), email=EMAIL), expert)
        for expert in richest
        for _ in range(2 * BOOKINGS_OF_EACH_KIND // len(richest))
    ]
    bookings = [(booking["_id"], booking["manageToken"], expert) for booking, expert in made]
    pending, completed = bookings[: len(bookings) // 2], bookings[len(bookings) // 2 :]
    for booking, _token, _expert in completed:
        application.complete(booking)
    return {
        "experts": experts,
        "pending": pending,
        "completed": completed,
        "admin": ADMIN_TOKEN,
        "email": EMAIL,
    }


def _operations(application: Application) -> set[str]:
    paths = application.get("/openapi.json")["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods if path != ENDLESS}


def _by_operation(counts: dict[str, int]) -> dict[str, dict[int, int]]:
    answers: dict[str, Counter[int]] = {}
    for label, many in counts.items():
        operation, _, status = label.rpartition(" ")
        answers.setdefault(operation, Counter())[int(status)] = many
    return {operation: dict(statuses) for operation, statuses in answers.items()}


def main() -> None:
    """Fuzz at length, and tell."""
    seed, seconds = int(os.environ.get("SEED", "1")), int(os.environ.get("FUZZ_SECONDS", "300"))
    with tempfile.TemporaryDirectory() as folder:
        fuzzed = fuzz(Path(folder), examples=150, seconds=seconds, seed=seed)
    sys.stdout.write(fuzzed.output)
    for operation, statuses in sorted(fuzzed.answers.items()):
        sys.stdout.write(f"{operation}: {dict(sorted(statuses.items()))}\n")
    sys.stdout.write(f"{fuzzed.cases} requests, {fuzzed.server_errors} server errors, seed {seed}\n")
    sys.exit(bool(fuzzed.failures or fuzzed.server_errors or fuzzed.never_succeeded))


if __name__ == "__main__":
    main()

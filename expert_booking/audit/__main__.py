"""`python -m expert_booking.audit`: exit code 0 when all is well, 1 with findings, 2 when it cannot look."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from expert_booking import audit, clock, database
from expert_booking.embedded_files import storage
from expert_booking.embedded_server import EmbeddedServer, EmbeddedServerError
from expert_booking.settings import Settings, SettingsError, load_settings

CLEAN, FOUND, CANNOT_LOOK = 0, 1, 2

AGAIN_AFTER_SECONDS = 2.0
MOST_SHOWN = 20


class CannotLook(RuntimeError):
    """The text is one sentence that says why."""


def main() -> int:
    """Look, say what was found, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m expert_booking.audit", description=audit.__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, for programs")
    as_json = parser.parse_args().json
    try:
        report = asyncio.run(_look(load_settings()))
    except (CannotLook, SettingsError, EmbeddedServerError) as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_LOOK
    sys.stdout.write(_in_json(report) if as_json else _in_words(report))
    return FOUND if report.findings else CLEAN


async def _look(settings: Settings) -> audit.Report:
    try:
        async with _server(settings) as uri:
            try:
                await database.connect(
                    uri,
                    name=settings.database_name,
                    timeout_seconds=settings.database_timeout_seconds,
                    makes_indexes=False,
                )
                with database.patiently():
                    return await audit.look(
                        now=clock.now(),
                        recovery_interval=timedelta(seconds=settings.recovery_interval_seconds),
                        again_after_seconds=AGAIN_AFTER_SECONDS,
                        compares_indexes=settings.mongo_uri is None,
                    )
            finally:
                await database.disconnect()
    except database.UNUSABLE_ERRORS as error:
        raise CannotLook(f"The database cannot be read ({type(error).__name__}): is it there, and allowed?") from error


@asynccontextmanager
async def _server(settings: Settings) -> AsyncIterator[str]:
    """The address of the database; the embedded one is started for as long as it is looked at."""
    if settings.mongo_uri is not None:
        yield settings.mongo_uri
        return
    if not storage(settings.data_dir).is_dir():
        raise CannotLook(f"There is no database in {settings.data_dir}: set DATA_DIR or MONGO_URI.")
    server = await EmbeddedServer.start(settings.data_dir)
    try:
        yield server.uri
    finally:
        await server.stop()


def _in_words(report: audit.Report) -> str:
    lines = [f"{report.slots} slots and {report.bookings} bookings were read."]
    for kind, findings in audit.counted(report.findings).items():
        lines.append(f"{len(findings)} {audit.MEANINGS[kind]}:")
        lines += [f"  {' '.join(finding.about)}" for finding in findings[:MOST_SHOWN]]
        if len(findings) > MOST_SHOWN:
            lines.append(f"  ... and {len(findings) - MOST_SHOWN} more; --json has them all")
    lines += [] if report.findings else ["They tell the same story: nothing is wrong."]
    return "\n".join([*lines, ""])


def _in_json(report: audit.Report) -> str:
    findings = {
        kind: {"count": len(found), "about": [list(finding.about) for finding in found]}
        for kind, found in audit.counted(report.findings).items()
    }
    return json.dumps({"slots": report.slots, "bookings": report.bookings, "findings": findings}) + "\n"


if __name__ == "__main__":
    sys.exit(main())

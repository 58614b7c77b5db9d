"""Fills the database: demo experts, any number of them, or an import from the original application.

python seed.py --help says how. It runs beside the application or without it.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from expert_booking import database, demo, embedded_server, emptying, migrations, original_export
from expert_booking.bulk import Tally
from expert_booking.embedded_server import EmbeddedServer, EmbeddedServerError
from expert_booking.original_export import ExportUnreadable
from expert_booking.original_records import Skipped
from expert_booking.settings import Settings, SettingsError, load_settings
from models.expert import ZONE_NAMES

DEMO_EXPERTS, DEMO_DAYS = 24, 14
# A batch of a thousand documents takes longer than anything a visitor waits for.
TIMEOUT_SECONDS = 60
MOST_EXPERTS = 1_000_000
MOST_DAYS = 366
SKIPPED_SHOWN = 20

console = Console()


class Refused(Exception):
    """What was asked for is not done; the text says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the database as the command line says; 0 when done, 1 when it could not be done, 2 when misused."""
    options = _options(arguments)
    try:
        records = original_export.read(options.import_file) if options.import_file else None
        asyncio.run(_seed(options, records, load_settings()))
    except (SettingsError, EmbeddedServerError, ExportUnreadable, Refused) as error:
        print(error, file=sys.stderr)
        return 1
    except database.UNUSABLE_ERRORS as error:
        problem = f"The database could not be used ({type(error).__name__})"
        print(f"{problem}: is it running, and is MONGO_URI right?", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Run it again to make what is missing.", file=sys.stderr)
        return 130
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    description = "Fill the database; what is there already stays as it is."
    parser = argparse.ArgumentParser(prog="seed.py", description=description)
    demo_options = parser.add_argument_group("demo experts")
    demo_options.add_argument("--experts", type=_number(0, MOST_EXPERTS), metavar="N", help="how many (default: 24)")
    demo_options.add_argument(
        "--days", type=_number(1, MOST_DAYS), metavar="N", help="days of open times (default: 14)"
    )
    demo_options.add_argument("--seed", type=int, metavar="N", help="another number makes other people (default: 1)")
    importing = parser.add_argument_group("import from the original application")
    importing.add_argument("--import", dest="import_file", type=Path, metavar="FILE", help="what mongoexport wrote")
    importing.add_argument("--zone", type=_zone, help="IANA time zone of the times in FILE (default: UTC)")
    importing.add_argument("--shift-to-future", action="store_true", help="move all dates ahead by whole weeks")
    parser.add_argument("--reset", action="store_true", help="first remove all experts, time slots and bookings")
    parser.add_argument("--yes", action="store_true", help="reset without asking")
    options = parser.parse_args(arguments)
    if misuse := _misuse(options):
        parser.error(misuse)
    return options


def _misuse(options: argparse.Namespace) -> str | None:
    """What of the command line contradicts the rest of it."""
    demo_given = [f"--{name}" for name in ("experts", "days", "seed") if getattr(options, name) is not None]
    if options.import_file and demo_given:
        return f"{demo_given[0]} is for demo experts and --import makes none: give one or the other"
    if not options.import_file and (options.zone or options.shift_to_future):
        return f"{'--zone' if options.zone else '--shift-to-future'} needs --import FILE"
    if options.yes and not options.reset:
        return "--yes answers the question of --reset, which is not given"
    if options.experts == 0 and not options.reset:
        return "--experts 0 makes nothing; with --reset it empties the database"
    return None


def _number(least: int, most: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return whole


def _zone(name: str) -> ZoneInfo:
    if name not in ZONE_NAMES:
        raise argparse.ArgumentTypeError(f"{name!r} is not an IANA time zone such as Europe/Berlin")
    return ZoneInfo(name)


async def _seed(options: argparse.Namespace, records: list[Any] | None, settings: Settings) -> None:
    async with _connected(settings, is_much=records is None and _is_much(options)) as is_on_a_copy:
        if options.reset:
            await _reset(settings, asks=not options.yes, is_on_a_copy=is_on_a_copy)
        if records is None:
            await _make_demo(options, is_on_a_copy=is_on_a_copy)
        else:
            await _import(records, options)


def _is_much(options: argparse.Namespace) -> bool:
    experts = DEMO_EXPERTS if options.experts is None else options.experts
    return options.reset or demo.is_much(experts=experts, days=options.days or DEMO_DAYS)


@asynccontextmanager
async def _connected(settings: Settings, *, is_much: bool) -> AsyncIterator[bool]:
    """The database of the settings: the server at MONGO_URI, the one of a running application, or one for this run.

    What it gives is whether that is a server on a copy, which one for this run is when there `is_much` to do.
    """
    uri = settings.mongo_uri or await embedded_server.running(settings.data_dir)
    is_on_a_copy = uri is None and is_much
    async with AsyncExitStack() as stack:
        if is_on_a_copy:
            uri = await stack.enter_async_context(embedded_server.on_a_copy(settings.data_dir))
        elif uri is None:
            server = await EmbeddedServer.start(settings.data_dir)
            stack.push_async_callback(server.stop)
            uri = server.uri
        stack.push_async_callback(database.disconnect)
        # Whether it is there at all shows within the application's own, shorter, time.
        await migrations.connect(uri, name=settings.database_name, timeout_seconds=settings.database_timeout_seconds)
        await database.disconnect()
        await database.connect(uri, name=settings.database_name, timeout_seconds=TIMEOUT_SECONDS)
        yield is_on_a_copy


async def _reset(settings: Settings, *, asks: bool, is_on_a_copy: bool) -> None:
    found = await emptying.counts()
    what = ", ".join(f"{number:,} {kind}" for kind, number in found.items())
    if asks:
        _ask(f"This removes {what} from the database {settings.database_name!r}, for good.")
    if is_on_a_copy:
        with console.status("Removing"):
            await emptying.empty_at_once()
    else:
        with _progress("Removing", total=sum(found.values())) as advance:
            await emptying.empty(progress=advance)
    console.print(f"Removed {what}.", highlight=False)


def _ask(warning: str) -> None:
    if not sys.stdin.isatty():
        raise Refused(f"{warning} Nothing was done, because nobody can be asked here: add --yes to go ahead.")
    print(warning)
    try:
        answer = input("Go ahead? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().casefold() not in ("y", "yes"):
        raise Refused("Nothing was done.")


async def _make_demo(options: argparse.Namespace, *, is_on_a_copy: bool) -> None:
    count = DEMO_EXPERTS if options.experts is None else options.experts
    with _progress("Filling", total=count) as advance:
        filled = await demo.fill(
            experts=count,
            days=options.days or DEMO_DAYS,
            seed=demo.USUAL_SEED if options.seed is None else options.seed,
            progress=lambda: advance(1),
            is_on_a_copy=is_on_a_copy,
        )
    _report(experts=filled.experts, slots=filled.slots)


async def _import(records: list[Any], options: argparse.Namespace) -> None:
    with console.status("Importing"):
        imported = await original_export.load(
            records, zone=options.zone or ZoneInfo("UTC"), shift_to_future=options.shift_to_future
        )
    _report(experts=imported.experts, slots=imported.slots)
    if imported.moved_by and imported.slots.made:
        print(f"All dates were moved ahead by {imported.moved_by.days // 7} weeks.")
    if imported.past:
        print(f"{imported.past} of the times are past and cannot be booked; --shift-to-future would move them ahead.")
    _report_skipped(imported.skipped)
    if imported.experts == Tally():
        raise Refused("No expert in this file could be imported.")


def _report(*, experts: Tally, slots: Tally) -> None:
    table = Table("", "made", "already there")
    for kind, tally in {"Experts": experts, "Time slots": slots}.items():
        table.add_row(kind, f"{tally.made:,}", f"{tally.already_there:,}")
    console.print(table)


def _report_skipped(skipped: Sequence[Skipped]) -> None:
    if not skipped:
        return
    print(f"Skipped {len(skipped)}:")
    for one in skipped[:SKIPPED_SHOWN]:
        print(f"  {one.what}: {one.reason}")
    if len(skipped) > SKIPPED_SHOWN:
        print(f"  and {len(skipped) - SKIPPED_SHOWN} more")


@contextmanager
def _progress(doing: str, *, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere; what it gives is called with how much more has been done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda more: bar.advance(task, more)


if __name__ == "__main__":
    sys.exit(main())

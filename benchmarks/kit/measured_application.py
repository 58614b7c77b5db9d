"""The application, and what it says to those who measure it: `python -m benchmarks.kit.measured_application FILE`.

Each call of `events.slot_changed`, which follows the write to the database, adds a line to the file: the moment by
the clock that all processes of a machine share, the slot's id and its state. The doors are those of `doors.py`.
"""

import os
import sys
import time
from pathlib import Path

from nicegui import app

import main as application
from benchmarks.kit import doors
from expert_booking import events
from expert_booking.events import SlotChanged


def note_changes(path: Path) -> None:
    """Write down every change before anybody is told of it."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    tell = events.slot_changed

    def note_and_tell(event: SlotChanged) -> None:
        os.write(file, f"{time.monotonic()} {event.slot_id} {event.state}\n".encode())
        tell(event)

    events.slot_changed = note_and_tell


if __name__ == "__main__":
    note_changes(Path(sys.argv[1]))
    doors.open_for_measuring(app)
    application.main()

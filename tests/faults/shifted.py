"""The application under a clock that a test sets: main.py, with the seconds in the file `clock` added to every reading.

Run in the application's folder in the place of main.py.
"""

import runpy
from datetime import datetime, timedelta
from pathlib import Path

from expert_booking import clock

MAIN = Path(__file__).parents[2] / "main.py"
SHIFT = Path("clock")

true_now = clock.now


def shifted_now() -> datetime:
    return true_now() + timedelta(seconds=int(SHIFT.read_text() or 0))


if __name__ == "__main__":
    clock.now = shifted_now
    runpy.run_path(str(MAIN), run_name="__main__")

"""Lines of CSV files, in which no spreadsheet takes a word for a formula."""

import csv
import io
import re
from collections.abc import Iterable

_BEGINS_FORMULA = re.compile(r'^(?=[\t\r=+\-@])|(?<=[;\t\r\n])(?="*[=+\-@])')
"""Where a cell begins, or may begin: in many countries a spreadsheet takes a semicolon for the end of a cell."""


def line(cells: Iterable[object]) -> str:
    """One line of a file; what is a number stays one."""
    written = io.StringIO()
    csv.writer(written).writerow([defused(cell) if isinstance(cell, str) else cell for cell in cells])
    return written.getvalue()


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, wherever it is cut."""
    return _BEGINS_FORMULA.sub("'", cell)

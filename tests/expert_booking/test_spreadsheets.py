"""What a spreadsheet makes of a line, wherever it cuts it."""

import csv
import io

import pytest

from expert_booking import spreadsheets


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("-1", "'-1"),
        ("=1", "'=1"),
        ("\t=1", "'\t'=1"),
        ("Al;=HYPERLINK(1)", "Al;'=HYPERLINK(1)"),
        ('Al;"=HYPERLINK(1)"', 'Al;\'"=HYPERLINK(1)"'),
        ("Al;;@SUM(A1);+1", "Al;;'@SUM(A1);'+1"),
        ("Al\n=1\r\n-2\t+3", "Al\n'=1\r\n'-2\t'+3"),
        ("Al; plain, 2-1=1", "Al; plain, 2-1=1"),
        ("", ""),
    ],
)
def test_no_word_is_taken_for_a_formula(cell: str, written: str) -> None:
    assert spreadsheets.defused(cell) == written
    assert next(csv.reader(io.StringIO(spreadsheets.line(["first", cell]), newline=""))) == ["first", written]


def test_numbers_stay_numbers() -> None:
    assert spreadsheets.line([-1, 0.5]) == "-1,0.5\r\n"

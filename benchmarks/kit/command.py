"""What the commands of all benchmarks have in common: their options, and what becomes of the figures."""

import argparse
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.kit import loop
from benchmarks.kit.figures import Report

Answer = TypeVar("Answer")
Measuring = Coroutine[Any, Any, Answer]


def options(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="append the figures to it, one JSON object a line")
    return parser


def report(
    name: str,
    arguments: argparse.Namespace,
    measure: Callable[[argparse.Namespace, Report], Measuring[Answer]],
    *,
    run: Callable[[Measuring[Answer]], Answer] = loop.run,
) -> Answer:
    """Measure and print; what measuring came to.

    Args:
        name: of the benchmark.
        arguments: what was parsed with `options`.
        measure: adds rows to the report.
        run: on which event loop.
    """
    figures = Report(name, arguments=sys.argv[1:])
    answer = run(measure(arguments, figures))
    figures.print()
    if arguments.json:
        figures.append_to(arguments.json)
    return answer

"""From measured times to medians, a table and JSON lines."""

import json
import math
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Self

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """How long one round took, in milliseconds; `last` is the slowest of all."""

    p50: float
    p95: float
    p99: float
    last: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Self:
        """The percentiles (nearest rank) of at least one time."""
        ordered = sorted(each * 1000 for each in seconds)
        p50, p95, p99 = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.95, 0.99))
        return cls(p50=p50, p95=p95, p99=p99, last=ordered[-1])

    @classmethod
    def median_of(cls, rounds: Sequence[Self]) -> Self:
        """Each figure's median over the rounds."""
        return cls(**{field.name: median(getattr(each, field.name) for each in rounds) for field in fields(cls)})

    def in_columns(self) -> dict[str, float]:
        """The figures by the names under which they are reported."""
        return {f"{name}_ms": figure for name, figure in asdict(self).items()}


class Report:
    """Rows of one benchmark, all with the same columns: printed as a table, appended to a file as JSON lines."""

    def __init__(self, benchmark: str, *, arguments: Sequence[str]) -> None:
        self._circumstances = {
            "benchmark": benchmark,
            "command": " ".join(["python -m", f"benchmarks.{benchmark}", *arguments]),
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load_before": os.getloadavg()[0],
        }
        self._rows: list[dict[str, Any]] = []

    def add(self, **columns: Any) -> None:
        """One row; none stands for what was not measured."""
        self._rows.append(columns)

    def print(self) -> None:
        """The table, for a person."""
        table = Table(title=f"{self._circumstances['benchmark']}, times in ms", title_justify="left")
        for column in self._rows[0]:
            heading = column.removesuffix("_ms").replace("_", "\n")  # narrow columns
            table.add_column(heading, justify="left" if column == "what" else "right", no_wrap=True)
        for row in self._rows:
            table.add_row(*(_in_short(figure) for figure in row.values()))
        Console(width=max(132, Console().width)).print(table)

    def append_to(self, path: Path) -> None:
        """One JSON object a row, each with the circumstances of the run."""
        with path.open("a", encoding="utf-8") as file:
            for row in self._rows:
                file.write(json.dumps({**self._circumstances, **row}) + "\n")


def _in_short(figure: Any) -> str:
    if isinstance(figure, float):
        return f"{figure:.2f}" if abs(figure) < 10 else f"{figure:.0f}"
    return "" if figure is None else str(figure)

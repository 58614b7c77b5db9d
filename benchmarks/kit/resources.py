"""What a process has used, as Linux tells it."""

from collections.abc import Iterator
from pathlib import Path

NANOSECOND = 1e-9


def own_kb(pid: int) -> int:
    """The memory that would be free if the process ended."""
    return sum(size for name, size in _sizes(pid) if name in ("Private_Clean", "Private_Dirty"))


def cpu_seconds(pid: int) -> float:
    """The processor time of all threads so far."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) * NANOSECOND


def children(pid: int) -> list[int]:
    """The processes that it has started."""
    found = [int(process.name) for process in Path("/proc").iterdir() if process.name.isdigit()]
    return [child for child in found if _parent(child) == pid]


def _parent(pid: int) -> int | None:
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2]
    except OSError:  # it has ended meanwhile
        return None
    return int(after_name.split()[1])


def _sizes(pid: int) -> Iterator[tuple[str, int]]:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, size, _ = line.split()
        yield name.removesuffix(":"), int(size)

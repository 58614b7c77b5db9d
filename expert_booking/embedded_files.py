"""The files of the embedded server: to whom they belong, and how a copy takes their place."""

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import IO


class EmbeddedServerError(RuntimeError):
    """The text can be shown as it is: one sentence that says why, and what to do."""


class DataDirectoryInUse(EmbeddedServerError):
    """Another application, or a server started by hand, works on the same files."""


def in_use(data_dir: Path) -> DataDirectoryInUse:
    """The error that says so."""
    return DataDirectoryInUse(
        f"The data directory {data_dir} is in use by another Expert Booking: "
        "stop that one, or set DATA_DIR or MONGO_URI for this one."
    )


def storage(data_dir: Path) -> Path:
    """Where the server keeps what is stored; it may be a link to another disk."""
    return (data_dir / "database").resolve()


def copy(data_dir: Path) -> Path:
    """Where a server that loads in bulk keeps it until all is well."""
    return storage(data_dir).with_name("new-database")


def _replaced(data_dir: Path) -> Path:
    return storage(data_dir).with_name("old-database")


def lock(data_dir: Path) -> IO[str]:
    """Take the data directory, until the file that is given is closed or its process dies."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        held = (data_dir / "database.lock").open("a")
    except OSError as error:
        raise EmbeddedServerError(
            f"The data directory {data_dir} cannot be used ({error.strerror}): make it writable or set DATA_DIR."
        ) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise in_use(data_dir) from None
    return held


def make_ready(data_dir: Path) -> None:
    """See that there is a storage and no copy of it; the lock must be held, and no server run."""
    if _replaced(data_dir).exists() and not storage(data_dir).exists():
        _replaced(data_dir).rename(storage(data_dir))
    shutil.rmtree(_replaced(data_dir), ignore_errors=True)
    shutil.rmtree(copy(data_dir), ignore_errors=True)
    storage(data_dir).mkdir(exist_ok=True)


def make_copy(data_dir: Path) -> None:
    """Copy the storage; no server may run on it."""
    if _is_served(storage(data_dir)):
        raise in_use(data_dir)
    try:
        shutil.copytree(storage(data_dir), copy(data_dir))
    except OSError as error:
        shutil.rmtree(copy(data_dir), ignore_errors=True)
        raise EmbeddedServerError(
            f"The database in {data_dir} could not be copied: is there as much room again as it takes?"
        ) from error


def put_copy_in_place(data_dir: Path) -> None:
    """Let the copy be the storage; killed in between, the next `make_ready` goes back to how it was."""
    os.sync()  # what was copied and not changed since may be nowhere but in memory, and the original goes
    try:
        storage(data_dir).rename(_replaced(data_dir))
        copy(data_dir).rename(storage(data_dir))
    except OSError as error:
        raise EmbeddedServerError(
            f"The new database in {data_dir} could not take the place of the old one ({error.strerror}): "
            "nothing was changed."
        ) from error
    shutil.rmtree(_replaced(data_dir), ignore_errors=True)


def _is_served(storage: Path) -> bool:
    # The server itself holds this lock, also one that was started by hand and knows nothing of ours.
    own = storage / "WiredTiger.lock"
    if not own.exists():
        return False
    with own.open("r+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def write_record(data_dir: Path, *, pid: int, port: int) -> None:
    """Tell other processes which server runs here."""
    whole = _record_path(data_dir).with_suffix(".new")
    whole.write_text(json.dumps({"pid": pid, "port": port}), encoding="utf-8")
    whole.replace(_record_path(data_dir))


def read_record(data_dir: Path) -> tuple[int, int] | None:
    """Process id and port of the server that runs, or ran, here."""
    try:
        record = json.loads(_record_path(data_dir).read_text(encoding="utf-8"))
        return int(record["pid"]), int(record["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_record(data_dir: Path) -> None:
    """Tell other processes that no server runs here any more."""
    _record_path(data_dir).unlink(missing_ok=True)


def _record_path(data_dir: Path) -> Path:
    return data_dir / "database.json"

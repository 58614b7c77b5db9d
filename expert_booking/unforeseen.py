"""What nobody foresaw, told to the log without anybody's data."""

import traceback


def outline(error: BaseException) -> str:
    """Kind of error and where it happened; its text is left out, which may hold an address or a name."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"

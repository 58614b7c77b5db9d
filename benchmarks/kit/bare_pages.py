"""The peer: NiceGUI pages of nothing but plain elements, served as the application serves its own.

`python -m benchmarks.kit.bare_pages`, at HOST and PORT of the environment. `/elements/N` holds N elements with a word
each, which is what a page costs that is written down without further thought; `/elements/0` is an empty page. With
`settled` as an argument the memory is set as the application sets it, without it as Python sets it.
"""

import gc
import os
import sys

from nicegui import app, html, ui
from starlette.responses import Response

from benchmarks.kit import doors


@ui.page("/elements/{count}")
def elements(count: int) -> None:
    """So many elements."""
    for number in range(count):
        html.span(f"Number {number}")


@app.get("/ready")
def ready() -> Response:
    """Here I am."""
    return Response(status_code=204)


def settle_memory() -> None:
    """As the application does it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


def main() -> None:
    """Serve until ended."""
    doors.open_for_measuring(app)
    if "settled" in sys.argv:
        app.on_startup(settle_memory)
    ui.run(
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        binding_refresh_interval=None,
        reconnect_timeout=float(os.environ.get("RECONNECT_SECONDS", "10")),
        reload=False,
        show=False,
        show_welcome_message=False,
        tailwind=False,
        storage_secret="measured",
        uvicorn_logging_level="warning",
        ws_per_message_deflate=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()

"""The line to one browser, to which a finished frame can be written.

Sending one message to a thousand pages the usual way makes a thousand packets, queues, wake-ups and frames of the same
bytes. Here the bytes are made once (`frame`) and written to each connection; nothing else of the protocol changes.
"""

import struct
from collections.abc import Mapping
from typing import Any
from weakref import ref

from uvicorn.config import WS_PROTOCOLS
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

MOST_UNSENT_BYTES = 256 * 1024
"""A browser that takes nothing for so long is cut off: it comes back and reads what is true by then."""

_WIRE = "expert_booking.wire"
_FINAL_TEXT = 0x81


class Wire(WSProtocol):
    """NiceGUI's WebSocket connection, which says in the ASGI scope where it is."""

    async def run_asgi(self) -> None:
        """Serve the connection."""
        self.scope["state"][_WIRE] = ref(self)
        await super().run_asgi()

    def push(self, data: bytes) -> bool:
        """Write a finished frame behind what was written before; false when nobody is there to read it."""
        transport = self.transport
        if not self.handshake_complete or self.close_sent or self.disconnected or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            transport.abort()
            return False
        transport.write(data)
        return True


def install() -> None:
    """Have the server make its WebSocket connections of this kind."""
    WS_PROTOCOLS["wsproto"] = f"{Wire.__module__}:{Wire.__qualname__}"


def wire_of(environ: Mapping[str, Any] | None) -> Wire | None:
    """The line behind a Socket.IO connection, or none when it is another kind of line, such as long polling."""
    found: ref[Wire] | None = (environ or {}).get("asgi.scope", {}).get("state", {}).get(_WIRE)
    return found() if found is not None else None


def frame(text: str) -> bytes:
    """A text message as one unmasked WebSocket frame (RFC 6455, section 5.2), as servers send them."""
    content = text.encode()
    size = len(content)
    if size < 126:
        head = struct.pack(">BB", _FINAL_TEXT, size)
    elif size < 1 << 16:
        head = struct.pack(">BBH", _FINAL_TEXT, 126, size)
    else:
        head = struct.pack(">BBQ", _FINAL_TEXT, 127, size)
    return head + content

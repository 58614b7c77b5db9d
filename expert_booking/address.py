"""Whether this process can listen where it is told to, asked before anything else is started."""

import errno
import socket

REASONS = {
    errno.EADDRINUSE: "Port {port} on {host} is in use: stop what uses it, or set PORT.",
    errno.EACCES: "Port {port} on {host} may not be opened by this user: set PORT to one above 1023.",
}
NOT_OURS = "HOST {host} is not an address of this machine: set HOST."


class AddressUnusable(RuntimeError):
    """The text says what is in the way and which setting to change."""


def check_address(host: str, port: int) -> None:
    """Take every address that the server will take, as it will, and let go at once.

    Raises:
        AddressUnusable
    """
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
    except (OSError, UnicodeError) as error:  # a name that cannot be asked for is a UnicodeError
        reason = REASONS.get(getattr(error, "errno", None) or 0, NOT_OURS)
        raise AddressUnusable(reason.format(host=host, port=port)) from error

"""Who is looking, for the figures."""

from collections import Counter

from nicegui import Client


def by_page() -> Counter[str]:
    """How many pages are open in a browser that is connected now, by route."""
    return Counter(client.page.path for client in Client.instances.values() if client.has_socket_connection)

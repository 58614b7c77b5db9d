"""A dialog over the page."""

from nicegui import ui


class Dialog(ui.dialog, component="house_dialog.js"):
    """NiceGUI's own, drawn by a script that needs no permission to run text."""

"""A chart; what it shows stands beside it as a table, as nobody can hear a picture."""

from typing import Any

from nicegui import ui


class Chart(ui.echart, component="house_chart.js"):
    """NiceGUI's own, drawn by a script that needs no permission to run text; colours are names such as "--accent".

    Args:
        options: as ECharts takes them, without functions; empty for a chart that is drawn later.
        label: what a screen reader says of it.
    """

    def __init__(self, options: dict[str, Any], *, label: str) -> None:
        super().__init__(options)
        self.props["role"] = "img"
        self.props["aria-label"] = label

    def draw(self, options: dict[str, Any]) -> None:
        """Show something else."""
        self.props["options"] = options
        self.update()

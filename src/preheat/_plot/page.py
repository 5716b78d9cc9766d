"""`html`: a plot as one HTML page with hover values, that loads nothing from the network."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from preheat._plan import Plan
from preheat._plot.curves import Drawn, Unit, check_log, curves_of, unit_of

__all__ = ["html", "page", "plain"]

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<script>{library}</script>
</head>
<body style="margin: 0">
<div id="picture" style="height: 100vh"></div>
<script>Plotly.newPlot("picture", {figure});</script>
</body>
</html>
"""


def html(*plans: Plan | Mapping[str, Plan], n: int | None = None, log: str = "", title: str = "") -> str:
    """A page with a plot of plans and hover values; about 5 MB, because it contains plotly.js.

    Args:
        plans: plans, or mappings from label to plan.
        n: how many updates to draw.
        log: which axes are logarithmic at first, `""`, `"x"`, `"y"` or `"xy"`; buttons change it.
        title: of the page and above the plot; by default the expression of a single plan.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: there is no plan, or `log` is not one of these.
        ModuleNotFoundError: plotly is not installed.
    """
    return page(curves_of("html", plans, n), check_log("html", log), unit_of("html"), title)


def page(curves: Sequence[Drawn], log: str, unit: Unit, title: str = "") -> str:
    """The page with these curves."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415  # an extra

    title = title or (curves[0].label if len(curves) == 1 else "preheat")
    figure = json.dumps(figure_of(curves, log, unit, title)).replace("<", "\\u003c")  # no tag inside a script
    return _PAGE.format(title=plain(title), library=get_plotlyjs(), figure=figure)


def figure_of(curves: Sequence[Drawn], log: str, unit: Unit, title: str) -> dict[str, Any]:
    """The figure for plotly.js, as plain data."""
    kinds = [{f"{axis}axis.type": "log" if axis in log else "linear" for axis in "xy"} for log in ("", "y", "x", "xy")]
    names = ("linear", "log value", "log update", "log both")
    buttons = [{"label": name, "method": "relayout", "args": [kind]} for name, kind in zip(names, kinds, strict=True)]
    layout = {
        "title": {"text": plain(title), "font": {"family": "monospace", "size": 14}},
        "hovermode": "x unified",
        "template": {"layout": {"colorway": ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"]}},
        "xaxis": {"title": {"text": unit.words}, "type": "log" if "x" in log else "linear", "hoverformat": ",.6~r"},
        "yaxis": {"title": {"text": "value used"}, "type": "log" if "y" in log else "linear", "rangemode": "tozero"},
        "legend": {"orientation": "h", "y": -0.2},
        "updatemenus": [
            {"type": "buttons", "direction": "right", "buttons": buttons, "x": 1, "xanchor": "right", "y": 1,
             "yanchor": "bottom", "active": ("", "y", "x", "xy").index(log)},
        ],
    }  # fmt: skip
    return {"data": [_trace(curve, unit) for curve in curves], "layout": layout,
            "config": {"displaylogo": False, "responsive": True}}  # fmt: skip


def _trace(curve: Drawn, unit: Unit) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plain(curve.label),
        "x": [i * unit.each for i in curve.updates],
        "y": curve.values,
        "hovertemplate": "%{y:.6~g}",
    }


def plain(text: str) -> str:
    """A text with HTML's special characters escaped, as plotly.js interprets some tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

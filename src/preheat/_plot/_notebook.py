"""How a plan shows itself in a notebook."""

from io import StringIO

from preheat._analysis.sampling import contains_function
from preheat._plan import Plan
from preheat._plot._axes import draw
from preheat._plot._curves import curves_of, unit_of
from preheat._plot._html import plain

__all__ = ["bundle"]

SIZE = (4.8, 2.2)  # inches


def bundle(plan: Plan) -> dict[str, str]:
    """A small picture with the expression as its caption, by type; the text alone where none can be drawn.

    A user's function is not called for it.
    """
    text = {"text/plain": repr(plan)}
    try:
        return text if contains_function(plan) else text | {"text/html": _figure(plan)}
    except (ImportError, ValueError):  # no matplotlib, or a plan whose lengths are not known yet: nothing to draw
        return text


def _figure(plan: Plan) -> str:
    from matplotlib import rc_context  # noqa: PLC0415  # perhaps not installed
    from matplotlib.figure import Figure  # noqa: PLC0415  # likewise

    figure = Figure(figsize=SIZE, layout="constrained")
    ax = figure.subplots()
    draw(ax, curves_of("plot", [plan], None), "", unit_of("plot"))
    ax.set_title("", loc="left")
    svg = StringIO()
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(svg, format="svg", metadata={"Date": None})
    drawing = svg.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    return f"<figure>{drawing}<figcaption><code>{plain(repr(plan))}</code></figcaption></figure>"

"""`bundle`: how a notebook displays a plan."""

from io import StringIO

from preheat._analysis.sampling import contains_function
from preheat._plan import Plan
from preheat._plot.axes import draw
from preheat._plot.curves import curves_of, unit_of
from preheat._plot.page import plain

__all__ = ["bundle"]

SIZE = (4.8, 2.2)  # inches


def bundle(plan: Plan) -> dict[str, str]:
    """The representations of a plan by MIME type: its text, and a small plot if one can be drawn.

    A plan that contains a user's function has no plot, as displaying it must not call the function.
    """
    text = {"text/plain": repr(plan)}
    try:
        return text if contains_function(plan) else text | {"text/html": _figure(plan)}
    except (ImportError, ValueError):  # no matplotlib, or lengths that are not known yet
        return text


def _figure(plan: Plan) -> str:
    from matplotlib import rc_context  # noqa: PLC0415  # an extra
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

"""`plot`: a plot on matplotlib axes, in the style that is set."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

from preheat._analysis.sampling import boundaries, contains, pieces
from preheat._lint import number
from preheat._nodes import After, Function, Noise, Table, Until, ZeroBased
from preheat._plan import Chain, Plan
from preheat._plot.curves import Drawn, Unit, check_log, curves_of, extremes, shortened, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw", "plot"]

MOST_PHASES = 12  # of a plan with more, none is shaded
MANY = 10_000  # labels such as 20k from here on
CHARACTER = 5.5  # points: the width of one in a name
HEADROOM = 24  # points above a peak, for its label
FEW, BETWEEN = 64, 8  # with at most so many updates each has a dot, and the line so many points from one to the next


def plot(  # noqa: PLR0913  # like matplotlib's functions
    *plans: Plan | Mapping[str, Plan],
    ax: "Axes | None" = None,
    n: int | None = None,
    log: str = "",
    steps_per_epoch: float | None = None,
    samples_per_step: float | None = None,
    tokens_per_step: float | None = None,
) -> "Axes":
    """Draw plans with matplotlib; the peak and the floor of each are marked.

    A single plan has its phases shaded and named, and its expression above; several plans have a legend.

    >>> from preheat import cosine, warmup
    >>> ax = plot(warmup(2_000) >> cosine(1, 0.1, steps=98_000), tokens_per_step=500_000)
    >>> ax.get_xlabel()
    'tokens before the update (500000 each)'

    Args:
        plans: plans, or mappings from label to plan.
        ax: the axes to draw on; by default those of a new figure.
        n: how many updates to draw; by default all of the longest plan, or enough to show an endless one.
        log: which axes are logarithmic, `""`, `"x"`, `"y"` or `"xy"`; a logarithmic x axis counts updates from 1.
        steps_per_epoch: updates in an epoch; the x axis then shows epochs.
        samples_per_step: samples in an update; the x axis then shows samples.
        tokens_per_step: tokens in an update; the x axis then shows tokens.

    Returns:
        The axes.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: there is no plan, two units are given, or `log` is not one of these.
        ModuleNotFoundError: matplotlib is not installed.
    """
    log = check_log("plot", log)
    unit = unit_of("plot", steps_per_epoch, samples_per_step, tokens_per_step)
    curves = curves_of("plot", plans, n)
    if ax is None:
        from matplotlib import pyplot as plt  # noqa: PLC0415  # an extra

        _, ax = plt.subplots(layout="constrained")
    draw(ax, curves, log, unit)
    return ax


def draw(ax: "Axes", curves: Sequence[Drawn], log: str, unit: Unit) -> None:
    """Draw curves with their marks, labels and legend."""
    base = int("x" in log)
    marks: list[tuple[str, tuple[float, float]]] = []
    for curve in curves:
        places, values = _line(curve)
        (line,) = ax.plot([(i + base) * unit.each for i in places], values, label=curve.label)
        if len(curve.updates) <= FEW:
            dots = [(i + base) * unit.each for i in curve.updates]
            ax.plot(dots, curve.values, "o", color=line.get_color(), markersize=3)
        for name, i in extremes(curve):
            place = (i + base) * unit.each, curve.plan(i)
            ax.plot(*place, "o", color=line.get_color(), markersize=4, clip_on=False)
            marks += [(f"{name} {number(place[1])}", place)] if len(curves) == 1 else []
    _axes(ax, log, unit, base)
    for label, place in marks:
        _annotate(ax, label, place)
    if len(curves) > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize="small")
    else:
        _phases(ax, curves[0], unit, base)


def _line(curve: Drawn) -> tuple[Sequence[float], list[float]]:
    """Places and values of the line. Between few updates it follows the formula, except across a boundary of pieces."""
    n = len(curve.updates)
    if n > FEW or contains(curve.plan, Function, Noise, Table):
        return curve.updates, curve.values
    starts = {*boundaries(curve.plan, n), n}
    places = [i + k / BETWEEN for i in range(n) for k in range(1 if i + 1 in starts else BETWEEN)]
    return places, [curve.plan(i) for i in places]


def _annotate(ax: Any, label: str, place: tuple[float, float]) -> None:
    """Label a point, on the side towards the middle of the plot; a floor below it, if there is room."""
    across, up = (ax.transData + ax.transAxes.inverted()).transform(place)
    left, under = across > 1 / 2, label.startswith("floor") and up > 1 / 6
    font = {"ha": "right" if left else "left", "va": "top" if under else "bottom", "fontsize": "small"}
    background = {"facecolor": ax.get_facecolor(), "edgecolor": "none", "alpha": 0.7, "pad": 1}
    offset = -6 if left else 6, -5 if under else 5
    ax.annotate(label, place, offset, textcoords="offset points", bbox=background, **font)


def _axes(ax: "Axes", log: str, unit: Unit, base: int) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator  # noqa: PLC0415  # an extra

    room = max(HEADROOM / _points(ax, "height"), 0.08)
    ax.margins(x=0.02, y=room)
    if "x" in log:
        ax.set_xscale("log")
    elif ax.get_xlim()[1] >= MANY:
        ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    elif unit.each == 1:
        ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    if "y" in log:
        ax.set_yscale("log", nonpositive="mask")
    elif (low := ax.dataLim.y0) >= 0 and (low <= ax.dataLim.y1 / 2 or low == ax.dataLim.y1 > 0):
        ax.set_ylim(0, (1 + room) * ax.dataLim.y1 or 1)
    ax.set_xlabel(unit.words.replace("index, from 0", "number, from 1") if base else unit.words)
    ax.set_ylabel("value used")


def _points(ax: Any, side: str) -> float:
    """The width or height of the axes in points, before the layout makes room for labels."""
    return float(getattr(ax.get_window_extent(), side) * 72 / ax.figure.dpi)


def _phases(ax: "Axes", curve: Drawn, unit: Unit, base: int) -> None:
    """Shade every second phase, write their names above, and the expression above the names."""
    found = [(start, piece) for start, piece in pieces(curve.plan) if start <= curve.updates[-1]]
    ends = [*(start for start, _ in found[1:]), curve.updates[-1] + 1]
    named = 1 < len(found) <= MOST_PHASES
    if named:
        free = -inf
        for k, ((start, piece), end) in enumerate(zip(found, ends, strict=True)):
            left, right = ((i + base) * unit.each for i in (start, end))
            if k % 2:
                ax.axvspan(left, right, color="0.5", alpha=0.12, linewidth=0, zorder=0)
            free = _name(ax, _name_of(piece), (left, right), free)
    room = int(_points(ax, "width") / CHARACTER)
    ax.set_title(shortened(curve.label, room), family="monospace", fontsize="small", loc="left", pad=18 * named + 6)


def _name(ax: Any, name: str, ends: tuple[float, float], free: float) -> float:
    """Write a phase's name above its middle, unless it would overlap the one before; returns where the next may begin.

    Args:
        ax: with its final limits; the place is computed from them.
        name: of the phase.
        ends: where the phase begins and ends.
        free: from where there is room, in points.
    """
    scale = 72 / ax.figure.dpi
    left, right = (ax.transData.transform((x, 0))[0] * scale for x in ends)
    wide = CHARACTER * len(name)
    at = max((left + right - wide) / 2, left if right - left < wide else -inf)
    if at < free:
        return free
    place = ax.transData.inverted().transform((at / scale, 0))[0]
    ax.annotate(name, (place, 1), (0, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
                fontsize="small", annotation_clip=False)  # fmt: skip
    return float(at + wide + CHARACTER)


def _name_of(piece: Plan) -> str:
    """A phase's name: its shape, or its outermost operation."""
    if isinstance(piece, ZeroBased | Until | After):
        return _name_of(piece.plan)
    parts = [part for part in piece._call()[1] if isinstance(part, Plan)]
    if isinstance(piece, Chain):
        return f" {piece.operator} ".join(dict.fromkeys(map(_name_of, parts)))
    return piece._call()[0].__name__

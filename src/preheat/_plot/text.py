"""`terminal`: a plot in characters, for terminals and logs.

plotille draws the dots: it is plain Python, and imports in a tenth of the time of plotext 6.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from preheat._analysis.sampling import boundaries
from preheat._fields import Count, field_of
from preheat._plan import Plan
from preheat._plot.curves import Drawn, check_log, curves_of, shortened
from preheat._plot.scale import Scale, scale_of

__all__ = ["terminal"]

LEAST = {"width": 30, "height": 5}
TICKS = 4  # intervals between the labels of an axis
MOST = 500  # boundaries that are drawn exactly
FRAME, ASCII_FRAME = "┤│└┬─", "+|++-"  # at the side a tick and the line, the corner, below a tick and the line
COLOURS = (36, 33, 35, 32, 34, 31)  # of ANSI terminals: cyan, yellow, magenta, green, blue, red
BLANK, UPPER, LOWER = 0x2800, 0x1B, 0xE4  # braille without a dot, and the dots of its upper and lower half
HALVES = {(False, False): " ", (True, False): "'", (False, True): ".", (True, True): ":"}


def terminal(  # noqa: PLR0913  # the terminal, and how to draw
    *plans: Plan | Mapping[str, Plan],
    width: int = 80,
    height: int = 18,
    n: int | None = None,
    log: str = "",
    ascii: bool = False,  # noqa: A002  # a terminal's own word
    colour: bool = False,
) -> str:
    """A plot of plans in characters, in lines of at most `width` columns.

    Several plans differ in colour, or in letters without colour. Needs plotille.

    >>> from preheat import cosine, warmup
    >>> print(terminal(warmup(20) >> cosine(1, 0, steps=80), width=44, height=7, ascii=True))
       1 +       :'':...
         |     .:       '':.
    0.75 +    .'            ''..
     0.5 +   .'                '':.
    0.25 +  :                      ':..
         | :                          '':..
       0 +'                                '''''
         ++--------+---------+--------+--------+
          0       25        50       74       99
                  update (index, from 0)

    Args:
        plans: plans, or mappings from label to plan.
        width: columns, at least 30.
        height: lines of the plot, at least 5; the axis and the legend of several plans come below.
        n: how many updates to draw.
        log: which axes are logarithmic, `""`, `"x"`, `"y"` or `"xy"`; a logarithmic x axis counts updates from 1.
        ascii: whether to use ASCII only.
        colour: whether to write ANSI colours.

    Raises:
        TypeError: an argument is of another kind.
        ValueError: an argument is out of its range.
    """
    log = check_log("terminal", log)
    for name, got in (("width", width), ("height", height)):
        _check_size(name, got)
    curves = curves_of("terminal", plans, n)
    first, last = int("x" in log), curves[0].updates[-1] + int("x" in log)
    x = scale_of([first, last], log="x" in log)
    y = scale_of([value for curve in curves for value in curve.values], log="y" in log, from_zero=True)
    labels = {round((height - 1) * k / TICKS): f"{y.at(1 - k / TICKS):.3g}" for k in range(TICKS + 1)}
    margin = max(map(len, labels.values())) + 2
    marks = _Marks(len(curves), ascii=ascii, colour=colour)
    layers = [_dots(_path(curve, x, width - margin), x, y, (width - margin, height)) for curve in curves]
    frame = ASCII_FRAME if ascii else FRAME
    lines = [
        f"{labels.get(k, ''):>{margin - 2}} {frame[k not in labels]}{marks.row(row)}"
        for k, row in enumerate(zip(*layers, strict=True))
    ]
    lines += [" " * (margin - 1) + line for line in _below(x, width - margin, frame)]
    if len(curves) > 1:
        lines += [f"{marks.legend(k)} {shortened(curve.label, width - 2)}" for k, curve in enumerate(curves)]
    return "\n".join(line.rstrip() for line in lines)


def _check_size(name: str, got: int) -> None:
    field_of(Count).check("terminal", name, got)
    if got < LEAST[name]:
        raise ValueError(f"terminal({name}={got}): {name} must be at least {LEAST[name]}")


def _path(curve: Drawn, x: Scale, columns: int) -> list[tuple[float, float]]:
    """Places along x, and values: twice for each column of dots, and on both sides of each boundary."""
    base, last = int(x.log), curve.updates[-1]
    even = {min(max(round(x.at(k / (4 * columns))) - base, 0), last) for k in range(4 * columns + 1)}
    at_boundaries = {i for start in boundaries(curve.plan, last + 1)[:MOST] for i in (start, max(start - 1, 0))}
    return [(x.place(i + base) or 0.0, curve.plan(i)) for i in sorted(even | at_boundaries)]


def _dots(path: Sequence[tuple[float, float]], x: Scale, y: Scale, size: tuple[int, int]) -> list[str]:
    """The path in lines of braille, in which the middle of a row or column has the value on its label."""
    import plotille  # noqa: PLC0415  # an extra

    columns, height = size
    right, up = (x.high - x.low) / (columns - 1) / 2, (y.high - y.low) / (height - 1) / 2
    canvas = plotille.Canvas(columns, height, x.low - right, y.low - up, x.high + right, y.high + up)
    points = [(at, place) for at, value in path if (place := y.place(value)) is not None]
    for (at, value), (then, other) in pairwise(points):
        canvas.line(at, value, then, other)
    for at, value in points[:1]:
        canvas.point(at, value)
    drawn: str = canvas.plot(linesep="\n")
    return drawn.split("\n")


def _below(x: Scale, columns: int, frame: str) -> Iterator[str]:
    """The x axis, its labels, and its name."""
    whole = dict.fromkeys(round(x.at(k / TICKS)) for k in range(TICKS + 1))
    ticks = {round((columns - 1) * x.share(update)): update for update in whole}
    yield frame[2] + "".join(frame[3] if k in ticks else frame[4] for k in range(columns))
    labels = " " * (columns + 1)
    for column, update in ticks.items():
        label = f"{update}"
        at = min(max(column + 1 - len(label) // 2, 0), columns + 1 - len(label))
        labels = labels[:at] + label + labels[at + len(label) :]
    yield labels
    yield ("number of the update, from 1" if x.log else "update (index, from 0)").center(columns + 1)


class _Marks:
    """The characters and colours of the curves."""

    def __init__(self, count: int, *, ascii: bool, colour: bool) -> None:  # noqa: A002  # a terminal's own word
        self.count = count
        self.ascii = ascii
        self.colour = colour

    def row(self, layers: Sequence[str]) -> str:
        """A line of the plot from the lines of all curves; earlier curves cover later ones."""
        cells = list(map(self._cell, zip(*layers, strict=True)))
        return "".join(self._painted(k, "".join(mark for _, mark in run)) for k, run in groupby(cells, lambda c: c[0]))

    def _cell(self, dots: Sequence[str]) -> tuple[int | None, str]:
        """The number of the curve on top, or None, and its character."""
        k = next((k for k, dot in enumerate(dots) if ord(dot) > BLANK), None)
        return (None, " ") if k is None else (k, self._mark(k, dots[k]))

    def legend(self, k: int) -> str:
        """A curve's mark in the legend."""
        return self._painted(k, self._mark(k, "⠤"))

    def _mark(self, k: int, dot: str) -> str:
        if self.count > 1 and not self.colour:
            return chr(ord("a") + k % 26)
        return HALVES[bool(ord(dot) & UPPER), bool(ord(dot) & LOWER)] if self.ascii else dot

    def _painted(self, k: int | None, marks: str) -> str:
        return marks if k is None or not self.colour else f"\x1b[{COLOURS[k % len(COLOURS)]}m{marks}\x1b[0m"

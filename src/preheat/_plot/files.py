"""`save`: a plot in a file."""

from collections.abc import Mapping
from os import PathLike, fspath
from os.path import splitext

from preheat._fields import short_repr
from preheat._plan import Plan
from preheat._plot.axes import draw
from preheat._plot.curves import check_log, curves_of, unit_of
from preheat._plot.page import page

__all__ = ["save"]

KINDS = (".png", ".svg", ".pdf", ".html")


def save(  # noqa: PLR0913  # as `plot`
    path: str | PathLike[str],
    *plans: Plan | Mapping[str, Plan],
    n: int | None = None,
    log: str = "",
    steps_per_epoch: float | None = None,
    samples_per_step: float | None = None,
    tokens_per_step: float | None = None,
) -> None:
    """Write a plot of plans to a file; a name that ends in `.html` makes a page with hover values.

    Args:
        path: the file; it ends in `.png`, `.svg`, `.pdf` or `.html`.
        plans: as for `plot`, and so are the other arguments.
        n: see `plot`.
        log: see `plot`.
        steps_per_epoch: see `plot`.
        samples_per_step: see `plot`.
        tokens_per_step: see `plot`.

    Raises:
        ValueError: the path has another ending, or `plot` raises one.
        TypeError: `plot` raises one.
        ModuleNotFoundError: matplotlib is not installed, or plotly for a page.
    """
    kind = splitext(fspath(path))[1].lower()  # noqa: PTH122  # pathlib is slow to import
    if kind not in KINDS:
        raise ValueError(f"save(path={short_repr(fspath(path))}): path must end in one of {', '.join(KINDS)}")
    log = check_log("save", log)
    unit = unit_of("save", steps_per_epoch, samples_per_step, tokens_per_step)
    curves = curves_of("save", plans, n)
    if kind == ".html":
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123  # likewise
            file.write(page(curves, log, unit))
        return
    from matplotlib.figure import Figure  # noqa: PLC0415  # an extra

    figure = Figure(layout="constrained")
    draw(figure.subplots(), curves, log, unit)
    figure.savefig(path)

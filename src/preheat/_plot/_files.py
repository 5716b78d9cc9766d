"""A picture in a file."""

from collections.abc import Mapping
from os import PathLike, fspath
from os.path import splitext

from preheat._fields import short_repr
from preheat._plan import Plan
from preheat._plot._axes import draw
from preheat._plot._curves import check_log, curves_of, unit_of
from preheat._plot._html import page

__all__ = ["save"]

KINDS = (".png", ".svg", ".pdf", ".html")


def save(  # noqa: PLR0913  # as plot
    path: str | PathLike[str],
    *plans: Plan | Mapping[str, Plan],
    n: int | None = None,
    log: str = "",
    steps_per_epoch: float | None = None,
    samples_per_step: float | None = None,
    tokens_per_step: float | None = None,
) -> None:
    """Write a picture of plans, as `plot` draws it, or as a page where the name ends in `.html`.

    Args:
        path: where to; its ending is `.png`, `.svg`, `.pdf` or `.html`.
        plans: and the others as for `plot`.
        n: likewise.
        log: likewise.
        steps_per_epoch: likewise.
        samples_per_step: likewise.
        tokens_per_step: likewise.

    Raises:
        ValueError: the ending is none of these, or `plot` would refuse what is asked.
        TypeError: `plot` would refuse it.
        ModuleNotFoundError: matplotlib, or for a page plotly, is not installed.
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
    from matplotlib.figure import Figure  # noqa: PLC0415  # perhaps not installed

    figure = Figure(layout="constrained")
    draw(figure.subplots(), curves, log, unit)
    figure.savefig(path)

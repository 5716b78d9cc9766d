"""`preheat plot`: several plans in one picture."""

from pathlib import Path

import click

from preheat._plot import save
from preheat.cli.curve import curve
from preheat.cli.options import Units, examples, logarithmic, with_units

__all__ = ["plot"]

OUT = "File to write: .png, .svg, .pdf, or .html, which shows values under the pointer."


@click.command(epilog=examples('preheat plot "linear(1, 0, steps=100)" "cosine(1, 0, steps=100)" -o both.png'))
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@click.option("--out", "-o", metavar="FILE", type=click.Path(path_type=Path), help=OUT)
@logarithmic
@with_units
def plot(texts: tuple[str, ...], out: Path | None, log: str, units: Units) -> None:
    """Draw plans in one picture: in the terminal, or in a file."""
    plans = [units.plan(text) for text in texts]
    if out is None:
        click.echo(curve(*plans, n=units.total_steps, log=log, other_lines=len(plans)))
        return
    axes = {name: value for name, value in units._asdict().items() if "_per_" in name}
    save(out, *plans, n=units.total_steps, log=log, **axes)
    click.echo(f"wrote {out}")

"""The commands that show plans as curves."""

from collections.abc import Sequence
from pathlib import Path

import click

from preheat import Plan
from preheat.cli._compare import told
from preheat.cli._paint import coloured, folded, plain_characters, room
from preheat.cli._read import Units, examples, of_a_run

__all__ = ["curve", "plot", "show"]

OUT = "Where to: .png, .svg, .pdf, or .html, which shows values under the pointer."
LEAST, MOST = 8, 18  # lines of a curve
NARROWEST = 30  # columns
AXIS = 3  # lines below a curve
PROMPTS = 2  # what was typed, and where one goes on
logarithmic = click.option(
    "--log", type=click.Choice(["x", "y", "xy"]), metavar="AXES", help="Logarithmic axes: x, y or xy.",
    callback=lambda _, __, axes: axes or "",
)  # fmt: skip


def curve(*plans: Plan, n: int | None = None, log: str = "", beside: int = 0) -> str:
    """Plans as a curve that fits the terminal beside so many other lines."""
    from preheat._plot import terminal  # noqa: PLC0415  # each command waits for what it needs and no more

    columns, lines = room()
    height = min(max(lines - beside - AXIS - PROMPTS, LEAST), MOST)
    picture = terminal(
        *plans, width=max(columns, NARROWEST), height=height, n=n, log=log, ascii=plain_characters(), colour=coloured()
    )
    return picture.rstrip("\n")


@click.command(
    epilog=examples(
        'preheat show "warmup(100) >> cosine(1, 0.1, steps=900)"', "preheat show @plan.txt --total-steps 10000 --log y"
    )
)
@click.argument("text")
@logarithmic
@of_a_run
def show(text: str, log: str, units: Units) -> None:
    """Show a plan: its curve, its key points, and what lint finds."""
    from preheat import describe, lint  # noqa: PLC0415  # likewise

    plan = units.plan(text)
    points, findings = str(describe(plan)), "\n".join(map(told, lint(plan, units.total_steps)))
    words = [folded(repr(plan)), points, findings]
    beside = sum(block.count("\n") + 2 for block in words if block)
    blocks = [words[0], curve(plan, n=units.total_steps, log=log, beside=beside), *words[1:]]
    click.echo("\n\n".join(block for block in blocks if block))


@click.command(epilog=examples('preheat plot "linear(1, 0, steps=100)" "cosine(1, 0, steps=100)" -o both.png'))
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@click.option("--out", "-o", metavar="FILE", type=click.Path(path_type=Path), help=OUT)
@logarithmic
@of_a_run
def plot(texts: tuple[str, ...], out: Path | None, log: str, units: Units) -> None:
    """Draw plans in one picture: in the terminal, or in a file."""
    plans = [units.plan(text) for text in texts]
    if out is None:
        click.echo(curve(*plans, n=units.total_steps, log=log, beside=len(plans)))
        return
    _save(out, plans, units, log)
    click.echo(f"wrote {out}")


def _save(out: Path, plans: Sequence[Plan], units: Units, log: str) -> None:
    from preheat._plot import save  # noqa: PLC0415  # likewise

    per = {name: value for name, value in units._asdict().items() if "_per_" in name}
    save(out, *plans, n=units.total_steps, log=log, **per)

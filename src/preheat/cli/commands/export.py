"""`preheat export`: a plan as source code that needs no extra package."""

from pathlib import Path

import click

from preheat._export import TARGETS
from preheat._export import export as source_of
from preheat.cli.options import Units, examples, with_units

__all__ = ["export"]


@click.command(
    epilog=examples(
        'preheat export "0.5 * noam(512, 4000)" --lr plan',
        "preheat export @plan.txt --to optax --lr 3e-4 -o schedule.py",
    )
)
@click.argument("text")
@click.option("--to", default="torch", show_default=True, metavar="TARGET", help=f"One of {', '.join(TARGETS)}.")
@click.option(
    "--lr", metavar="X|plan", help='The peak that the plan multiplies; "plan" if its values are learning rates.'
)
@click.option("--name", default="schedule", show_default=True, help="The name of the function.")
@click.option("-o", "--output", metavar="FILE", help="Write to a file.")
@with_units
def export(  # noqa: PLR0913  # its options
    text: str, *, to: str, lr: str | None, name: str, output: str | None, units: Units
) -> None:
    """Print the plan as source code that does not need preheat."""
    source = source_of(units.plan(text), to=to, lr=_rate(lr), name=name)
    if output is None:
        click.echo(source, nl=False)
    else:
        Path(output).write_text(source, "utf-8")


def _rate(text: str | None) -> float | bool | None:
    if text is None or text == "plan":
        return None if text is None else True
    try:
        return float(text)
    except ValueError:
        raise ValueError(f'--lr {text}: it must be a number, or "plan"') from None

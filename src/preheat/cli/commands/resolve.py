"""`preheat resolve`: a plan with its lengths in updates."""

import click

from preheat.cli.options import Units, examples, with_units

__all__ = ["resolve"]


@click.command(epilog=examples("""preheat resolve 'warmup("3ep") >> constant(1)' --steps-per-epoch 200"""))
@click.argument("text")
@with_units
def resolve(text: str, units: Units) -> None:
    """Turn every length of a plan into updates, and print the plan."""
    click.echo(repr(units.plan(text)))

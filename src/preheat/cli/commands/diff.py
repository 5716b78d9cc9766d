"""`preheat diff`: where two plans differ."""

import click

from preheat import diff as difference_of
from preheat.cli.options import Units, examples, with_units

__all__ = ["diff"]


@click.command(epilog=examples('preheat diff "linear(1, 0, steps=100)" "cosine(1, 0, steps=100)"'))
@click.argument("a")
@click.argument("b")
@with_units
def diff(a: str, b: str, units: Units) -> int:
    """Say where two plans differ, and by how much.

    A and B are each a TEXT: a plan, @FILE, or -. A difference ends with status 1.
    """
    difference = difference_of(units.plan(a, "A"), units.plan(b, "B"), units.total_steps)
    click.echo(str(difference))
    return int(not difference.equal)

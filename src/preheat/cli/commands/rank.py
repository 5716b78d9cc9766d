"""`preheat rank`: plans in the order that theory prefers."""

from collections.abc import Iterable
from textwrap import fill

import click

from preheat.cli.options import Units, examples, with_units
from preheat.cli.screen import WIDTH, folded
from preheat.theory import CAVEAT
from preheat.theory import rank as ranked

__all__ = ["rank"]


@click.command(epilog=examples('preheat rank "cosine(1, 0, steps=100)" "linear(1, 0, steps=100)"'))
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@with_units
def rank(texts: tuple[str, ...], units: Units) -> None:
    """Order plans by the convex bound on the loss of their last update.

    Each is judged at its own best scale, over --total-steps updates or the length of the longest.
    """
    plans = [units.plan(text) for text in texts]
    rows = ranked(plans, _steps((plan.steps for plan in plans), units.total_steps))
    click.echo(f"{'bound':>10}  {'best scale':>10}  plan")
    for plan, value, scale in rows:
        click.echo(folded(f"{value:>10.4g}  {scale:>10.4g}  {plan!r}", " " * 24))
    click.echo(f"\n{fill(CAVEAT, WIDTH)}")


def _steps(lengths: Iterable[int | None], total: int | None) -> int:
    longest = max((length for length in lengths if length is not None), default=None)
    if total is None and longest is None:
        raise ValueError("rank(total_steps=None): --total-steps must be given where no plan has an end")
    return total or longest or 0

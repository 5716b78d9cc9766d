"""`preheat table`: the values of a plan."""

import json
from collections.abc import Sequence
from itertools import chain

import click

from preheat import Plan
from preheat._fields import short_repr
from preheat.cli.options import Units, examples, with_units

__all__ = ["table"]

AT = "Updates to print: 0,99,500 or start:stop:step as in Python; all if left out."


@click.command(
    epilog=examples('preheat table "warmup(4) >> constant(1)" --at 0:8', "preheat table @plan.txt --csv > plan.csv")
)
@click.argument("text")
@click.option("--at", metavar="UPDATES", help=AT)
@click.option("--csv", is_flag=True, help="Print CSV with a header line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
@with_units
def table(text: str, at: str | None, *, csv: bool, as_json: bool, units: Units) -> None:
    """Print the value of each update."""
    if csv and as_json:
        raise ValueError("table(--csv --json): one of the two must be left out")
    plan = units.plan(text)
    rows = ((i, plan(i)) for i in chain.from_iterable(_updates(plan, at, units.total_steps)))
    if as_json:
        click.echo(json.dumps([{"update": i, "value": value} for i, value in rows]))
        return
    lines = (f"{i},{value!r}" for i, value in rows) if csv else (f"{i:>10}  {value:.6g}" for i, value in rows)
    for line in chain(["update,value" if csv else f"{'update':>10}  value"], lines):
        click.echo(line)


def _updates(plan: Plan, at: str | None, total: int | None) -> list[Sequence[int]]:
    """The updates of each part of `--at`; of the whole plan or run without it."""
    if at is not None:
        return [_part(at, part) for part in at.split(",")]
    count = plan.steps if total is None else total
    if count is None:
        raise ValueError("table(at=None): --at or --total-steps must be given for an endless plan")
    return [range(count)]


def _part(at: str, part: str) -> Sequence[int]:
    """The updates of one part of `--at`: `99`, or `0:1000:100`."""
    try:
        numbers = [int(number) for number in part.split(":")]
        updates = range(*numbers) if ":" in part else numbers
    except (TypeError, ValueError):
        raise ValueError(f"table(at={short_repr(at)}): --at must be updates such as 0,99,500 or 0:1000:100") from None
    if not updates:
        raise ValueError(f"table(at={short_repr(at)}): --at must name updates, and none is in {short_repr(part)}")
    return updates

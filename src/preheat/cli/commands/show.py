"""`preheat show`: one plan on one screen."""

import click

from preheat import describe, lint
from preheat.cli.curve import curve
from preheat.cli.options import Units, examples, logarithmic, with_units
from preheat.cli.screen import finding_lines, folded

__all__ = ["show"]


@click.command(
    epilog=examples(
        'preheat show "warmup(100) >> cosine(1, 0.1, steps=900)"', "preheat show @plan.txt --total-steps 10000 --log y"
    )
)
@click.argument("text")
@logarithmic
@with_units
def show(text: str, log: str, units: Units) -> None:
    """Show a plan: its curve, its key points, and what lint finds."""
    plan = units.plan(text)
    findings = "\n".join(map(finding_lines, lint(plan, units.total_steps)))
    title, points = folded(repr(plan)), str(describe(plan))
    other_lines = sum(block.count("\n") + 2 for block in (title, points, findings) if block)
    picture = curve(plan, n=units.total_steps, log=log, other_lines=other_lines)
    click.echo("\n\n".join(block for block in (title, picture, points, findings) if block))

"""`preheat lint`: likely mistakes in a plan, for CI."""

import click

from preheat import lint as findings_of
from preheat.cli.options import Units, examples, with_units
from preheat.cli.screen import finding_lines

__all__ = ["lint"]

FAIL_ON = {"wrong": ("wrong",), "note": ("wrong", "note"), "none": ()}  # which kinds of findings each value counts


@click.command(epilog=examples('preheat lint "warmup(2_000) >> cosine(1, 0, steps=8_000)" --total-steps 1000'))
@click.argument("text")
@click.option("--ignore", metavar="CODE", multiple=True, help="Leave out a finding by its code; may be repeated.")
@click.option(
    "--fail-on", type=click.Choice(list(FAIL_ON)), default="wrong", show_default=True,
    help="Which findings end with status 1; note: both kinds.",
)  # fmt: skip
@with_units
def lint(text: str, ignore: tuple[str, ...], fail_on: str, units: Units) -> int:
    """Find likely mistakes before the run; for CI.

    A finding is wrong (the peak is never reached, the warm-up is longer than the run, ...) or a note. Anything wrong
    ends with status 1.
    """
    findings = findings_of(units.plan(text), units.total_steps, ignore=ignore)
    for finding in findings:
        click.echo(finding_lines(finding))
    if not findings:
        click.echo("nothing found")
    return int(any(finding.kind in FAIL_ON[fail_on] for finding in findings))

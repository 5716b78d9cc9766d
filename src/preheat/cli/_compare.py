"""The commands that judge: what is wrong with a plan, where two differ, and which theory prefers."""

from collections.abc import Iterable
from textwrap import fill
from typing import Any

import click

from preheat.cli._paint import WIDTH, folded, painted
from preheat.cli._read import Units, examples, of_a_run

__all__ = ["diff", "lint", "rank", "told"]

KINDS = {"wrong": ("wrong",), "note": ("wrong", "note"), "none": ()}
COLOURS = {"wrong": "red", "note": "yellow"}


def told(finding: Any) -> str:
    """A finding as lines of text."""
    return painted(folded(str(finding)), finding.kind, COLOURS[finding.kind])


@click.command(epilog=examples('preheat lint "warmup(2_000) >> cosine(1, 0, steps=8_000)" --total-steps 1000'))
@click.argument("text")
@click.option("--ignore", metavar="CODE", multiple=True, help="Leave out a finding; as often as needed.")
@click.option(
    "--fail-on", type=click.Choice(list(KINDS)), default="wrong", show_default=True,
    help="Which findings end with status 1; note: both kinds.",
)  # fmt: skip
@of_a_run
def lint(text: str, ignore: tuple[str, ...], fail_on: str, units: Units) -> int:
    """Find what is probably not meant, before the run; for CI.

    A finding is wrong (the peak is never reached, the warm-up is longer than the run, ...) or a note. Anything wrong
    ends with status 1.
    """
    from preheat import lint as find  # noqa: PLC0415  # each command waits for what it needs and no more

    findings = find(units.plan(text), units.total_steps, ignore=ignore)
    for finding in findings:
        click.echo(told(finding))
    if not findings:
        click.echo("nothing found")
    return int(any(finding.kind in KINDS[fail_on] for finding in findings))


@click.command(epilog=examples('preheat diff "linear(1, 0, steps=100)" "cosine(1, 0, steps=100)"'))
@click.argument("a")
@click.argument("b")
@of_a_run
def diff(a: str, b: str, units: Units) -> int:
    """Say where two plans differ, and by how much.

    A and B are each a TEXT: a plan, @FILE, or -. A difference ends with status 1.
    """
    from preheat import diff as compare  # noqa: PLC0415  # likewise

    difference = compare(units.plan(a), units.plan(b), units.total_steps)
    click.echo(str(difference))
    return int(not difference.equal)


@click.command(
    epilog=examples('preheat rank "cosine(1, 0, steps=100)" "linear(1, 0, steps=100)"'),
)
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@of_a_run
def rank(texts: tuple[str, ...], units: Units) -> None:
    """Order plans by the convex bound on the loss of their last update.

    Each is judged at its own best scale, over --total-steps updates or the length of the longest.
    """
    from preheat.theory import CAVEAT  # noqa: PLC0415  # likewise
    from preheat.theory import rank as ranked  # noqa: PLC0415  # likewise

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

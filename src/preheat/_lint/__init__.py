"""Likely mistakes in a plan, each with a code, a sentence and a remedy."""

from collections.abc import Collection
from typing import Any

from preheat._fields import Count, field_of, short_repr
from preheat._lengths.resolve import resolve
from preheat._lint.codes import CODES, Finding, number
from preheat._lint.rules import findings, warmup_of
from preheat._plan import Plan, plan_in

__all__ = ["CODES", "Finding", "findings", "lint", "number", "warmup_of"]


def lint(plan: Plan | Any, total_steps: int | None = None, ignore: Collection[str] = ()) -> tuple[Finding, ...]:
    r"""Likely mistakes in a plan, or in the plans of a `Scheduler`; the wrong before the notes.

    A plan alone can start at 0, jump, or never use its peak. With `total_steps` its lengths are compared with the run.
    Findings about a knob (its range, its optimizer's beta2) need a `Scheduler`.

    >>> from preheat import cosine, warmup
    >>> plan = warmup(2_000) >> cosine(1, 0.1, steps=8_000)
    >>> lint(plan, total_steps=10_000)
    ()
    >>> print(*lint(plan, total_steps=1_500), sep="\n")
    wrong: its warm-up takes 2000 updates and the run has 1500, so it reaches 0.75 of 1; shorten it [long-warmup]

    Args:
        plan: a plan, or a `Scheduler`.
        total_steps: the updates of the run; lengths that ask for it are resolved with it.
        ignore: codes of findings to leave out.

    Raises:
        TypeError: `plan` is neither, `total_steps` not a whole number.
        ValueError: `total_steps` is not 1 or more, or a code is unknown.
    """
    if total_steps is not None:
        total_steps = int(field_of(Count).check("lint", "total_steps", total_steps))
    if unknown := [code for code in ignore if code not in CODES]:
        raise ValueError(f"lint(ignore={short_repr(ignore)}): {unknown[0]!r} must be a code, one of {', '.join(CODES)}")
    bound = None if isinstance(plan, Plan) else getattr(plan, "_findings", None)  # of a Scheduler
    if bound is None and total_steps is not None:
        plan = resolve(plan_in("lint", plan), total_steps=total_steps)
    found = findings(plan_in("lint", plan), total_steps) if bound is None else bound(total_steps)
    kept = [finding for finding in dict.fromkeys(found) if finding.code not in ignore]
    return tuple(sorted(kept, key=lambda finding: list(CODES).index(finding.code)))

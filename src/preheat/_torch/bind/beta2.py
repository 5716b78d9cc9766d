"""The length `"auto"`: the warm-up that beta2 of the bound optimizers calls for."""

from collections.abc import Iterable, Sequence
from logging import getLogger

from torch.optim import Optimizer

from preheat._plan import Plan, lengths_in
from preheat._torch.run.knob import Groups
from preheat._torch.run.run_info import RunInfo, resolved
from preheat._torch.run.warnings import warn
from preheat.recipes import warmup

__all__ = ["beta2_of", "known_of", "own_warmup"]

LOG = getLogger("preheat")
OWN_WARMUP = {  # what optimizers have instead of any other, by a part of their names, and the remedy
    "RAdam": ("its rectification", "leave it out"),
    "ScheduleFree": ("warmup_steps, by which it weighs its averages too", "give them to the optimizer instead"),
    "Prodigy": ("the growth of its step from d0", "leave it out, or pass safeguard_warmup=True"),
}


def beta2_of(groups: Groups) -> float | None:
    """The largest beta2 of an optimizer's groups, if they have any."""
    return max((float(group["betas"][1]) for group in groups if len(group.get("betas", ())) > 1), default=None)


def known_of(plans: Iterable[Plan | None], optimizers: Sequence[Optimizer], total_steps: int | None) -> RunInfo:
    """What lengths in other units can be told by; the largest beta2 where one is `"auto"`.

    Raises:
        ValueError: one is, and no optimizer has a beta2.
    """
    if not any(length.unit == "auto" for plan in plans for length in lengths_in(plan)):
        return RunInfo(total_steps)
    beta2 = beta2_of([group for one in optimizers for group in one.param_groups])
    if beta2 is None:
        raise ValueError(
            f'Scheduler(optimizer={type(optimizers[0]).__name__}): optimizer must have a beta2 for the length "auto"; '
            "write the length in updates, which find_warmup can find"
        )
    known = RunInfo(total_steps, beta2)
    taken = resolved(warmup("auto"), known).steps
    LOG.info('"auto" is %d updates: 2 / (1 - beta2) with beta2=%g, and at most the whole run', taken, beta2)
    for kind in dict.fromkeys(type(one).__name__ for one in optimizers):
        if (own := own_warmup(kind)) is not None:
            what, remedy = own
            warn(f'Scheduler(optimizer={kind}): it warms up by {what}; "auto" adds {taken} updates to that: {remedy}')
    return known


def own_warmup(kind: str) -> tuple[str, str] | None:
    """How an optimizer of that name warms up by itself, if it does, and what to do then."""
    return next((own for part, own in OWN_WARMUP.items() if part in kind), None)

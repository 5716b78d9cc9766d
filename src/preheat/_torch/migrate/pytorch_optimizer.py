"""The schedulers of pytorch_optimizer, as plans."""

from collections.abc import Callable
from typing import Any

from preheat._nodes import repeat, reverse, zero_based
from preheat._nodes.cuts import after
from preheat._plan import Plan, constant, joined
from preheat._saved.schedulers import UnknownError
from preheat._torch.migrate.group_schedule import GroupSchedule, set_by
from preheat.shapes.ramps import cosine, linear, polynomial, rex

__all__ = ["READERS"]

_LONGEST = 10**9  # updates of a run: cycles that grow are written out up to there
_MOST = 1_000  # of these cycles


def _peaks(scheduler: Any) -> list[float]:
    """One for each group: pytorch_optimizer's schedulers give all groups the same lr."""
    peak = float(getattr(scheduler, "base_max_lr", scheduler.max_lr))
    return [peak] * len(scheduler.optimizer.param_groups)


def _warmed_up(fall: Callable[[Any, int, float, float], Plan]) -> Callable[[Any], list[GroupSchedule]]:
    """A reader of its schedulers with a linear warm-up, which begin at the floor until they are stepped."""

    def read(scheduler: Any) -> list[GroupSchedule]:
        def make(base: float) -> Plan:
            first, low, high = (rate / base for rate in (scheduler.init_lr, scheduler.min_lr, scheduler.max_lr))
            rise = linear(first, high, steps=scheduler.warmup_steps)
            left = scheduler.total_steps - scheduler.warmup_steps
            return constant(low, steps=1) >> zero_based(rise >> fall(scheduler, left, low, high))

        if scheduler.warmup_steps > scheduler.total_steps:
            raise UnknownError("warmup_steps must be at most total_steps")
        return set_by(make, _peaks(scheduler))

    return read


def _growing(scheduler: Any, steps: int, low: float, high: float) -> Plan:
    """The power of the number of updates, which after the peak grows from the floor; up to the planned end."""
    power = scheduler.poly_order
    grown = reverse(polynomial(low + (high - low) * steps**power, low, power=power, steps=steps))
    return constant(high, steps=1) >> after(grown, 1)


def _rex(scheduler: Any) -> list[GroupSchedule]:
    def make(base: float) -> Plan:
        low, high = scheduler.min_lr / base, scheduler.max_lr / base
        return constant(low, steps=1) >> after(zero_based(rex(high, low, steps=scheduler.total_steps)), 1)

    return set_by(make, _peaks(scheduler))


def _restarts(scheduler: Any) -> list[GroupSchedule]:
    """Cycles with a warm-up in each; written out where they differ in more than their height."""
    warmup = scheduler.warmup_steps

    def make(base: float) -> Plan:
        low, pieces = scheduler.min_lr / base, []
        for k, steps in enumerate(_lengths(scheduler)):
            peak = scheduler.base_max_lr / base * scheduler.gamma**k
            rise = [linear(low, peak, steps=warmup)] if warmup else []
            pieces += [*rise, cosine(peak, low, steps=steps - warmup)]
        alike = scheduler.gamma == scheduler.cycle_mult == 1
        plan = zero_based(repeat(joined(">>", *pieces[: 1 + bool(warmup)])) if alike else joined(">>", *pieces))
        return plan if warmup else constant(low, steps=1) >> after(plan, 1)

    return set_by(make, _peaks(scheduler))


def _lengths(scheduler: Any) -> list[int]:
    """The cycles, each with its warm-up, as many as a run may have."""
    lengths, total, warmup = [scheduler.first_cycle_steps], scheduler.first_cycle_steps, scheduler.warmup_steps
    while total < _LONGEST and len(lengths) < _MOST:
        lengths.append(max(1, int((lengths[-1] - warmup) * scheduler.cycle_mult)) + warmup)
        total += lengths[-1]
    return lengths


READERS: dict[tuple[str, str], Callable[[Any], list[GroupSchedule]]] = {
    ("pytorch_optimizer", "LinearScheduler"): _warmed_up(lambda _, n, low, high: linear(high, low, steps=n)),
    ("pytorch_optimizer", "CosineScheduler"): _warmed_up(lambda _, n, low, high: cosine(high, low, steps=n)),
    ("pytorch_optimizer", "PolyScheduler"): _warmed_up(_growing),
    ("pytorch_optimizer", "REXScheduler"): _rex,
    ("pytorch_optimizer", "CosineAnnealingWarmupRestarts"): _restarts,
}

"""Every scheduler of timm under its own name, compared with timm's along a run."""

from itertools import product
from typing import Any

import pytest

from preheat.like import timm as like

LR = 0.1
RATES = {"lr_min": 0.025, "warmup_lr_init": 0.05}
UPDATES = 12_000

# Updates of the first cycle, its growth, the number of cycles, and how many updates to compare: those that shrink end.
CYCLES = [
    (10_000, 1, 1, UPDATES), (1_000, 1, 3, UPDATES), (1_000, 2, 3, UPDATES), (1_000, 1.25, 6, UPDATES), (10, 1, 1, 30),
    (10, 3, 6, 4_000), (8, 1.5, 4, 80), (8, 1.3, 12, 1_000), (10, 0.5, 3, 19), (1, 1, 2, 5),
]  # fmt: skip
WARMUPS = [(7, True), (0, False), (7, False), (1, False)]  # the first for long runs
CURVES: list[tuple[str, dict[str, Any]]] = [
    ("CosineLRScheduler", {}),
    ("CosineLRScheduler", {"k_decay": 1.7}),
    ("PolyLRScheduler", {"power": 2.0}),
    ("PolyLRScheduler", {"power": 1.5, "k_decay": 0.7}),
    ("TanhLRScheduler", {}),
    ("TanhLRScheduler", {"lb": -2.0, "ub": 1.0}),
]
STEPS: list[tuple[str, Any]] = [
    *(("StepLRScheduler", decay_t) for decay_t in (1_000, 333.3, 30, 7.5, 2.4, 0.7, 1)),
    *(("MultiStepLRScheduler", decay_t) for decay_t in ([3_000, 8_000], [1, 5], [2, 7], [0, 1, 9], [6], [], [4, 4])),
]


class Stepped:
    """A scheduler of timm's after every update."""

    def __init__(self, scheduler):
        self.scheduler, self.updates = scheduler, 0

    def step(self):
        self.updates += 1
        self.scheduler.step_update(self.updates)


@pytest.fixture
def same(same_along, timm_schedulers):
    """Hold a plan to the scheduler of theirs that is called likewise, ours with a base where a number is a rate."""

    def compare(name, *, updates, **options):
        known = {"base_lr": LR} if {"lr_min", "warmup_lr_init"} & set(options) else {}
        plan = getattr(like, name)(**options, **known)
        make = lambda o: Stepped(getattr(timm_schedulers, name)(o, **options, t_in_epochs=False))  # noqa: E731
        same_along(f"timm.{name}", plan, make, updates=updates, lr=LR)

    return compare


@pytest.mark.parametrize(("name", "options"), CURVES, ids=str)
@pytest.mark.parametrize("cycles", CYCLES, ids=str)
def test_every_update_of_cycles_uses_the_lr_of(cycles, name, options, same):
    first, growth, limit, updates = cycles
    for warmup_t, prefix in WARMUPS[: 1 if updates == UPDATES else None]:
        warmup = {"warmup_t": warmup_t, "warmup_prefix": prefix}
        lengths = {"t_initial": first, "cycle_mul": growth, "cycle_limit": limit, "cycle_decay": 0.8}
        same(name, updates=updates, **lengths, **warmup, **RATES, **options)


@pytest.mark.parametrize(("name", "decay_t"), STEPS, ids=str)
def test_every_update_of_steps_uses_the_lr_of(name, decay_t, same):
    long = max(decay_t if isinstance(decay_t, list) else [decay_t], default=0) > 100
    rates = (0.5, 1.0) if isinstance(decay_t, float) else (0.5, 1.0, 1.07)  # a growth is in whole updates
    for (warmup_t, prefix), rate in product(WARMUPS[: 1 if long else None], rates):
        warmup = {"warmup_t": warmup_t, "warmup_prefix": prefix}
        same(name, updates=UPDATES if long else 100, decay_t=decay_t, decay_rate=rate, **warmup)


@pytest.mark.parametrize("decay", ["linear", "1-sqrt", "cosine", "power", "exp"])
@pytest.mark.parametrize("stable", ["constant", "rsqrt", "power"])
@pytest.mark.parametrize("lengths", [(10_000, 3_000, 2_000), (7, 7, 3), (5, 2, 1), (4, 1, 0)], ids=str)
def test_every_update_uses_the_lr_of_wsd(lengths, stable, decay, same):
    t_initial, decay_t, warmup_t = lengths
    bends = {"stable_power": 0.8, "decay_power": 1.7, "decay_ratio": 0.03}
    timescale = None if warmup_t else 5.5
    for floor in (0, 0.025, 0.05):
        same(
            "WSDLRScheduler", updates=t_initial + warmup_t + 100, t_initial=t_initial, decay_t=decay_t,
            warmup_t=warmup_t, stable_fn=stable, decay_fn=decay, stable_timescale=timescale, lr_min=floor, **bends,
        )  # fmt: skip


def test_peaks_may_grow_from_cycle_to_cycle(same):
    for name, k_decay in product(("CosineLRScheduler", "PolyLRScheduler"), (1.0, 0.7)):
        same(name, updates=40, t_initial=10, cycle_limit=3, cycle_decay=1.5, k_decay=k_decay)


def test_a_constant_of_their_factory_is_a_step_of_1(timm_schedulers, optimizer_with, lrs_used, agree):
    optimizer = optimizer_with(LR)
    scheduler, _ = timm_schedulers.create_scheduler_v2(
        optimizer, sched="constant", num_epochs=2, warmup_epochs=1, warmup_lr=0.0, warmup_prefix=True,
        step_on_epochs=False, updates_per_epoch=10,
    )  # fmt: skip
    plan = like.StepLRScheduler(1, warmup_t=10)
    agree([[LR * value] for value in plan.values(30)], lrs_used(optimizer, 30, Stepped(scheduler).step))

"""Runs under schedulers of transformers, timm and pytorch_optimizer, carried over at several points."""

import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
import transformers

from benchmarks._torture.of_others import timm
from preheat.torch import from_scheduler

with warnings.catch_warnings(action="ignore"):  # torch deprecates what its own code, imported by theirs, calls
    import pytorch_optimizer

LRS = (0.1, 0.3)
WARMUP, TOTAL, UPDATES = 30, 120, 125
WHEN = (0, 1, 17, 29, 30, 31, 75, 119, 120, 121)

OF_TRANSFORMERS = {
    "get_constant_schedule": {},
    "get_constant_schedule_with_warmup": {"num_warmup_steps": WARMUP},
    "get_linear_schedule_with_warmup": {"num_warmup_steps": WARMUP, "num_training_steps": TOTAL},
    "get_cosine_schedule_with_warmup": {"num_warmup_steps": WARMUP, "num_training_steps": UPDATES},
    "get_cosine_with_hard_restarts_schedule_with_warmup": {
        "num_warmup_steps": WARMUP, "num_training_steps": TOTAL, "num_cycles": 3,
    },
    "get_polynomial_decay_schedule_with_warmup": {
        "num_warmup_steps": WARMUP, "num_training_steps": TOTAL, "lr_end": 0.01, "power": 2.0,
    },
    "get_inverse_sqrt_schedule": {"num_warmup_steps": WARMUP},
    "get_cosine_with_min_lr_schedule_with_warmup": {
        "num_warmup_steps": WARMUP, "num_training_steps": UPDATES, "min_lr": 0.01,
    },
    "get_cosine_with_min_lr_schedule_with_warmup_lr_rate": {
        "num_warmup_steps": WARMUP, "num_training_steps": UPDATES, "min_lr_rate": 0.1, "warmup_lr_rate": 0.2,
    },
    "get_wsd_schedule": {
        "num_warmup_steps": WARMUP, "num_stable_steps": 50, "num_decay_steps": 40, "min_lr_ratio": 0.1,
    },
}  # fmt: skip

CYCLES = {"lr_min": 0.01, "cycle_mul": 1.5, "cycle_decay": 0.5, "cycle_limit": 3}
OF_TIMM = {
    "CosineLRScheduler": {"t_initial": 25, **CYCLES},
    "PolyLRScheduler": {"t_initial": 25, **CYCLES, "k_decay": 1.5},
    "TanhLRScheduler": {"t_initial": 25, **CYCLES},
    "StepLRScheduler": {"decay_t": 7.5, "decay_rate": 0.5},
    "MultiStepLRScheduler": {"decay_t": [40, 80], "decay_rate": 0.5},
    "WSDLRScheduler": {"t_initial": 90, "decay_t": 40, "lr_min": 0.01, "stable_fn": "rsqrt", "decay_fn": "exp"},
}

RATES = {"max_lr": 0.3, "min_lr": 0.01}
OF_PYTORCH_OPTIMIZER = {
    "LinearScheduler": {"t_max": UPDATES, **RATES, "init_lr": 0.001, "warmup_steps": WARMUP},
    "CosineScheduler": {"t_max": UPDATES, **RATES, "init_lr": 0.001, "warmup_steps": WARMUP},
    "CosineScheduler without warm-up": {"t_max": UPDATES, **RATES},
    "PolyScheduler": {"t_max": UPDATES, **RATES, "warmup_steps": WARMUP},
    "REXScheduler": {"total_steps": TOTAL, **RATES},
    "CosineAnnealingWarmupRestarts": {"first_cycle_steps": 40, **RATES, "warmup_steps": 7, "gamma": 1.0},
    "CosineAnnealingWarmupRestarts that shrink": {
        "first_cycle_steps": 40, "cycle_mult": 0.7, **RATES, "warmup_steps": 7, "gamma": 0.9,
    },
    "CosineAnnealingWarmupRestarts without": {"first_cycle_steps": 20, "cycle_mult": 1.5, **RATES},
    "get_chebyshev_schedule": {"num_epochs": 100},
    "get_chebyshev_schedule in a warm-up": {"num_epochs": 100, "is_warmup": True},
    **{
        f"get_wsd_schedule {name}": {
            "num_warmup_steps": WARMUP, "num_stable_steps": 50, "num_decay_steps": 40, "min_lr_ratio": 0.1,
            "cooldown_type": name,
        }
        for name in ("cosine", "1-sqrt", "1-square", "linear")
    },
}  # fmt: skip


def of_timm(name, options, optimizer):
    return getattr(timm(), name)(optimizer, **options, warmup_t=WARMUP, warmup_lr_init=0.001, t_in_epochs=False)


CASES: dict[str, tuple[Any, Any]] = {
    **{f"transformers.{name}": (getattr(transformers, name), options) for name, options in OF_TRANSFORMERS.items()},
    **{
        f"pytorch_optimizer.{name}": (getattr(pytorch_optimizer, name.split()[0]), options)
        for name, options in OF_PYTORCH_OPTIMIZER.items()
    },
}


def used_by(optimizer, scheduler, updates, done=0):
    """The lr of each group at each update, under a scheduler of any of them."""
    used = []
    for update in range(done, done + updates):
        used.append([float(group["lr"]) for group in optimizer.param_groups])
        optimizer.step()
        if hasattr(scheduler, "step_update"):
            scheduler.step_update(update + 1)
        else:
            scheduler.step()
    return np.array(used)


@pytest.fixture
def goes_on(optimizer_with, agree):
    """Hold the rest of a run that is carried over to the rest of one that is not."""

    def compare(make, *, counts=True):
        whole = optimizer_with(*LRS)
        used = used_by(whole, make(whole), UPDATES)
        for stop in WHEN:
            optimizer = optimizer_with(*LRS)
            scheduler = make(optimizer)
            used_by(optimizer, scheduler, stop)
            ours = from_scheduler(scheduler, at=None if counts else stop).bind(optimizer)
            agree([*used[:stop], *used_by(optimizer, ours, UPDATES - stop)], used)
            assert ours.last_epoch == UPDATES

    return compare


ends = pytest.mark.filterwarnings("ignore:Scheduler. the plan of lr has ended")  # as theirs has


@ends
@pytest.mark.parametrize("case", CASES)
def test_a_run_goes_on_under(case, goes_on):
    make, options = CASES[case]
    goes_on(lambda optimizer: make(optimizer, **options))


@ends
@pytest.mark.parametrize("case", OF_TIMM)
def test_a_run_goes_on_under_timms(case, goes_on):
    goes_on(partial(of_timm, case, OF_TIMM[case]), counts=False)


@ends
def test_timms_share_of_a_layer_is_in_its_base(optimizer_with):
    optimizer = optimizer_with(*LRS)
    optimizer.param_groups[1]["lr_scale"] = 0.5
    scheduler = of_timm("CosineLRScheduler", {"t_initial": 90}, optimizer)
    scheduler.step_update(50)
    followed = from_scheduler(scheduler, at=50)
    assert followed.bases == (0.1, 0.15)
    assert followed.bind(optimizer).get_last_lr() == pytest.approx([g["lr"] for g in optimizer.param_groups])


def test_timms_noise_cannot_be_known_and_can_be_sampled(optimizer_with):
    noisy = {"t_initial": 90, "noise_range_t": (40, 120)}
    optimizer = optimizer_with(*LRS)
    scheduler = of_timm("CosineLRScheduler", noisy, optimizer)
    used = used_by(optimizer, scheduler, UPDATES)
    with pytest.raises(ValueError, match=r"^from_scheduler\(CosineLRScheduler\): its noise is drawn from torch's"):
        from_scheduler(scheduler, at=UPDATES)
    other = optimizer_with(*LRS)
    followed = from_scheduler(of_timm("CosineLRScheduler", noisy, other), at=0, sample=UPDATES)
    assert used_by(other, followed.bind(other), UPDATES) == pytest.approx(used, rel=1e-12)


def test_every_scheduler_of_theirs_is_carried_over():
    follow_a_metric = {"get_greedy_schedule", "get_reduce_on_plateau_schedule"}
    no_schedule = {"get_scheduler", "get_adafactor_schedule"}  # one by its name, and what the optimizer does inside
    named = {name for name in dir(transformers.optimization) if name.startswith("get_")}
    assert named - follow_a_metric - no_schedule == set(OF_TRANSFORMERS)
    of_timms = {name for name in dir(timm()) if name.endswith("LRScheduler")} - {"PlateauLRScheduler"}
    assert of_timms == set(OF_TIMM)

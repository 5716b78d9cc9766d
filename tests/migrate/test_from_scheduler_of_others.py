"""What is read of schedulers of packages that may be missing here: the plan that their parameters make.

Each stands here as a scheduler of that name and library, with those parameters, that follows the plan it should; the
packages' own are carried over in `tests/peers`.
"""

from functools import partial
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

from preheat import constant, fractal_chebyshev, parse
from preheat.torch import from_scheduler


def sgd(*lrs):
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs])


def following(optimizer, library, name, plan, peak=1.0, **parameters):
    """A scheduler of that library and name: it sets the lr of every group to the value of a plan."""

    class Following:
        def __init__(self):
            self.step_t = parameters.get("step_t", 0)
            vars(self).update(parameters)
            self.optimizer = optimizer
            self.write()

        def write(self):
            for group in self.optimizer.param_groups:
                group["lr"] = peak * plan(self.made()) * group.get("lr_scale", 1)

        def made(self):
            return self.step_t - (name == "REXScheduler")

        def step(self, count=None):
            self.step_t = self.step_t + 1 if count is None else count
            self.write()

        step_update = step

    Following.__module__, Following.__name__ = f"{library}.schedulers", name
    made = Following()
    if library == "timm":  # which counts nothing
        del made.step_t
    return made


WARM = "zero_based(linear(0, 1, steps=4) >> "
LAMBDAS: list[tuple[str, str, dict[str, Any], str]] = [
    ("transformers", "_get_constant_lambda", {}, "constant(1)"),
    (
        "transformers",
        "_get_constant_schedule_with_warmup_lr_lambda",
        {"num_warmup_steps": 4},
        f"{WARM}constant(1))",
    ),
    (
        "transformers",
        "_get_cosine_schedule_with_warmup_lr_lambda",
        {"num_warmup_steps": 4, "num_training_steps": 12, "num_cycles": 0.5},
        f"{WARM}cosine(1, 0, steps=8))",
    ),
    (
        "transformers",
        "_get_cosine_schedule_with_warmup_lr_lambda",
        {"num_warmup_steps": 4, "num_training_steps": 12, "num_cycles": 0.5, "min_lr_rate": 0.1},
        f"{WARM}cosine(1, 0.1, steps=8))",
    ),
    (
        "transformers",
        "_get_polynomial_decay_schedule_with_warmup_lr_lambda",
        {"num_warmup_steps": 4, "num_training_steps": 12, "lr_end": 0.1, "power": 2.0, "lr_init": 1.0},
        f"{WARM}polynomial(1, 0.1, power=2, steps=8))",
    ),
    (
        "transformers",
        "_get_wsd_scheduler_lambda",
        {
            "num_warmup_steps": 4, "num_stable_steps": 2, "num_decay_steps": 6, "warmup_type": "linear",
            "decay_type": "1-sqrt", "min_lr_ratio": 0.0, "num_cycles": 0.5,
        },
        f"{WARM}constant(1, steps=2) >> one_minus_sqrt(1, 0, steps=6))",
    ),
    *(
        (
            "pytorch_optimizer",
            "get_wsd_scheduler_lambda",
            {
                "num_warmup_steps": 4, "num_stable_steps": 2, "num_decay_steps": 6, "min_lr_ratio": 0.1,
                "num_cycles": 0.5, "cooldown_type": name,
            },
            f"{WARM}constant(1, steps=2) >> {fall} >> constant(0.1, steps=0))",
        )
        for name, fall in (
            ("cosine", "cosine_wave(1, 0.1, last=1, steps=6)"), ("linear", "linear(1, 0, steps=6)"),
            ("1-sqrt", "one_minus_sqrt(1, 0, steps=6)"), ("1-square", "one_minus_square(1, 0, steps=6)"),
        )
    ),
    ("pytorch_optimizer", "get_chebyshev_lr_lambda", {"num_epochs": 3, "is_warmup": True}, "constant(1)"),
]  # fmt: skip


@pytest.mark.parametrize(("library", "name", "keywords", "text"), LAMBDAS)
def test_a_function_of_theirs_is_known_by_its_name_and_its_keywords(library, name, keywords, text):
    def function(i, **_):
        return parse(text)(i)

    function.__module__, function.__name__ = f"{library}.optimization", name
    scheduler = LambdaLR(sgd(1.0), partial(function, **keywords) if keywords else function)
    assert from_scheduler(scheduler).plan == parse(text)


def test_the_chebyshev_steps_are_of_the_next_power_of_2():
    order = fractal_chebyshev(0.05, 1, steps=4)
    plan = constant(order(0), steps=2) >> order

    def function(i, **_):
        return plan(i)

    function.__module__, function.__name__ = "pytorch_optimizer.lr_scheduler", "get_chebyshev_lr_lambda"
    scheduler = LambdaLR(sgd(1.0), partial(function, num_epochs=3, is_warmup=False))
    assert from_scheduler(scheduler).plan == plan


TIMM: dict[str, Any] = {
    "base_values": [1.0], "noise_range_t": None, "param_group_field": "lr", "t_in_epochs": False, "warmup_t": 4,
    "warmup_lr_init": 0.0, "warmup_prefix": True, "t_initial": 8, "lr_min": 0.1, "cycle_mul": 1.0, "cycle_decay": 1.0,
    "cycle_limit": 1, "k_decay": 1.0,
}  # fmt: skip
COSINE = parse(f"{WARM}cosine(1, 0.1, steps=8))")


@pytest.mark.parametrize("in_epochs", [True, False])
def test_timms_attributes_are_its_parameters(in_epochs):
    scheduler = following(sgd(1.0), "timm", "CosineLRScheduler", COSINE, **TIMM | {"t_in_epochs": in_epochs})
    assert from_scheduler(scheduler, at=0) == (COSINE, (1.0,), 0, {})


def test_timms_share_of_a_layer_is_in_its_base():
    optimizer = sgd(1.0)
    optimizer.param_groups[0]["lr_scale"] = 0.5
    assert from_scheduler(following(optimizer, "timm", "CosineLRScheduler", COSINE, **TIMM), at=0).bases == (0.5,)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"noise_range_t": 3}, "its noise is drawn from torch's generator, for which no formula stands"),
        ({"param_group_field": "momentum"}, "param_group_field='momentum' must be the lr"),
    ],
)
def test_what_timm_does_beside_it_is_said(changed, words):
    scheduler = following(sgd(1.0), "timm", "CosineLRScheduler", COSINE, **TIMM | changed)
    with pytest.raises(ValueError, match=r"^from_scheduler\(CosineLRScheduler\): ") as caught:
        from_scheduler(scheduler, at=0)
    assert words in str(caught.value)


def test_a_scheduler_that_does_not_count_must_be_told():
    scheduler = following(sgd(1.0), "timm", "CosineLRScheduler", COSINE, **TIMM)
    words = r"^from_scheduler\(CosineLRScheduler\): at must be given, the number of its steps, which it does not count$"
    with pytest.raises(ValueError, match=words):
        from_scheduler(scheduler)


GROWN = "after(reverse(polynomial(57.7, 0.1, power=2, steps=8)), 1)"
RATES: dict[str, Any] = {"max_lr": 0.5, "min_lr": 0.05}
RISE: dict[str, Any] = {**RATES, "init_lr": 0.0, "warmup_steps": 4, "total_steps": 12}
CYCLES: dict[str, Any] = {**RATES, "base_max_lr": 0.5, "first_cycle_steps": 8, "cycle_mult": 1.0, "gamma": 1.0}


@pytest.mark.parametrize(
    ("name", "parameters", "text"),
    [
        ("LinearScheduler", RISE, f"constant(0.1, steps=1) >> {WARM}linear(1, 0.1, steps=8))"),
        ("CosineScheduler", RISE, f"constant(0.1, steps=1) >> {WARM}cosine(1, 0.1, steps=8))"),
        (
            "PolyScheduler",
            {**RISE, "poly_order": 2.0},
            f"constant(0.1, steps=1) >> {WARM}constant(1, steps=1) >> {GROWN})",
        ),
        (
            "REXScheduler",
            {**RATES, "total_steps": 12, "step_t": 1},
            "constant(0.1, steps=1) >> after(zero_based(rex(1, 0.1, steps=12)), 1)",
        ),
        (
            "CosineAnnealingWarmupRestarts",
            {**CYCLES, "warmup_steps": 2},
            "zero_based(repeat(linear(0.1, 1, steps=2) >> cosine(1, 0.1, steps=6)))",
        ),
        (
            "CosineAnnealingWarmupRestarts",
            {**CYCLES, "warmup_steps": 0},
            "constant(0.1, steps=1) >> after(zero_based(repeat(cosine(1, 0.1, steps=8))), 1)",
        ),
    ],
)
def test_a_scheduler_of_pytorch_optimizer_is_known_by_its_name_and_attributes(name, parameters, text):
    plan = parse(text)
    scheduler = following(sgd(1.0, 1.0), "pytorch_optimizer", name, plan, 0.5, **parameters)
    assert from_scheduler(scheduler) == (plan, (0.5, 0.5), 0, {})


def test_its_cycles_that_differ_are_written_out():
    parameters = {**CYCLES, "warmup_steps": 2, "gamma": 0.5, "cycle_mult": 100.0}
    first = parse("zero_based(linear(0.1, 1, steps=2) >> cosine(1, 0.1, steps=6))")
    scheduler = following(sgd(1.0), "pytorch_optimizer", "CosineAnnealingWarmupRestarts", first, 0.5, **parameters)
    plan = from_scheduler(scheduler).plan
    assert repr(plan).startswith(
        "zero_based(linear(0.1, 1, steps=2) >> cosine(1, 0.1, steps=6) >> linear(0.1, 0.5, steps=2) >> "
        "cosine(0.5, 0.1, steps=600) >> "
    )


def test_a_warmup_longer_than_the_run_is_refused():
    scheduler = following(sgd(1.0), "pytorch_optimizer", "LinearScheduler", COSINE, **RISE | {"total_steps": 3})
    with pytest.raises(
        ValueError, match=r"^from_scheduler\(LinearScheduler\): warmup_steps must be at most total_steps"
    ):
        from_scheduler(scheduler)

"""The schedules of transformers, timm, optax, torchtitan, Megatron-LM and nanoGPT: their text, seams and rules.

That their values are those of the peers is held by the tests in `peers`.
"""

import math
from typing import Any

import pytest

import preheat
from preheat import like, parse
from preheat._fields import field_of
from preheat.like._optax_parameters import Boundaries, Calls
from preheat.like._pieces import Rate


def made(call):
    """What a call of a peer's function makes: `timm.CosineLRScheduler(4)`."""
    return eval(call, {**vars(preheat), **vars(like)})


# The plan of each call in plain algebra, without the `zero_based` that is around it.
ZERO_BASED = [
    ("transformers.get_cosine_schedule_with_warmup(0, 4, 1.5)", "cosine_wave(1, 0, first=0, last=3, steps=4)"),
    (
        "transformers.get_cosine_with_min_lr_schedule_with_warmup(0, 4, min_lr=1, base_lr=4)",
        "cosine(1, 0.25, steps=4)",
    ),
    (
        "transformers.get_cosine_with_hard_restarts_schedule_with_warmup(4, 4)",
        "linear(0, 1, steps=4) >> constant(0, steps=0)",
    ),
    (
        "transformers.get_cosine_with_hard_restarts_schedule_with_warmup(0, 5, 2)",
        (
            "cosine_wave(1, 0, first=0, last=1.2, steps=3) >> cosine_wave(1, 0, first=0.2, last=1, steps=2)"
            " >> constant(0, steps=0)"
        ),
    ),
    ("transformers.get_inverse_sqrt_schedule(0)", "inverse_sqrt(10000)"),
    ("transformers.get_inverse_sqrt_schedule(0, 8)", "inverse_sqrt(8)"),
    (
        "transformers.get_wsd_schedule(2, 4, num_stable_steps=2, warmup_type='1-sqrt', decay_type='1-sqrt')",
        "reverse(one_minus_sqrt(1, 0, steps=2)) >> constant(1, steps=2) >> one_minus_sqrt(1, 0, steps=4)",
    ),
    (
        "transformers.get_wsd_schedule(2, 4, num_stable_steps=0, warmup_type='cosine', num_cycles=1)",
        "cosine(0, 1, steps=2) >> cosine_wave(1, 0, first=0, last=2, steps=4) >> constant(0, steps=0)",
    ),
    ("timm.CosineLRScheduler(4, k_decay=2)", "cosine_k(1, 0, k=2, steps=4)"),
    (
        "timm.CosineLRScheduler(4, cycle_limit=2, warmup_t=6)",
        "linear(0, 1, steps=6) >> after(cosine(1, 0, steps=4), 2)",
    ),
    (
        "timm.CosineLRScheduler(5, cycle_mul=1.5, cycle_limit=2)",
        "cosine(1, 0, steps=5) >> cosine_wave(1, 0, first=0, last=1.0666666666666667, steps=8) >> constant(0, steps=0)",
    ),
    ("timm.PolyLRScheduler(4, power=2, k_decay=3)", "polynomial_k(1, 0, power=2, k=3, steps=4)"),
    (
        "timm.PolyLRScheduler(1, power=1, cycle_mul=2.5, cycle_limit=2)",
        "polynomial(1, 0, power=1, steps=1) >> table((1, 0.6, 0.2)) >> constant(0, steps=0)",
    ),
    (
        "timm.TanhLRScheduler(4, lb=-1, ub=1, warmup_t=1, warmup_prefix=True)",
        "linear(0, 1, steps=1) >> tanh(1, 0, low=-1, high=1, steps=4) >> constant(0, steps=0)",
    ),
    ("timm.StepLRScheduler(2)", "constant(1)"),
    ("timm.StepLRScheduler(2.5, decay_rate=0.5)", "stairs(0.5, every=2.5)"),
    (
        "timm.MultiStepLRScheduler([1, 3], decay_rate=0.5)",
        "constant(1, steps=1) >> constant(0.5, steps=1) >> constant(0.25)",
    ),
    (
        "timm.WSDLRScheduler(4, 4, decay_fn='power', decay_power=2)",
        "reverse(polynomial(0, 1, power=2, steps=4))",
    ),
    (
        "timm.WSDLRScheduler(4, 4, decay_fn='exp', decay_ratio=0.5)",
        "shifted_exponential(1, 0, ratio=0.5, steps=4)",
    ),
    ("timm.WSDLRScheduler(4, 4, decay_fn='cosine')", "cosine(1, 0, steps=4)"),
    (
        "timm.WSDLRScheduler(4, 2, stable_fn='rsqrt', decay_fn='linear', warmup_t=2)",
        "linear(0, 1, steps=2) >> until(inverse_sqrt(2), 4) * (constant(1, steps=2) >> linear(1, 0, steps=2))",
    ),
    (
        "timm.WSDLRScheduler(4, 2, stable_fn='power', decay_fn='linear', warmup_t=2, lr_min=0.25, base_lr=1)",
        (
            "linear(0, 1, steps=2) >> 0.25 + (-0.25 + maximum(until(power_law(2, power=0.5), 4), 0.25))"
            " * (constant(1, steps=2) >> linear(1, 0, steps=2))"
        ),
    ),
    ("optax.polynomial_schedule(1, 0, 1, 4)", "linear(1, 0, steps=4)"),
    ("optax.exponential_decay(2, 4, 0.5, staircase=True)", "repeat(constant(2, steps=4), decay=0.5)"),
    ("optax.exponential_decay(1, 4, 2, end_value=4)", "minimum(exponential(1, 4, steps=8), 4)"),
    (
        "optax.exponential_decay(1, 4, 2, staircase=True, end_value=3)",
        "minimum(constant(1, steps=4) >> constant(2, steps=4) >> constant(4), 3)",
    ),
    ("optax.exponential_decay(1, 4, 1, end_value=2)", "minimum(exponential_decay(1, every=4), 2)"),
    ("optax.exponential_decay(1, 0, 0.5)", "constant(1)"),
    (
        "optax.warmup_cosine_decay_schedule(0, 0, 2, 6, end_value=1)",
        "linear(0, 0, steps=2) >> cosine(0, 0, steps=4)",
    ),
    (
        "optax.warmup_cosine_decay_schedule(0, 1, 2, 6, exponent=2)",
        "linear(0, 1, steps=2) >> cosine_power(1, 0, power=2, steps=4)",
    ),
    ("megatron.get_lr(max_lr=1, lr_decay_steps=6, lr_decay_style='constant')", "constant(1)"),
    (
        "megatron.get_lr(max_lr=1, lr_decay_steps=6, lr_decay_style='linear', lr_warmup_steps=2)",
        "linear(0, 1, steps=2) >> linear(1, 0, steps=4)",
    ),
    (
        "megatron.get_lr(max_lr=1, lr_decay_steps=6, lr_decay_style='inverse-square-root')",
        "constant(1, steps=1) >> until(inverse_sqrt(1), 5)",
    ),
    (
        (
            "megatron.get_lr(max_lr=1, min_lr=0.5, lr_decay_steps=6, lr_decay_style='inverse-square-root',"
            " lr_warmup_steps=2)"
        ),
        "linear(0, 1, steps=2) >> maximum(until(inverse_sqrt(2), 4), 0.5)",
    ),
    (
        (
            "megatron.get_lr(max_lr=1, lr_decay_steps=6, lr_decay_style='WSD', wsd_decay_steps=4,"
            " lr_wsd_decay_style='exponential')"
        ),
        "constant(1, steps=2) >> shifted_exponential(1, 0, ratio=0.5, steps=4)",
    ),
    ("megatron.get_wd(start_wd=0, end_wd=1, wd_incr_steps=4, wd_incr_style='cosine')", "cosine(0, 1, steps=4)"),
]
AS_IT_IS = [
    ("optax.linear_schedule(1, 0, 0)", "constant(1)"),
    ("optax.piecewise_constant_schedule(1)", "constant(1)"),
    ("optax.piecewise_constant_schedule(1, {4: 0.5, 0: 0.5})", "constant(0.5, steps=4) >> constant(0.25)"),
    ("optax.piecewise_interpolate_schedule('cosine', 1, {4: 0.5})", "zero_based(cosine(1, 0.5, steps=4))"),
    ("optax.piecewise_interpolate_schedule('linear', 1)", "constant(1)"),
    (
        "optax.join_schedules((cosine(1, 0, steps=4), constant(0.5)), (6,))",
        "until(cosine(1, 0, steps=4), 6) >> constant(0.5)",
    ),
    (
        "transformers.get_cosine_with_min_lr_schedule_with_warmup_lr_rate(0, 4, min_lr_rate=0.5, warmup_lr_rate=1)",
        "cosine(1, 0.5, steps=4)",
    ),
    (
        "transformers.get_cosine_with_min_lr_schedule_with_warmup_lr_rate(1, 5, min_lr_rate=0, warmup_lr_rate=0.5)",
        "constant(0.5, steps=1) >> cosine(1, 0, steps=4)",
    ),
    (
        "torchtitan.LRSchedulersContainer(2, total_steps=6, decay_ratio=0)",
        "linear(0, 1, steps=2) >> constant(1, steps=4)",
    ),
    (
        "torchtitan.LRSchedulersContainer(0, total_steps=4, decay_type='sqrt')",
        "zero_based(one_minus_sqrt(1, 0, steps=4))",
    ),
    ("megatron.get_wd(start_wd=1, end_wd=1, wd_incr_steps=4, wd_incr_style='constant')", "constant(1)"),
    ("nanogpt.get_lr(warmup_iters=0, lr_decay_iters=4, min_lr=0)", "zero_based(cosine(0.0006, 0, steps=4))"),
]


@pytest.mark.parametrize(("call", "text"), [*((call, f"zero_based({text})") for call, text in ZERO_BASED), *AS_IT_IS])
def test_a_plan_is_written_in_plain_algebra(call, text):
    assert repr(made(call)) == text
    assert parse(text) == made(call)


# What is particular


def test_a_restart_that_theirs_rounds_down_comes_one_update_late():
    assert math.floor(49 * (1 / 49)) == 0
    plan = like.transformers.get_cosine_with_hard_restarts_schedule_with_warmup(0, 490, num_cycles=49)
    assert [round(plan(i), 9) for i in (10, 30, 490)] == [0.0, 1.0, 0.0]


def test_a_cycle_between_two_updates_has_none():
    plan = like.timm.CosineLRScheduler(2, cycle_mul=0.5, cycle_limit=9)
    assert [round(value, 9) for value in plan.values()] == [1.0, 0.5, 1.0, 1.0]
    assert like.timm.TanhLRScheduler(2, cycle_mul=0.4, cycle_limit=9, warmup_t=1).steps == 4


def test_steps_of_a_fraction_of_an_update_fall_several_at_a_time():
    assert like.timm.StepLRScheduler(0.25, decay_rate=0.5).values(3) == [1.0, 1 / 16, 1 / 256]


def test_after_the_end_a_plan_keeps_its_value():
    law = made("megatron.get_lr(max_lr=1, lr_warmup_steps=1, lr_decay_steps=4, lr_decay_style='inverse-square-root')")
    assert (law(4), law(5), law(1_000)) == (0.5, 0.5, 0.5)
    waves = like.transformers.get_cosine_schedule_with_warmup(0, 4, num_cycles=1.5)
    assert waves(4) == waves(5) == waves(1_000)


def test_floors_that_are_rates_become_shares_of_the_base():
    plan = like.timm.PolyLRScheduler(4, power=1, lr_min=0.5, base_lr=2)
    assert plan.values(5) == [1.0, 0.8125, 0.625, 0.4375, 0.25]


# Rules: each call is refused in its own words.

BROKEN = [
    (
        "transformers.get_linear_schedule_with_warmup(num_warmup_steps=9, num_training_steps=4)",
        "num_training_steps must be at least num_warmup_steps",
    ),
    (
        "transformers.get_polynomial_decay_schedule_with_warmup(num_warmup_steps=0, num_training_steps=4)",
        "base_lr must be given, the lr of the group; lr_end is a learning rate, and the plan multiplies one",
    ),
    (
        (
            "transformers.get_polynomial_decay_schedule_with_warmup(num_warmup_steps=0, num_training_steps=4, lr_end=1,"
            " base_lr=1)"
        ),
        "lr_end must be below base_lr",
    ),
    (
        "transformers.get_cosine_with_min_lr_schedule_with_warmup(num_warmup_steps=0, num_training_steps=4)",
        "one of min_lr and min_lr_rate must be given",
    ),
    (
        "transformers.get_wsd_schedule(num_warmup_steps=0, num_decay_steps=4)",
        "num_training_steps or num_stable_steps must be given",
    ),
    (
        "transformers.get_wsd_schedule(num_warmup_steps=2, num_decay_steps=4, num_training_steps=5)",
        "num_training_steps must be at least num_warmup_steps + num_decay_steps",
    ),
    (
        (
            "transformers.get_wsd_schedule(num_warmup_steps=2, num_decay_steps=4, num_training_steps=9,"
            " num_stable_steps=4)"
        ),
        "num_stable_steps must be what num_training_steps leaves; give one of the two",
    ),
    (
        (
            "transformers.get_cosine_with_hard_restarts_schedule_with_warmup(num_warmup_steps=0,"
            " num_training_steps=1000000, num_cycles=1000000)"
        ),
        "the cycles must be at most 100000",
    ),
    (
        "timm.CosineLRScheduler(t_initial=4, cycle_mul=2, cycle_limit=99)",
        "the cycles together must be shorter than 2**53 updates",
    ),
    (
        "timm.PolyLRScheduler(t_initial=1000000, cycle_mul=1.0000001, cycle_limit=2)",
        "a cycle that is no whole number of updates must be at most 262144 of them long",
    ),
    ("timm.TanhLRScheduler(t_initial=4, lb=1, ub=1)", "lb must be below ub"),
    ("timm.TanhLRScheduler(t_initial=4, ub=101)", "lb must be at least -100 and ub at most 100"),
    ("timm.WSDLRScheduler(t_initial=4, decay_t=5)", "decay_t must be at most t_initial"),
    ("timm.WSDLRScheduler(t_initial=4, decay_t=4, lr_min=2, base_lr=1)", "lr_min must be at most base_lr"),
    (
        "timm.WSDLRScheduler(t_initial=4, decay_t=2, stable_fn='rsqrt')",
        "stable_timescale must be given where there is no warmup_t to take it from",
    ),
    (
        "optax.exponential_decay(init_value=1, transition_steps=4, decay_rate=2, end_value=0.5)",
        "end_value must be at least init_value, which must be above 0, where decay_rate is above 1",
    ),
    (
        "optax.exponential_decay(init_value=1e-300, transition_steps=4, decay_rate=2, end_value=1e+300)",
        "end_value must be nearer to init_value",
    ),
    (
        "optax.exponential_decay(init_value=1, transition_steps=4, decay_rate=1.000001, staircase=True, end_value=2)",
        "the steps up to end_value must be at most 100000",
    ),
    (
        "optax.warmup_cosine_decay_schedule(init_value=0, peak_value=1, warmup_steps=4, decay_steps=4)",
        "decay_steps must be more than warmup_steps, which are among them",
    ),
    (
        "optax.join_schedules(schedules=[constant(1), constant(2)], boundaries=[1, 2])",
        "boundaries must be one fewer than schedules",
    ),
    ("timm.MultiStepLRScheduler(decay_t=[3, 2])", "decay_t must be sorted"),
    ("timm.MultiStepLRScheduler(decay_t=[2, 3], decay_rate=1e+200)", "the last level must be finite"),
    (
        "timm.StepLRScheduler(decay_t=1.5, decay_rate=2)",
        "decay_t must be a whole number of updates where decay_rate is above 1",
    ),
    (
        "timm.CosineLRScheduler(t_initial=4, cycle_decay=1e+200, cycle_limit=2)",
        "the peaks of all cycles must be finite",
    ),
    (
        "torchtitan.LRSchedulersContainer(warmup_steps=9, total_steps=4)",
        "warmup_steps must be at most total_steps",
    ),
    (
        "torchtitan.LRSchedulersContainer(warmup_steps=2, total_steps=4, decay_ratio=1)",
        "decay_ratio must be what warmup_steps leave, or less; None is a decay that begins after them",
    ),
    (
        "megatron.get_lr(max_lr=1, min_lr=2, lr_decay_steps=4, lr_decay_style='linear')",
        "min_lr must be at most max_lr",
    ),
    (
        "megatron.get_lr(init_lr=2, max_lr=1, lr_decay_steps=4, lr_decay_style='linear')",
        "init_lr must be at most max_lr",
    ),
    (
        "megatron.get_lr(max_lr=1, lr_warmup_steps=4, lr_decay_steps=4, lr_decay_style='linear')",
        "lr_warmup_steps must be less than lr_decay_steps, and are among them",
    ),
    (
        "megatron.get_lr(max_lr=1, lr_decay_steps=6, lr_decay_style='WSD', wsd_decay_steps=4)",
        "wsd_decay_steps and lr_wsd_decay_style must be given",
    ),
    (
        (
            "megatron.get_lr(max_lr=1, lr_warmup_steps=3, lr_decay_steps=6, lr_decay_style='WSD', wsd_decay_steps=4,"
            " lr_wsd_decay_style='linear')"
        ),
        "wsd_decay_steps must be at most lr_decay_steps - lr_warmup_steps",
    ),
    (
        "megatron.get_wd(start_wd=2, end_wd=1, wd_incr_steps=4, wd_incr_style='linear')",
        "start_wd must be at most end_wd",
    ),
    (
        "megatron.get_wd(start_wd=0, end_wd=1, wd_incr_steps=4, wd_incr_style='constant')",
        "end_wd must be start_wd where the style is constant",
    ),
    (
        "nanogpt.get_lr(warmup_iters=4, lr_decay_iters=4)",
        "lr_decay_iters must be more than warmup_iters, which are among them",
    ),
]


@pytest.mark.parametrize(("call", "rule"), BROKEN)
def test_a_rule_that_is_broken_is_said_in_the_functions_name(call, rule):
    with pytest.raises(ValueError, match="must be ") as caught:
        made(call)
    assert str(caught.value) == f"{call.partition('.')[2]}: {rule}"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (
            "transformers.get_wsd_schedule(2, 4, 9, decay_type='sqrt')",
            "get_wsd_schedule(decay_type='sqrt'): decay_type must be one of linear, cosine, 1-sqrt",
        ),
        (
            "optax.sgdr_schedule([{'init_value': 0, 'peak_value': 1, 'warmup_steps': 1, 'decay_steps': 0}])",
            "warmup_cosine_decay_schedule(decay_steps=0): decay_steps must be a whole number, from 1 up to 2**53",
        ),
    ],
)
def test_a_choice_is_answered_with_those_there_are_and_a_call_inside_with_its_own_name(call, error):
    with pytest.raises(ValueError, match="must be ") as caught:
        made(call)
    assert str(caught.value) == error


@pytest.mark.parametrize("annotation", [Boundaries, Calls, Rate])
def test_a_field_takes_its_good_values_and_refuses_its_bad_ones(annotation):
    field = field_of(annotation)
    assert [field.check("who", "what", good) for good in field.good] == list(field.good)
    for bad in field.bad:
        with pytest.raises((TypeError, ValueError)) as caught:
            field.check("who", "what", bad)
        assert str(caught.value).startswith("who(what=")
        assert str(caught.value).endswith(f"): what must be {field.words}")


NO_PLANS: list[Any] = [
    like.transformers.get_reduce_on_plateau_schedule, like.transformers.get_greedy_schedule,
    like.timm.PlateauLRScheduler,
]  # fmt: skip


@pytest.mark.parametrize("make", NO_PLANS, ids=lambda make: make.__name__)
def test_what_follows_a_metric_is_answered_by_plateau(make):
    with pytest.raises(TypeError) as caught:
        make(None, factor=0.1)
    words = f"{make.__name__}(): it must be a plan, and this follows a metric; use preheat.torch.Plateau"
    assert str(caught.value) == words

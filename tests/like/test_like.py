"""The peers' schedules under their own names: what all of `preheat.like` has in common, and the rules of some."""

import re
import subprocess
import sys
from itertools import islice, product
from math import inf

import pytest
import torch

import preheat
from preheat import constant, from_json, linear, parse, to_json, until
from preheat._fields import Flag, field_of
from preheat.like import ignite, pytorch_warmup
from preheat.like import torch as like
from preheat.like._parameters import Callback, Counts, Indices, Points, Schedule, Schedules
from preheat.like._torch_cycles import Mode
from promises import LIKE, choices


def test_like_is_an_attribute_that_waits_until_it_is_asked_for():
    code = """
import sys, preheat
assert "preheat.like" not in sys.modules
assert preheat.like.torch.LinearLR(0.5, total_iters=2).values() == [0.5, 0.75]
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_it_is_the_module_that_is_asked_for():
    assert preheat.__getattr__("like") is sys.modules["preheat.like"]


def test_any_other_attribute_is_an_error():
    with pytest.raises(AttributeError, match=r"^module 'preheat' has no attribute 'likely'$"):
        preheat.likely  # type: ignore[attr-defined]  # noqa: B018  # it is the asking that fails


# What every function promises

NO_PLAN = {which for which, make in LIKE.items() if not hasattr(make, "parameters")}  # they say what to use instead
TEXTLESS = {("torch", "LambdaLR")}  # a function of the user's own


def samples(make):
    """Some plans with good values of the annotations."""
    tried = choices(make)
    several = list(islice(product(*tried.values()), 3_500))
    plans = []
    for values in several[:: 1 + len(several) // 500]:
        try:
            plans.append(make(**dict(zip(tried, values, strict=True))))
        except ValueError:  # a rule between parameters
            continue
    assert plans, f"{make.__name__}: the good values of its annotations must make a plan"
    return plans


@pytest.mark.parametrize("which", [which for which in LIKE if which not in NO_PLAN], ids=".".join)
def test_its_plan_is_plain_algebra_that_survives_text_and_json(which):
    for plan in samples(LIKE[which]):
        if which not in TEXTLESS:
            assert parse(repr(plan)) == plan == from_json(to_json(plan))


@pytest.mark.parametrize("which", LIKE, ids=".".join)
def test_its_docstring_says_whose_values_it_has_and_shows_some(which):
    doc = LIKE[which].__doc__ or ""
    assert which in NO_PLAN or re.search(r"^    (Same|Its|Their).* values as `", doc, re.MULTILINE), doc
    assert which in NO_PLAN or f">>> {which[1]}(" in doc or f"{which[1]}(" in doc.partition(">>>")[2]


@pytest.mark.parametrize("annotation", [Callback, Counts, Flag, Indices, Mode, Points, Schedule, Schedules])
def test_a_field_takes_its_good_values_and_refuses_its_bad_ones(annotation):
    field = field_of(annotation)
    assert [field.check("who", "what", good) for good in field.good] == list(field.good)
    for bad in field.bad:
        with pytest.raises((TypeError, ValueError)) as caught:
            field.check("who", "what", bad)
        assert str(caught.value).startswith("who(what=")
        assert str(caught.value).endswith(f"): what must be {field.words}")


def test_what_follows_a_metric_is_answered_by_plateau():
    with pytest.raises(TypeError) as caught:
        like.ReduceLROnPlateau(mode="min", factor=0.1)
    words = "ReduceLROnPlateau(): it must be a plan, and this follows a metric; use preheat.torch.Plateau"
    assert str(caught.value) == words


# Rules between parameters


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: like.CosineAnnealingLR(8, eta_min=0.1),
            (
                "CosineAnnealingLR(T_max=8, eta_min=0.1): base_lr must be given, the lr of the group; "
                "eta_min is a learning rate, and the plan multiplies one"
            ),
        ),
        (
            lambda: like.SWALR(1e300, base_lr=1e-300),
            "SWALR(swa_lr=1e+300, base_lr=1e-300): swa_lr must be a finite multiple of base_lr",
        ),
        (
            lambda: like.CosineAnnealingLR(0),
            "CosineAnnealingLR(T_max=0): T_max must be a whole number, from 1 up to 2**53",
        ),
        (
            lambda: like.CyclicLR(0, 1, mode="square"),
            "CyclicLR(mode='square'): mode must be one of triangular, triangular2, exp_range",
        ),
        (
            lambda: like.MultiplicativeLR(abs, total_steps=100_001),
            (
                f"MultiplicativeLR(lr_lambda={abs!r}, total_steps=100001): total_steps must be at most "
                "100000; a formula of the product has no bound in LambdaLR"
            ),
        ),
        (
            lambda: like.OneCycleLR(1),
            "OneCycleLR(max_lr=1): total_steps must be given, or epochs and steps_per_epoch",
        ),
        (
            lambda: like.OneCycleLR(1, 10, pct_start=0.1),
            (
                "OneCycleLR(max_lr=1, total_steps=10, pct_start=0.1): pct_start must be away from 1 / "
                "total_steps, where torch's divides by zero"
            ),
        ),
        (
            lambda: like.OneCycleLR(1, 10, div_factor=5e-324),
            "OneCycleLR(max_lr=1, total_steps=10, div_factor=5e-324): div_factor and final_div_factor must be moderate",
        ),
        (
            lambda: like.SequentialLR([constant(1, steps=4), constant(1)], milestones=[2, 4]),
            (
                "SequentialLR(schedulers=[constant(1, steps=4), constant(1)], milestones=[2, 4]): milestones "
                "must be one fewer than schedulers"
            ),
        ),
        (
            lambda: like.SequentialLR([constant(1), constant(2), constant(3)], milestones=[3, 2]),
            (
                "SequentialLR(schedulers=[constant(1), constant(2), constant(3)], milestones=[3, 2]): milestones "
                "must not fall"
            ),
        ),
        (
            lambda: like.ChainedScheduler([like.CosineAnnealingWarmRestarts(4)]),
            (
                "ChainedScheduler(schedulers=[zero_based(re... 0, steps=4)))]): each must be the plan of a "
                "scheduler that multiplies the lr it finds, and zero_based(repeat(cosine(1, 0, steps=4))) is "
                "none; torch's others set it anew, which undoes those before them"
            ),
        ),
        (
            lambda: like.ChainedScheduler(
                [like.ExponentialLR(0.5), like.CosineAnnealingLR(100_001, eta_min=1, base_lr=2)]
            ),
            (
                "ChainedScheduler(schedulers=[zero_based(ex...0.5, every=1)), "
                "zero_based(co...steps=100001))]): at most 100000 updates must be written out, and until the "
                "others are level it takes more"
            ),
        ),
        (
            lambda: ignite.CosineAnnealingScheduler(1, 0, 1),
            "CosineAnnealingScheduler(start_value=1, end_value=0, cycle_size=1): cycle_size must be 2 or more",
        ),
        (
            lambda: ignite.CosineAnnealingScheduler(1, 0, 4, start_value_mult=2),
            (
                "CosineAnnealingScheduler(start_value=1, end_value=0, cycle_size=4, start_value_mult=2): "
                "cycles must be given where a value grows or changes its sign; theirs go on for ever"
            ),
        ),
        (
            lambda: ignite.CosineAnnealingScheduler(1, 0, 5, cycle_mult=1.1),  # int(5 * 1.1) is 5
            (
                "CosineAnnealingScheduler(start_value=1, end_value=0, cycle_size=5, cycle_mult=1.1): cycles "
                "must be given where cycle_mult, the product rounded down, leaves cycle_size as it is"
            ),
        ),
        (
            lambda: ignite.CosineAnnealingScheduler(1, 0, 5, cycles=100_001),
            (
                "CosineAnnealingScheduler(start_value=1, end_value=0, cycle_size=5, cycles=100001): cycles "
                "must be at most 100000"
            ),
        ),
        (
            lambda: ignite.CosineAnnealingScheduler(1, 0, 4, cycle_mult=1e10, cycles=3),
            (
                "CosineAnnealingScheduler(start_value=1, end_value=0, cycle_size=4, "
                "cycle_mult=10000000000.0, cycles=3): the cycles together must be shorter than 2**53 updates"
            ),
        ),
        (
            lambda: ignite.CosineAnnealingScheduler(1, 0, 4, start_value_mult=1e200, cycles=3),
            (
                "CosineAnnealingScheduler(start_value=1, end_value=0, cycle_size=4, start_value_mult=1e+200, "
                "cycles=3): the values of all cycles must be finite"
            ),
        ),
        (
            lambda: ignite.LinearCyclicalScheduler(1, 0, 4, warmup_duration=2),
            (
                "LinearCyclicalScheduler(start_value=1, end_value=0, cycle_size=4, warmup_duration=2): "
                "warmup_duration must be 0 where it is not monotonic"
            ),
        ),
        (
            lambda: ignite.PiecewiseLinear([(4, 1), (2, 0)]),
            "PiecewiseLinear(milestones_values=[(4, 1), (2, 0)]): milestones must not fall",
        ),
        (
            lambda: ignite.ConcatScheduler([constant(1, steps=4), constant(1)], [2, 4]),
            (
                "ConcatScheduler(schedulers=[constant(1, steps=4), constant(1)], durations=[2, 4]): "
                "durations must be one fewer than schedulers"
            ),
        ),
        (
            lambda: ignite.create_lr_scheduler_with_warmup(constant(1), 0, 1),
            (
                "create_lr_scheduler_with_warmup(lr_scheduler=constant(1), warmup_start_value=0, "
                "warmup_duration=1): warmup_duration must be 2 or more"
            ),
        ),
        (
            lambda: pytorch_warmup.RAdamWarmup(0.6),
            "RAdamWarmup(beta2=0.6): beta2 must be above 0.6",
        ),
    ],
)
def test_a_rule_that_is_broken_is_said_in_the_functions_name(call, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the words are asserted below
        call()
    assert str(caught.value) == words


# A few curves compared with torch's own; tests/peers has whole runs.


@pytest.fixture
def lrs():
    """The lr of each update under a scheduler of torch's."""

    def drive(make, updates, knob="lr"):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        scheduler = make(optimizer)
        used = [optimizer.param_groups[0][knob]]
        for _ in range(updates - 1):
            optimizer.step()
            scheduler.step()
            used.append(optimizer.param_groups[0][knob])
        return used

    return drive


theirs = torch.optim.lr_scheduler


@pytest.mark.parametrize("anneal_strategy", ["cos", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("pct_start", [0.0, 0.07, 0.3, 0.33, 0.51, 0.6, 0.97, 1.0])
def test_the_one_cycle_turns_where_torchs_does(pct_start, three_phase, anneal_strategy, lrs):
    options = {"pct_start": pct_start, "three_phase": three_phase, "anneal_strategy": anneal_strategy}
    for total in (10, 20):
        plans = {"lr": like.OneCycleLR(2, total, **options), "momentum": like.OneCycleLR_momentum(total, **options)}
        for knob, plan in plans.items():
            used = lrs(lambda optimizer, n=total: theirs.OneCycleLR(optimizer, 2, n, **options), total, knob)
            assert plan.values() == pytest.approx(used, rel=0, abs=1e-14)


def test_the_last_update_of_a_one_cycle_has_the_last_value_where_the_peak_is_just_before_it():
    assert like.OneCycleLR(1.0, total_steps=10, pct_start=0.95)(9) == pytest.approx(4e-6)
    assert like.OneCycleLR_momentum(10, pct_start=0.95)(9) == 0.95
    assert like.OneCycleLR(1.0, total_steps=10, pct_start=0.51, three_phase=True)(9) == pytest.approx(4e-6)


def test_a_cycle_of_one_update_has_the_last_value():
    assert like.OneCycleLR(1, 1, div_factor=2, final_div_factor=2).values() == [0.25]


# Growth: torch's goes on until it overflows, a plan until it is 1e260.


@pytest.mark.parametrize(
    ("make", "plan"),
    [
        (lambda optimizer: theirs.StepLR(optimizer, 3, gamma=1.5), like.StepLR(3, gamma=1.5)),
        (lambda optimizer: theirs.StepLR(optimizer, 1, gamma=1.5), like.StepLR(1, gamma=1.5)),
        (lambda optimizer: theirs.ExponentialLR(optimizer, 1.5), like.ExponentialLR(1.5)),
        (lambda optimizer: theirs.MultiStepLR(optimizer, [4, 4, 7], 1.5), like.MultiStepLR([4, 4, 7], 1.5)),
        (lambda optimizer: theirs.MultiStepLR(optimizer, []), like.MultiStepLR([])),
        (
            lambda optimizer: theirs.CyclicLR(optimizer, 0.1, 0.5, 3, 2, mode="exp_range", gamma=1.1),
            like.CyclicLR(0.1, 0.5, 3, 2, mode="exp_range", gamma=1.1),
        ),
    ],
)
def test_a_growth_has_the_values_of_torchs(make, plan, lrs):
    assert plan.values(40) == pytest.approx(lrs(make, 40), rel=1e-13)


@pytest.mark.parametrize("gamma", [1 + 2**-52, 1.001, 3.0, 1e300])
def test_a_growth_ends_before_it_overflows(gamma):
    for plan, every in ((like.StepLR(7, gamma), 7), (like.ExponentialLR(gamma), 1)):
        assert plan(every) == pytest.approx(gamma)
        assert plan(2**53 - 1) < inf


# Members of a chain: their names, and what they are given besides the optimizer.
CHAINS = [
    [("ConstantLR", (0.5, 3)), ("ExponentialLR", (0.9,)), ("StepLR", (4, 0.5))],
    [("LinearLR", (0.25, 1, 3)), ("CosineAnnealingLR", (12, 0.1))],
    [("CosineAnnealingLR", (12, 0.1)), ("MultiStepLR", ([3, 5], 0.5))],
    [("CosineAnnealingLR", (12, 0.1)), ("PolynomialLR", (6,)), ("StepLR", (4, 0.5))],
    [("CosineAnnealingLR", (12, 0.1)), ("ExponentialLR", (1.1,)), ("StepLR", (4, 1.5))],
    [("CosineAnnealingLR", (12, 0.1)), ("CosineAnnealingLR", (12, 0.1))],
    [("CosineAnnealingLR", (12, 0.1))],
]


@pytest.mark.parametrize("members", CHAINS)
def test_a_chain_has_the_values_of_torchs(members, lrs):
    base = lambda name: {"base_lr": 1} if name == "CosineAnnealingLR" else {}  # noqa: E731  # a short word
    plan = like.ChainedScheduler([getattr(like, name)(*args, **base(name)) for name, args in members])
    make = lambda o: theirs.ChainedScheduler([getattr(theirs, name)(o, *args) for name, args in members])  # noqa: E731
    assert plan.values(13) == pytest.approx(lrs(make, 13), rel=0, abs=1e-14)


def test_a_chain_is_written_out_no_further_than_it_must_be():
    cosine = like.CosineAnnealingLR(8, eta_min=0.1, base_lr=1)
    assert repr(like.ChainedScheduler([like.ConstantLR(0.5, 2), cosine])).startswith("table((0.5, ")
    assert " >> 0.1 + " in repr(like.ChainedScheduler([like.ConstantLR(0.5, 2), cosine]))
    assert repr(like.ChainedScheduler([cosine])) == "0.1 + 0.9 * zero_based(cosine(1, 0, steps=8))"
    assert like.ChainedScheduler([constant(0.5), like.ConstantLR(0.5, 2)]) == constant(0.5) * like.ConstantLR(0.5, 2)


def test_exp_range_falls_at_every_update(lrs):
    plan = like.CyclicLR(0.1, 0.5, 3, 2, mode="exp_range", gamma=0.9)
    used = lrs(lambda optimizer: theirs.CyclicLR(optimizer, 0.1, 0.5, 3, 2, mode="exp_range", gamma=0.9), 20)
    assert plan.values(20) == pytest.approx(used, rel=0, abs=1e-14)


# What the peer tests cannot show


def test_lambda_lr_of_a_plan_is_the_plan():
    plan = linear(0, 1, steps=4)
    assert like.LambdaLR(plan) is plan


def test_multiplicative_lr_says_what_its_function_gave():
    with pytest.raises(TypeError, match=r"the value at 1 must be a finite number, got None$"):
        like.MultiplicativeLR(lambda _: None, total_steps=3)


def test_swalr_to_0_needs_no_base_lr():
    assert like.SWALR(0, anneal_epochs=2, anneal_strategy="linear").values(3) == [1, 0.5, 0]


def test_past_its_end_a_plan_keeps_its_value_where_theirs_climbs_back_or_overshoots():
    assert like.CosineAnnealingLR(10, eta_min=0.1, base_lr=1)(20) == 0.1
    assert like.OneCycleLR(1, 10, anneal_strategy="linear")(10) == like.OneCycleLR(1, 10)(9) == 1 / 25 / 1e4


def test_growing_cycles_reach_a_thousand_million_updates():
    plan = like.CosineAnnealingWarmRestarts(10, T_mult=2)
    assert 10**9 <= (plan.steps or 0) < 2 * 10**9
    other = ignite.CosineAnnealingScheduler(1, 0, 10, cycle_mult=2)
    assert other == plan


def test_cycles_may_be_counted():
    assert like.CosineAnnealingWarmRestarts(10, cycles=3).steps == 30
    assert ignite.LinearCyclicalScheduler(0, 1, 10, start_value_mult=2, cycles=3).steps == 30


def test_cycles_that_change_by_two_factors_are_a_sum_of_two():
    plan = ignite.CosineAnnealingScheduler(1, 0.5, 4, start_value_mult=0.5, end_value_mult=0.25)
    assert repr(plan) == (
        "zero_based(repeat(cosine(1, 0, steps=4), decay=0.5) + repeat(cosine(0, 0.5, steps=4), decay=0.25))"
    )
    written_out = ignite.CosineAnnealingScheduler(1, 0.5, 4, start_value_mult=0.5, end_value_mult=0.25, cycles=5)
    assert until(plan, 20).values() == pytest.approx(written_out.values(), rel=1e-15)

"""`Plateau`: torch's rule for cuts, on top of a plan, and the three things in which it differs."""

from math import inf, nan

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import ReduceLROnPlateau

from preheat import constant, linear, warmup_constant
from preheat.torch import Plateau, Scheduler

STEADY = constant(1, steps=100)


def optimizer_with(*lrs):
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in lrs])


def lrs_after(plateau, metrics, *, lrs=(0.5,), plan=STEADY):
    """The lrs after each observation, without updates in between."""
    scheduler = Scheduler(optimizer_with(*lrs), plan, feedback=plateau)
    rows = []
    for metric in metrics:
        scheduler.observe(metric)
        rows.append(scheduler.get_last_lr())
    return rows


def torch_lrs_after(parameters, metrics, *, lrs=(0.5,)):
    optimizer = optimizer_with(*lrs)
    scheduler = ReduceLROnPlateau(optimizer, **parameters)
    rows = []
    for metric in metrics:
        scheduler.step(metric)
        rows.append([group["lr"] for group in optimizer.param_groups])
    return rows


# Powers of two are multiplied without rounding, so that the lrs must be equal to the last bit.
parameters = st.fixed_dictionaries({
    "factor": st.sampled_from([0.5, 0.25]),
    "patience": st.integers(0, 3),
    "threshold": st.sampled_from([0.0, 1e-4, 0.1]),
    "threshold_mode": st.sampled_from(["rel", "abs"]),
    "cooldown": st.integers(0, 3),
    "min_lr": st.sampled_from([0.0, 0.003, 1.0]),
    "eps": st.sampled_from([0.0, 1e-8, 0.01]),
})  # fmt: skip
metrics = st.lists(st.sampled_from([0.5, 1.0, 0.9999, 1.0001, 1.1, 2.0, inf]) | st.floats(0.01, 10), max_size=40)


@given(parameters, metrics)
def test_it_cuts_where_torch_cuts_for_a_metric_that_should_fall(parameters, metrics):
    assert lrs_after(Plateau(**parameters), metrics) == torch_lrs_after(parameters, metrics)


@given(parameters, metrics)
def test_it_cuts_where_torch_cuts_for_a_metric_that_should_rise(parameters, metrics):
    parameters["mode"] = "max"
    metrics = [-inf if metric == inf else metric for metric in metrics]
    assert lrs_after(Plateau(**parameters), metrics) == torch_lrs_after(parameters, metrics)


@given(metrics)
def test_its_defaults_are_those_of_torch(metrics):
    worse = [1.0, *[2.0] * 30, *metrics]
    np.testing.assert_allclose(lrs_after(Plateau(), worse), torch_lrs_after({}, worse), rtol=1e-15)


@given(metrics)
def test_each_group_may_have_its_floor_as_in_torch(metrics):
    ours = lrs_after(Plateau(factor=0.5, patience=0, min_lr=[0.1, 0.01]), metrics, lrs=(0.5, 0.25))
    assert ours == torch_lrs_after({"factor": 0.5, "patience": 0, "min_lr": [0.1, 0.01]}, metrics, lrs=(0.5, 0.25))


@given(parameters, metrics)
def test_a_negative_metric_that_should_rise_is_a_positive_one_that_should_fall(parameters, metrics):
    mirrored = lrs_after(Plateau(**parameters, mode="max"), [-metric for metric in metrics])
    assert mirrored == lrs_after(Plateau(**parameters), metrics)


@pytest.mark.parametrize(("mode", "second", "cut"), [
    ("min", -1.05, True), ("min", -1.2, False), ("max", -0.95, True), ("max", -0.8, False),
])  # fmt: skip
def test_a_relative_threshold_below_zero_is_a_share_of_the_metrics_size(mode, second, cut):
    plateau = Plateau(mode, 0.5, patience=0, threshold=0.1)
    assert lrs_after(plateau, [-1.0, second]) == [[0.5], [0.25 if cut else 0.5]]


def test_a_constant_negative_metric_is_cut_as_often_as_a_positive_one():
    assert lrs_after(Plateau(), [-1.0] * 40) == lrs_after(Plateau(), [1.0] * 40)
    assert lrs_after(Plateau(), [-1.0] * 40)[-1] == pytest.approx([0.5 * 0.1**3])


@pytest.mark.parametrize(
    ("mode", "infinite"), [("min", inf), ("min", -inf), ("max", inf), ("max", -inf), ("min", 10**400)]
)
def test_an_infinite_metric_is_never_better(mode, infinite):
    plateau = Plateau(mode, 0.5, patience=0)
    assert lrs_after(plateau, [infinite, 1.0, infinite, 2.0 if mode == "max" else 0.5]) == [
        [0.25],
        [0.25],
        [0.125],
        [0.125],
    ]


@pytest.mark.parametrize("bad", [nan, np.float32(nan), torch.tensor(nan)])
def test_nan_is_refused_and_changes_nothing(bad):
    scheduler = Scheduler(optimizer_with(0.5), STEADY, feedback=Plateau(patience=0))
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match=r"observe\(metric=nan\): metric must be a number, not NaN"):
        scheduler.observe(bad)
    assert scheduler.state_dict() == before


@pytest.mark.parametrize("bad", ["1.0", None, True, 1j, [1.0], torch.ones(2), np.ones(2), torch.tensor([True])])
def test_what_is_no_number_is_refused(bad):
    scheduler = Scheduler(optimizer_with(0.5), STEADY, feedback=Plateau())
    with pytest.raises(TypeError, match=r"(?s)observe\(metric=.*\): metric must be a number, or a tensor of one"):
        scheduler.observe(bad)


@pytest.mark.parametrize(
    "kind", [int, np.float32, np.int64, torch.tensor, lambda one: torch.ones(1, 1) * one, np.array]
)
def test_a_metric_may_be_any_number_and_a_tensor_of_one(kind):
    metrics = [kind(metric) for metric in (2, 1, 1, 3)]
    assert lrs_after(Plateau(factor=0.5, patience=0), metrics) == [[0.5], [0.5], [0.25], [0.125]]


def test_a_floor_never_raises_a_group_whose_plan_goes_below_it():
    optimizer = optimizer_with(0.5)
    scheduler = Scheduler(optimizer, linear(1, 0, steps=4), feedback=Plateau(factor=0.5, patience=0, min_lr=0.2))
    scheduler.observe(1.0)
    scheduler.observe(1.0)
    used = []
    for _ in range(4):
        used += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
    assert used == [0.2, 0.2, 0.125, 0.0]  # half of 0.375, 0.25, 0.125 and 0, where that is not below the floor


@pytest.mark.parametrize(("min_lr", "eps"), [(0.0, 0.1), (0.4, 1e-8)])
def test_a_cut_that_would_change_no_lr_is_not_made(min_lr, eps):
    optimizer = optimizer_with(0.5)
    scheduler = Scheduler(
        optimizer, warmup_constant(4), feedback=Plateau(factor=0.5, patience=0, min_lr=min_lr, eps=eps)
    )
    for metric in (1.0, 1.0, 1.0):
        scheduler.observe(metric)
    scheduler.seek(4)
    assert scheduler.get_last_lr() == [0.5]


def test_a_group_below_its_floor_at_rest_stays_there():
    assert lrs_after(Plateau(patience=0, min_lr=0.3), [1.0] * 9, lrs=(0.5, 0.1))[-1] == [0.3, 0.1]


@pytest.mark.parametrize("floors", [[0.1], [0.1, 0.1, 0.1], []])
def test_floors_must_be_one_for_each_group(floors):
    with pytest.raises(ValueError, match=r"Plateau\(min_lr=\(.*\)\): min_lr must be one number, or .*; it has 2"):
        Scheduler(optimizer_with(0.5, 0.5), STEADY, feedback=Plateau(min_lr=floors))


def test_a_group_that_comes_later_must_have_its_floor():
    scheduler = Scheduler(optimizer_with(0.5, 0.5), STEADY, feedback=Plateau(min_lr=[0.1, 0.1]))
    scheduler.optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.1})
    with pytest.raises(ValueError, match=r"min_lr must be one number, or one for each group .*; it has more"):
        scheduler.step()


def test_without_feedback_observing_says_what_to_pass():
    with pytest.raises(ValueError, match=r"a Plateau must be given at bind: Scheduler\(..., feedback=Plateau\(\)\)"):
        Scheduler(optimizer_with(0.5), STEADY).observe(1.0)


def test_it_shows_how_it_was_made():
    assert repr(Plateau(factor=0.5)) == (
        "Plateau(mode='min', factor=0.5, patience=10, threshold=0.0001, threshold_mode='rel', cooldown=0, min_lr=0.0, "
        "eps=1e-08)"
    )

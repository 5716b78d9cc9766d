"""A warm-up, then a cosine, asked for with the numbers that most libraries take in silence; and unsorted milestones.

The rows are those of a table of thirteen libraries' answers to bad input.
"""

from math import nan

import pytest
import torch

from preheat import PreheatWarning, cosine, milestones, warmup, warmup_cosine, warmup_linear
from preheat.torch import Scheduler


def sgd(lr=0.5):
    return torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=lr)


both = pytest.mark.parametrize("recipe", [warmup_cosine, warmup_linear], ids=lambda one: one.__name__)
WHOLE = "must be a whole number of updates, from 0 up to 2"


@both
def test_a_warmup_longer_than_the_total_is_refused(recipe):
    with pytest.raises(
        ValueError, match=r"warmup_steps=60, total_steps=40\): total_steps must be at least warmup_steps"
    ):
        recipe(60, total_steps=40)


@both
def test_a_warmup_as_long_as_the_total_ends_at_its_peak(recipe):
    plan = recipe(40, total_steps=40)
    assert plan.steps == 40
    assert plan.values() == warmup(40).values()


@both
def test_a_total_of_0_holds_the_end_and_training_on_is_said(recipe):
    optimizer = sgd()
    plan = recipe(0, total_steps=0, end=0.25)
    assert (plan.steps, plan.values(), plan(0)) == (0, [], 0.25)
    scheduler = Scheduler(optimizer, plan)
    assert scheduler.get_last_lr() == [0.125]
    with pytest.warns(PreheatWarning, match="has ended after 0 updates and holds 0.25"):
        optimizer.step()


@both
def test_a_negative_warmup_is_refused(recipe):
    with pytest.raises(ValueError, match=rf"{recipe.__name__}\(warmup_steps=-5\): warmup_steps {WHOLE}"):
        recipe(-5, total_steps=40)


@both
def test_a_floor_above_the_peak_is_a_plan_that_rises_to_it(recipe):
    plan = recipe(10, total_steps=40, end=2)
    assert plan(9) == 1
    assert plan(39) == 2
    assert plan.values()[9:] == sorted(plan.values()[9:])


@both
def test_a_floor_below_0_is_refused_when_it_is_bound_with_the_update_where_it_would_happen(recipe):
    plan = recipe(10, total_steps=40, end=-0.1)
    first = next(i for i in range(40) if plan(i) < 0)
    with pytest.raises(ValueError, match=rf"lr must be 0 or more, got -\S+ at update {first}"):
        Scheduler(sgd(), plan)


@both
def test_a_floor_of_nan_is_refused(recipe):
    with pytest.raises(ValueError, match=rf"{recipe.__name__}\(end=nan\): end must be a finite number"):
        recipe(10, total_steps=40, end=nan)


@both
def test_a_warmup_of_a_fraction_of_an_update_is_refused(recipe):
    with pytest.raises(TypeError, match=rf"{recipe.__name__}\(warmup_steps=10.5\): warmup_steps {WHOLE}"):
        recipe(10.5, total_steps=40)


def test_unsorted_milestones_are_refused():
    with pytest.raises(
        ValueError, match=r"milestones\(milestones=\(20, 10\)\): milestones must be .* each above the last"
    ):
        milestones(0.1, milestones=(20, 10))


def test_the_same_in_algebra_is_refused_by_the_piece_that_it_is_for():
    for make, words in (
        (lambda: warmup(-5) >> cosine(1, 0, steps=40), r"warmup\(steps=-5\)"),
        (lambda: warmup(60) >> cosine(1, 0, steps=40 - 60), r"cosine\(steps=-20\)"),
        (lambda: warmup(10) >> cosine(1, nan, steps=30), r"cosine\(end=nan\)"),
    ):
        with pytest.raises(ValueError, match=words):
            make()

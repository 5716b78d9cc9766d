"""A plan is an immutable value, a pure function of the update's index; plans join by a small algebra."""

import copy
import pickle
import re
from fractions import Fraction
from operator import add, mul
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

from preheat import (
    Plan,
    constant,
    cosine,
    function,
    linear,
    noam,
    warmup,
    warmup_constant,
    warmup_cosine,
    warmup_linear,
    zero_based,
)
from preheat._plan import VOCABULARY, register

UP, DOWN = linear(0, 1, steps=4), linear(1, 0, steps=4)


def refused(error, words):
    """The error, with exactly these words."""
    return pytest.raises(error, match=f"^{re.escape(words)}$")


# Operators


def test_then_binds_last():
    assert UP >> DOWN * 2 == UP >> (DOWN * 2)
    assert UP >> DOWN + 2 == UP >> (DOWN + 2)


def test_minus_and_division_are_sugar():
    assert repr(1 - UP / 2) == "1 + -0.5 * linear(0, 1, steps=4)"
    assert repr(UP - DOWN - 1) == "-1 + linear(0, 1, steps=4) + -1 * linear(1, 0, steps=4)"


def test_numbers_gather_in_front():
    assert 2 * UP * 3 * DOWN / 4 == 1.5 * (UP * DOWN)
    assert 2 + UP + 3 + DOWN - 4 == 1 + (UP + DOWN)


def test_numbers_that_cancel_leave_the_plan_itself():
    assert 2 * UP / 2 is UP
    assert UP + 1 - 1 is UP
    assert 2 * (UP * DOWN) / 2 == UP * DOWN


def test_sum_joins_plans():
    assert sum([UP, DOWN]) == UP + DOWN


def test_a_zero_has_no_sign():
    products: list[Any] = [-1 * (0 * UP), -0.0 * UP]
    assert [str(product.number) for product in products] == ["0.0", "0.0"]


def test_numbers_of_numpy_and_fractions_are_numbers():
    assert np.float64(2) * UP == np.int8(2) * UP == Fraction(2) * UP == UP * np.float32(2) == 2 * UP
    assert np.float64(2) + UP == 2 + UP
    assert np.float64(2) - UP == 2 - UP


def test_a_number_too_long_to_be_printed_is_refused_in_words():
    with refused(ValueError, "constant(value=<a long int>): value must be a finite number"):
        constant(10**5000)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400])
@pytest.mark.parametrize("join", [mul, add])
def test_a_number_beside_a_plan_must_be_finite(number, join):
    with pytest.raises(ValueError, match=r"^plan [*+] .*: the other side must be a plan or a finite number$"):
        join(UP, number)
    with pytest.raises(ValueError, match=r"^plan [*+] .*: the other side must be a plan or a finite number$"):
        join(number, UP)


@pytest.mark.parametrize("other", ["2", None, True, 2j, [2], np.arange(2), torch.tensor(2.0)])
@pytest.mark.parametrize("join", [mul, add, lambda a, b: a - b])
def test_beside_a_plan_stands_a_plan_or_a_number(other, join):
    with pytest.raises(TypeError, match=r"(?s)^plan [-*+] .*: the other side must be a plan or a finite number$"):
        join(UP, other)
    with pytest.raises(TypeError, match=r"(?s)^plan [-*+] .*: the other side must be a plan or a finite number$"):
        join(other, UP)


def test_numbers_that_grow_beyond_all_bounds_are_refused():
    with refused(ValueError, "1e+200 * linear(0, 1, steps=4) * 1e+200: the numbers together must be finite"):
        1e200 * UP * 1e200


@pytest.mark.parametrize("other", [3, "3", None, 0.5])
def test_then_takes_plans_only(other):
    words = r": both sides must be plans; constant\(value\) holds a number$"
    with pytest.raises(TypeError, match=rf"^linear\(0, 1, steps=4\) >> {other!r}{words}"):
        UP >> other
    with pytest.raises(TypeError, match=rf"^{other!r} >> linear\(0, 1, steps=4\){words}"):
        other >> UP


def test_a_plan_without_an_end_cannot_be_followed():
    with refused(ValueError, "plan >> plan: noam(4, 4) must end before another plan can follow; give it steps"):
        UP >> noam(4, 4) >> DOWN


def test_the_last_of_a_chain_is_the_one_that_must_end():
    with pytest.raises(ValueError, match=r"^plan >> plan: constant\(1\) must end"):
        (UP >> constant(1)) >> DOWN


@pytest.mark.parametrize("zero", [0, 0.0, -0.0, 5e-324])
def test_division_by_zero_is_refused(zero):
    with pytest.raises(ValueError, match=r"^plan / .*: the divisor must be a finite number other than 0$"):
        UP / zero


def test_a_plan_is_divided_by_numbers_only():
    with pytest.raises(TypeError, match=r"^plan / linear\(1, 0, steps=4\): the other side must be a finite number"):
        UP / DOWN
    with refused(TypeError, "2 / plan: the divisor must be a number; a plan can only be divided by one"):
        2 / UP


# Values: equality, hash, copies, pickle


def test_plans_are_equal_by_what_makes_them():
    assert linear(0.0, 1.0, steps=4) == UP
    assert hash(UP) == hash(linear(0.0, 1.0, steps=4))
    assert linear(0, 1, steps=5) != UP
    assert DOWN != UP
    assert constant(1) != UP
    assert constant(1) != constant(1, steps=4)


def test_a_plan_equals_nothing_but_plans():
    assert [other == UP for other in ("linear(0, 1, steps=4)", np.float64(1), Fraction(1), None)] == [False] * 4


def test_equality_leaves_the_last_word_to_others():
    class Anything:
        def __eq__(self, other):
            return True

        def __hash__(self):
            return 0

    assert Anything() == UP
    assert Anything() == UP


@pytest.mark.parametrize("plan", [UP, UP >> DOWN, 2 * UP + 1, zero_based(UP), constant(1), noam(4, 4)])
def test_a_copy_is_the_plan_itself(plan):
    assert copy.copy(plan) is plan
    assert copy.deepcopy(plan) is plan
    assert copy.deepcopy([plan])[0] is plan


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol_gives_the_plan_back(protocol):
    plan = zero_based(warmup(4) >> 2 * cosine(1, 0.1, steps=8)) + noam(4, 4)
    assert pickle.loads(pickle.dumps(plan, protocol)) == plan


@pytest.mark.parametrize("plan", [UP, UP >> DOWN, 2 * UP, UP + 1, zero_based(UP), constant(1), function(abs)])
def test_a_plan_cannot_be_changed(plan):
    with refused(AttributeError, "plan.steps = 9: a plan is immutable; make another"):
        plan.steps = 9
    with refused(AttributeError, "plan.note = 'mine': a plan is immutable; make another"):
        plan.note = "mine"
    with refused(AttributeError, "del plan.steps: a plan is immutable; make another"):
        del plan.steps


def test_the_plans_in_a_set_are_told_apart():
    assert len({UP, linear(0, 1, steps=4), DOWN, UP >> DOWN, UP >> DOWN}) == 3


# In torch's LambdaLR, which copies and updates the __dict__ of its function


def driven(scheduler, updates):
    """The lr of the coming updates, stepping as torch's documentation does."""
    used = []
    for _ in range(updates):
        used.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return used


def lambda_lr(plan):
    return LambdaLR(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5), plan)


def test_a_plan_is_a_function_for_lambda_lr():
    assert driven(lambda_lr(UP >> DOWN), 8) == [0.125, 0.25, 0.375, 0.5, 0.375, 0.25, 0.125, 0]


def test_lambda_lr_saves_and_restores_a_plan():
    plan = UP >> DOWN
    first, again = lambda_lr(plan), lambda_lr(plan)
    driven(first, 3)
    before = hash(plan)
    again.load_state_dict(copy.deepcopy(first.state_dict()))
    assert driven(again, 5) == driven(first, 5)
    assert (hash(plan), plan.__dict__) == (before, {})


def test_a_scheduler_that_torch_copies_keeps_its_plan():
    scheduler = copy.deepcopy(lambda_lr(UP))
    assert scheduler.lr_lambdas[0] is UP
    assert UP.__dict__ == {}


# Recipes


def test_a_recipe_returns_the_pieces_it_is_made_of():
    assert warmup(4) == linear(0, 1, steps=4)
    assert warmup(4, 0.5) == linear(0.5, 1, steps=4)
    assert warmup_constant(4) == linear(0, 1, steps=4) >> constant(1)
    assert warmup_linear(4, total_steps=10, end=0.1) == linear(0, 1, steps=4) >> linear(1, 0.1, steps=6)
    assert warmup_cosine(4, total_steps=10) == linear(0, 1, steps=4) >> cosine(1, 0, steps=6)


@pytest.mark.parametrize("make", [warmup_linear, warmup_cosine])
@pytest.mark.parametrize("warmup_steps", [0, 1, 10])
def test_the_pieces_of_a_recipe_add_up_to_the_total(make, warmup_steps):
    assert make(warmup_steps, total_steps=10).steps == 10


@pytest.mark.parametrize("make", [warmup_linear, warmup_cosine])
def test_a_warmup_longer_than_the_run_is_refused(make):
    words = f"{make.__name__}(warmup_steps=11, total_steps=10): total_steps must be at least warmup_steps"
    with refused(ValueError, words):
        make(11, total_steps=10)


def test_a_recipe_names_the_parameter_that_is_wrong():
    with refused(
        ValueError,
        "warmup(steps=-1): steps must be a whole number of updates, from 0 up to 2**53, "
        'or a text such as "3ep" or "5%"',
    ):
        warmup(-1)


# Words of the language


def test_a_word_may_be_defined_anew_but_not_taken():
    with pytest.raises(ValueError, match=r"^linear: the name must be new; preheat\.shapes\.ramps has one$"):

        @register
        def linear() -> Plan:
            return UP

    assert VOCABULARY["warmup"] is register(warmup) is warmup


def test_what_is_not_a_plan_is_refused_by_combinators():
    with refused(TypeError, "zero_based(plan=3): plan must be a plan"):
        zero_based(3)  # type: ignore[arg-type]  # that is refused

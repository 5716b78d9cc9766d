"""The laws of the algebra, over random expressions of the whole catalogue."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import strategies
from preheat import constant, from_json, parse, to_json, zero_based
from preheat._plan import VOCABULARY
from promises import CATALOGUE
from strategies import ending, numbers, plans


def asked(*plans):
    """Indices that pass every seam of these plans and reach past their ends."""
    ends = [plan.steps or 0 for plan in plans]
    return [*range(max(ends) + 3), 100.5, 10**6]


def near(values):
    """The same up to rounding; values of a sum may cancel, so small ones are compared with 1."""
    return pytest.approx(values, rel=1e-12, abs=1e-9)


@given(ending(), ending(), plans())
def test_then_is_associative(a, b, c):
    assert (a >> b) >> c == a >> (b >> c)


@given(plans(), plans(), plans())
def test_times_is_associative(a, b, c):
    assert (a * b) * c == a * (b * c)


@given(plans(), plans(), plans())
def test_plus_is_associative(a, b, c):
    assert (a + b) + c == a + (b + c)


@given(plans())
def test_times_one_is_the_plan_itself(a):
    assert 1 * a == a * 1 == a / 1 == a


@given(plans())
def test_plus_zero_is_the_plan_itself(a):
    assert 0 + a == a + 0 == a - 0 == a


@given(plans())
def test_minus_minus_is_the_plan_itself(a):
    minus = -a
    assert -minus == a


@given(plans(), plans())
def test_times_is_commutative_in_its_values(a, b):
    assert [(a * b)(i) for i in asked(a, b)] == near([(b * a)(i) for i in asked(a, b)])


@given(plans(), plans())
def test_plus_is_commutative_in_its_values(a, b):
    assert [(a + b)(i) for i in asked(a, b)] == near([(b + a)(i) for i in asked(a, b)])


@given(plans(), plans())
def test_minus_is_plus_the_negative(a, b):
    assert a - b == a + -b == a + -1 * b


@given(plans(), st.sampled_from([-4, -0.5, 0.25, 2, 8]))
def test_division_is_multiplication_by_the_inverse(a, number):
    assert a / number == a * (1 / number)


@given(ending(), plans())
def test_then_gives_each_its_own_updates(a, b):
    plan = a >> b
    assert [plan(i) for i in asked(plan)] == [a(i) if i < a.steps else b(i - a.steps) for i in asked(plan)]


@given(plans(), plans(), numbers)
def test_side_by_side_is_value_by_value(a, b, number):
    indices = asked(a, b)
    assert [(a * b)(i) for i in indices] == near([a(i) * b(i) for i in indices])
    assert [(a + b)(i) for i in indices] == near([a(i) + b(i) for i in indices])
    assert [(a * number)(i) for i in indices] == near([a(i) * number for i in indices])
    assert [(a + number)(i) for i in indices] == near([a(i) + number for i in indices])


@given(ending(), plans())
def test_zero_based_distributes_over_then(a, b):
    together, apart = zero_based(a >> b), zero_based(a) >> zero_based(b)
    assert [together(i) for i in asked(together)] == [apart(i) for i in asked(together)]


@given(plans())
def test_zero_based_twice_is_once(a):
    assert zero_based(zero_based(a)) == zero_based(a)


@given(ending(), plans(), plans())
def test_lengths_add_up_after_and_the_longest_counts_beside(a, b, c):
    assert (a >> b).steps == (None if b.steps is None else a.steps + b.steps)
    assert (b * c).steps == (b + c).steps == (None if None in (b.steps, c.steps) else max(b.steps, c.steps))
    assert (2 * a).steps == (a + 2).steps == zero_based(a).steps == a.steps


@given(ending())
def test_a_plan_holds_after_its_end(a):
    assert len({a(i) for i in (a.steps, a.steps + 0.5, a.steps + 1, a.steps + 7, 10**6, 2**53 - 1)}) == 1


@given(plans())
def test_text_gives_the_plan_back(a):
    assert parse(repr(a)) == a
    assert repr(parse(repr(a))) == repr(a)


@given(plans())
def test_json_gives_the_plan_back(a):
    assert from_json(to_json(a)) == a


@given(plans(), st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_pickle_gives_the_plan_back(a, protocol):
    twin = pickle.loads(pickle.dumps(a, protocol))
    assert twin == a
    assert [twin(i) for i in asked(a)] == [a(i) for i in asked(a)]


@given(plans(), plans())
def test_equal_plans_have_equal_hashes_and_texts(a, b):
    assert hash(parse(repr(a))) == hash(a)
    assert (a == b) == (repr(a) == repr(b))


@given(plans())
def test_an_array_equals_its_scalars(a):
    indices = asked(a)
    scalars = np.array([a(i) for i in indices])
    assert a(np.array(indices)) == near(scalars)
    assert a(torch.tensor(indices, dtype=torch.float64)).numpy() == near(scalars)


@given(plans())
def test_values_are_those_of_the_first_updates(a):
    n = 5 if a.steps is None else a.steps
    assert a.values(n) == [a(i) for i in range(n)]


def test_the_expressions_may_have_every_word_of_the_language_in_them():
    drawn = [*CATALOGUE, *strategies.RECIPES, *strategies.BY_HAND]
    assert {make.__name__ for make in drawn} == set(VOCABULARY)


QUICK = settings(phases=[Phase.generate], max_examples=200)


@pytest.mark.parametrize("make", CATALOGUE, ids=lambda make: make.__name__)
def test_a_shape_is_drawn(make):
    assert find(strategies.curves([make]), lambda plan: plan.shape.make is make, settings=QUICK)


@pytest.mark.parametrize("make", strategies.RECIPES, ids=lambda make: make.__name__)
def test_a_recipe_is_drawn(make):
    number = constant(0.5, steps=3)
    assert find(strategies.calls([make], st.just(number)), lambda plan: plan != number, settings=QUICK)

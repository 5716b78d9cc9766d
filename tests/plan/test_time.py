"""Updates are counted from 0; a piece of n updates ends on its end at its n-th; after the end it is held."""

from fractions import Fraction

import numpy as np
import pytest

from preheat import constant, cosine, exponential, inverse_sqrt, linear, noam, zero_based

UP, DOWN = linear(0, 1, steps=4), linear(1, 0, steps=4)


# Time


def test_update_i_uses_the_value_at_its_end():
    assert UP.values() == [0.25, 0.5, 0.75, 1.0]


def test_the_last_update_has_the_end_and_so_has_every_later_one():
    assert [DOWN(i) for i in (3, 4, 5, 1_000_000)] == [0, 0, 0, 0]


def test_a_real_index_in_the_last_unit_reads_the_end():
    assert [UP(i) for i in (0.5, 2.5, 3, 3.5)] == [0.375, 0.875, 1.0, 1.0]


def test_zero_based_reads_the_start_first_and_is_one_short_of_the_end():
    assert zero_based(UP >> DOWN).values() == [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]


def test_a_zero_based_decay_to_zero_is_zero_from_its_end_on():
    assert [zero_based(DOWN)(i) for i in (3, 3.5, 4, 5, 1_000_000)] == [0.25, 0.125, 0, 0, 0]


def test_a_piece_in_the_middle_hands_over_before_its_zero_based_end():
    plan = zero_based(UP) >> constant(5, steps=2)
    assert plan.values() == [0, 0.25, 0.5, 0.75, 5, 5]


def test_zero_based_noam_is_zero_at_first():
    assert zero_based(noam(512, 4000))(0) == 0


def test_the_readings_can_be_mixed():
    plan = linear(0, 1, steps=2) >> zero_based(cosine(1, 0, steps=2))
    assert plan.values() == pytest.approx([0.5, 1.0, 1.0, 0.5])


def test_side_by_side_the_shorter_holds_its_end():
    assert (linear(0, 1, steps=2) * DOWN).values() == [0.375, 0.5, 0.25, 0]
    assert zero_based(linear(0, 1, steps=2) + DOWN).values() == [1, 1.25, 1.5, 1.25]


def test_side_by_side_one_without_an_end_has_none():
    assert (constant(2) * UP).steps is None
    assert (UP + noam(4, 4)).steps is None


def test_a_number_has_no_length():
    assert (2 * UP).steps == (UP + 2).steps == (UP / 2).steps == 4


# Pieces of no updates

NONE = linear(5, 7, steps=0)


def test_a_piece_of_no_updates_alone_holds_its_end():
    assert (NONE.values(), NONE(0), NONE(9)) == ([], 7, 7)


def test_a_piece_of_no_updates_first_or_in_the_middle_is_passed_over():
    assert (NONE >> UP).values() == UP.values()
    assert (UP >> NONE >> NONE >> DOWN).values() == (UP >> DOWN).values()


def test_a_piece_of_no_updates_last_is_what_is_held():
    plan = UP >> NONE
    assert (plan.values(), plan(4), plan(9)) == (UP.values(), 7, 7)


def test_a_piece_of_no_updates_side_by_side_counts_with_its_end():
    assert (NONE * UP).values() == [1.75, 3.5, 5.25, 7]


def test_a_piece_of_no_updates_is_the_same_in_a_zero_based_reading():
    assert zero_based(NONE)(0) == 7
    assert zero_based(NONE >> UP >> NONE).values() == zero_based(UP).values()


def test_arrays_pass_over_pieces_of_no_updates_too():
    plan = NONE >> UP >> constant(3, steps=0) >> DOWN >> NONE
    indices = np.arange(12)
    assert plan(indices).tolist() == [plan(int(i)) for i in indices]


def test_the_formula_of_a_piece_of_no_updates_is_not_called():
    assert exponential(1, 0, steps=0)(0) == 0


def test_nothing_but_pieces_of_no_updates_is_the_last_of_them():
    plan = NONE >> constant(3, steps=0)
    assert (plan.steps, plan(0), plan(1)) == (0, 3, 3)


# What an index may be


@pytest.mark.parametrize("i", [3, 3.0, np.int8(3), np.float32(3), np.float64(3), Fraction(3)])
def test_an_index_may_be_any_real_number(i):
    value = UP(i)
    assert (value, type(value)) == (1.0, float)


@pytest.mark.parametrize("i", [-1, -1e-300, float("nan"), float("inf"), 2**53, 10**400, Fraction(10**400)])
def test_an_index_that_no_update_has_is_refused(i):
    with pytest.raises(ValueError, match=r"^plan\(i=.*\): i must be a number from 0 up to 2\*\*53"):
        UP(i)


@pytest.mark.parametrize("i", ["3", None, True, np.True_, 3j, [3], (3,)])
def test_an_index_that_is_no_number_is_refused(i):
    with pytest.raises(TypeError, match=r"^plan\(i=.*\): i must be a number from 0 up to 2\*\*53"):
        UP(i)


def test_values_are_those_of_the_first_updates():
    assert (UP >> constant(1)).values(6) == [0.25, 0.5, 0.75, 1, 1, 1]
    assert UP.values(2) == [0.25, 0.5]
    assert UP.values(0) == []


def test_values_of_an_endless_plan_need_a_number():
    with pytest.raises(ValueError, match=r"^values\(n=None\): n must be given for an endless plan$"):
        noam(4, 4).values()


@pytest.mark.parametrize(("n", "error"), [(-1, ValueError), (2.0, TypeError), ("2", TypeError), (True, TypeError)])
def test_values_takes_a_whole_number(n, error):
    with pytest.raises(error, match=r"^values\(n=.*\): n must be a whole number of updates, from 0 up to 2\*\*53$"):
        UP.values(n)


def test_the_length_of_a_law_is_none():
    assert noam(4, 4).steps is inverse_sqrt(4).steps is constant(1).steps is None

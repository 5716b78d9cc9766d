"""`until` and `after`: a plan cut at an update, in every reading of it."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat import (
    after,
    constant,
    cosine,
    exponential,
    from_json,
    function,
    linear,
    noam,
    parse,
    to_json,
    until,
    warmup,
    zero_based,
)
from preheat._plan import Then
from strategies import plans

FAR = range(30)


def halving(i):
    return 2.0**-i


LENGTHS = st.integers(0, 12)
CUT = st.builds(until, plans(), LENGTHS) | st.builds(after, plans(), LENGTHS)
PLANS = plans() | CUT | st.builds(zero_based, CUT) | st.builds(lambda a, b: a * b, CUT, plans())


def near(values):
    """The same up to rounding, for a product inside a product is one product; sums may cancel."""
    return pytest.approx(values, rel=1e-12, abs=1e-9)


@given(PLANS, LENGTHS)
def test_the_two_parts_make_the_whole(plan, n):
    again = until(plan, n) >> after(plan, n)
    assert [again(i) for i in FAR] == near([plan(i) for i in FAR])


@given(PLANS, LENGTHS)
def test_the_two_parts_make_the_whole_when_read_from_zero(plan, n):
    again, whole = zero_based(until(plan, n) >> after(plan, n)), zero_based(plan)
    assert [again(i) for i in FAR] == near([whole(i) for i in FAR])


@given(PLANS, st.integers(1, 12))
def test_until_has_the_first_values_and_then_holds(plan, n):
    cut = until(plan, n)
    assert cut.steps == n
    assert [cut(i) for i in range(n)] == near([plan(i) for i in range(n)])
    assert cut(n) == cut(n + 1) == cut(10 * n)


@given(PLANS, LENGTHS)
def test_after_is_as_long_as_what_is_left(plan, n):
    assert after(plan, n).steps == (None if plan.steps is None else max(plan.steps - n, 0))


@given(PLANS, LENGTHS, LENGTHS)
def test_two_cuts_are_one(plan, n, m):
    assert [until(until(plan, n + m), n)(i) for i in FAR] == near([until(plan, n)(i) for i in FAR])
    assert [after(after(plan, n), m)(i) for i in FAR] == near([after(plan, n + m)(i) for i in FAR])


@given(PLANS, LENGTHS, st.sampled_from([until, after]))
def test_text_json_and_pickle_give_the_same_plan_back(plan, n, cut):
    part = cut(plan, n)
    assert parse(repr(part)) == from_json(to_json(part)) == pickle.loads(pickle.dumps(part)) == part
    assert hash(parse(repr(part))) == hash(part)


@given(PLANS, LENGTHS, st.sampled_from([until, after]))
def test_an_array_equals_its_scalars(plan, n, cut):
    part = cut(plan, n)
    assert part(np.arange(30.0)).tolist() == near([part(i) for i in FAR])


@pytest.mark.parametrize(
    ("plan", "n", "first", "rest"),
    [
        (
            linear(0, 1, steps=4) >> cosine(1, 0, steps=8),
            6,
            "linear(0, 1, steps=4) >> until(cosine(1, 0, steps=8), 2)",
            "after(cosine(1, 0, steps=8), 2)",
        ),
        (linear(0, 1, steps=4) >> cosine(1, 0, steps=8), 4, "linear(0, 1, steps=4)", "cosine(1, 0, steps=8)"),
        (
            linear(0, 1, steps=4) >> cosine(1, 0, steps=8),
            2,
            "until(linear(0, 1, steps=4), 2)",
            "after(linear(0, 1, steps=4), 2) >> cosine(1, 0, steps=8)",
        ),
        (
            2 * noam(4, 4) * linear(1, 0, steps=4),
            3,
            "2 * until(noam(4, 4), 3) * until(linear(1, 0, steps=4), 3)",
            "2 * after(noam(4, 4), 3) * after(linear(1, 0, steps=4), 3)",
        ),
        (
            0.5 + noam(4, 4) + linear(1, 0, steps=4),
            3,
            "0.5 + until(noam(4, 4), 3) + until(linear(1, 0, steps=4), 3)",
            "0.5 + after(noam(4, 4), 3) + after(linear(1, 0, steps=4), 3)",
        ),
        (
            zero_based(linear(0, 1, steps=4) >> noam(4, 4)),
            5,
            "zero_based(linear(0, 1, steps=4) >> until(noam(4, 4), 1))",
            "zero_based(after(noam(4, 4), 1))",
        ),
        (constant(2), 3, "constant(2, steps=3)", "constant(2)"),
        (constant(2, steps=5), 3, "constant(2, steps=3)", "constant(2, steps=2)"),
        (constant(2, steps=2), 3, "constant(2, steps=3)", "constant(2, steps=0)"),
        (
            function(halving),
            3,
            'function("test_cut:halving", steps=3)',
            'after(function("test_cut:halving"), 3)',
        ),
        (warmup(4), 4, "linear(0, 1, steps=4)", "after(linear(0, 1, steps=4), 4)"),
        (warmup(4), 0, "until(linear(0, 1, steps=4), 0)", "linear(0, 1, steps=4)"),
        (warmup(4), 9, "until(linear(0, 1, steps=4), 9)", "after(linear(0, 1, steps=4), 9)"),
    ],
)
def test_operators_are_cut_inside(plan, n, first, rest):
    assert (repr(until(plan, n)), repr(after(plan, n))) == (first, rest)


def test_a_part_of_a_part_is_one_part():
    falling = cosine(1, 0, steps=8)
    assert repr(until(until(falling, 6), 4)) == "until(cosine(1, 0, steps=8), 4)"
    assert repr(after(until(falling, 6), 4)) == "until(after(cosine(1, 0, steps=8), 4), 2)"
    assert repr(after(after(falling, 3), 2)) == "after(cosine(1, 0, steps=8), 5)"


def test_cut_where_a_piece_ends_it_holds_the_end_of_that_piece():
    cut = until(linear(0, 1, steps=2) >> constant(0.5), 2)
    assert [cut(i) for i in range(4)] == [0.5, 1, 1, 1]


def test_of_no_updates_it_holds_the_left_end():
    assert [until(linear(3, 1, steps=4), 0)(i) for i in (0, 1, 9)] == [3, 3, 3]
    assert until(linear(3, 1, steps=4), 0).values() == []


def test_beyond_the_end_both_hold_the_end():
    assert until(linear(0, 1, steps=2), 5).values() == [0.5, 1, 1, 1, 1]
    assert [after(linear(0, 1, steps=2), 5)(i) for i in (0, 3)] == [1, 1]


def test_read_from_zero_a_part_holds_where_the_cut_was():
    assert [zero_based(until(linear(0, 1, steps=4), 2))(i) for i in range(4)] == [0, 0.25, 0.5, 0.5]


def test_a_function_is_not_asked_beyond_the_cut():
    cut = zero_based(until(function(float), 3))
    assert [cut(i) for i in range(6)] == [0, 1, 2, 2, 2, 2]


def test_a_hundred_cuts_and_continuations_stay_flat():
    plan = warmup(4) >> 2 * zero_based(cosine(1, 0, steps=1000)) * noam(4, 4)
    for n in range(3, 303, 3):
        plan = until(plan, n) >> 2 * zero_based(cosine(1, 0, steps=1000)) * noam(4, 4)
    assert isinstance(plan, Then)
    assert plan.depth == 5, "a chain, a product, a reading from zero, a cut, a curve"
    assert len(plan.plans) == 101
    assert parse(repr(plan)) == plan


@pytest.mark.parametrize("cut", [until, after])
@pytest.mark.parametrize(
    ("plan", "n", "error", "words"),
    [
        (1, 3, TypeError, r"(until|after)\(plan=1\): plan must be a plan"),
        (constant(1), -1, ValueError, r"(until|after)\(n=-1\): n must be a whole number of updates, from 0"),
        (constant(1), 1.5, TypeError, r"(until|after)\(n=1.5\): n must be a whole number of updates, from 0"),
        (constant(1), "3", ValueError, r"(until|after)\(n='3'\): n must be a whole number of updates, from 0"),
        (constant(1), True, TypeError, r"(until|after)\(n=True\): n must be a whole number of updates, from 0"),
    ],
)
def test_what_cannot_be_cut_is_refused(cut, plan, n, error, words):
    with pytest.raises(error, match=words):
        cut(plan, n)


def test_a_cut_is_as_exact_as_the_plan():
    plan = exponential(1, 1e-6, steps=100_000)
    parts = until(plan, 33_333) >> after(plan, 33_333)
    assert [parts(i) for i in range(0, 100_000, 997)] == [plan(i) for i in range(0, 100_000, 997)]

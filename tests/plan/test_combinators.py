"""What makes a plan of plans: again and again, backwards, at another length, kept within bounds, with noise."""

import pickle
import statistics
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, reject
from hypothesis import strategies as st

from preheat import (
    after,
    clip,
    constant,
    cosine,
    from_json,
    function,
    linear,
    maximum,
    minimum,
    noise,
    parse,
    repeat,
    reverse,
    stretch,
    table,
    to_json,
    until,
    warmup,
    zero_based,
)
from strategies import decays, ending, plans

SAW = linear(1, 0, steps=2)
RUN = warmup(2) >> constant(1, steps=2) >> cosine(1, 0, steps=4)
FAR = [*range(30), 100.5, 10**6]

PLANS = [
    repeat(SAW), repeat(SAW, decay=0.5), repeat(RUN, 3, growth=1.5, decay=0.5), maximum(RUN, 0.5), minimum(0.5, RUN),
    maximum(RUN, repeat(SAW)), clip(RUN, 0.25, 0.75), reverse(RUN), stretch(RUN, steps=20),
    stretch(after(cosine(1, 0, steps=8), 2), steps=9), noise(RUN, 0.5, seed=7), table((1, 0.5, 0.25)),
    noise(repeat(SAW) + 1, 0.1, seed=2**40), reverse(table((1, 2, 4)) * noise(RUN, 0.5, seed=1)),
]  # fmt: skip
each = pytest.mark.parametrize("plan", PLANS, ids=repr)


def near(values):
    """The same up to rounding; sums may cancel."""
    return pytest.approx(values, rel=1e-12, abs=1e-9)


def read(plan):
    return [plan(i) for i in FAR]


# Every one of them


@each
def test_it_survives_text_json_and_pickle(plan):
    for twin in (parse(repr(plan)), from_json(to_json(plan)), pickle.loads(pickle.dumps(plan))):
        assert twin == plan
        assert hash(twin) == hash(plan)
        assert read(twin) == read(plan)


@each
def test_an_array_equals_its_scalars(plan):
    for read in (plan, zero_based(plan)):
        scalars = [read(i) for i in range(30)]
        assert read(np.arange(30)).tolist() == near(scalars)
        assert read(torch.arange(30)).tolist() == near(scalars)


@each
def test_it_stays_on_its_device(plan):
    assert plan(torch.arange(30, device="meta")).is_meta


@each
def test_past_its_end_it_holds(plan):
    if plan.steps is not None:
        assert len({plan(i) for i in (plan.steps, plan.steps + 0.5, plan.steps + 7, 10**6)}) == 1


# repeat


def test_repeat_begins_again_for_ever():
    assert repeat(SAW).values(5) == [0.5, 0, 0.5, 0, 0.5]
    assert repeat(SAW)(10**9) == 0.5
    assert repeat(SAW).steps is None


def test_repeat_decides_by_the_index_which_time_it_is():
    assert zero_based(repeat(SAW, decay=0.5)).values(6) == [1, 0.5, 0.5, 0.25, 0.25, 0.125]


def test_a_number_of_times_is_plain_algebra():
    assert repeat(SAW, 3) == SAW >> SAW >> SAW
    assert repeat(SAW, 1) == SAW


def test_cycles_grow_and_shrink_and_fall():
    assert repr(repeat(SAW, 3, growth=2, decay=0.5)) == (
        "linear(1, 0, steps=2) >> 0.5 * linear(1, 0, steps=4) >> 0.25 * linear(1, 0, steps=8)"
    )
    assert repeat(linear(1, 0, steps=8), 3, growth=0.5).steps == 8 + 4 + 2


def test_each_cycle_has_its_own_warmup():
    cycle = warmup(1) >> linear(1, 0, steps=3)
    assert repr(repeat(cycle, 2, growth=2)) == (
        "linear(0, 1, steps=1) >> linear(1, 0, steps=3) >> linear(0, 1, steps=2) >> linear(1, 0, steps=6)"
    )


@given(ending(), decays)
def test_repeat_is_the_plan_and_then_repeat(plan, decay):
    if plan.steps:
        again = plan >> decay * repeat(plan, decay=decay)
        assert read(repeat(plan, decay=decay)) == near(read(again))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: repeat(constant(1)), "plan must end, after 1 update or more, before it can begin again"),
        (lambda: repeat(warmup(0)), "plan must end, after 1 update or more, before it can begin again"),
        (lambda: repeat(SAW, growth=2), "times must be given where the length grows or shrinks"),
        (lambda: repeat(SAW, 10**6), "its pieces must be at most 100000; without times they have no end"),
        (lambda: repeat(SAW, 2_000, growth=2), "the cycles together must be shorter than 2**53 updates"),
        (lambda: repeat(SAW, 9, growth=0.5), "the last cycle must be 1 update or more"),
        (lambda: reverse(constant(1)), "plan must end, for it to begin there"),
        (lambda: stretch(constant(1), steps=4), "plan must end, for its pieces to have shares of it"),
        (lambda: stretch(warmup(0), steps=4), "plan must have 1 update or more, for its pieces to have shares of it"),
        (lambda: clip(SAW, 1, 0), "low must be at most high"),
        (lambda: maximum(1, 2), "one of the two must be a plan"),
    ],
)
def test_a_rule_that_is_broken_is_said(call, words):
    with pytest.raises(ValueError, match=r"^\w+\(.*\): ") as caught:
        call()
    assert str(caught.value).endswith(words)


# maximum, minimum, clip


@given(plans(), plans(), st.sampled_from([-1, 0.5, 2]))
def test_the_larger_and_the_smaller_value_count(a, b, number):
    assert read(maximum(a, b)) == [max(a(i), b(i)) for i in FAR]
    assert read(minimum(a, number)) == [min(a(i), number) for i in FAR]


@given(plans(), plans())
def test_they_are_as_long_as_the_longest_plan(a, b):
    assert maximum(a, b).steps == minimum(a, b).steps == (a * b).steps
    assert maximum(a, 0.5).steps == minimum(0.5, a).steps == a.steps


@given(plans())
def test_clip_keeps_a_plan_between_two_numbers(plan):
    assert read(clip(plan, -0.5, 0.5)) == [min(max(plan(i), -0.5), 0.5) for i in FAR]


# reverse


def test_reverse_ends_on_the_start():
    assert reverse(warmup(4)).values() == [0.75, 0.5, 0.25, 0]
    assert zero_based(reverse(warmup(4))).values() == [1, 0.75, 0.5, 0.25]


def test_reverse_reads_a_table_and_a_function_backwards():
    assert reverse(table((1, 2, 4))).values() == zero_based(reverse(table((1, 2, 4)))).values() == [4, 2, 1]
    assert reverse(function(float, steps=3)).values() == [2, 1, 0]


@given(ending())
def test_backwards_twice_is_the_plan_itself(plan):
    backwards = reverse(plan)
    assert read(reverse(backwards)) == read(plan)


@given(ending(), ending())
def test_reverse_turns_the_order_round(a, b):
    together, apart = reverse(a >> b), reverse(b) >> reverse(a)
    assert together.values() == near(apart.values())


# stretch


def test_stretch_writes_the_pieces_anew():
    assert repr(stretch(RUN * 2 + SAW, steps=16)) == (
        "2 * (linear(0, 1, steps=4) >> constant(1, steps=4) >> cosine(1, 0, steps=8)) + linear(1, 0, steps=4)"
    )
    assert repr(stretch(clip(zero_based(RUN), 0, 1), steps=4)) == (
        "minimum(maximum(zero_based(linear(0, 1, steps=1) >> constant(1, steps=1) >> cosine(1, 0, steps=2)), 0), 1)"
    )
    assert stretch(table((1, 2, 3, 4)), steps=2) == table((1, 3))
    part = until(cosine(1, 0, steps=8), 4)
    assert stretch(stretch(part, steps=7), steps=9) == stretch(part, steps=9)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(0, 400))
def test_stretch_keeps_proportions_and_hits_its_total(parts, total):
    plan = constant(0, steps=1)
    for part in parts:
        plan >>= linear(0, 1, steps=part)
    longer: Any = stretch(plan, steps=total)
    assert longer.steps == total
    whole = 1 + sum(parts)
    for piece, part in zip(longer.plans, (1, *parts), strict=True):
        assert abs(piece.steps - part * total / whole) < 1


@given(ending(), st.integers(0, 30))
def test_stretch_hits_its_total_whatever_the_plan(plan, steps):
    if not plan.steps:
        return
    try:
        stretched = stretch(plan, steps=steps)
    except ValueError:  # some shapes need two updates or more
        reject()
    assert stretched.steps == steps


@given(st.sampled_from([cosine(1, 0.5, steps=6), until(cosine(1, 0.5, steps=6), 6), after(linear(0, 1, steps=9), 3)]))
def test_twice_as_long_is_half_as_fast(plan):
    slow = zero_based(stretch(plan, steps=12))
    assert slow.values(25)[::2] == near(zero_based(plan).values(13))


def test_what_is_read_faster_is_read_to_its_end():
    fast = stretch(after(cosine(1, 0, steps=8), 2), steps=3)
    assert fast.values(4) == near([after(cosine(1, 0, steps=8), 2)(i) for i in (1, 3, 5, 6)])
    assert stretch(function(float, steps=4), steps=8).values() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3]
    assert stretch(function(float, steps=4), steps=0)(0) == 3


# noise


def test_noise_is_a_function_of_seed_and_update():
    plan = noise(constant(1), 0.5, seed=0)
    assert [round(v, 3) for v in plan.values(4)] == [1.181, 1.222, 1.345, 0.642]
    assert plan(3) == plan.values(4)[3]
    assert noise(constant(1), 0.5, seed=1).values(4) != plan.values(4)


@pytest.mark.parametrize(
    ("seed", "drawn"),
    [
        (0, [2926543089, 3099006442, 3627623809, 4221551041, 3902546863, 3639388427]),
        (42, [4223378, 3739543937, 1793750120, 3912379541, 1414908368, 3512744716]),
        (2**40 + 5, [117740989, 2582939948, 2055359262, 2402020149, 1696871259, 3333774770]),
    ],
)
def test_what_noise_draws_never_changes(seed, drawn):
    updates = (0, 1, 2, 1_000, 2**32, 2**40 + 7)
    assert [noise(constant(1), 1, seed=seed)(i) for i in updates] == [(2 * k + 1) / 2**32 for k in drawn]


def test_noise_multiplies_the_plan():
    factor = noise(constant(1), 0.67, seed=42)
    assert noise(RUN, 0.67, seed=42).values() == near([RUN(i) * factor(i) for i in range(8)])
    assert noise(RUN, 0, seed=42).values() == RUN.values()


def test_noise_is_even_between_its_bounds_and_forgets_what_was_before():
    drawn = noise(constant(1), 1, seed=3)(np.arange(100_000)) - 1
    assert -1 < drawn.min() < -0.999 < 0.999 < drawn.max() < 1
    assert np.histogram(drawn, 10)[0] == pytest.approx([10_000] * 10, rel=0.03)
    assert abs(statistics.correlation(drawn[:-1].tolist(), drawn[1:].tolist())) < 0.01


def test_noise_is_the_same_in_every_library():
    far = [0, 1, 2**16, 2**20 + 3]
    plan = noise(constant(1), 0.5, seed=2**40 + 5)
    scalars = [plan(i) for i in far]
    assert plan(np.array(far)).tolist() == plan(torch.tensor(far)).tolist() == scalars
    assert plan(np.array([2**40])).tolist() == plan(torch.tensor([2**40])).tolist() == [plan(2**40)]


# table


def test_a_table_is_read_by_index_however_it_is_based():
    plan = table((1, 0.5, 0.1))
    assert plan.values() == zero_based(plan).values() == [1, 0.5, 0.1]
    assert (plan.steps, plan(0.9), plan(3), plan(10**6)) == (3, 1, 0.1, 0.1)


def test_a_table_is_cut_into_tables():
    assert until(table((1, 2, 4)), 2) == table((1, 2))
    assert after(table((1, 2, 4)), 1).values() == [2, 4]


def test_a_cut_goes_through_to_the_plans_inside():
    assert repr(until(maximum(RUN, 0.5), 3)) == "maximum(linear(0, 1, steps=2) >> constant(1, steps=1), 0.5)"

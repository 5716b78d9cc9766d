"""Lengths in other units: written, kept, turned into updates that add up, and refused in words."""

import pickle
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preheat import (
    after,
    constant,
    cosine,
    from_json,
    function,
    linear,
    maximum,
    milestones,
    noam,
    noise,
    parse,
    repeat,
    resolve,
    sgdr,
    staircase,
    stretch,
    to_json,
    tri_stage,
    until,
    warmup,
    warmup_cosine,
    wsd,
    zero_based,
)
from strategies import plans

PLAN = warmup("3ep") >> cosine(1, 0.1, steps="rest")


def refused(error, words):
    """The error, with exactly these words."""
    return pytest.raises(error, match=f"^{re.escape(words)}$")


def halved(i):
    return 1 / (i + 1)


# Written


@pytest.mark.parametrize("length", ["3ep", "0.5ep", "5%", "33.3%", ".5%", "1e6sa", "2e9tok", "2E+9tok", "0%", "rest"])
def test_a_length_is_a_number_and_a_unit(length):
    assert repr(linear(0, 1, steps=length)) == f'linear(0, 1, steps="{length}")'


@pytest.mark.parametrize(
    "length", ["8", "", "ep", "-3ep", "3 ep", "3epochs", "nan%", "inf%", "1e999sa", "rests", "1.2.3%"]
)
def test_another_text_is_no_length(length):
    words = f"linear(steps={length!r}): steps must be a whole number of updates, from 0 up to 2**53, or a text such as "
    with refused(ValueError, f'{words}"3ep" or "5%"'):
        linear(0, 1, steps=length)


def test_a_float_is_no_length():
    words = "steps must be a whole number of updates, from 0 up to 2**53, or a text such as"
    with refused(TypeError, f'cosine(steps=0.05): {words} "3ep" or "5%"'):
        cosine(1, 0, steps=0.05)


EXPRESSIONS = [
    PLAN,
    linear(0, 1, steps=2) >> cosine(1, 0, steps="5%") >> constant(0, steps="rest"),
    warmup("5%", 0.5),
    2 * (0.5 + warmup("1e6sa")) * constant(1, steps="rest"),
    1 - zero_based(warmup("3ep")) / 2,
    maximum(warmup("5%"), 0.5),
    wsd("5%", total_steps="rest", decay_steps="20%", end=0.1),
    tri_stage(20, hold_steps="rest", decay_steps="10%"),
    repeat(linear(1, 0, steps="1ep"), 3, growth=2),
    stretch(warmup(1) >> cosine(1, 0, steps=9), steps="100%"),
    until(after(warmup("20%"), "1%"), "5%"),
    noise(warmup("3ep"), 0.5, seed=1),
    milestones(0.1, milestones=(4, "30ep", "60ep")),
    staircase(0.5, every="30ep"),
    sgdr("1ep", cycles=3),
    noam(512, "5%"),
    function(halved, steps="rest"),
]


@pytest.mark.parametrize("plan", EXPRESSIONS, ids=repr)
def test_an_unresolved_plan_is_a_value_with_a_text(plan):
    assert plan.unresolved
    for twin in (parse(repr(plan)), from_json(to_json(plan)), pickle.loads(pickle.dumps(plan))):
        assert twin == plan
        assert hash(twin) == hash(plan)
        assert repr(twin) == repr(plan)


def test_a_call_is_written_without_what_it_would_be_given_anyway():
    assert repr(wsd("5%", total_steps="rest", decay_steps=20, end=0, start=0)) == (
        'wsd("5%", total_steps="rest", decay_steps=20)'
    )


def test_a_chain_of_lengths_is_flat():
    plan = parse(" >> ".join(['linear(0, 1, steps="1ep")'] * 2_000))
    assert len(plan._call()[1]) == 1 + 2_000
    assert resolve(plan, steps_per_epoch=2).steps == 4_000


# Asked too early


@pytest.mark.parametrize("ask", [lambda p: p(0), lambda p: p.steps, lambda p: p.values(), lambda p: p.values(1)])
def test_an_unresolved_plan_names_what_it_needs(ask):
    words = 'warmup("3ep") >> cosine(1, 0.1, steps="rest"): its lengths must be in updates before it has values; '
    with refused(ValueError, f"{words}resolve(plan, total_steps=..., steps_per_epoch=...)"):
        ask(PLAN)


@pytest.mark.parametrize(
    "ask", [lambda p: p(0), lambda p: p(np.arange(3)), lambda p: (0.5 * p)(0), lambda p: (p + p)(0)]
)
def test_where_only_the_total_is_missing_the_scheduler_is_named(ask):
    words = 'warmup("5%"): its lengths must be in updates before it has values; resolve(plan, total_steps=...) or, for '
    with refused(ValueError, f"{words}a Scheduler, total_steps=... or extend(total_steps)"):
        ask(warmup("5%"))


def test_a_call_that_waits_has_no_length():
    with refused(ValueError, 'noam(512, "1ep"): its lengths must be in updates before it has values; resolve(plan, ste'
                             "ps_per_epoch=...)"):  # fmt: skip
        _ = noam(512, "1ep").steps


@pytest.mark.parametrize(("unit", "argument"), [("sa", "samples_per_step"), ("tok", "tokens_per_step")])
def test_what_is_missing_is_named(unit, argument):
    with refused(ValueError, f'resolve({argument}=None): {argument} must be given, for "5{unit}"'):
        resolve(warmup(f"5{unit}"), total_steps=10)


def test_everything_that_is_missing_is_named():
    words = 'total_steps and steps_per_epoch must be given, for "3ep" and "rest"'
    with refused(ValueError, f"resolve(total_steps=None, steps_per_epoch=None): {words}"):
        resolve(PLAN)


def test_the_total_alone_may_come_later():
    plan = resolve(PLAN, steps_per_epoch=50)
    assert plan == linear(0, 1, steps=150) >> cosine(1, 0.1, steps="rest")
    assert resolve(plan, total_steps=400) == resolve(PLAN, steps_per_epoch=50, total_steps=400)


def test_a_total_that_comes_later_leaves_what_stands_beside_it():
    plan = wsd("3ep", total_steps="rest", decay_steps="20%") * (warmup("1ep") >> constant(1)) + warmup("5%")
    assert resolve(plan, steps_per_epoch=50) == (
        wsd(150, total_steps="rest", decay_steps="20%") * (warmup(50) >> constant(1)) + warmup("5%")
    )


# Turned into updates


@pytest.mark.parametrize(
    ("length", "updates"),
    [("3ep", 300), ("0.5ep", 50), ("5%", 50), ("1e6sa", 1000), ("2e9tok", 500), ("0.1%", 1), ("rest", 1000), ("0%", 0)],
)
def test_a_length_becomes_updates(length, updates):
    known = {"steps_per_epoch": 100, "samples_per_step": 1000, "tokens_per_step": 4e6}
    assert resolve(linear(0, 1, steps=length), total_steps=1_000, **known) == linear(0, 1, steps=updates)


@pytest.mark.parametrize(
    ("plan", "resolved"),
    [
        (constant(1, steps="30%") >> constant(2, steps="30%") >> constant(3, steps="40%"), (3, 3, 5)),
        (constant(1, steps="12.5%") >> constant(2, steps="12.5%") >> constant(3, steps="75%"), (2, 1, 8)),
        (constant(1, steps=2) >> constant(2, steps="rest") >> constant(3, steps="10%"), (2, 8, 1)),
        (constant(1, steps="25%") >> constant(2, steps="rest"), (3, 8)),
    ],
)
def test_the_parts_of_eleven_updates_go_to_the_largest_remainders(plan, resolved):
    _, (_, *pieces), _ = resolve(plan, total_steps=11)._call()
    assert tuple(piece.steps for piece in pieces) == resolved


@pytest.mark.parametrize(
    ("plan", "resolved"),
    [
        (wsd("30%", total_steps="100%", decay_steps="70%"), wsd(32, total_steps=105, decay_steps=73)),
        (wsd("30%", total_steps="99.9%", decay_steps="69%"), wsd(32, total_steps=105, decay_steps=72)),
        (tri_stage("30%", hold_steps="30%", decay_steps="40%"), tri_stage(32, hold_steps=31, decay_steps=42)),
        (tri_stage("5%", hold_steps="rest", decay_steps=20), tri_stage(5, hold_steps=80, decay_steps=20)),
        (warmup_cosine("5%", total_steps="50%") >> warmup("50%"), warmup_cosine(5, total_steps=53) >> warmup(52)),
        (warmup("5%") >> warmup_cosine(5, total_steps="rest"), warmup(5) >> warmup_cosine(5, total_steps=100)),
        (stretch(warmup(1) >> constant(1, steps=9), steps="rest"), warmup(11) >> constant(1, steps=94)),
        (zero_based(warmup("50%")) >> zero_based(warmup("50%")), zero_based(warmup(53)) >> zero_based(warmup(52))),
        (0.5 * warmup("50%") >> warmup("50%") + warmup("20%"), 0.5 * warmup(53) >> warmup(52) + warmup(21)),
        (maximum(warmup("50%"), warmup("50%")) >> warmup("50%"), maximum(warmup(53), warmup(53)) >> warmup(52)),
        (warmup("20%") * constant(1, steps="rest"), warmup(21) * constant(1, steps=105)),
        (repeat(warmup("20%"), 2) >> constant(1), repeat(warmup(21), 2) >> constant(1)),
        (sgdr("10%", cycles=3) >> constant(1, steps="rest"), sgdr(10, cycles=3) >> constant(1, steps=75)),
        (zero_based(warmup("5%") >> constant(1)), zero_based(warmup(5) >> constant(1))),
        (repeat(warmup("5%")), repeat(warmup(5))),
        (milestones(0.5, milestones=(9, "30%", "60%")), milestones(0.5, milestones=(9, 31, 63))),
        (until(warmup(105), "50%") >> after(warmup(105), "50%"), until(warmup(105), 52) >> after(warmup(105), 52)),
        (function(halved, steps="rest"), function(halved, steps=105)),
        (noam(512, "5%"), noam(512, 5)),
        (warmup("0.4%") >> sgdr("0.6%", cycles=2), warmup(0) >> sgdr(1, cycles=2)),
    ],
    ids=repr,
)  # fmt: skip
def test_a_call_is_made_anew_with_updates(plan, resolved):
    assert resolve(plan, total_steps=105) == resolved


def test_a_share_of_an_epoch_need_not_be_whole():
    plan = constant(1, steps="3ep") >> constant(2, steps="3ep")
    assert resolve(plan, steps_per_epoch=10.5) == constant(1, steps=32) >> constant(2, steps=31)


# Refused


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (warmup("60%") >> warmup("60%"),
         'the parts must be no longer than the total, they take 120 updates: warmup("60%") >> warmup("60%")'),
        (warmup("120%") >> noam(1, 1),
         'the parts must be no longer than the total, they take 120 updates: warmup("120%") >> noam(1, 1)'),
        (constant(1, steps=200) >> warmup("rest"),
         'the parts must be no longer than the total, they take 200 updates: constant(1, steps=200) >> warmup("rest")'),
        (warmup("150%"), 'the parts must be no longer than the total, they take 150 updates: warmup("150%")'),
        (tri_stage("60%", hold_steps="rest", decay_steps="60%"),
         '"rest" must fill 100 updates, and cannot here: tri_stage("60%", hold_steps="rest", decay_steps="60%")'),
        (repeat(warmup("rest"), 3), '"rest" must fill 100 updates, and cannot here: repeat(warmup("rest"), 3)'),
        (after(warmup(90), "rest"),
         '"rest" must fill 100 updates, and cannot here: after(linear(0, 1, steps=90), "rest")'),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_total_is_refused(plan, words):
    with refused(ValueError, f"resolve(total_steps=100): {words}"):
        resolve(plan, total_steps=100)


def test_two_rests_in_a_chain_are_refused():
    chain = 'warmup("rest") >> constant(1, steps="rest")'
    with refused(ValueError, f'resolve(plan): "rest" must stand once in a chain: {chain}'):
        resolve(parse(chain), total_steps=100)


def test_a_rule_of_a_recipe_is_told_in_updates():
    words = (
        "wsd(warmup_steps=60, total_steps=100, decay_steps=60): total_steps must be at least warmup_steps + decay_steps"
    )
    with refused(ValueError, words):
        resolve(wsd("60%", total_steps="rest", decay_steps="60%"), total_steps=100)


def test_what_follows_an_endless_plan_is_refused_once_that_is_known():
    with refused(ValueError, "plan >> plan: constant(1) must end before another plan can follow; give it steps"):
        resolve(milestones(1, milestones=("5%",)) >> warmup(4), total_steps=100)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"total_steps": "90ep"}, TypeError, "resolve(total_steps='90ep'): total_steps must be a whole number, from 1"),
        ({"total_steps": 0}, ValueError, "resolve(total_steps=0): total_steps must be a whole number, from 1 up to"),
        ({"steps_per_epoch": 0}, ValueError, "resolve(steps_per_epoch=0): steps_per_epoch must be a number above 0"),
        ({"samples_per_step": None, "tokens": 1}, TypeError, "resolve(tokens=...): tokens must be a parameter of it"),
    ],
)
def test_an_argument_is_checked_also_where_it_is_not_needed(arguments, error, words):
    with pytest.raises(error, match=f"^{re.escape(words)}"):
        resolve(warmup(4), **arguments)


# Laws

LENGTHS = st.sampled_from(["0.7ep", "1ep", "2.5ep", "0%", "3%", "7.3%", "12.5%", "999sa", "1e3sa", "5555tok"])
KNOWN = {"steps_per_epoch": 9.5, "samples_per_step": 128, "tokens_per_step": 1000}


@st.composite
def late_plans(draw):
    """Expressions some of whose pieces have lengths in other units."""
    plan = draw(plans())
    plan = constant(1, steps=3) if plan.steps is None else plan
    pieces = st.builds(lambda length: linear(0.5, 1, steps=length), LENGTHS) | st.builds(
        lambda length: warmup_cosine(2, total_steps=length), st.sampled_from(["2.5ep", "12.5%"])
    )
    for wrap in draw(
        st.lists(st.sampled_from([zero_based, lambda p: 2 * p, lambda p: maximum(p, 0.5), lambda p: p]), max_size=3)
    ):
        plan = wrap(plan >> draw(pieces))
    return plan >> draw(pieces)


@settings(max_examples=40)
@given(late_plans())
def test_resolving_is_done_once(plan):
    made = resolve(plan, total_steps=1_000, **KNOWN)
    assert not made.unresolved
    assert resolve(made, total_steps=7) is made


@settings(max_examples=40)
@given(late_plans())
def test_an_unresolved_plan_survives_text_json_and_pickle(plan):
    assert parse(repr(plan)) == from_json(to_json(plan)) == pickle.loads(pickle.dumps(plan)) == plan


@settings(max_examples=40)
@given(late_plans())
def test_text_and_resolving_commute(plan):
    assert resolve(parse(repr(plan)), total_steps=1_000, **KNOWN) == resolve(plan, total_steps=1_000, **KNOWN)


@settings(max_examples=40)
@given(late_plans())
def test_a_rest_makes_any_plan_as_long_as_the_total(plan):
    assert resolve(plan >> constant(1, steps="rest"), total_steps=1_000, **KNOWN).steps == 1_000


@given(plans())
def test_a_plan_without_units_resolves_to_itself(plan):
    assert resolve(plan) is plan


SHARES = st.lists(st.integers(1, 20), min_size=1, max_size=8)
WRAPS = [
    lambda length: linear(0, 1, steps=length),
    lambda length: zero_based(constant(1, steps=length)),
    lambda length: warmup_cosine(0, total_steps=length),
    lambda length: tri_stage(0, hold_steps=0, decay_steps=length),
    lambda length: stretch(warmup(2) >> constant(1, steps=3), steps=length),
    lambda length: constant(1, steps=length) * linear(1, 0, steps=length),
]


@settings(max_examples=100)
@given(SHARES, st.lists(st.sampled_from(WRAPS), min_size=8, max_size=8), st.integers(100, 2**40))
def test_parts_of_the_whole_add_up_to_it(parts, wraps, total):
    numbers = [Fraction(part, sum(parts)) for part in parts]
    written = [f"{round(number * 100_000) / 1_000}%" for number in numbers[1:]]
    first = f"{(100_000 - sum(round(number * 100_000) for number in numbers[1:])) / 1_000}%"
    pieces = [wrap(length) for wrap, length in zip(wraps, [first, *written], strict=False)]
    plan = pieces[0]
    for piece in pieces[1:]:
        plan = plan >> piece
    made = resolve(plan, total_steps=total)
    assert made.steps == total

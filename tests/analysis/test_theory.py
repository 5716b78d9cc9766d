"""What the convex bound says of a plan."""

from fractions import Fraction
from math import isclose, sqrt

import pytest

from preheat import constant, cosine, linear, one_minus_sqrt, warmup, wsd
from preheat.theory import CAVEAT, bound, rank

T = 4_000
PUBLISHED = (  # bound times the root of T: Schaipp et al. 2025, by their own package (lr-scheduling, schedules/base.py)
    (constant(1), 3.142),
    (constant(1, steps=3_200) >> linear(1, 0, steps=800), 2.164),
    (constant(1, steps=3_200) >> one_minus_sqrt(1, 0, steps=800), 2.129),
    (cosine(1, 0, steps=T), 2.061),
    (linear(1, 0, steps=T), 2.002),
)


def as_written(rates):
    """The theorem's three terms in exact arithmetic, every sum anew."""
    h = [Fraction(rate) for rate in rates]
    total = sum(h)
    terms = [h[k] / sum(h[k + 1 :]) * sum(x * x for x in h[k:]) / sum(h[k:]) for k in range(len(h) - 1)]
    first, rest = 1 / (2 * total), sum(x * x for x in h) / (2 * total) + sum(terms) / 2
    return 2 * sqrt(first * rest), sqrt(first / rest)


@pytest.mark.parametrize(("plan", "published"), PUBLISHED, ids=[repr(plan) for plan, _ in PUBLISHED])
def test_gives_the_published_figures(plan, published):
    assert round(bound(plan, T).value * sqrt(T), 3) == published


def test_linear_wants_about_twice_the_learning_rate_of_a_short_cooldown():
    cooldown, straight = PUBLISHED[1][0], PUBLISHED[4][0]
    assert round(bound(straight, T).scale / bound(cooldown, T).scale, 2) == 1.95


@pytest.mark.parametrize(
    "plan", [warmup(5) >> cosine(1, 0.1, steps=25), linear(1, 0.5, steps=30), wsd(3, total_steps=30, decay_steps=7)]
)
def test_is_the_theorem_as_written(plan):
    rates = plan.values(30)
    expected = as_written(rates if rates[-1] else rates[:-1])
    assert all(isclose(got, said, rel_tol=1e-13) for got, said in zip(bound(plan, 30), expected, strict=True))


def test_zeros_at_the_end_move_nothing():
    assert bound(linear(1, 0, steps=10), 10) == bound(linear(1, 0, steps=10) >> constant(0), 50)
    assert bound(linear(1, 0, steps=10), 10) == bound(linear(1, 0, steps=10), 9)


def test_zeros_before_the_end_are_updates_like_others():
    plan = constant(0, steps=2) >> constant(1, steps=3) >> constant(0, steps=4) >> constant(1)
    assert all(isclose(*pair, rel_tol=1e-13) for pair in zip(bound(plan, 12), as_written(plan.values(12)), strict=True))


def test_a_scaled_plan_has_the_same_bound_at_another_scale():
    plan = warmup(10) >> cosine(1, 0, steps=90)
    value, scale = bound(3e-4 * plan, 100)
    assert isclose(value, bound(plan, 100).value)
    assert isclose(scale * 3e-4, bound(plan, 100).scale)


def test_one_update_has_a_bound():
    assert bound(constant(2), 1) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("plan", "steps", "kind", "words"),
    [
        (linear(1, -1, steps=4), 4, ValueError,
         "bound(plan=linear(1, -1, steps=4)): plan must have no value below 0; update 3 uses -1"),
        (constant(0), 3, ValueError, "bound(plan=constant(0)): plan must have a value above 0 in its first 3 updates"),
        (constant(1), 0, ValueError, "bound(steps=0): steps must be a whole number, from 1 up to 2**53"),
        (constant(1), 1.5, TypeError, "bound(steps=1.5): steps must be a whole number, from 1 up to 2**53"),
        ("constant(1)", 2, TypeError, "bound(plan='constant(1)'): plan must be a plan"),
    ],
)  # fmt: skip
def test_what_has_no_bound_is_refused_in_words(plan, steps, kind, words):
    with pytest.raises(kind) as refused:
        bound(plan, steps)
    assert str(refused.value) == words


def test_ranks_plans_and_their_texts_and_says_what_the_bound_does_not_know():
    ranking = rank(["constant(1)", linear(1, 0, steps=100), "cosine(1, 0, steps=100)"], 100)
    assert [repr(row.plan) for row in ranking] == [
        "linear(1, 0, steps=100)", "cosine(1, 0, steps=100)", "constant(1)",
    ]  # fmt: skip
    assert str(ranking).splitlines() == [
        "0.2047  at scale 0.09871  linear(1, 0, steps=100)",
        "0.2102  at scale 0.09609  cosine(1, 0, steps=100)",
        "0.2485  at scale 0.04023  constant(1)",
        CAVEAT,
    ]

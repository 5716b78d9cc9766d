"""Where two plans differ."""

import pytest

from preheat import constant, cosine, diff, inverse_sqrt, linear, noam, stretch, warmup, warmup_constant, zero_based

LONG = warmup(2_000) >> cosine(1, 0.1, steps=98_000)


def test_it_says_where_they_differ_first_and_most_and_what_lies_below():
    found = diff(LONG, warmup(2_000) >> linear(1, 0.1, steps=98_000))
    assert str(found) == (
        "differ first at update 2000, by 0.09473 at most\n"
        "largest difference: 0.09473 at update 23526, 0.897 and 0.8023\n"
        "areas over 100000 updates: 54900 and 54900"
    )
    assert (found.updates, found.first, found.at, found.equal) == (100_000, 2_000, 23_526, False)
    assert found.largest == abs(found.values[0] - found.values[1])


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        (LONG, warmup(2_000) >> cosine(1, 0.1, steps=98_000), "the same plan"),
        (
            noam(512, 4_000),
            (512 * 4_000) ** -0.5 * (warmup(4_000) >> inverse_sqrt(4_000)),
            "equal in value over 54995 updates, in different words",
        ),
        (
            warmup_constant(100),
            warmup(100),
            "equal in value over 125 updates, in different words; the first has no end, the second 100 updates",
        ),
        (
            stretch(LONG, steps=500_000),
            LONG,
            "differ first at update 0, by 0.8297 at most; the first has 500000 updates, the second 100000 updates",
        ),
        (constant(1), constant(2), "differ first at update 0, by 1 at most"),
        (constant(1, steps=0), constant(1), ("equal in value over 10 updates, in different words; the first has 0 "
                                            "updates, the second no end")),
    ],
)  # fmt: skip
def test_the_verdict_is_one_line(a, b, verdict):
    found = diff(a, b)
    assert found.verdict == verdict
    assert found.equal == (str(found) == verdict)


def test_the_first_update_that_differs_is_found_between_those_looked_at():
    late = constant(1, steps=70_001) >> constant(2, steps=29_999)
    bent = 1 + stretch(constant(0, steps=70_001) >> constant(1, steps=29_999), steps=100_000)
    assert diff(constant(1, steps=100_000), late).first == 70_001
    assert diff(late, bent).equal


def test_what_rounding_does_is_no_difference_where_a_curve_crosses_zero():
    a = linear(1, -1, steps=1_000)
    assert diff(a, (a + 0.3) - 0.3).equal
    assert not diff(a, a + 1e-9).equal


def test_areas_of_few_updates_are_sums():
    found = diff(linear(0, 1, steps=4), zero_based(linear(0, 1, steps=4)))
    assert found.areas == (2.5, 1.5)
    assert (found.largest, found.at, found.values) == (0.25, 0, (0.25, 0.0))


def test_areas_of_many_updates_are_close_to_sums():
    (area, _) = diff(LONG, LONG).areas
    assert area == pytest.approx(sum(LONG.values()), rel=1e-5)


def test_no_more_than_is_asked_is_compared():
    assert diff(LONG, warmup_constant(2_000), n=2_000).verdict == (
        "equal in value over 2000 updates, in different words; the first has 100000 updates, the second no end"
    )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: diff(1, LONG), TypeError, "diff(plan=1): plan must be a plan"),  # type: ignore[arg-type]
        (lambda: diff(LONG, "x"), TypeError, "diff(plan='x'): plan must be a plan"),  # type: ignore[arg-type]
        (lambda: diff(LONG, LONG, n=0), ValueError, "diff(n=0): n must be a whole number, from 1 up to 2**53"),
    ],
    ids=["a number", "a text", "no update"],
)
def test_what_cannot_be_compared_is_refused(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == words

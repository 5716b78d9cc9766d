"""The key points of a plan."""

import pytest

from preheat import (
    constant,
    cosine,
    describe,
    exponential_warmup,
    function,
    inverse_sqrt,
    maximum,
    milestones,
    noam,
    noise,
    repeat,
    sgdr,
    table,
    warmup,
    warmup_constant,
    wsd,
    zero_based,
)


def points(plan):
    return [(update, float(f"{value:.3g}")) for update, value, _ in describe(plan)]


def test_a_table_says_update_value_and_piece():
    assert str(describe(wsd(2_000, total_steps=100_000, decay_steps=20_000))) == (
        "update    value  piece\n"
        "     0   0.0005  linear(0, 1, steps=2000)\n"
        "  1999        1\n"
        "  2000        1  constant(1, steps=78000)\n"
        " 79999        1\n"
        " 80000  0.99293  one_minus_sqrt(1, 0, steps=20000)\n"
        " 99999        0"
    )


def test_the_same_is_data():
    first, last = describe(warmup(4))
    assert first == (0, 0.25, "linear(0, 1, steps=4)")
    assert (last.update, last.value, last.piece) == (3, 1.0, "linear(0, 1, steps=4)")


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (noam(512, 4_000), [(0, 1.75e-07), (3_999, 0.000699), (19_994, 0.000313)]),
        (warmup_constant(100), [(0, 0.01), (99, 1), (100, 1)]),
        (inverse_sqrt(4), [(0, 0.894), (74, 0.225)]),
        (exponential_warmup(1_000), [(0, 0.001), (3_469, 0.969)]),
        (table((0.5, 2, 0.25, 1)), [(0, 0.5), (1, 2), (2, 0.25), (3, 1)]),
        (constant(1), [(0, 1)]),
        (constant(1, steps=0), []),
        (warmup(0) >> cosine(1, 0, steps=4), [(0, 0.854), (3, 0)]),
        (repeat(warmup(10) >> cosine(1, 0, steps=90)), [(0, 0.1), (9, 1), (399, 0)]),
        (function(lambda i: 1 / (i + 1)), [(0, 1)]),
        (function(lambda i: 1 / (i + 1), steps=4), [(0, 1), (3, 0.25)]),
        (warmup(1) >> constant(1), [(0, 1), (1, 1)]),
        (2 * warmup(4), [(0, 0.5), (3, 2)]),
        (noise(constant(1), 0, seed=0), [(0, 1)]),
    ],
    ids=str,
)
def test_each_piece_has_its_ends_and_what_is_highest_or_lowest_between(plan, expected):
    assert points(plan) == expected


def test_pieces_inside_of_operations_are_found():
    plan = zero_based(0.5 * (warmup(4) >> cosine(1, 0, steps=4)))
    assert [point.piece for point in describe(plan)][::2] == [
        "zero_based(0.5 * linear(0, 1, steps=4))", "zero_based(0.5 * cosine(1, 0, steps=4))",
    ]  # fmt: skip
    side = maximum(warmup(4) >> cosine(1, 0, steps=4), constant(0.5, steps=2) >> constant(0.25))
    assert [point.update for point in describe(side)][::2] == [0, 2, 4]


def test_a_long_table_fits_80_columns_and_leaves_out_its_middle():
    lines = str(describe(sgdr(10, cycles=100) * repeat(cosine(0.123456789, 0.987654321, steps=1_000)))).split("\n")
    assert max(map(len, lines)) <= 80
    many = str(describe(milestones(0.5, milestones=tuple(range(10, 1_000, 10))))).split("\n")
    assert len(many) == 42
    assert many[21] == "   ...  159 more points"


def test_what_is_no_plan_is_refused():
    with pytest.raises(TypeError, match=r"^describe\(plan=1\): plan must be a plan$"):
        describe(1)  # type: ignore[arg-type]

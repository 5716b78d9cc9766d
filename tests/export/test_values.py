"""Exported code gives the values of the plan, without preheat."""

import re
from typing import Any

import numpy as np
from hypothesis import Phase, given, settings

from exporting import FURTHER, catalogue, indices_of, ran
from preheat import (
    after,
    clip,
    constant,
    cosine,
    export,
    function,
    like,
    linear,
    maximum,
    minimum,
    noam,
    noise,
    parse,
    repeat,
    reverse,
    sgdr,
    stretch,
    table,
    triangular2,
    until,
    warmup,
    zero_based,
)
from preheat._plan import VOCABULARY, joined
from strategies import plans

ULP = 2.0**-52
LONG = joined(">>", *(linear(k % 7, k % 5, steps=3 + k % 4) for k in range(100)))
MIXED = joined(">>", *([linear, cosine][k % 2](1 + k % 7, 1 + k % 5, steps=3 + k % 4) for k in range(60)))
COMBINED = [
    0.5 * noam(512, 4_000),
    warmup(20) >> cosine(1, 0.1, steps=180),
    zero_based(warmup(20) >> linear(1, 0, steps=30)),
    (warmup(5) >> constant(1, steps=7)) * (linear(1, 2, steps=6) >> constant(2)),
    zero_based(triangular2(4, 5)),
    repeat(repeat(linear(0, 1, steps=3), 2) >> constant(0.5, steps=2)) + triangular2(3, 3),
    repeat(warmup(3) >> linear(1, 0, steps=3), 30, growth=1.1, decay=0.5),
    repeat(warmup(3), 3) >> cosine(1, 0, steps=10),
    sgdr(10, cycles=4),
    sgdr(10, cycles=40, growth=1.1, decay=0.9),
    2 * (constant(0.25, steps=3) >> LONG >> constant(0.5)),
    LONG * MIXED,
    MIXED + repeat(LONG),
    stretch(reverse(warmup(5) >> linear(1, 0, steps=8)), steps=31),
    stretch(repeat(LONG, 3) + noise(warmup(10), 0.1, seed=1), steps=700),
    reverse(LONG),
    clip(cosine(2, 0, steps=40), 0.5, 1.5) >> maximum(linear(1, 0, steps=9), minimum(linear(0, 1, steps=9), 0.25)),
    until(cosine(1, 0, steps=40), 10) >> after(cosine(0.5, 0, steps=40), 10),
    noise(warmup(10) >> constant(1), 0.2, seed=2**40 + 3),
    noise(constant(1, steps=2**33), 0.2, seed=0),
    linear(0, 1, steps=2**40),
    table(tuple(range(50))) >> table((1, 1, 0.5)),
    -0.5 * constant(1) + linear(-1, 1, steps=7),
    repeat(table((3, 1, 2))),
    constant(0.25),
    like.transformers.get_cosine_with_hard_restarts_schedule_with_warmup(3, 40, num_cycles=3),
    joined(">>", *(table((k, k + 1.0)) for k in range(40))),
    joined(">>", *(constant(k * 0.5, steps=3 + k % 3) for k in range(40))),
]


def random_plans(count):
    found = []

    @settings(max_examples=count, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(plans())
    def collect(plan):
        if "function(" not in repr(plan) and not re.search(r"e-\d\d\d", repr(plan)):  # which warn in arrays too
            found.append(plan)

    collect()
    return found


def named():
    """Every recipe of the language with the good values of its annotations."""
    found = []
    for make in VOCABULARY.values():
        fields = getattr(make, "parameters", None)
        if fields is not None:
            try:
                plan = make(**{name: field.good[0] for name, field in fields.fields.items()})
            except ValueError:  # a rule between them
                continue
            found.append(plan)
    return [plan for plan in found if not plan.unresolved and "function(" not in repr(plan)]


PLANS = [*catalogue(), *map(zero_based, catalogue()), *named(), *COMBINED, *random_plans(150)]


def test_the_same_bits_in_python():
    for plan, indices, got in ran(PLANS, "python"):
        assert got == [plan(i) for i in indices], f"{plan!r}\n{export(plan, to='python')}"


def test_the_same_bits_in_torch():
    for plan, indices, got in ran(COMBINED[:4], "torch"):
        assert got == [plan(i) for i in indices], repr(plan)


def test_eight_units_in_the_last_place_in_numpy():
    for plan, indices, got in ran(PLANS, "numpy", "array"):
        want = np.array([plan(i) for i in indices])
        far = np.abs(np.array(got) - want).max()
        assert far <= 8 * ULP * np.abs(want).max(), f"{plan!r}\n{export(plan, to='numpy')}"


def test_a_number_is_the_peak_that_the_plan_multiplies():
    for to in ("python", "numpy"):
        names: dict[str, Any] = {}
        exec(export(warmup(10) >> constant(1), to=to, lr=3e-4), names)
        assert [float(names["schedule"](i)) for i in range(20)] == [3e-4 * min((i + 1) / 10, 1) for i in range(20)]


def test_a_peak_of_zero_stays_a_name():
    code = export(constant(1), to="numpy", lr=0)
    assert "np.full_like(i, PEAK_LR)" in code


def test_past_the_end_is_far():
    assert max(indices_of(warmup(10))) == 10 + FURTHER - 1


def test_units_are_exported_once_resolved():
    from preheat import resolve

    plan = resolve(parse('warmup("10%") >> cosine(1, 0, steps="rest")'), total_steps=100)
    assert "t = min(step - 9, 90)" in export(plan, to="python")


def test_a_function_is_refused_by_name():
    import pytest

    with pytest.raises(ValueError, match=r"function\(.*\) is a function of your own"):
        export(warmup(3) >> function(abs), to="python")

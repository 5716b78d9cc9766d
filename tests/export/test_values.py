"""Exported code gives the values of the plan, without preheat."""

import re
from typing import Any

import numpy as np
from hypothesis import Phase, given, settings

from exporting import COMBINED, FURTHER, catalogue, indices_of, ran
from preheat import constant, export, function, parse, warmup, zero_based
from preheat._plan import VOCABULARY
from strategies import plans

ULP = 2.0**-52


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

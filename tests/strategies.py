"""Random plans over the whole catalogue, made from the annotations of its shapes."""

from math import inf

from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

from preheat import constant, function, maximum, minimum, noise, repeat, reverse, stretch, table, zero_based
from promises import CATALOGUE

numbers = st.sampled_from([-1, -0.25, 0, 0.5, 1, 2, 3])  # exact together, in whatever order they are put
lengths = st.integers(0, 8)
decays = st.sampled_from([1, 0.5])


def values(field):
    """What a parameter may be: a good value of its annotation, or any number of moderate size within its bounds."""
    if not isinstance(field.good[0], int | float):
        return st.sampled_from(field.good)
    if field.whole:
        return st.integers(int(field.low) + 1, 12)
    low, high = max(field.low, -4.0), min(field.high, 4.0)
    within = st.floats(low, high, exclude_min=field.low > -inf, exclude_max=field.high < inf, allow_subnormal=False)
    return st.sampled_from(field.good) | within


@st.composite
def curves(draw):
    """A shape of the catalogue with parameters."""
    make = draw(st.sampled_from(CATALOGUE))
    arguments = {name: draw(values(field)) for name, field in make.shape.parameters.fields.items()}
    try:
        return make(**arguments)
    except ValueError as error:  # a rule between parameters
        raise UnsatisfiedAssumption from error


def pieces():
    """Plans of one node."""
    held = st.builds(lambda value, steps: constant(value, steps=steps), numbers, lengths | st.none())
    asked = st.builds(lambda steps: function("math:sqrt", steps=steps), st.integers(1, 8) | st.none())
    listed = st.builds(table, st.lists(numbers, min_size=1, max_size=8))
    return curves() | curves() | curves() | held | asked | listed


def chained(first, second):
    """One after the other; side by side where the first is endless."""
    return first + second if first.steps is None else first >> second


def stretched(plan, steps):
    """The plan in another length; the plan itself where it has none."""
    try:
        return stretch(plan, steps=steps) if plan.steps else plan
    except ValueError as error:  # a shape that cannot be so short
        raise UnsatisfiedAssumption from error


def combined(inner):
    """A plan made of a plan; the plan itself where it has no length and would need one."""
    return (
        st.builds(maximum, inner, inner | numbers)
        | st.builds(minimum, inner | numbers, inner)
        | st.builds(lambda plan, decay: repeat(plan, decay=decay) if plan.steps else plan, inner, decays)
        | st.builds(lambda plan, decay: repeat(plan, 3, decay=decay) if plan.steps else plan, inner, decays)
        | st.builds(lambda plan: plan if plan.steps is None else reverse(plan), inner)
        | st.builds(stretched, inner, st.integers(0, 12))
        | st.builds(lambda plan, seed: noise(plan, 0.5, seed=seed), inner, st.integers(0, 9))
    )


def plans():
    """Expressions of pieces, numbers and every operator."""
    return st.recursive(
        pieces(),
        lambda inner: (
            st.builds(chained, inner, inner)
            | st.builds(lambda a, b: a * b, inner, inner)
            | st.builds(lambda a, b: a + b, inner, inner)
            | st.builds(lambda number, a: number * a, numbers, inner)
            | st.builds(lambda number, a: number + a, numbers, inner)
            | st.builds(zero_based, inner)
            | combined(inner)
        ),
        max_leaves=6,
    )


def ending():
    """Expressions that end."""
    return plans().map(lambda plan: constant(1, steps=2) if plan.steps is None else plan)

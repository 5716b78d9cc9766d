"""Random plans over the whole language, made from the annotations of its words."""

from math import inf

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

from preheat import Plan, after, constant, function, until, zero_based
from preheat._fields import Range
from preheat._plan import VOCABULARY
from promises import CATALOGUE

LONGEST = 40  # updates of a plan that is compared at each

numbers = st.sampled_from([-1, -0.25, 0, 0.5, 1, 2, 3])  # exact together, in whatever order they are put
lengths = st.integers(0, 8)
decays = st.sampled_from([1, 0.5])

RECIPES = [make for make in VOCABULARY.values() if hasattr(make, "parameters")]  # and combinators
TAKES_PLANS = [make for make in RECIPES if any(isinstance(f.good[0], Plan) for f in make.parameters.fields.values())]
MADE_OF_NUMBERS = [make for make in RECIPES if make not in TAKES_PLANS]
BY_HAND = [after, constant, function, until, zero_based]  # words without annotations


def values(field):
    """What a parameter of a shape may be: a good value of its annotation, or any number of moderate size in bounds."""
    if not isinstance(field.good[0], int | float):
        return st.sampled_from(field.good)
    bounds = field.parse
    if bounds.whole:
        return st.integers(int(bounds.low) + 1, 12)
    low, high = max(bounds.low, -4.0), min(bounds.high, 4.0)
    within = st.floats(low, high, exclude_min=bounds.low > -inf, exclude_max=bounds.high < inf, allow_subnormal=False)
    return st.sampled_from(field.good) | within


def plain(field):
    """What a parameter of a recipe may be: a good value, or a small whole number where one is due."""
    bounds = field.parse
    small = st.integers(int(bounds.low) + 1, 12) if isinstance(bounds, Range) and bounds.whole else st.nothing()
    return small | st.sampled_from(field.good)


@st.composite
def curves(draw, words=CATALOGUE):
    """A shape with parameters."""
    make = draw(st.sampled_from(words))
    arguments = {name: draw(values(field)) for name, field in make.shape.parameters.fields.items()}
    try:
        return make(**arguments)
    except ValueError as error:  # a rule between parameters
        raise UnsatisfiedAssumption from error


@st.composite
def calls(draw, words, inner):
    """A recipe or a combinator with parameters; where these break a rule between them, one of its plans."""
    make, arguments, plans = draw(st.sampled_from(words)), {}, []
    for name, field in make.parameters.fields.items():
        if isinstance(field.good[0], Plan):
            arguments[name] = draw(inner)
            plans.append(arguments[name])
        elif make.parameters.signature.parameters[name].default is not None or draw(st.booleans()):
            arguments[name] = draw(plain(field))
    try:
        plan = make(**arguments)
    except ValueError as error:
        if plans:
            return plans[0]
        raise UnsatisfiedAssumption from error
    assume(plan.steps is None or plan.steps <= LONGEST)
    return plan


def pieces():
    """Plans of one node, and recipes."""
    held = st.builds(lambda value, steps: constant(value, steps=steps), numbers, lengths | st.none())
    asked = st.builds(lambda steps: function("math:sqrt", steps=steps), st.integers(1, 8) | st.none())
    return curves() | curves() | calls(MADE_OF_NUMBERS, st.nothing()) | held | asked


def chained(first, second):
    """One after the other; side by side where the first is endless."""
    return first + second if first.steps is None else first >> second


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
            | st.builds(lambda cut, a, n: cut(a, n), st.sampled_from([after, until]), inner, lengths)
            | calls(TAKES_PLANS, inner)
            | calls(TAKES_PLANS, inner)
        ),
        max_leaves=6,
    )


def ending():
    """Expressions that end."""
    return plans().map(lambda plan: constant(1, steps=2) if plan.steps is None else plan)

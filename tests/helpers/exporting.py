"""Exported code, run in a process that cannot import preheat."""

import json
import subprocess
import sys

from preheat import (
    after,
    clip,
    constant,
    cosine,
    export,
    like,
    linear,
    maximum,
    minimum,
    noam,
    noise,
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
from preheat.shapes import shape
from promises import CATALOGUE, samples

BLOCKED = {"python": ("preheat", "numpy", "torch"), "numpy": ("preheat", "torch"), "torch": ("preheat",)}
FURTHER = 1_000  # updates past the end

RUN = """
import json, sys, warnings
warnings.simplefilter("error")
blocked, jobs = json.load(sys.stdin)
sys.modules.update(dict.fromkeys(blocked))  # to import one of them is an error
for source, indices, over in jobs:
    names = {}
    exec(compile(source, "<exported>", "exec"), names)
    if over == "array":
        import numpy
        values = names["schedule"](numpy.array(indices)).tolist()
    else:
        values = [names["schedule"](i) for i in indices]
    print(json.dumps(values))
"""

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


def unlisted(formula):
    """A shape that the catalogue does not know, so that no other test takes it for one of the package."""
    make = shape(formula)
    del VOCABULARY[make.__name__]
    return make


def catalogue():
    """Two plans of every shape, and the same read from 0."""
    return [plan for make in CATALOGUE for plan in samples(make)[:2]]


def indices_of(plan):
    """Every update of a plan, of a long one some, and those past its end."""
    steps = 60 if plan.steps is None else plan.steps
    near = [steps - 1, *range(steps, steps + 5), steps + 99, steps + FURTHER - 1]
    return [*range(0, steps, max(steps // 2_000, 1)), *(i for i in near if i >= 0)]


def ran(plans, to, over="numbers"):
    """For each plan its indices, and the values that its exported code gives there."""
    jobs = [(export(plan, to=to), indices_of(plan), over) for plan in plans]
    given = json.dumps([BLOCKED[to], jobs])
    done = subprocess.run([sys.executable, "-c", RUN], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    values = map(json.loads, done.stdout.splitlines())
    return [(plan, indices, got) for plan, (_, indices, _), got in zip(plans, jobs, values, strict=True)]

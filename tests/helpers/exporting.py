"""Exported code, run in a process that cannot import preheat."""

import json
import subprocess
import sys

from preheat import export
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

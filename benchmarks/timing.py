"""How long a call takes, how long a thing takes to make, and how much it holds."""

import gc
import tracemalloc
from collections.abc import Callable, Mapping
from math import inf
from time import perf_counter
from timeit import Timer
from typing import TypeVar

__all__ = ["held", "made", "quietest"]

SLICE = 0.002  # seconds: shorter than most of what disturbs a measurement, so that some slices escape it
Given = TypeVar("Given")


def quietest(calls: Mapping[str, Callable[[], object]], *, repeats: int = 100) -> dict[str, float]:
    """The least seconds per call of each, in short slices taken in turn, so that all meet the same noise."""
    timers = {name: Timer(call) for name, call in calls.items()}
    numbers = {name: max(1, round(SLICE / timer.timeit(1))) for name, timer in timers.items()}
    best = dict.fromkeys(calls, inf)
    for _ in range(repeats):
        for name, timer in timers.items():
            best[name] = min(best[name], timer.timeit(numbers[name]) / numbers[name])
    return best


def made(
    makers: Mapping[str, Callable[[Given], object]], given: Callable[[], Given], *, repeats: int = 30
) -> dict[str, float]:
    """The least seconds that each takes to make something of what is given, which is new every time."""
    best = dict.fromkeys(makers, inf)
    for _ in range(repeats):
        for name, make in makers.items():
            fresh = given()
            start = perf_counter()
            kept = make(fresh)
            best[name] = min(best[name], perf_counter() - start)
            del kept, fresh
    return best


def held(make: Callable[[Given], object], given: Callable[[], Given]) -> int:
    """The bytes that what was made holds, in Python's own memory, beyond what is given; the second of its kind."""
    make(given())
    fresh = given()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = make(fresh)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del kept
    return after - before

"""How long a call takes."""

from collections.abc import Callable, Mapping
from math import inf
from timeit import Timer

__all__ = ["quietest"]

SLICE = 0.002  # seconds: shorter than most of what disturbs a measurement, so that some slices escape it


def quietest(calls: Mapping[str, Callable[[], object]], *, repeats: int = 100) -> dict[str, float]:
    """The least seconds per call of each, in short slices taken in turn, so that all meet the same noise."""
    timers = {name: Timer(call) for name, call in calls.items()}
    numbers = {name: max(1, round(SLICE / timer.timeit(1))) for name, timer in timers.items()}
    best = dict.fromkeys(calls, inf)
    for _ in range(repeats):
        for name, timer in timers.items():
            best[name] = min(best[name], timer.timeit(numbers[name]) / numbers[name])
    return best

"""Count the attributes that hold one optimizer with one knob: `python -m benchmarks.attributes`.

Every object of preheat's that a `Scheduler` refers to counts, with each of its attributes and slots; plans do not, for
they never change.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch

from preheat import Plan, cosine, warmup
from preheat.torch import Scheduler

__all__ = ["attributes"]


def attributes() -> Counter[str]:
    """The number of attributes by class, of a `Scheduler` that has made three steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.1)
    scheduler = Scheduler(optimizer, warmup(4) >> cosine(1, 0, steps=16))
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    return Counter({type(one).__name__: len(_held(one)) for one in _reachable(scheduler, set())})


def _held(one: Any) -> dict[str, Any]:
    slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
    return {**getattr(one, "__dict__", {}), **{name: getattr(one, name) for name in slots if hasattr(one, name)}}


def _reachable(one: Any, seen: set[int]) -> Iterator[Any]:
    if id(one) in seen or isinstance(one, Plan | str | bytes):
        return
    seen.add(id(one))
    if isinstance(one, dict):
        inside = list(one.values())
    elif type(one).__module__.startswith("preheat.") and not isinstance(one, type) and not callable(one):
        inside = list(_held(one).values())
        if not isinstance(one, tuple):  # a named tuple is a value
            yield one
    else:
        inside = []
    if isinstance(one, list | tuple):
        inside = list(one)
    for held in inside:
        yield from _reachable(held, seen)


if __name__ == "__main__":
    counted = attributes()
    for name, count in counted.most_common():
        print(f"{count:>4}  {name}")
    print(f"{counted.total():>4}  in all")

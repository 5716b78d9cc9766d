"""How much state a `Scheduler` has: the attributes of its objects that change, for one SGD with one group and one plan.

    python -m benchmarks.attributes

Plans are not counted, and neither are the values that never change once they are made (a knob, a clock, the fast path):
those are listed apart.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch

from preheat import cosine, warmup
from preheat._plan import Plan
from preheat.torch import Scheduler

__all__ = ["changing", "scheduler", "unchanging"]

UNCHANGING = ("FastStep", "Knob", "PlanHistory")  # named tuples are so by their kind, these by what they promise


def scheduler() -> Scheduler:
    """One that drives one optimizer with one group by one plan, after a few updates."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.1)
    made = Scheduler(optimizer, warmup(10) >> cosine(1, 0, steps=90))
    for _ in range(3):
        optimizer.step()
        made.step()
    return made


def changing(root: object) -> Counter[str]:
    """The number of attributes of each class of ours whose objects change, over all objects reachable."""
    return _counted(root, changes=True)


def unchanging(root: object) -> Counter[str]:
    """The same of the classes whose objects do not change."""
    return _counted(root, changes=False)


def _counted(root: object, *, changes: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in _objects(root, set()):
        if _changes(one) == changes:
            counts[type(one).__name__] += len(_attributes(one))
    return counts


def _objects(one: Any, seen: set[int]) -> Iterator[Any]:
    """Each object of ours reachable through attributes, items and elements, once."""
    if id(one) in seen or isinstance(one, Plan | type) or callable(one):
        return
    seen.add(id(one))
    ours = type(one).__module__.startswith("preheat")
    if ours:
        yield one
        for value in _attributes(one).values():
            yield from _objects(value, seen)
    elif isinstance(one, dict):
        for value in one.values():
            yield from _objects(value, seen)
    elif isinstance(one, list | tuple | set):
        for value in one:
            yield from _objects(value, seen)


def _attributes(one: Any) -> dict[str, Any]:
    if isinstance(one, tuple):
        return dict(one._asdict())  # type: ignore[attr-defined]  # ours are named
    slots = [name for kind in type(one).__mro__ for name in kind.__dict__.get("__slots__", ())]
    return {name: getattr(one, name) for name in slots if hasattr(one, name)} | getattr(one, "__dict__", {})


def _changes(one: object) -> bool:
    return not (isinstance(one, tuple) or type(one).__name__ in UNCHANGING)


def main() -> None:
    """Print both counts by class."""
    made = scheduler()
    for words, counts in (("changing", changing(made)), ("unchanging", unchanging(made))):
        print(f"{sum(counts.values()):>3}  {words}")  # a script
        for name, count in counts.most_common():
            print(f"{count:>7}  {name}")  # likewise


if __name__ == "__main__":
    main()

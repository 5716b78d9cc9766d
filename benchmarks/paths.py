"""How many files of preheat one operation passes through: what you would open to follow it.

Run `python -m benchmarks.paths`, or with `--files` for the names. A file counts if one of its functions is entered.
Each operation runs a second time in the process, so that what is set up once is not counted.
"""

import argparse
import copy
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import torch

import preheat
from preheat import cosine, parse, warmup
from preheat.torch import Scheduler

__all__ = ["OPERATIONS", "entered"]

SRC = Path(preheat.__file__).parent
PLAN = warmup(100) >> cosine(1, 0.1, steps=900)
AT = 50  # the update at which a run is looked at

Run = tuple[torch.optim.Optimizer, Scheduler]


def started() -> Run:
    """A run with some updates behind it: one optimizer, one group, a plan of its lr."""
    weight = torch.nn.Parameter(torch.ones(2))
    weight.grad = torch.ones(2)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    scheduler = Scheduler(optimizer, PLAN)
    for _ in range(AT):
        update((optimizer, scheduler))
    return optimizer, scheduler


def update(run: Run) -> None:
    """One update in the steady state."""
    optimizer, scheduler = run
    optimizer.step()
    scheduler.step()


def bind(run: Run) -> None:
    """A Scheduler for an optimizer that has none."""
    optimizer = torch.optim.SGD(run[0].param_groups[0]["params"], lr=0.1)
    Scheduler(optimizer, PLAN)


def load(run: Run) -> None:
    """A checkpoint of the same plan."""
    _, scheduler = run
    scheduler.load_state_dict(STATE)


def cooldown(run: Run) -> None:
    """An edit of a running plan."""
    run[1].cooldown(10, 0.0, "linear")


def read(run: Run) -> None:
    """The text of a plan."""
    del run
    parse("warmup(100) >> cosine(1, 0.1, steps=900)")


STATE: dict[str, Any] = copy.deepcopy(started()[1].state_dict())
OPERATIONS: dict[str, Callable[[Run], None]] = {
    "an update": update,
    "a bind": bind,
    "a load": load,
    "a cooldown": cooldown,
    "a parse": read,
}


def entered(operation: Callable[[Run], None]) -> list[str]:
    """The files below src/preheat in which the operation enters a function, the second time that it runs."""
    operation(started())
    run, files = started(), set[str]()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            files.add(frame.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        operation(run)
    finally:
        sys.setprofile(before)
    inside = (Path(file) for file in files)
    return sorted(str(file.relative_to(SRC)) for file in inside if file.is_relative_to(SRC))


def main() -> None:
    """Print the table."""
    given = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    given.add_argument("--files", action="store_true", help="name the files")
    show_files = given.parse_args().files
    for name, operation in OPERATIONS.items():
        files = entered(operation)
        print(f"{name:<12}{len(files):>3}")
        if show_files:
            print(*(f"    {file}" for file in files), sep="\n")


if __name__ == "__main__":
    main()

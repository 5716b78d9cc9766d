"""What a schedule takes to make, to save and to hold."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch

from benchmarks.peers import OURS, PEERS, Peer, optimizer
from benchmarks.table import Row
from benchmarks.timing import held, made, quietest
from preheat import cosine, parse, warmup
from preheat._plan import Plan, joined
from preheat.torch import Scheduler

__all__ = ["rows"]

PIECES = 10_000
PLANS = "A plan"
MADE, SIZE, SAVED, HELD = (
    "Built on an optimizer",
    "The file of its state",
    "Saved, state_dict() included",
    "Held in memory",
)
EXPRESSION = "warmup(2_000) >> cosine(1, 0.1, steps=98_000)"
BUILT = PEERS | {OURS: Peer(partial(Scheduler, plan=parse(EXPRESSION)))}  # it looks at every value that a run will use


def rows() -> Iterator[Row]:
    """A plan by itself, then a schedule on an optimizer of 1 and of 1000 groups."""
    yield from of_plans()
    for measure in (building, sizes, saving, holding):
        for count in (1, 1000):
            yield measure(count)


def of_plans() -> Iterator[Row]:
    """By itself: made, read from text, joined of many pieces."""
    made_ = quietest({"made": lambda: warmup(2_000) >> cosine(1, 0.1, steps=98_000), "read": lambda: parse(EXPRESSION)})
    yield Row(PLANS, EXPRESSION, "µs", made_["made"] * 1e6, {"parsed from its text": made_["read"] * 1e6})
    pieces = [cosine(1, k / PIECES, steps=10) for k in range(PIECES)]
    text = repr(joined(">>", *pieces))
    took = quietest({"joined": lambda: joined(">>", *pieces), "read": lambda: parse(text)}, repeats=3)
    yield Row(PLANS, "10 000 pieces joined", "ms", took["joined"] * 1e3, {"parsed from its text": took["read"] * 1e3})
    begun: dict[str, Callable[[Plan], object]] = {
        "value": lambda plan: plan(5),
        "points": lambda plan: plan(torch.ones(9)),
    }
    first = made(begun, lambda: joined(">>", *pieces), repeats=3)
    yield Row(PLANS, "... its first value", "ms", first["value"] * 1e3, {"its first array": first["points"] * 1e3})


def named(count: int) -> str:
    """The row's name."""
    return f"{count} group{'s' * (count > 1)}"


def building(count: int) -> Row:
    """From the call of the class to the first lr written."""
    took = made({name: peer.build for name, peer in BUILT.items()}, partial(optimizer, count), repeats=10)
    spent = {name: seconds * 1e6 for name, seconds in took.items()}
    return Row(MADE, named(count), "µs", spent.pop(OURS), spent)


def states(count: int) -> dict[str, Callable[[], Any]]:
    """The state of each schedule that has one, as its docs have it saved."""
    found = {}
    for name, peer in BUILT.items():
        parts = peer.build(optimizer(count))
        parts = parts if isinstance(parts, tuple) else (parts,)
        if all(hasattr(part, "state_dict") for part in parts):
            found[name] = partial(lambda parts: [part.state_dict() for part in parts], parts)
    return found


def saved(state: Callable[[], Any]) -> int:
    """The bytes of a state, written by torch."""
    file = io.BytesIO()
    torch.save(state(), file)
    return file.tell()


def sizes(count: int) -> Row:
    """Bytes."""
    spent = {name: float(saved(state)) for name, state in states(count).items()}
    return Row(SIZE, named(count), "bytes", spent.pop(OURS), spent)


def saving(count: int) -> Row:
    """Time."""
    took = quietest({name: partial(saved, state) for name, state in states(count).items()}, repeats=20)
    spent = {name: seconds * 1e6 for name, seconds in took.items()}
    return Row(SAVED, named(count), "µs", spent.pop(OURS), spent)


def holding(count: int) -> Row:
    """Kilobytes, plan included, optimizer not."""
    spent = {name: held(peer.build, partial(optimizer, count)) / 1e3 for name, peer in BUILT.items()}
    return Row(HELD, named(count), "kB", spent.pop(OURS), spent)

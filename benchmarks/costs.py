"""What a schedule costs at each update: its own step, what it adds to the optimizer's, and its part in a whole loop."""

from collections.abc import Callable, Iterator

import torch
from torch.optim import AdamW, Optimizer

from benchmarks.peers import OURS, PEERS, TORCH, Peer, optimizer, ours, past_warmup
from benchmarks.table import Row
from benchmarks.timing import quietest

__all__ = ["rows"]

COUNTS = (1, 10, 100, 1000)
FLOAT = "A step of the schedule, lr a float"
TENSOR = "A step of the schedule, lr a tensor"
ADDED = "Added to an update, hooks included"
LOOP = "A whole loop: three layers, AdamW"
LOOP_BARE = "bare loop"


def rows() -> Iterator[Row]:
    """Steps by groups, then what they add."""
    for count in COUNTS:
        yield row_of(FLOAT, count)
    yield row_of(FLOAT, COUNTS[-1], own=True)
    for count in COUNTS:
        yield row_of(TENSOR, count, tensor=True)
    for count in (1, 100):
        yield added(count)
    yield whole()


def named(count: int, *, own: bool = False) -> str:
    """The row's name."""
    return f"{count} group{'s' * (count > 1)}{', each with an lr of its own' * own}"


def row_of(subject: str, count: int, *, tensor: bool = False, own: bool = False) -> Row:
    """One call that moves the schedule on and writes the lr of every group."""
    calls = {name: past_warmup(peer, optimizer(count, tensor=tensor, own=own)) for name, peer in PEERS.items()}
    calls |= {LOOP_BARE: filling(optimizer(count, tensor=True)) if tensor else writing(optimizer(count))}
    took = {name: seconds * 1e6 for name, seconds in quietest(calls, repeats=20 if tensor else 100).items()}
    return Row(subject, named(count, own=own), "µs", took.pop(OURS), took)


def writing(bound: Optimizer) -> Callable[[], None]:
    """The least that must be done, for one value."""
    groups = bound.param_groups

    def call() -> None:
        for group in groups:
            group["lr"] = 0.5

    return call


def filling(bound: Optimizer) -> Callable[[], None]:
    """The same for tensors."""
    groups = bound.param_groups

    def call() -> None:
        for group in groups:
            group["lr"].fill_(0.5)

    return call


def added(count: int) -> Row:
    """What an update takes longer with a schedule than without; ours counts applied updates, as it does by itself."""
    counting = Peer(lambda bound: ours(bound, clock="updates"))
    calls: dict[str, Callable[[], object]] = {"bare": optimizer(count).step}
    for name, peer in {OURS: counting, **TORCH}.items():
        bound = optimizer(count)
        calls[name] = both(bound, past_warmup(peer, bound))
    took = quietest(calls, repeats=300)
    more = {name: (seconds - took["bare"]) * 1e6 for name, seconds in took.items() if name != "bare"}
    return Row(ADDED, named(count), "µs", more.pop(OURS), more)


def both(bound: Optimizer, call: Callable[[], object]) -> Callable[[], object]:
    """An update and what follows it."""

    def update() -> None:
        bound.step()
        call()

    return update


def whole() -> Row:
    """Forward, backward, update and schedule, as a user writes them."""
    counting = Peer(lambda bound: ours(bound, clock="updates"))
    peers = {OURS: counting, **{name: peer for name, peer in PEERS.items() if name != OURS}}
    calls = {"no schedule": training()} | {name: training(peer) for name, peer in peers.items()}
    took = {name: seconds * 1e6 for name, seconds in quietest(calls).items()}
    return Row(LOOP, "an update", "µs", took.pop(OURS), took)


def training(peer: Peer | None = None) -> Callable[[], object]:
    """One update of a small network."""
    torch.manual_seed(0)
    layers = torch.nn.Linear(64, 64), torch.nn.Linear(64, 64), torch.nn.Linear(64, 8)
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2])
    inputs, targets = torch.randn(32, 64), torch.randn(32, 8)
    bound = AdamW(model.parameters(), lr=1e-3)
    step = past_warmup(peer, bound) if peer else None

    def update() -> None:
        torch.nn.functional.mse_loss(model(inputs), targets).backward()
        bound.step()
        bound.zero_grad()
        if step:
            step()

    return update

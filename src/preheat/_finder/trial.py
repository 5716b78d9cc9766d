"""Trials: short runs of a training step, all from the same state."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from statistics import fmean
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

import torch
from torch import Tensor, distributed, nn
from torch.optim import Optimizer

from preheat._fields import PreheatWarning
from preheat._finder.batches import Batches
from preheat._finder.snapshot import Snapshot
from preheat._plan import Plan
from preheat._torch.bind.build import drivers
from preheat._torch.scheduler import Scheduler

__all__ = ["Loss", "TrainStep", "Trials", "check_kinds", "trials"]

TrainStep = Callable[[Any], Any]
MOST_CALLS = 500  # of the training step without an update; accumulation may take many


class Loss(NamedTuple):
    """The loss of an update."""

    update: int  # its index
    loss: float  # the mean over the calls of the training step that led to it, and over the processes


class Trials:
    """Runs trials of a training step, each from the state in the snapshot, and counts what they cost."""

    def __init__(self, who: str, step: TrainStep, batches: Batches, optimizer: Optimizer, snapshot: Snapshot) -> None:
        self.who, self.optimizer, self.snapshot = who, optimizer, snapshot
        self._step, self._batches = step, batches
        self._device = next((p.device for group in optimizer.param_groups for p in group["params"]), None)
        self.calls = self.updates = 0  # in all trials together

    def run(self, plan: Plan, updates: int, batch: int = 0, seed: int | None = None) -> Generator[Loss, None, None]:
        """Train with a plan and yield the loss of each update; a loss that is not finite is the last.

        Args:
            plan: multiplies the lr of the groups.
            updates: how many to make at most.
            batch: the index of the first batch.
            seed: of torch's random numbers; by default they are those of the snapshot.

        Raises:
            RuntimeError: the training step makes no updates.
        """
        self.snapshot.restore()
        if seed is not None:
            torch.manual_seed(seed)
        with catch_warnings():
            simplefilter("ignore", PreheatWarning)  # a trial may use plans that would be odd in a run
            scheduler = Scheduler(self.optimizer, plan)
        scheduler.seek(0)  # even if the optimizer has trained before
        try:
            for update in range(updates):
                losses: list[float] = []
                while scheduler.last_epoch == update and all(map(isfinite, losses[-1:])):
                    self._require_update(len(losses))
                    losses.append(self._mean_loss(self._step(self._batches[batch])))
                    self.calls, batch = self.calls + 1, batch + 1
                yield Loss(update, fmean(losses))
                if not isfinite(losses[-1]):
                    return
        finally:
            self.updates += scheduler.last_epoch
            scheduler.close()

    def _require_update(self, calls: int) -> None:
        if calls >= MOST_CALLS:
            raise RuntimeError(f"{self.who}(train_step): it must step the optimizer; {calls} calls made no update")

    def _mean_loss(self, got: Any) -> float:
        """The loss; the mean over all processes, so that all of them decide the same."""
        try:
            loss = float(got.detach() if isinstance(got, Tensor) else got)
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(
                f"{self.who}(train_step): it must return the loss, one number; it returned {got!r:.60}"
            ) from None
        if not distributed.is_available() or not distributed.is_initialized():
            return loss
        total = torch.tensor(loss, dtype=torch.float64, device=self._device)
        distributed.all_reduce(total)
        return total.item() / distributed.get_world_size()


def check_kinds(who: str, train_step: object, model: object, optimizer: object) -> None:
    """Check the kinds of the arguments that both finders take.

    Raises:
        TypeError: one of them is of another kind.
    """
    for name, got, fits, words in (
        ("train_step", train_step, callable(train_step), "a function of a batch that returns the loss"),
        ("model", model, isinstance(model, nn.Module), "a torch Module"),
        ("optimizer", optimizer, isinstance(optimizer, Optimizer), "a torch Optimizer"),
    ):
        if not fits:
            raise TypeError(f"{who}({name}={type(got).__name__}): {name} must be {words}")


@contextmanager
def trials(  # noqa: PLR0913  # everything that a training step changes
    who: str, step: TrainStep, batches: Iterable[Any], *, model: nn.Module, optimizer: Optimizer, others: Sequence[Any]
) -> Iterator[Trials]:
    """Trials after which everything is as before, bit for bit; after an exception too.

    Raises:
        ValueError: a scheduler drives the optimizer.
    """
    if drivers(optimizer):
        raise ValueError(
            f"{who}(optimizer={type(optimizer).__name__}): no Scheduler must drive it yet; build it afterwards"
        )
    devices = {parameter.device.type for parameter in model.parameters()}
    snapshot = Snapshot(model, optimizer, [one for one in others if one is not None], batches)
    try:
        yield Trials(who, step, Batches(who, batches, devices), optimizer, snapshot)
    finally:
        snapshot.restore()

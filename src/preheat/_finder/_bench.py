"""A training step tried again and again from one state."""

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
from preheat._finder._batches import Batches
from preheat._finder._state import Kept
from preheat._plan import Plan
from preheat._torch.bind.build import drivers
from preheat._torch.scheduler import Scheduler

__all__ = ["Bench", "Loss", "TrainStep", "bench", "check_kinds"]

TrainStep = Callable[[Any], Any]
PATIENT = 500  # calls of the training step without an update


class Loss(NamedTuple):
    """The loss of an update."""

    update: int  # its index
    loss: float  # the mean over the calls of the training step that led to it, and over the processes


class Bench:
    """A training step, its batches, and the state that every trial starts from."""

    def __init__(self, who: str, step: TrainStep, batches: Batches, optimizer: Optimizer, kept: Kept) -> None:
        self.who, self.optimizer, self.kept = who, optimizer, kept
        self._step, self._batches = step, batches
        self._device = next((p.device for group in optimizer.param_groups for p in group["params"]), None)
        self.calls = self.updates = 0  # in all trials

    def trial(self, plan: Plan, updates: int, first: int = 0, seed: int | None = None) -> Generator[Loss, None, None]:
        """The losses of so many updates under a plan, begun at a batch; they end after one that is not finite.

        Raises:
            RuntimeError: the training step makes no updates.
        """
        self.kept.restore()
        if seed is not None:
            torch.manual_seed(seed)
        with catch_warnings():
            simplefilter("ignore", PreheatWarning)  # what is odd about a plan for a run is meant in a trial
            scheduler = Scheduler(self.optimizer, plan)
        scheduler.seek(0)  # a trial starts there, however long the optimizer has trained
        try:
            for update in range(updates):
                losses: list[float] = []
                while scheduler.last_epoch == update and all(map(isfinite, losses[-1:])):
                    self._require_update(len(losses))
                    losses.append(self._shared(self._step(self._batches[first])))
                    self.calls, first = self.calls + 1, first + 1
                yield Loss(update, fmean(losses))
                if not isfinite(losses[-1]):
                    return
        finally:
            self.updates += scheduler.last_epoch
            scheduler.close()

    def _require_update(self, calls: int) -> None:
        if calls >= PATIENT:
            raise RuntimeError(f"{self.who}(train_step): it must step the optimizer; {calls} calls made no update")

    def _shared(self, got: Any) -> float:
        """The loss, over several processes their mean, so that all decide alike."""
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
    """Refuse what is no training step, no model or no optimizer.

    Raises:
        TypeError: so it is.
    """
    for name, got, fits, words in (
        ("train_step", train_step, callable(train_step), "a function of a batch that returns the loss"),
        ("model", model, isinstance(model, nn.Module), "a torch Module"),
        ("optimizer", optimizer, isinstance(optimizer, Optimizer), "a torch Optimizer"),
    ):
        if not fits:
            raise TypeError(f"{who}({name}={type(got).__name__}): {name} must be {words}")


@contextmanager
def bench(  # noqa: PLR0913  # what a training step is made of
    who: str, step: TrainStep, batches: Iterable[Any], *, model: nn.Module, optimizer: Optimizer, others: Sequence[Any]
) -> Iterator[Bench]:
    """A bench that leaves everything as it was, bit for bit, however it is left.

    Raises:
        ValueError: a scheduler drives the optimizer.
    """
    if drivers(optimizer):
        raise ValueError(
            f"{who}(optimizer={type(optimizer).__name__}): no Scheduler must drive it yet; build it afterwards"
        )
    devices = {parameter.device.type for parameter in model.parameters()}
    kept = Kept(model, optimizer, [one for one in others if one is not None], batches)
    try:
        yield Bench(who, step, Batches(who, batches, devices), optimizer, kept)
    finally:
        kept.restore()

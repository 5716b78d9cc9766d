"""What torch and the frameworks expect of a scheduler, derived from what a `Scheduler` shows anyone."""

from abc import abstractmethod
from typing import NoReturn

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

__all__ = ["TorchFace"]


class TorchFace(LRScheduler):
    """An `LRScheduler` without state: torch's own `__init__`, which wraps `optimizer.step`, is not called."""

    optimizers: tuple[Optimizer, ...]

    @abstractmethod
    def _count(self) -> int:
        """The steps made, on the scheduler's clock."""

    @property
    def optimizer(self) -> Optimizer:  # type: ignore[override]  # derived
        """The optimizer, or the first of several."""
        return self.optimizers[0]

    def get_last_lr(self) -> list[float]:  # type: ignore[override]  # plain floats, also of tensors
        """The lr now in each group."""
        return [float(group["lr"]) for one in self.optimizers for group in one.param_groups]

    get_lr = get_last_lr  # type: ignore[assignment]  # likewise

    @property
    def _last_lr(self) -> list[float]:  # type: ignore[override]  # derived
        return self.get_last_lr()

    @property
    def last_epoch(self) -> int:
        """The number of updates applied; under `clock="calls"`, of calls."""
        return self._count()

    @last_epoch.setter
    def last_epoch(self, value: int) -> None:
        _refuse(f"last_epoch = {value!r}")

    @property
    def _step_count(self) -> int:
        return self._count() + 1

    @_step_count.setter
    def _step_count(self, value: int) -> None:
        del value

    def _initial_step(self) -> NoReturn:
        _refuse("_initial_step()")

    def _update_lr(self, epoch: int | None = None) -> NoReturn:
        _refuse(f"_update_lr({epoch!r})")


def _refuse(what: str) -> NoReturn:
    raise AttributeError(
        f"Scheduler.{what}: it must be left alone; seek(i) moves the schedule, and in place of SequentialLR "
        "write one plan, `a >> b`"
    )

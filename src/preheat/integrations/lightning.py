"""Lightning: a callback that logs what each update used."""

from typing import Any

from lightning.pytorch import Callback

from preheat.integrations._entries import Entries, Entry
from preheat.torch import Scheduler

__all__ = ["PlanMonitor"]


class PlanMonitor(Callback):  # type: ignore[misc]  # the type checker runs without Lightning
    """Logs what each update used, as `preheat.integrations.loop.PlanMonitor` does.

    It writes to the trainer's loggers: `Trainer(callbacks=[PlanMonitor()], logger=...)`. Those for TensorBoard and W&B
    take the texts too. You can use it together with Lightning's `LearningRateMonitor`, which logs the lr of groups.
    """

    def __init__(self) -> None:  # noqa: D107  # the class says it
        self._entries: list[Entries] = []

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Find the preheat schedulers of the trainer."""
        del pl_module
        schedulers = (config.scheduler for config in trainer.lr_scheduler_configs)
        self._entries = [Entries(one) for one in schedulers if isinstance(one, Scheduler)]
        if not self._entries:
            raise ValueError("PlanMonitor: configure_optimizers must return a preheat.torch.Scheduler; it returns none")

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        """Log, if the batch ended in an update."""
        for number, entries in enumerate(self._entries):
            first = "" if len(self._entries) == 1 else f"{number}/"
            if entry := entries.latest():
                for logger in trainer.loggers:
                    _write(logger, entry, first)


def _write(logger: Any, entry: Entry, first: str) -> None:
    writer = logger.experiment
    takes = entry.values() if hasattr(writer, "log") else entry.numbers
    logger.log_metrics({f"{first}{name}": value for name, value in takes.items()}, step=entry.update)
    if hasattr(writer, "add_text"):
        entry.annotate(writer, first)

"""A callback of Lightning that logs what each update used."""

from typing import Any

from lightning.pytorch import Callback

from preheat.integrations._entries import Entries
from preheat.torch import Scheduler

__all__ = ["PlanMonitor"]


class PlanMonitor(Callback):  # type: ignore[misc]  # Lightning is not there for the type checker
    """Logs, at each update and for each group, what the update used, and the number of the plan's piece it came from.

    It goes through the trainer's own loggers: `Trainer(callbacks=[PlanMonitor()], logger=...)`. Where the logger takes
    text, as TensorBoard's does, a piece that begins and a plan that is changed are written as text at their update.
    Lightning's `LearningRateMonitor` logs the lr of groups, and may be there as well.
    """

    def __init__(self) -> None:  # noqa: D107  # the class says it
        self._entries: list[Entries] = []

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Find the schedulers of ours."""
        del pl_module
        ours = (config.scheduler for config in trainer.lr_scheduler_configs)
        self._entries = [Entries(one) for one in ours if isinstance(one, Scheduler)]
        if not self._entries:
            raise ValueError("PlanMonitor: configure_optimizers must return a preheat.torch.Scheduler; it returns none")

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        """Log, if the batch ended in an update."""
        for number, entries in enumerate(self._entries):
            update = entries.updated()
            if update is None:
                continue
            first = "" if len(self._entries) == 1 else f"{number}/"
            numbers, news = entries.numbers(), entries.news()
            for logger in trainer.loggers:
                logger.log_metrics({f"{first}{name}": value for name, value in numbers.items()}, step=update)
                for sentence in news if hasattr(logger.experiment, "add_text") else ():
                    logger.experiment.add_text(f"{first}plan", sentence, update)

"""Ignite: a handler for its loggers that logs what each update used."""

from typing import Any

from preheat.integrations._entries import Entries

__all__ = ["PlanMonitor"]


class PlanMonitor:
    """Logs what each update used, as `preheat.integrations.loop.PlanMonitor` does.

    `logger.attach(trainer, PlanMonitor(scheduler), Events.ITERATION_COMPLETED)`, where the logger is Ignite's for
    TensorBoard or W&B, or has a `log(values, step=...)`.

    Args:
        scheduler: a `Scheduler`.

    Raises:
        TypeError: it is not a `preheat.torch.Scheduler`.
    """

    def __init__(self, scheduler: Any) -> None:  # noqa: D107  # the class says it
        self._entries = Entries(scheduler)

    def __call__(self, _engine: Any, logger: Any, _event: Any) -> None:
        """Log, if the iteration ended in an update."""
        if entry := self._entries.latest():
            entry.write(logger)

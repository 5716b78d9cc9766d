"""What each update used, logged from a loop of one's own."""

from typing import Any

from preheat.integrations._entries import Entries

__all__ = ["PlanMonitor"]


class PlanMonitor:
    """Logs what each update used.

    For each group the values, as `"lr/head"`, or `"lr/0"` where it has no name; for each plan the number of the piece
    that they came from, as `"phase/lr"`; and, where a piece begins and where a plan is changed, a text as `"plan"`.

    Args:
        scheduler: a `Scheduler`, or one that Accelerate has prepared.
        places: where to write: a `SummaryWriter` of TensorBoard, a run of W&B, an `Accelerator` with its trackers, or
            anything that has a `log(values, step=...)`.

    Raises:
        TypeError: the scheduler is none of ours, or there is a place that cannot be written to.
    """

    def __init__(self, scheduler: Any, *places: Any) -> None:  # noqa: D107  # the class says it
        self._entries, self._places = Entries(scheduler), places
        for place in places:
            if not (hasattr(place, "add_scalar") or hasattr(place, "log")):
                raise TypeError(
                    f"PlanMonitor(places={place!r:.60}): places must be writers of TensorBoard, or have a "
                    "log(values, step=...)"
                )

    def write(self) -> None:
        """Log, if there has been an update since the last call; after each batch, or after each update."""
        if entry := self._entries.latest():
            for place in self._places:
                entry.write(place)

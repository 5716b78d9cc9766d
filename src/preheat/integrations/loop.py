"""Your own training loop: logs what each update used."""

from typing import Any

from preheat.integrations._entries import Entries

__all__ = ["PlanMonitor"]


class PlanMonitor:
    """Logs what each update used.

    For each group its values, as `"lr/head"`, or `"lr/0"` if it has no name; for each plan the number of the current
    piece, as `"phase/lr"`; and a text as `"plan"` when a piece begins or a plan is edited.

    Args:
        scheduler: a `Scheduler`, or one that Accelerate has prepared.
        places: where to write: a TensorBoard `SummaryWriter`, a W&B run, an `Accelerator` with trackers, or anything
            with a `log(values, step=...)`.

    Raises:
        TypeError: `scheduler` is not a `preheat.torch.Scheduler`, or a place cannot be written to.
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
        """Log if there was an update since the last call. Call it after each batch or each update."""
        if entry := self._entries.latest():
            for place in self._places:
                entry.write(place)

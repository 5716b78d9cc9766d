"""What there is to log of a scheduler: the values that an update used, the piece of the plan, changes of the plan."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

from preheat._plan import Plan, Then
from preheat._saved.plan_history import Edit
from preheat.torch import Scheduler

__all__ = ["Entries", "Entry"]


class Entry(NamedTuple):
    """Of an update: the values it used, as `"lr/head"` or `"lr/0"`, the piece's number, as `"phase/lr"`, and news."""

    update: int
    numbers: dict[str, float]
    news: list[str]

    def values(self) -> dict[str, float | str]:
        """The numbers and, when there are news, these as one text, for what takes texts beside numbers."""
        return {**self.numbers, **({"plan": "\n".join(self.news)} if self.news else {})}

    def write(self, place: Any) -> None:
        """Write it to a writer of TensorBoard's, or to what has a `log(values, step=...)`, as a run of W&B."""
        if not hasattr(place, "add_scalar"):
            place.log(self.values(), step=self.update)
            return
        for name, value in self.numbers.items():
            place.add_scalar(name, value, self.update)
        self.annotate(place)

    def annotate(self, writer: Any, first: str = "") -> None:
        """Write the news as texts of TensorBoard."""
        for sentence in self.news:
            writer.add_text(f"{first}plan", sentence, self.update)


class Entries:
    """Reads a scheduler after its updates.

    Args:
        scheduler: whose values are read, in Accelerate's wrapper or without; it is not changed.

    Raises:
        TypeError: it is no `Scheduler` of ours.
    """

    def __init__(self, scheduler: Any) -> None:
        scheduler = getattr(scheduler, "scheduler", scheduler)
        if not isinstance(scheduler, Scheduler):
            raise TypeError(f"PlanMonitor(scheduler={scheduler!r:.60}): scheduler must be a preheat.torch.Scheduler")
        self.scheduler: Scheduler = scheduler
        self._updates = scheduler.last_epoch
        self._edits = self._all_edits()
        self._phases: dict[str, Plan] = {}

    def latest(self) -> Entry | None:
        """Of the last update; None if there has been none since this was asked, as after a micro-batch."""
        before, self._updates = self._updates, self.scheduler.last_epoch
        return None if self._updates == before else Entry(self._updates - 1, self._numbers(), self._news())

    def _numbers(self) -> dict[str, float]:
        used = self.scheduler.used()
        values = {f"{knob}/{group}": value for group, knobs in used.items() for knob, value in knobs.items()}
        return values | {f"phase/{name}": float(number) for name, number, _ in self._pieces()}

    def _news(self) -> list[str]:
        """A sentence for each piece that has begun and for each change of a plan, since this was asked."""
        edits = self._all_edits()
        said = [
            f"{edit.knob}: changed at update {edit.at} to {edit.text:.200}" for edit in edits if edit not in self._edits
        ]
        self._edits = edits
        for name, number, piece in self._pieces():
            if self._phases.get(name) != piece:
                said.append(f"{name}: phase {number}, {piece!r:.200}")
                self._phases[name] = piece
        return said

    def _all_edits(self) -> list[Edit]:
        """Each once, though several optimizers follow it."""
        return list(dict.fromkeys(edit for binding in self.scheduler._bindings for edit in binding.edits))

    def _pieces(self) -> Iterator[tuple[str, int, Plan]]:
        """Of each plan its knob, with the groups where it is not for all, and the piece of the last update."""
        for binding in self.scheduler._bindings:
            for track in binding.tracks:
                for key, plan in track.plans.items():
                    if plan is not None:
                        name = track.knob.path if key == "*" else f"{track.knob.path}/{key}"
                        yield name, *_piece(plan, binding.position.last)


def _piece(plan: Plan, i: float) -> tuple[int, Plan]:
    """The piece of a plan that an update belongs to, and its number."""
    if not isinstance(plan, Then):
        return 0, plan
    number = bisect_right(plan.starts, i) - 1
    return number, plan.plans[number]

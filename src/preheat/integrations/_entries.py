"""Reads what to log from a scheduler: the values that an update used, the piece of the plan, edits of the plan."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

from preheat._plan import Plan, Then
from preheat._saved.plan_history import Edit
from preheat.torch import Scheduler

__all__ = ["Entries", "Entry"]


class Entry(NamedTuple):
    """What to log for one update.

    `numbers`: the values it used, as `"lr/head"` or `"lr/0"`, and the number of its piece, as `"phase/lr"`.
    `news`: a sentence for each piece that has begun and each edit of the plan.
    """

    update: int
    numbers: dict[str, float]
    news: list[str]

    def values(self) -> dict[str, float | str]:
        """The numbers, and the news as one text under `"plan"` if there are any; for loggers that take texts too."""
        return {**self.numbers, **({"plan": "\n".join(self.news)} if self.news else {})}

    def write(self, place: Any) -> None:
        """Write to a TensorBoard writer, or to anything with `log(values, step=...)`, such as a W&B run."""
        if not hasattr(place, "add_scalar"):
            place.log(self.values(), step=self.update)
            return
        for name, value in self.numbers.items():
            place.add_scalar(name, value, self.update)
        self.annotate(place)

    def annotate(self, writer: Any, first: str = "") -> None:
        """Write the news as TensorBoard texts, their tag prefixed with `first`."""
        for sentence in self.news:
            writer.add_text(f"{first}plan", sentence, self.update)


class Entries:
    """Reads a scheduler after its updates.

    Args:
        scheduler: the `Scheduler` to read, or Accelerate's wrapper of one; it is not changed.

    Raises:
        TypeError: it is not a `preheat.torch.Scheduler`.
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
        """The entry of the last update; None if there was none since the last call, as after a micro-batch."""
        before, self._updates = self._updates, self.scheduler.last_epoch
        return None if self._updates == before else Entry(self._updates - 1, self._numbers(), self._news())

    def _numbers(self) -> dict[str, float]:
        used = self.scheduler.used()
        values = {f"{knob}/{group}": value for group, knobs in used.items() for knob, value in knobs.items()}
        return values | {f"phase/{name}": float(number) for name, number, _ in self._pieces()}

    def _news(self) -> list[str]:
        """A sentence for each piece that has begun and each edit of a plan since the last call."""
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
        """Every edit, once, even where several optimizers follow it."""
        return list(dict.fromkeys(edit for binding in self.scheduler._bindings for edit in binding.edits))

    def _pieces(self) -> Iterator[tuple[str, int, Plan]]:
        """For each plan: its knob (and groups if not for all), the number and the piece of the last update."""
        for binding in self.scheduler._bindings:
            for track in binding.tracks:
                for key, plan in track.plans.items():
                    if plan is not None:
                        name = track.knob.path if key == "*" else f"{track.knob.path}/{key}"
                        yield name, *_piece(plan, binding.position.last)


def _piece(plan: Plan, i: float) -> tuple[int, Plan]:
    """The number and the piece that update `i` of a plan belongs to."""
    if not isinstance(plan, Then):
        return 0, plan
    number = bisect_right(plan.starts, i) - 1
    return number, plan.plans[number]

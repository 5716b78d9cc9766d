"""The three plans that the demo compares; all peak at the same learning rate."""

from typing import NamedTuple

from preheat import Plan, constant, cosine, noam, warmup
from preheat.demo.settings import PEAK, Settings

__all__ = ["Entry", "entries"]


class Entry(NamedTuple):
    """A plan and its name in the report. `sets_lr`: the plan is the learning rate itself, not a multiplier of PEAK."""

    name: str
    plan: Plan
    sets_lr: bool = False

    @property
    def expression(self) -> str:
        """The arguments of `Scheduler(optimizer, ...)`.

        >>> Entry("the paper's", 2 * noam(128, 100), sets_lr=True).expression
        'lr=2 * noam(128, 100)'
        """
        return f"lr={self.plan!r}" if self.sets_lr else repr(self.plan)


def entries(settings: Settings) -> list[Entry]:
    """The plans in the order they run.

    >>> for entry in entries(Settings(steps=1000)):
    ...     print(entry.expression)
    constant(1)
    lr=0.33941125496954283 * noam(128, 100)
    linear(0, 1, steps=100) >> cosine(1, 0.1, steps=900)
    """
    steps = settings.warmup
    paper = noam(settings.width, steps)
    return [
        Entry("no warm-up", constant(1)),
        Entry("the paper's", PEAK / paper(steps - 1) * paper, sets_lr=True),
        Entry("warm-up, cosine", warmup(steps) >> cosine(1, 0.1, steps=settings.steps - steps)),
    ]

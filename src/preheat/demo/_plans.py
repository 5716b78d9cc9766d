"""The three plans that are compared."""

from dataclasses import dataclass

from preheat import Plan, constant, cosine, noam, warmup
from preheat.demo._settings import PEAK, Settings


@dataclass(frozen=True)
class Entry:
    """A plan under the name it has in the table; it multiplies the peak, or sets the learning rate itself."""

    name: str
    plan: Plan
    sets_lr: bool = False

    @property
    def expression(self) -> str:
        """What `Scheduler(optimizer, ...)` is given.

        >>> Entry("the paper's", 2 * noam(128, 100), sets_lr=True).expression
        'lr=2 * noam(128, 100)'
        """
        return f"lr={self.plan!r}" if self.sets_lr else repr(self.plan)


def factor(settings: Settings) -> float:
    """The k that gives the paper's schedule the common peak.

    >>> round(factor(Settings()), 6)
    0.339411
    """
    return PEAK / noam(settings.width, settings.warmup)(settings.warmup - 1)


def entries(settings: Settings) -> list[Entry]:
    """The plans in the order they run.

    >>> for entry in entries(Settings(steps=1000)):
    ...     print(entry.expression)
    constant(1)
    lr=0.33941125496954283 * noam(128, 100)
    linear(0, 1, steps=100) >> cosine(1, 0.1, steps=900)
    """
    steps = settings.warmup
    return [
        Entry("no warm-up", constant(1)),
        Entry("the paper's", factor(settings) * noam(settings.width, steps), sets_lr=True),
        Entry("warm-up, cosine", warmup(steps) >> cosine(1, 0.1, steps=settings.steps - steps)),
    ]

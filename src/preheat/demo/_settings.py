"""What the outcome depends on: the options of `preheat demo`, checked, and the constants beside them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, get_type_hints

from preheat._fields import Count, Field, field_of, whole

PEAK = 3e-3  # the learning rate that every plan reaches
LENGTH = 64  # bytes in a sequence
HEADS = 4
WARMUP = 100  # updates

Seed = Annotated[int, Field("a whole number, from 0 up to 2**53", whole(-1))]


def is_first() -> bool:
    """Whether this process is the one that speaks and writes; `torchrun` may have started several."""
    return "TORCHELASTIC_RUN_ID" not in os.environ or os.environ["RANK"] == "0"


@dataclass(frozen=True)
class Settings:
    """The options of the demo.

    >>> Settings(steps=0)
    Traceback (most recent call last):
    ValueError: demo(steps=0): steps must be a whole number, from 1 up to 2**53

    Args:
        steps: updates in each run.
        seed: of the first weights and the batches.
        seeds: how many seeds, from `seed` on.
        device: as torch writes it.
        threads: of the processor.
        layers: of the model.
        width: of the model.
        batch: sequences in an update.

    Raises:
        TypeError: an option is of the wrong kind.
        ValueError: an option is out of its range.
    """

    steps: Count = 250
    seed: Seed = 0
    seeds: Count = 1
    device: str = "cpu"
    threads: Count = 2
    layers: Count = 6
    width: Count = 128
    batch: Count = 16

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(Settings, include_extras=True).items():
            if hint is not str:
                field_of(hint).check("demo", name, getattr(self, name))
        if self.width % HEADS:
            raise ValueError(
                f"demo(width={self.width}): width must be a multiple of {HEADS}, the number of attention heads"
            )

    @property
    def every_seed(self) -> Sequence[int]:
        """The seeds to train with."""
        return range(self.seed, self.seed + self.seeds)

    @property
    def warmup(self) -> int:
        """Updates of warm-up: 100, or two fifths of a run shorter than 250.

        >>> Settings().warmup, Settings(steps=1000).warmup, Settings(steps=50).warmup
        (100, 100, 20)
        """
        return max(1, min(WARMUP, 2 * self.steps // 5))

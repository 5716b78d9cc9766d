"""The options of the demo, and its constants."""

from dataclasses import dataclass

__all__ = ["HEADS", "LENGTH", "PEAK", "Settings"]

PEAK = 3e-3  # the learning rate that every plan reaches
LENGTH = 64  # bytes in a sequence
HEADS = 4
WARMUP = 100  # updates


@dataclass(frozen=True)
class Settings:
    """The options of `preheat demo`."""

    steps: int = 250  # updates in each run
    seed: int = 0
    device: str = "cpu"
    threads: int = 2
    layers: int = 6
    width: int = 128  # a multiple of HEADS
    batch: int = 16  # sequences in an update

    @property
    def warmup(self) -> int:
        """Updates of warm-up: 100, or two fifths of a run shorter than 250.

        >>> Settings().warmup, Settings(steps=1000).warmup, Settings(steps=50).warmup
        (100, 100, 20)
        """
        return max(1, min(WARMUP, 2 * self.steps // 5))

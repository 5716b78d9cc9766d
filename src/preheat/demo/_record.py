"""What is kept of each run, what it comes to, and the file with every number."""

import json
import math
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from preheat import __version__
from preheat.demo._plans import factor
from preheat.demo._settings import HEADS, LENGTH, PEAK, Settings
from preheat.demo._text import HELD_OUT, Text

NEAR = 0.2  # nats per byte

RULE = (
    f"learned: more than {NEAR} below the unigram entropy; collapsed: within {NEAR} of it; "
    f"unfinished: more than {NEAR} above; diverged: above its own first loss, or not a number."
)


@dataclass
class Run:
    """One plan with one seed: the learning rate and the loss of every update, and the loss on held-out text."""

    plan: str
    expression: str
    seed: int
    lrs: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    final_loss: float | None = None  # None: interrupted
    seconds: float = 0.0

    def verdict(self, entropy: float) -> str:
        """The final loss in words, as `RULE` says.

        >>> Run("", "", seed=0, losses=[5.6], final_loss=3.2).verdict(entropy=3.1)
        'collapsed: no better than byte frequencies'
        """
        if self.final_loss is None:
            return f"interrupted; updates done: {len(self.losses)}"
        if not self.final_loss <= self.losses[0]:
            return "diverged"
        if self.final_loss < entropy - NEAR:
            return "learned"
        if self.final_loss <= entropy + NEAR:
            return "collapsed: no better than byte frequencies"
        return "unfinished: worse than byte frequencies"


def save(path: Path, settings: Settings, text: Text, runs: Sequence[Run]) -> None:
    """Write every number as JSON; one that is infinite or NaN becomes null."""
    entropy = text.entropy()
    content = {
        "settings": {**asdict(settings), "peak": PEAK, "length": LENGTH, "heads": HEADS, "warmup": settings.warmup},
        "versions": {"preheat": __version__, "torch": version("torch"), "python": platform.python_version()},
        "text": {
            "source": "the top-level modules of Python's standard library",
            "held_out": f"every {HELD_OUT}th file, for the final loss",
            "files": text.files,
            "bytes": text.size,
            "sha256": text.digest,
            "unigram_entropy": entropy,
        },
        "units": {"losses": "nats per byte", "final_loss": "nats per byte", "unigram_entropy": "nats per byte"},
        "k": factor(settings),
        "rule": RULE,
        "interrupted": len(runs) < 3 * settings.seeds or any(run.final_loss is None for run in runs),
        "runs": [_plain(run, entropy) for run in runs],
    }
    lines = json.dumps(content, indent=1, allow_nan=False)
    one_each = re.sub(r"\[[^][{}]*\]", lambda numbers: " ".join(numbers[0].split()), lines)  # a list, a line
    path.write_text(one_each + "\n", encoding="utf-8")


def _plain(run: Run, entropy: float) -> dict[str, object]:
    finite = {"losses": _finite(run.losses), "final_loss": _finite([run.final_loss])[0]}
    return {**asdict(run), **finite, "verdict": run.verdict(entropy)}


def _finite(numbers: Iterable[float | None]) -> list[float | None]:
    return [number if number is not None and math.isfinite(number) else None for number in numbers]

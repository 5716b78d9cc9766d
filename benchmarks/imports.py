"""How long imports take, each in a Python of its own, beside `import torch`."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.table import Row
from benchmarks.timing import quietest

__all__ = ["rows"]

STATEMENTS = ("pass", "import torch", "import preheat", "import torch, preheat.torch")


def rows() -> Iterator[Row]:
    """What each import takes, without the start of Python."""
    runs: dict[str, Callable[[], object]] = {statement: partial(run, statement) for statement in STATEMENTS}
    took = quietest(runs, repeats=3)
    start, torch, alone, together = (took[statement] * 1e3 for statement in STATEMENTS)
    yield Row("import preheat", alone - start, "ms", "import torch", torch - start)
    yield Row("import preheat.torch, after torch", together - torch, "ms", "import torch", torch - start)


def run(statement: str) -> None:
    """Run one statement in a new Python."""
    subprocess.run([sys.executable, "-c", statement], check=True)  # noqa: S603  # one of the above

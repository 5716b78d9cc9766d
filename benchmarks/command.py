"""How much of the processor the command takes for an answer, beside `import torch`."""

import os
import sys
from collections.abc import Iterator

from benchmarks.table import Row

__all__ = ["rows"]

SUBJECT = "A command, of the processor's time"

SHOW = (
    "import sys; sys.argv = ['preheat', 'show', 'warmup(100) >> cosine(1, 0.1, steps=900)']; "
    "from preheat.cli import main; main()"
)
TRIES = 8


def rows() -> Iterator[Row]:
    """What `preheat show` takes, the start of Python included."""
    show, torch = (min(taken(statement) for _ in range(TRIES)) for statement in (SHOW, "import torch"))
    yield Row(SUBJECT, "preheat show", "ms", show, {'python -c "import torch"': torch})


def taken(statement: str) -> float:
    """The milliseconds of the processor that a new Python takes for a statement; what it prints is not shown."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", statement], os.environ, file_actions=quiet)
    _, status, used = os.wait4(child, 0)
    if status:
        message = f"taken({statement!r}): it must end well, got status {status}"
        raise RuntimeError(message)
    return (used.ru_utime + used.ru_stime) * 1e3

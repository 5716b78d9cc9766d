"""What `import preheat` and `preheat show` cost, in units of `import numpy` and of a Python that does nothing.

Each line runs in fresh processes, in turn with its neighbour, so that a busy machine disturbs both. Measured is the
processor time of the process, and of an import that of the statement alone; the medians are compared.

    python benchmarks/imports.py
"""

import os
import subprocess
import sys
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory

RUNS = 31
TIMED = "from time import process_time as now; start = now(); import {}; print(now() - start)"
SHOW = "from preheat.cli import main; main()", "show", "warmup(2_000) >> cosine(1, 0.1, steps=98_000)"


def run(*arguments: str) -> str:
    """What a fresh Python prints."""
    command = [sys.executable, "-c", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603  # our own


def of_import(name: str) -> float:
    """Processor time of an import, in seconds."""
    return float(run(TIMED.format(name)))


def of_process(*arguments: str) -> float:
    """Processor time of a whole process, in seconds."""
    before = getrusage(RUSAGE_CHILDREN)
    run(*arguments)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print both ratios."""
    with TemporaryDirectory() as compiled:  # as installed: the first run compiles, and is not counted
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        imports = [(of_import("preheat"), of_import("numpy")) for _ in range(RUNS)][1:]
        commands = [(of_process(*SHOW), of_process("pass")) for _ in range(RUNS)][1:]
    for what, other, times, most in (
        ("import preheat", "import numpy", imports, 0.25),
        ("preheat show", "python -c pass", commands, 6),
    ):
        ours, theirs = (median(column) for column in zip(*times, strict=True))
        print(f"{what} {ours * 1e3:.1f} ms, {other} {theirs * 1e3:.1f} ms: {ours / theirs:.2f}, at most {most}")


if __name__ == "__main__":
    main()

"""Measure everything, print it as one table, and keep it in `results/host.json`."""

import json
import platform
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import preheat
from benchmarks import accuracy, command, imports, steps
from benchmarks.table import shown

RESULTS = Path(__file__).parent / "results" / "host.json"
PACKAGES = ("torch", "numpy", "mpmath")


def cpu() -> str:
    """The name of the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def main() -> None:
    """Measure, print, keep."""
    rows = list(chain(steps.rows(), imports.rows(), command.rows(), accuracy.rows()))
    print(shown(rows))
    kept = {
        "cpu": cpu(),
        "python": platform.python_version(),
        "versions": {"preheat": preheat.__version__, **{name: version(name) for name in PACKAGES}},
        "rows": [{**row._asdict(), "ratio": row.ratio} for row in rows],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


main()

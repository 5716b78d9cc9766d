"""Measure everything, print it as one table, keep it in `results/host.json`, and write the page of it.

python -m benchmarks            everything
python -m benchmarks --page     the page again, from what was kept
"""

import argparse
import json
import platform
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import preheat
from benchmarks import accuracy, arrays, command, costs, graphs, keeping, page, starts
from benchmarks.table import Row, shown

RESULTS = Path(__file__).parent / "results" / "host.json"
PACKAGES = ("torch", "numpy", "jax", "optax", "transformers", "pytorch-ignite", "pytorch-warmup", "pytorch-optimizer")


def cpu() -> str:
    """The name of the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def versions() -> dict[str, str]:
    """Of what was measured."""
    found = {"preheat": preheat.__version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def measured() -> list[Row]:
    """Every row, printed as soon as its part is done; what peers warn of is theirs."""
    rows: list[Row] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in (costs, graphs, arrays, keeping, starts, command, accuracy):
            done = list(part.rows())
            print(shown(done), flush=True, end="\n\n")
            rows += done
    return rows


def keep(rows: list[Row]) -> None:
    """Rows, with where they come from."""
    kept = {
        "cpu": cpu(),
        "python": platform.python_version(),
        "versions": versions(),
        "rows": [row._asdict() for row in rows],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    """Measure, print, keep; write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--page", action="store_true", help="write the page again, from what was kept")
    if not parser.parse_args().page:
        keep(measured())
    page.write(json.loads(RESULTS.read_text()))


main()

"""Run experiments, print what they come to, and keep it: figures as JSON, a picture, and the table of the README.

python -m experiments                  all; what is kept already is not run again
python -m experiments post_ln          one
python -m experiments --quick          those that take less than 10 s
"""

import argparse
from collections.abc import Sequence

from experiments import _page
from experiments._all import NAMES, experiment, made


def main() -> None:
    """Read the command, run, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m experiments")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; by default all")
    parser.add_argument("--quick", action="store_true", help="only those that take less than 10 s")
    given = parser.parse_args()
    if wrong := sorted(set(given.names) - set(NAMES)):
        parser.error(f"NAME={wrong[0]!r}: NAME must be one of {', '.join(NAMES)}")
    run(given.names or [name for name in NAMES if experiment(name).QUICK or not given.quick])
    _page.write()


def run(names: Sequence[str]) -> None:
    """Each in turn; Ctrl-C loses the run in progress and nothing else."""
    for name in names:
        print(f"\n{name}: {experiment(name).QUESTION}\n", flush=True)
        try:
            print(made(name))
        except KeyboardInterrupt:
            raise SystemExit("stopped; the runs that were done are kept, and the same command goes on") from None


main()

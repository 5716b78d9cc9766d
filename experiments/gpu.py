"""The same at full width, for a GPU: `post_ln` and `higher_peak` at width 512, and a translation by the paper's model.

python -m experiments.gpu post_ln                 40 runs
python -m experiments.gpu higher_peak             35 runs
python -m experiments.gpu numbers                 10 runs
python -m experiments.gpu numbers --tiny          the same code on any processor, in seconds; nothing is kept

Each run is kept in results/gpu_PART.json as soon as it is done, so a part that was stopped goes on, and one that takes
longer than a machine is lent for is started again. A part whose runs are complete prints its table. Five seeds.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import torch

from experiments import higher_peak, post_ln
from experiments._all import NAMES
from experiments._models import Norm, Task, text
from experiments._numbers import numbers
from experiments._report import Claim, Report, Row
from experiments._runs import RESULTS, SCORES, Run, Setting, Training, kept
from preheat import after, constant, warmup_inverse_sqrt

SEEDS = range(5)
LR, WARMUP, UPDATES = 1e-3, 400, 2_000  # of the translation
WARM = warmup_inverse_sqrt(WARMUP)
PLANS = {"warm-up of 400": WARM, "no warm-up": constant(1, steps=WARMUP) >> after(WARM, WARMUP)}

QUESTIONS = {
    "post_ln": f"At width 512: {post_ln.QUESTION}",
    "higher_peak": f"At width 512: {higher_peak.QUESTION}",
    "numbers": "Does the paper's encoder-decoder need a warm-up to write numbers in words?",
}

Change = Callable[[Setting], Setting]  # of width, length and device
Part = Callable[[Training], Report]


def widened(train: Training, change: Change, seeds: Sequence[int]) -> Training:
    """Training as asked for, but changed so, and with these seeds."""

    def wide(settings: Sequence[Setting]) -> list[Run]:
        every = [change(replace(setting, seed=0)) for setting in settings]
        cases = {case.key: case for case in every}.values()
        return train([replace(case, seed=seed) for seed in seeds for case in cases])

    return wide


def language(module: object) -> Part:
    """A part of the language models; the expected figures of its module are those of width 64, and left out."""

    def part(train: Training) -> Report:
        report: Report = module.report(module.runs(train))  # type: ignore[attr-defined]
        return replace(report, rows=[replace(row, expected=None) for row in report.rows])

    return part


def translation(train: Training) -> Report:
    """The share of numbers never seen whose words are right, at the end and on the way."""
    found = train([Setting(name, numbers(), plan, LR, UPDATES, 0) for name, plan in PLANS.items()])
    ends = {name: [run.scores[-1] for run in found if run.label == name] for name in PLANS}
    rows = [Row(f"exact at the end, {name}", None, shares) for name, shares in ends.items()]
    for name in PLANS:
        curves = [run.scores for run in found if run.label == name]
        rows += [
            Row(f"exact after {(k + 1) / SCORES:.0%} of the run, {name}", None, [curve[k] for curve in curves])
            for k in (1, 4, 9)
        ]
    gain = fmean(ends["warm-up of 400"]) - fmean(ends["no warm-up"])
    return Report("share exactly right", rows, [Claim("the warm-up ends higher", f"{gain:+.3f}", gain > 0)])


PARTS: dict[str, Part] = {
    "post_ln": language(post_ln), "higher_peak": language(higher_peak), "numbers": translation,
}  # fmt: skip


def wide(device: str) -> Change:
    """Width 512; the translation is as wide already."""

    def change(setting: Setting) -> Setting:
        return replace(setting, task=_language(setting.task, 12, 512, 32) or setting.task, device=device)

    return change


def tiny(device: str) -> Change:
    """Two layers of 32 and twenty updates."""

    def change(setting: Setting) -> Setting:
        task = _language(setting.task, 2, 32, 4) or numbers(layers=1, width=32, heads=4, batch=8)
        return replace(setting, task=task, steps=SCORES, device=device)

    return change


def _language(task: Task, layers: int, width: int, batch: int) -> Task | None:
    norm: Norm = "pre" if task.name.startswith("pre") else "post"
    return text(norm, layers=layers, width=width, batch=batch) if "-LN" in task.name else None


def run(part: str, device: str, folder: Path, *, small: bool) -> Report:
    """Make the runs of a part that are missing, and say what they come to."""
    file = kept(f"gpu_{part}", folder)
    change, seeds = (tiny(device), SEEDS[:1]) if small else (wide(device), SEEDS)
    report = PARTS[part](widened(file.train, change, seeds))
    file.report = report.plain() | {
        "place": len(NAMES), "question": QUESTIONS[part], "source": "Vaswani et al. 2017 (arXiv:1706.03762)",
        "command": f"python -m experiments.gpu {part}", "seconds": sum(run.seconds for run in file.runs),
    }  # fmt: skip
    file.write()
    return report


def main() -> None:
    """Read the command and run the part."""
    parser = argparse.ArgumentParser(prog="python -m experiments.gpu")
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--tiny", action="store_true", help="whether it works at all")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as away:
        print(run(given.part, given.device, Path(away) if given.tiny else RESULTS, small=given.tiny))


if __name__ == "__main__":
    main()
